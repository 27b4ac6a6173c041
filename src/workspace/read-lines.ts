import type { FileHandle } from 'node:fs/promises';
import { ProblemError } from '../errors.ts';
import { openFile, readSpan } from './sandbox/open-file.ts';
import type { WorkspacePath } from './sandbox/paths.ts';
import { openParent, type Place } from './sandbox/space.ts';
import { createDecoding, notText, possibleEncodings, type TextEncoding } from './text/file-text.ts';
import { createLineWindow, type LineRange, type TakenLines } from './text/line-window.ts';

/** The most that one answer holds unless the caller says otherwise, in UTF-16 units. */
const TEXT_LIMIT = 1024 * 1024;
/** How much of the file is read and decoded at a time, in bytes. */
const STEP = 256 * 1024;
/** The length of the longest byte order mark. */
const MARK_BYTES = 3;

/** Which lines to read, counted from 1. */
export interface LineOptions {
  /** The first line; the first of the file when left out. */
  from?: number | undefined;
  /** The last line; the last of the file when left out. */
  to?: number | undefined;
  /** The most UTF-16 units to answer; what does not fit is left out, by whole lines. */
  maximum?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** Lines of a text file, with their line breaks; `size` is the whole file's, in bytes. */
export interface Lines extends TakenLines {
  path: string;
  from: number;
  encoding: TextEncoding;
  size: number;
}

/**
 * Reads lines of a text file of any size, from its beginning up to the last line wanted and no further. Whether it is
 * text, and in which encoding, is said of what was read. Lines behind the end are empty, not an error.
 *
 * @throws ProblemError `not_text` when what was read is binary, `invalid_request`.
 */
export async function readLines(
  place: Place,
  path: WorkspacePath,
  options: LineOptions = {},
): Promise<Lines> {
  const range = rangeOf(options);
  const { parent, name } = await openParent(place, path);
  await using folder = parent;
  await using file = await openFile(folder, name, path);
  const size = Number(file.stats.size);
  const beginning = await readSpan(file.handle, { start: 0, length: MARK_BYTES }, options.signal);
  for (const encoding of possibleEncodings(beginning)) {
    const lines = await takeLines(file.handle, { encoding, range, signal: options.signal });
    if (lines !== undefined) return { path: path.text, from: range.from, ...lines, encoding, size };
  }
  throw notText(path.text, size);
}

/** Takes the lines out of a file; `undefined` when a part of it that was read is not in this encoding. */
async function takeLines(
  handle: FileHandle,
  wanted: { encoding: TextEncoding; range: LineRange; signal: AbortSignal | undefined },
): Promise<TakenLines | undefined> {
  const decode = createDecoding(wanted.encoding);
  const window = createLineWindow(wanted.range);
  for (let position = 0; ; position += STEP) {
    const bytes = await readSpan(handle, { start: position, length: STEP }, wanted.signal);
    const isLast = bytes.length < STEP;
    const piece = decode(bytes, !isLast);
    if (piece === undefined) return undefined;
    if (window.add(piece) || isLast) return window.taken();
  }
}

function rangeOf({ from = 1, to, maximum = TEXT_LIMIT }: LineOptions): LineRange {
  const isCount = (value: number) => Number.isSafeInteger(value) && value >= 1;
  if (!isCount(from) || (to !== undefined && (!isCount(to) || to < from))) {
    throw new ProblemError(
      'invalid_request',
      'Lines are counted from 1: give from as a whole number of at least 1, and to as one that is not below from.',
    );
  }
  if (!isCount(maximum)) {
    throw new ProblemError('invalid_request', 'The maximum is a whole number of characters, at least 1.');
  }
  return { from, to: to ?? Number.MAX_SAFE_INTEGER, maximum };
}
