import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { ProblemError } from '../../errors.ts';
import { entryType, refuseUnlessFile } from './entry-type.ts';
import type { Folder } from './folder.ts';
import { quoted } from './names.ts';
import type { WorkspacePath } from './paths.ts';

/** Never follow a link, never wait for the other end of a FIFO, never gain a terminal. Windows knows none of them. */
const CAREFULLY = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

/** How much is read at a time, in bytes, so that a cancelled caller does not wait long. */
const READ_STEP = 256 * 1024;

/** A regular file of the workspace, open for reading; who asked for it closes it. */
export interface OpenFile extends AsyncDisposable {
  readonly handle: FileHandle;
  readonly stats: BigIntStats;
}

/**
 * Opens the regular file `name` in `folder`. Its type is looked at before opening, since opening a device can have
 * effects, and again on the open file, which is the one that counts.
 */
export async function openFile(folder: Folder, name: string, path: WorkspacePath): Promise<OpenFile> {
  refuseUnlessFile(entryType(await lstat(folder.child(name))), path.text);
  if (path.wantsFolder) {
    throw new ProblemError('is_file', `${quoted(path.text)} is a file; leave out the slash at its end.`);
  }
  const handle = await open(folder.child(name), constants.O_RDONLY | CAREFULLY);
  try {
    const stats = await handle.stat({ bigint: true });
    refuseUnlessFile(entryType(stats), path.text);
    await folder.verify();
    return { handle, stats, [Symbol.asyncDispose]: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Fails with EACCES for a file that may not be written; a rename could replace it all the same. */
export async function refuseReadOnly(folder: Folder, name: string): Promise<void> {
  const handle = await open(folder.child(name), constants.O_WRONLY | CAREFULLY);
  await handle.close();
}

/** Reads up to `length` bytes from `start`; fewer when the file ends earlier. */
export async function readSpan(
  handle: FileHandle,
  span: { start: number; length: number },
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(span.length);
  let filled = 0;
  while (filled < span.length) {
    signal?.throwIfAborted();
    const step = Math.min(READ_STEP, span.length - filled);
    const { bytesRead } = await handle.read(bytes, filled, step, span.start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

/** The time of the last change of the content, as ISO 8601 in UTC. */
export function modifiedAt(stats: { mtimeMs: number | bigint }): string {
  return new Date(Number(stats.mtimeMs)).toISOString();
}
