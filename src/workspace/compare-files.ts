import { ProblemError } from '../errors.ts';
import { WRITE_LIMIT } from './change-file.ts';
import { readFile, readTextFile } from './read-file.ts';
import { asProblem } from './sandbox/file-errors.ts';
import type { WorkspacePath } from './sandbox/paths.ts';
import type { Place } from './sandbox/space.ts';
import { type Comparison, unifiedDiff } from './text/compare.ts';

/** Two files side by side; `comparison` is null when one of them is no text. */
export interface FileComparison {
  from: { path: string; etag: string; size: number };
  to: { path: string; etag: string; size: number };
  identical: boolean;
  comparison: Comparison | null;
}

/** Compares two files: texts line by line, anything else byte by byte. */
export async function compareFiles(
  place: Place,
  { from, to }: { from: WorkspacePath; to: WorkspacePath },
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<FileComparison> {
  const [older, newer] = (await Promise.all([from, to].map((path) => readEither(place, path, signal)))) as [
    Read,
    Read,
  ]; // two paths give two files
  const identical = older.etag === newer.etag;
  const comparison =
    older.text === null || newer.text === null
      ? null
      : unifiedDiff({ name: older.path, text: older.text }, { name: newer.path, text: newer.text });
  return { from: shown(older), to: shown(newer), identical, comparison };
}

interface Read {
  path: string;
  etag: string;
  size: number;
  text: string | null;
}

async function readEither(place: Place, path: WorkspacePath, signal: AbortSignal | undefined): Promise<Read> {
  const options = { maximum: WRITE_LIMIT, signal };
  try {
    return await readTextFile(place, path, options);
  } catch (error) {
    // Of two paths, the one that failed is to be named.
    if (!(error instanceof ProblemError) || error.code !== 'not_text') throw asProblem(error, path.text);
  }
  const { etag, size } = await readFile(place, path, options);
  return { path: path.text, etag, size, text: null };
}

function shown({ path, etag, size }: Read) {
  return { path, etag, size };
}
