import { lstat, readdir, rename } from 'node:fs/promises';
import type { EntryVersion } from '../db/workspace-schema.ts';
import { ProblemError } from '../errors.ts';
import type { ChangeOptions } from './change-file.ts';
import { type History, openHistory } from './journal/history.ts';
import { makeChange } from './journal/make-change.ts';
import { versionIn } from './journal/versions.ts';
import { moveByCopy } from './place-file.ts';
import { alreadyExists, changedSince, checkPreconditions } from './preconditions.ts';
import { refuseUnlessFolder } from './sandbox/entry-type.ts';
import { hasCode } from './sandbox/file-errors.ts';
import type { Folder } from './sandbox/folder.ts';
import { isOwnName, quoted } from './sandbox/names.ts';
import type { WorkspacePath } from './sandbox/paths.ts';
import { holdWorkspace, openSpot, type Space, type Spot } from './sandbox/space.ts';
import { sizeOfTree, type TreeSize } from './tree-size.ts';

/** What may be deleted, and when. A folder has no ETag, so only `*` fits it. */
export interface RemoveOptions extends ChangeOptions {
  /** Delete a folder with all that is in it. */
  recursive?: boolean | undefined;
  /** What a folder must be like, as `measure` told it. */
  fingerprint?: string | undefined;
}

/** What was deleted: how many files, links and the like, and the bytes of the files. */
export interface Removal {
  id: string;
  path: string;
  operation: 'deleted';
  files: number;
  bytes: number;
}

/** What taking an entry out of the workspace is done for. */
interface Taking {
  before: EntryVersion;
  undoes?: string | undefined;
  cleared?: string[] | undefined;
}

/**
 * Deletes a file or a folder, by moving it to where it is kept. A link in a deleted folder goes with it, what it points to stays.
 * `signal` is heeded until the deletion begins.
 */
export async function removeEntry(
  space: Space,
  path: WorkspacePath,
  options: RemoveOptions,
): Promise<Removal> {
  if (path.names.length === 0) {
    throw new ProblemError('invalid_path', 'The workspace itself cannot be deleted; name something in it.');
  }
  return holdWorkspace(space, path, {
    signal: options.signal,
    async change() {
      await using spot = await openSpot(space, path);
      const { before, size } = await lookAt(spot, options);
      options.signal?.throwIfAborted();
      const id = await takeEntry(space, spot, { before });
      return { id, path: path.text, operation: 'deleted', files: size.files, bytes: size.bytes };
    },
  });
}

/** Takes what is at a spot out of the workspace and keeps it; answers the change's id. For one who holds the workspace. */
export async function takeEntry(
  space: Space,
  spot: Spot,
  { before, undoes, cleared }: Taking,
): Promise<string> {
  const id = await space.journal.newId(space.userId);
  await using history = await openHistory(space);
  await makeChange(space, {
    ...{ id, operation: 'deleted', spot, before, after: null, undoes, cleared },
    async act(parent) {
      await parent.verify();
      await keepRemoved(parent.child(spot.name), { history, id, path: spot.path });
      await parent.sync();
      await history.removed.sync();
      return true;
    },
  });
  return id;
}

/** Says what is to be deleted, after the preconditions. */
async function lookAt(
  spot: Spot,
  options: RemoveOptions,
): Promise<{ before: EntryVersion; size: Pick<TreeSize, 'files' | 'bytes'> }> {
  const { path } = spot;
  const found = spot.missing.length > 0 ? null : await versionIn(spot, options.signal);
  if (found === null) {
    checkPreconditions(path.text, undefined, { ifMatch: options.ifMatch });
    throw new ProblemError('file_not_found', `There is nothing at ${quoted(path.text)} in the workspace.`);
  }
  if (path.wantsFolder) refuseUnlessFolder(found.type, path.text);
  if (options.ifNoneMatch !== undefined) throw alreadyExists(path.text);
  if (found.type === 'file') {
    checkPreconditions(path.text, found.etag, { ifMatch: options.ifMatch });
    return { before: found, size: { files: 1, bytes: found.size } };
  }
  if (options.ifMatch !== undefined && options.ifMatch.trim() !== '*') {
    throw new ProblemError(
      'precondition_failed',
      `${quoted(path.text)} is a folder, which has no ETag to match.`,
    );
  }
  await using folder = await spot.folder.open(spot.name);
  if (options.recursive !== true) await refuseUnlessEmpty(folder, path);
  const size = await sizeOfTree(folder, options.signal);
  if (options.fingerprint !== undefined && options.fingerprint !== size.fingerprint)
    throw changedSince(path.text);
  return { before: { ...found, files: size.files, bytes: size.bytes }, size };
}

/** Refuses a folder in which more is than what the workspace itself put there. */
async function refuseUnlessEmpty(folder: Folder, path: WorkspacePath): Promise<void> {
  const names = await readdir(folder.location);
  if (names.every(isOwnName)) return;
  throw new ProblemError(
    'folder_not_empty',
    `The folder ${quoted(path.text)} is not empty; delete it recursively to delete all that is in it.`,
  );
}

/** One rename; for a file on another disk than the workspace, a copy and then its end. */
async function keepRemoved(
  source: Buffer,
  { history, id, path }: { history: History; id: string; path: WorkspacePath },
): Promise<void> {
  const target = history.removed.child(id);
  try {
    return await rename(source, target);
  } catch (error) {
    if (!hasCode(error, 'EXDEV')) throw error;
    if (!(await lstat(source)).isFile()) {
      throw new ProblemError(
        'workspace_failed',
        `${quoted(path.text)} is a folder on another disk than the workspace, so it cannot be kept to be brought back. Delete the files in it one by one.`,
        { cause: error },
      );
    }
  }
  await moveByCopy(source, target, path.text);
}
