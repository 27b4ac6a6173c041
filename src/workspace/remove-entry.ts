import { lstat, readdir, rename, rmdir, unlink } from 'node:fs/promises';
import { ProblemError } from '../errors.ts';
import type { ChangeOptions } from './change-file.ts';
import { entryType, refuseSpecial, refuseUnlessFolder } from './entry-type.ts';
import { etagOfFile } from './etags.ts';
import { hasCode } from './file-errors.ts';
import type { Folder } from './folder.ts';
import { isOwnName, ownName, quoted } from './names.ts';
import { openFile } from './open-file.ts';
import type { WorkspacePath } from './paths.ts';
import { alreadyExists, checkPreconditions } from './preconditions.ts';
import { holdPath, openParent, type Space } from './space.ts';

/** How often a folder that is being deleted is read again because something was put into it. */
const ATTEMPTS = 3;

/** What may be deleted, and when. A folder has no ETag, so only `*` fits it. */
export interface RemoveOptions extends ChangeOptions {
  /** Delete a folder with all that is in it. */
  recursive?: boolean | undefined;
}

/** What was deleted: how many files, links and the like, and the bytes of the files. */
export interface Removal {
  path: string;
  operation: 'deleted';
  files: number;
  bytes: number;
}

interface Tally {
  files: number;
  bytes: number;
}

/**
 * Deletes a file or a folder. A link in a deleted folder is deleted itself, what it points to stays. `signal` is heeded
 * until the deletion begins.
 */
export async function removeEntry(
  space: Space,
  path: WorkspacePath,
  options: RemoveOptions,
): Promise<Removal> {
  if (path.names.length === 0) {
    throw new ProblemError('invalid_path', 'The workspace itself cannot be deleted; name something in it.');
  }
  return holdPath(space, path, {
    signal: options.signal,
    async change() {
      try {
        return await removeNow(space, path, options);
      } catch (error) {
        if (hasCode(error, 'ENOENT')) checkPreconditions(path.text, undefined, { ifMatch: options.ifMatch });
        throw error;
      }
    },
  });
}

async function removeNow(space: Space, path: WorkspacePath, options: RemoveOptions): Promise<Removal> {
  const { parent, name } = await openParent(space, path);
  await using folder = parent;
  const tally: Tally = { files: 0, bytes: 0 };
  const type = await typeOf(folder, name, { path, options });
  await folder.verify();
  options.signal?.throwIfAborted();
  if (type === 'file') await removeLeaf(folder, name, tally);
  else if (options.recursive === true) await removeAtOnce(folder, name, tally);
  else await removeEmptyFolder(folder, name, path);
  await folder.sync();
  return { path: path.text, operation: 'deleted', ...tally };
}

/** Says whether a file or a folder is to be deleted, after the preconditions. */
async function typeOf(
  folder: Folder,
  name: string,
  { path, options }: { path: WorkspacePath; options: RemoveOptions },
): Promise<'file' | 'folder'> {
  const stats = await lstat(folder.child(name));
  const type = entryType(stats);
  refuseSpecial(type, path.text);
  if (path.wantsFolder) refuseUnlessFolder(type, path.text);
  if (options.ifNoneMatch !== undefined) throw alreadyExists(path.text);
  if (options.ifMatch === undefined || options.ifMatch.trim() === '*')
    return stats.isFile() ? 'file' : 'folder';
  if (!stats.isFile()) {
    throw new ProblemError(
      'precondition_failed',
      `${quoted(path.text)} is a folder, which has no ETag to match.`,
    );
  }
  await using file = await openFile(folder, name, path);
  checkPreconditions(path.text, await etagOfFile(file.handle, options.signal), { ifMatch: options.ifMatch });
  return 'file';
}

/** Deletes a folder in which nothing is left but what the workspace itself put there. */
async function removeEmptyFolder(parent: Folder, name: string, path: WorkspacePath): Promise<void> {
  await using folder = await parent.open(name);
  const names = await readdir(folder.location);
  if (names.some((entry) => !isOwnName(entry))) {
    throw new ProblemError(
      'folder_not_empty',
      `The folder ${quoted(path.text)} is not empty; delete it recursively to delete all that is in it.`,
    );
  }
  for (const leftover of names) await removeEntryIn(folder, Buffer.from(leftover), { files: 0, bytes: 0 });
  await rmdir(parent.child(name));
}

/** Takes a folder out of sight in one step and then deletes it; what cannot be deleted is put back. */
async function removeAtOnce(parent: Folder, name: string, tally: Tally): Promise<void> {
  const hidden = ownName();
  await rename(parent.child(name), parent.child(hidden));
  try {
    await removeTree(parent, Buffer.from(hidden), tally);
  } catch (error) {
    try {
      await rename(parent.child(hidden), parent.child(name));
    } catch {
      // Somebody has taken the name meanwhile. The rest stays hidden; the failure to report is the first one.
    }
    throw error;
  }
}

async function removeTree(parent: Folder, name: Buffer, tally: Tally): Promise<void> {
  await using folder = await parent.open(name);
  for (let attempt = 1; ; attempt += 1) {
    for (const entry of await readdir(folder.location, { encoding: 'buffer' })) {
      await removeEntryIn(folder, entry, tally);
    }
    try {
      return await rmdir(parent.child(name));
    } catch (error) {
      // A writer that was already in the folder may have finished since it was read.
      if (attempt === ATTEMPTS || !hasCode(error, 'ENOTEMPTY')) throw error;
    }
  }
}

async function removeEntryIn(folder: Folder, name: Buffer, tally: Tally): Promise<void> {
  try {
    const stats = await lstat(folder.child(name));
    if (stats.isDirectory()) await removeTree(folder, name, tally);
    else await removeLeaf(folder, name, tally);
  } catch (error) {
    // Gone already: a writer takes its own temporary file away.
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

/** Deletes one name that is not a folder's; a link is not followed. */
async function removeLeaf(folder: Folder, name: string | Buffer, tally: Tally): Promise<void> {
  const stats = await lstat(folder.child(name));
  await unlink(folder.child(name));
  tally.files += 1;
  if (stats.isFile()) tally.bytes += stats.size;
}
