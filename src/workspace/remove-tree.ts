import { chmod, lstat, readdir, rmdir, unlink } from 'node:fs/promises';
import { hasCode } from './sandbox/file-errors.ts';
import type { Folder } from './sandbox/folder.ts';

/** How often a folder that is being deleted is read again because something was put into it. */
const ATTEMPTS = 3;

/**
 * Deletes an entry of an open folder for good, with all that is below it however deep, without following links. What is not there
 * is deleted already.
 */
export async function removeTree(parent: Folder, name: string | Buffer): Promise<void> {
  try {
    const stats = await lstat(parent.child(name));
    if (stats.isDirectory()) await removeFolder(parent, name);
    else await unlink(parent.child(name));
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

async function removeFolder(parent: Folder, name: string | Buffer): Promise<void> {
  // What is in a folder that may not be written cannot be taken out of it; who owns it may change that.
  await chmod(parent.child(name), 0o700).catch(() => undefined);
  await using folder = await parent.open(name);
  for (let attempt = 1; ; attempt += 1) {
    for (const entry of await readdir(folder.location, { encoding: 'buffer' }))
      await removeTree(folder, entry);
    try {
      return await rmdir(parent.child(name));
    } catch (error) {
      // A writer that was already in the folder may have finished since it was read.
      if (attempt === ATTEMPTS || !hasCode(error, 'ENOTEMPTY')) throw error;
    }
  }
}
