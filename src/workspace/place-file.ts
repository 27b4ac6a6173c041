import { type BigIntStats, constants } from 'node:fs';
import { copyFile, type FileHandle, link, lstat, open, rename, unlink } from 'node:fs/promises';
import { ProblemError } from '../errors.ts';
import { copyContent, type History } from './journal/history.ts';
import { etagOf } from './sandbox/etags.ts';
import { hasCode } from './sandbox/file-errors.ts';
import type { Folder } from './sandbox/folder.ts';
import { ownName, quoted } from './sandbox/names.ts';

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
/** Read, write and execute for owner, group and others; set-user-id and the like are not carried over. */
const PERMISSIONS = 0o777n;
const NEW_FILE = 0o666;

/** A content in memory, or that of an open file. */
export type Content = Uint8Array | FileHandle;

/** The file after which a new one takes: its permissions, and its owner where that is given. */
export interface Likeness {
  mode: bigint;
  uid?: bigint;
  gid?: bigint;
}

/**
 * Writes a content, flushed to the disk, where it waits to be put in place; permissions and owner are those of the file that it
 * is to be `like`. Answers the ETag of what was written.
 */
export async function stageFile(
  { staged }: History,
  id: string,
  { content, like }: { content: Content; like?: Likeness | undefined },
): Promise<string> {
  const mode = like === undefined ? NEW_FILE : Number(like.mode & PERMISSIONS);
  await using handle = await open(staged.child(id), CREATE, mode);
  let etag: string;
  if (content instanceof Uint8Array) {
    await handle.writeFile(content);
    etag = etagOf(content);
  } else {
    etag = await copyContent(content, handle);
  }
  if (like !== undefined) await takeAfter(handle, like);
  await handle.sync();
  return etag;
}

/** Takes away what was staged and did not come to its place. */
export async function unstageFile({ staged }: History, id: string): Promise<void> {
  await unlink(staged.child(id)).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw error;
  });
}

/**
 * Puts a staged file under `name` in one step: it is renamed over the replaced file, or linked where there was none, so that a
 * reader sees the old content or the new one, whole, and no other name of the old file is touched.
 *
 * Answers `taken` when a file has appeared where there was none, and `changed` when the replaced file is no longer the one whose
 * content was looked at, and kept; nothing has happened then.
 */
export async function placeFile(
  folder: Folder,
  name: string,
  { staged, replaced }: { staged: Buffer; replaced: BigIntStats | undefined },
): Promise<'placed' | 'taken' | 'changed'> {
  await folder.verify();
  const target = folder.child(name);
  if (replaced === undefined) {
    if (!(await linkNew(staged, target, folder))) return 'taken';
  } else {
    if (!(await isUnchanged(folder, name, replaced))) return 'changed';
    await onOneDisk(staged, folder, (source) => rename(source, target));
  }
  await folder.sync();
  return 'placed';
}

/**
 * Gives a file a second name unless that is taken, and then takes the first one away; false when it is taken, or when the file is not
 * the one that was looked at any more. A file that cannot be taken away stays where it was.
 */
export async function moveFile(source: Spotted, folder: Folder, name: string): Promise<boolean> {
  await folder.verify();
  const target = folder.child(name);
  const before = await lstat(source.folder.child(source.name), { bigint: true });
  if (!(await linkNew(source.folder.child(source.name), target, folder))) return false;
  try {
    const after = await lstat(source.folder.child(source.name), { bigint: true });
    if (!isSameFile(before, after)) throw changedMeanwhile(source.name);
    await unlink(source.folder.child(source.name));
  } catch (error) {
    // Renamed already, where there are no second names.
    if (hasCode(error, 'ENOENT')) return true;
    await unlink(target);
    throw error;
  }
  return true;
}

/** Copies a file to another disk and takes it away there, if nobody has changed it meanwhile. */
export async function moveByCopy(source: Buffer, target: Buffer, name: string): Promise<void> {
  const before = await lstat(source, { bigint: true });
  await copyFile(source, target, constants.COPYFILE_EXCL);
  try {
    await using handle = await open(target, 'r');
    await handle.sync();
    if (!isSameFile(before, await lstat(source, { bigint: true }))) throw changedMeanwhile(name);
    await unlink(source);
  } catch (error) {
    await unlink(target);
    throw error;
  }
}

/** An entry of an open folder. */
interface Spotted {
  folder: Folder;
  name: string;
}

function changedMeanwhile(name: string): ProblemError {
  return new ProblemError('workspace_failed', `${quoted(name)} was changed while it was moved. Try again.`);
}

async function takeAfter(handle: FileHandle, like: Likeness): Promise<void> {
  const own = await handle.stat({ bigint: true });
  const { uid = own.uid, gid = own.gid } = like;
  if (own.uid !== uid || own.gid !== gid) {
    try {
      await handle.chown(Number(uid), Number(gid));
    } catch (error) {
      // Only root may give a file away; for anyone else the new content is the server's own.
      if (!hasCode(error, 'EPERM')) throw error;
    }
  }
  await handle.chmod(Number(like.mode & PERMISSIONS));
}

/** Gives a file a second name unless that is taken: link(2) fails when it is, in the same step. */
async function linkNew(source: Buffer, target: Buffer, folder: Folder): Promise<boolean> {
  try {
    await onOneDisk(source, folder, (near) => link(near, target));
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    // A file system without hard links (FAT, some network and phone storage) says it in one of these ways.
    if (!hasCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL')) throw error;
  }
  return claimAndRename(source, target);
}

/** Does something with a file that takes it to be on the disk of `folder`: with a copy there, if it is on another one. */
async function onOneDisk(
  source: Buffer,
  folder: Folder,
  act: (near: Buffer) => Promise<void>,
): Promise<void> {
  try {
    return await act(source);
  } catch (error) {
    if (!hasCode(error, 'EXDEV')) throw error;
  }
  const near = folder.child(ownName());
  try {
    await copyFile(source, near, constants.COPYFILE_EXCL);
    await act(near);
  } finally {
    await unlink(near).catch(() => undefined);
  }
}

/** The way without hard links: an empty file claims the name, and is replaced at once. */
async function claimAndRename(source: Buffer, target: Buffer): Promise<boolean> {
  try {
    await (await open(target, CREATE)).close();
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
  try {
    await rename(source, target);
    return true;
  } catch (error) {
    await unlink(target);
    throw error;
  }
}

/** Whether a name stands for the same file as before, with the same content as far as its size and times tell. */
export async function isUnchanged(folder: Folder, name: string, before: BigIntStats): Promise<boolean> {
  return isSameFile(before, await lstat(folder.child(name), { bigint: true }));
}

/** A second name changes when a file was changed, but not when its content was. */
function isSameFile(before: BigIntStats, now: BigIntStats): boolean {
  return (
    now.dev === before.dev &&
    now.ino === before.ino &&
    now.size === before.size &&
    now.mtimeNs === before.mtimeNs
  );
}
