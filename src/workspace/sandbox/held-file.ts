import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { hasCode } from './file-errors.ts';
import type { Folder } from './folder.ts';

/** Never follow a link, never wait for the other end of a FIFO, never gain a terminal. Windows knows none of them. */
const READ =
  constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);
const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

/** How much is read at a time, in bytes. */
const READ_STEP = 256 * 1024;

/**
 * Opens the regular file `name` of a held folder, whatever bytes its name is made of; `undefined` when there is no such
 * file (any more). Who asked for it closes it.
 */
export async function openHeldFile(folder: Folder, name: Buffer): Promise<FileHandle | undefined> {
  try {
    if (!(await lstat(folder.child(name))).isFile()) return undefined;
    const handle = await open(folder.child(name), READ);
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
  } catch (error) {
    // Deleted, or replaced by a link, a socket or a folder, since it was seen.
    if (!hasCode(error, 'ENOENT', 'ELOOP', 'ENXIO', 'EISDIR')) throw error;
  }
  return undefined;
}

/** Creates a file in a held folder; fails with EEXIST when anything has that name. `mode` is cut by the umask. */
export async function createHeldFile(
  folder: Folder,
  name: string | Buffer,
  mode: number,
): Promise<FileHandle> {
  await folder.verify();
  return open(folder.child(name), CREATE, mode);
}

/** Reads on from `start`, in pieces that are the reader's own, until `length` bytes or the end of the file. */
export async function* readPieces(
  handle: FileHandle,
  { start = 0, length = Number.POSITIVE_INFINITY, signal }: Span = {},
): AsyncGenerator<Buffer, void, undefined> {
  let done = 0;
  while (done < length) {
    signal?.throwIfAborted();
    const piece = Buffer.allocUnsafe(Math.min(READ_STEP, length - done));
    const { bytesRead } = await handle.read(piece, 0, piece.length, start + done);
    if (bytesRead === 0) return;
    done += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}

interface Span {
  start?: number;
  length?: number;
  signal?: AbortSignal | undefined;
}
