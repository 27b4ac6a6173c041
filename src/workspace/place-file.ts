import { type BigIntStats, constants } from 'node:fs';
import { link, lstat, open, rename, unlink } from 'node:fs/promises';
import { hasCode } from './file-errors.ts';
import type { Folder } from './folder.ts';
import { ownName } from './names.ts';

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
/** Read, write and execute for owner, group and others; set-user-id and the like are not carried over. */
const PERMISSIONS = 0o777n;
const NEW_FILE = 0o666;

/** The file that a new content replaces. */
export interface Replaced {
  /** What `fstat` said when its content was looked at. */
  stats: BigIntStats;
  /** Whether it must still be the same file, unchanged, at the last moment. */
  mustBeUnchanged: boolean;
}

/**
 * Puts a content under `name` in one step: it is written beside it, flushed to the disk, and then renamed over the
 * replaced file, or linked where there was none, so that a reader sees the old content or the new one, whole, and no
 * other name of the old file is touched. Permissions and owner of the replaced file are kept.
 *
 * Answers `taken` when a file has appeared where there was none, and `changed` when the replaced file must be unchanged
 * and is not; nothing has happened then.
 */
export async function placeFile(
  folder: Folder,
  name: string,
  content: { bytes: Uint8Array; replaced: Replaced | undefined },
): Promise<'placed' | 'taken' | 'changed'> {
  const { bytes, replaced } = content;
  await folder.verify();
  const temporary = folder.child(ownName());
  try {
    await writeBeside(temporary, bytes, replaced?.stats);
    await folder.verify();
    if (replaced === undefined) {
      if (!(await linkNew(temporary, folder.child(name)))) return 'taken';
    } else {
      if (replaced.mustBeUnchanged && !(await isUnchanged(folder, name, replaced.stats))) return 'changed';
      await rename(temporary, folder.child(name));
    }
  } finally {
    // After a rename it is gone already; a leftover is hidden and harmless, so failing to remove it is no failure.
    await unlink(temporary).catch(() => undefined);
  }
  await folder.sync();
  return 'placed';
}

async function writeBeside(path: Buffer, bytes: Uint8Array, like: BigIntStats | undefined): Promise<void> {
  await using handle = await open(
    path,
    CREATE,
    like === undefined ? NEW_FILE : Number(like.mode & PERMISSIONS),
  );
  await handle.writeFile(bytes);
  if (like !== undefined) {
    const own = await handle.stat({ bigint: true });
    if (own.uid !== like.uid || own.gid !== like.gid) {
      try {
        await handle.chown(Number(like.uid), Number(like.gid));
      } catch (error) {
        // Only root may give a file away; for anyone else the new content is the server's own.
        if (!hasCode(error, 'EPERM')) throw error;
      }
    }
    await handle.chmod(Number(like.mode & PERMISSIONS));
  }
  await handle.sync();
}

/** Gives the written file its name unless that is taken: link(2) fails when it is, in the same step. */
async function linkNew(temporary: Buffer, target: Buffer): Promise<boolean> {
  try {
    await link(temporary, target);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    // A file system without hard links (FAT, some network and phone storage) says it in one of these ways.
    if (!hasCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL')) throw error;
  }
  return claimAndRename(temporary, target);
}

/** The way without hard links: an empty file claims the name, and is replaced at once. */
async function claimAndRename(temporary: Buffer, target: Buffer): Promise<boolean> {
  try {
    await (await open(target, CREATE)).close();
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
  try {
    await rename(temporary, target);
    return true;
  } catch (error) {
    await unlink(target);
    throw error;
  }
}

async function isUnchanged(folder: Folder, name: string, before: BigIntStats): Promise<boolean> {
  const now = await lstat(folder.child(name), { bigint: true });
  return (
    now.dev === before.dev &&
    now.ino === before.ino &&
    now.size === before.size &&
    now.mtimeNs === before.mtimeNs
  );
}
