import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, rename, unlink, utimes, writeFile } from 'node:fs/promises';
import { hasCode } from '../sandbox/file-errors.ts';
import type { Folder } from '../sandbox/folder.ts';
import { ownName } from '../sandbox/names.ts';
import { type OpenFile, openFile } from '../sandbox/open-file.ts';
import { parsePath } from '../sandbox/paths.ts';
import { makeAndEnter, openRoot, type Place } from '../sandbox/space.ts';

/** The folder in each workspace that holds what can be brought back. Its name is one that no path can have. */
export const HISTORY_FOLDER = '.tertulia-history';
const PRIVATE = 0o700;
const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
const COPY_STEP = 256 * 1024;

/** What a workspace keeps so that its changes can be undone, on the same disk as the files. */
export interface History extends AsyncDisposable {
  /** Contents of files, each under its SHA-256. */
  readonly contents: Folder;
  /** Files and folders that were deleted, each under the id of the change. */
  readonly removed: Folder;
  /** Files and folders that are being made, each under the id of the change. */
  readonly staged: Folder;
}

/** Opens what a workspace keeps; it is made when it is missing. The caller disposes it. */
export async function openHistory(place: Place): Promise<History> {
  await using root = await openRoot(place);
  await using history = await makeAndEnter(root, HISTORY_FOLDER, PRIVATE);
  await ignoreInGit(history);
  await using opened = new AsyncDisposableStack();
  const contents = opened.use(await makeAndEnter(history, 'contents', PRIVATE));
  const removed = opened.use(await makeAndEnter(history, 'removed', PRIVATE));
  const staged = opened.use(await makeAndEnter(history, 'staged', PRIVATE));
  const kept = opened.move();
  return { contents, removed, staged, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** Keeps a content. */
export async function keepBytes({ contents }: History, bytes: Uint8Array, etag: string): Promise<void> {
  if (await isKept(contents, etag, bytes.length)) return;
  await keepAs(contents, etag, (handle) => handle.writeFile(bytes));
}

/** Keeps the content of an open file, however large; answers the ETag of what was kept. */
export async function keepFile({ contents }: History, file: OpenFile, etag: string): Promise<string> {
  if (await isKept(contents, etag, Number(file.stats.size))) return etag;
  let copied = etag;
  await keepAs(contents, etag, async (handle) => {
    copied = await copyContent(file.handle, handle);
    return copied === etag;
  });
  return copied;
}

/** Opens a kept content, or answers undefined where it is not kept, or not whole, any more. The caller disposes it. */
export async function openKept({ contents }: History, etag: string): Promise<OpenFile | undefined> {
  try {
    return await openFile(contents, fileName(etag), parsePath(fileName(etag)));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Whether something is there under the id of a change. */
export async function holds(folder: Folder, id: string): Promise<boolean> {
  try {
    await lstat(folder.child(id));
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Copies a whole file in steps; answers the ETag of what was copied. */
export async function copyContent(from: FileHandle, to: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(COPY_STEP);
  for (let position = 0; ; ) {
    const { bytesRead } = await from.read(buffer, 0, COPY_STEP, position);
    if (bytesRead === 0) return `"${hash.digest('hex')}"`;
    const part = buffer.subarray(0, bytesRead);
    hash.update(part);
    await to.writeFile(part);
    position += bytesRead;
  }
}

/**
 * Whether a content is kept, in its whole length: a disk that was cut off can have lost the end of it. Marks it as needed now, so
 * that it is not cleared away before its change is written down.
 */
async function isKept(contents: Folder, etag: string, size: number): Promise<boolean> {
  const path = contents.child(fileName(etag));
  try {
    if ((await lstat(path)).size !== size) return false;
    const now = new Date();
    await utimes(path, now, now);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

async function keepAs(
  contents: Folder,
  etag: string,
  write: (handle: FileHandle) => Promise<unknown>,
): Promise<void> {
  const temporary = contents.child(ownName());
  try {
    await using handle = await open(temporary, CREATE, 0o600);
    if ((await write(handle)) === false) return;
    await handle.sync();
    await rename(temporary, contents.child(fileName(etag)));
    await contents.sync();
  } finally {
    await unlink(temporary).catch(() => undefined);
  }
}

/** An ETag is a hash in quotes. */
function fileName(etag: string): string {
  return etag.slice(1, -1);
}

/** A workspace may be a git repository; what is kept is no part of it. */
async function ignoreInGit(history: Folder): Promise<void> {
  try {
    await writeFile(history.child('.gitignore'), '*\n', { flag: 'wx' });
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}
