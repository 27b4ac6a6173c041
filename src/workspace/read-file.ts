import type { BigIntStats } from 'node:fs';
import { ProblemError } from '../errors.ts';
import { etagOf, etagOfFile } from './sandbox/etags.ts';
import { quoted } from './sandbox/names.ts';
import { modifiedAt, openFile, readSpan } from './sandbox/open-file.ts';
import type { WorkspacePath } from './sandbox/paths.ts';
import { openParent, type Place } from './sandbox/space.ts';
import { decodeText, type TextEncoding } from './text/file-text.ts';

/** The most that one read answers unless the caller says otherwise, in bytes. */
const READ_LIMIT = 1024 * 1024;
const OWNER_EXECUTES = 0o100;

/** Which part of a file to read, and how much at most. */
export interface ReadOptions {
  /** The first byte, counted from 0; the file's beginning when left out. */
  start?: number | undefined;
  /** The byte after the last one; the file's end when left out. */
  end?: number | undefined;
  /** The most bytes to answer; more is refused, not cut. */
  maximum?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** A file, or the part of it from `start` up to but not including `end`. `etag` and `size` are the whole file's. */
export interface FileContent {
  path: string;
  bytes: Buffer;
  start: number;
  end: number;
  size: number;
  etag: string;
  modified_at: string;
  /** Whether its owner may execute it. */
  executable: boolean;
}

/** A whole text file, without its byte order mark. */
export interface TextContent {
  path: string;
  text: string;
  encoding: TextEncoding;
  size: number;
  etag: string;
  modified_at: string;
}

/** Reads a file or a part of it. A part that lies behind the end is empty. */
export async function readFile(
  place: Place,
  path: WorkspacePath,
  options: ReadOptions = {},
): Promise<FileContent> {
  const { parent, name } = await openParent(place, path);
  await using folder = parent;
  await using file = await openFile(folder, name, path);
  const { start, end, whole } = spanOf(path, Number(file.stats.size), options);
  const bytes = await readSpan(file.handle, { start, length: end - start }, options.signal);
  const etag = whole ? etagOf(bytes) : await etagOfFile(file.handle, options.signal);
  if (!whole) refuseIfChanged(path, file.stats, await file.handle.stat({ bigint: true }));
  return {
    path: path.text,
    bytes,
    start,
    end: start + bytes.length,
    size: whole ? bytes.length : Number(file.stats.size),
    etag,
    modified_at: modifiedAt(file.stats),
    executable: (Number(file.stats.mode) & OWNER_EXECUTES) !== 0,
  };
}

/**
 * Reads a whole file as text.
 *
 * @throws ProblemError `not_text` when it is binary.
 */
export async function readTextFile(
  place: Place,
  path: WorkspacePath,
  options: Pick<ReadOptions, 'maximum' | 'signal'> = {},
): Promise<TextContent> {
  const { bytes, size, etag, modified_at } = await readFile(place, path, {
    maximum: options.maximum,
    signal: options.signal,
  });
  return { path: path.text, ...decodeText(bytes, path.text), size, etag, modified_at };
}

function spanOf(path: WorkspacePath, size: number, options: ReadOptions) {
  const { start = 0, end = Math.max(start, size), maximum = READ_LIMIT } = options;
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start) {
    throw new ProblemError(
      'invalid_request',
      'A part of a file has a start from 0 and an end that is not before it.',
    );
  }
  const last = Math.min(end, size);
  const first = Math.min(start, last);
  if (last - first > maximum) {
    throw new ProblemError(
      'file_too_large',
      `${quoted(path.text)} has ${size} bytes and one read answers at most ${maximum}. Read it in parts: by byte ranges, or by lines.`,
    );
  }
  return { start: first, end: last, whole: first === 0 && last === size };
}

/** A part and the ETag are read one after the other; they belong together only if nobody wrote in between. */
function refuseIfChanged(path: WorkspacePath, before: BigIntStats, after: BigIntStats): void {
  if (before.size === after.size && before.mtimeNs === after.mtimeNs && before.ctimeNs === after.ctimeNs)
    return;
  throw new ProblemError(
    'workspace_failed',
    `${quoted(path.text)} changed while it was being read. Read it again.`,
  );
}
