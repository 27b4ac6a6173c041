import { mkdir, rename } from 'node:fs/promises';
import { v7 as uuidv7 } from 'uuid';
import { ProblemError } from '../errors.ts';
import { openHistory } from './journal/history.ts';
import { makeChange } from './journal/make-change.ts';
import { EMPTY_TREE } from './journal/tree-digest.ts';
import { folderVersionIn, versionIn } from './journal/versions.ts';
import { removeTree } from './remove-tree.ts';
import { hasCode } from './sandbox/file-errors.ts';
import type { Folder } from './sandbox/folder.ts';
import { quoted } from './sandbox/names.ts';
import type { WorkspacePath } from './sandbox/paths.ts';
import {
  holdWorkspace,
  makeAndEnter,
  openSpot,
  refuseCollisions,
  type Space,
  type Spot,
} from './sandbox/space.ts';

/** A folder that came into the workspace, with all that is in it. */
export interface NewFolder {
  id: string;
  path: string;
  operation: 'created';
  files: number;
  bytes: number;
}

/**
 * Makes a folder that must not exist yet, with all that `fill` puts into it, in one step: it is filled out of sight and then
 * renamed. When that fails, nothing is there.
 *
 * @throws ProblemError `already_exists`.
 */
export async function placeTree(
  space: Space,
  path: WorkspacePath,
  { fill, signal }: { fill: (staged: Folder) => Promise<unknown>; signal: AbortSignal | undefined },
): Promise<NewFolder> {
  const staging = uuidv7();
  const ids: string[] = [];
  await using history = await openHistory(space);
  try {
    {
      await using early = await openSpot(space, path);
      await refuseExisting(early);
    }
    await using staged = await makeAndEnter(history.staged, staging);
    await fill(staged);
    const after = await folderVersionIn({ folder: history.staged, name: staging }, signal);
    return await holdWorkspace(space, path, {
      signal,
      async change() {
        await using spot = await openSpot(space, path);
        await refuseExisting(spot);
        // Changes stand in the journal in the order of their ids: this one's is made when its turn has come.
        const id = await space.journal.newId(space.userId);
        ids.push(id);
        await rename(history.staged.child(staging), history.staged.child(id));
        await makeChange(space, {
          ...{ id, operation: 'created', spot, before: null, after },
          act: (parent) => moveFolder(history.staged.child(id), parent, spot.name),
        });
        return {
          id,
          path: path.text,
          operation: 'created',
          files: after.files ?? 0,
          bytes: after.bytes ?? 0,
        };
      },
    });
  } finally {
    for (const name of [staging, ...ids]) await removeTree(history.staged, name);
  }
}

/** Renames a folder to where nothing is. An empty folder that somebody makes there in the same moment is replaced by it. */
export async function moveFolder(source: Buffer, parent: Folder, name: string): Promise<boolean> {
  await parent.verify();
  try {
    await rename(source, parent.child(name));
  } catch (error) {
    if (!hasCode(error, 'EXDEV')) throw error;
    throw new ProblemError(
      'workspace_failed',
      `${quoted(name)} would go to another disk, which takes no folder in one step. Copy the files in it one by one.`,
      { cause: error },
    );
  }
  await parent.sync();
  return true;
}

/** Makes an empty folder; one that is there already stays as it is, and `id` is null then. */
export async function makeFolder(
  space: Space,
  path: WorkspacePath,
  { signal }: { signal: AbortSignal | undefined },
): Promise<{ id: string | null; path: string; operation: 'created' | 'unchanged' }> {
  return holdWorkspace(space, path, {
    signal,
    async change() {
      await using spot = await openSpot(space, path);
      const found = spot.missing.length > 0 ? null : await versionIn(spot, signal);
      if (found?.type === 'folder') return { id: null, path: path.text, operation: 'unchanged' };
      await refuseExisting(spot);
      const id = await space.journal.newId(space.userId);
      const after = { type: 'folder' as const, digest: EMPTY_TREE, files: 0, bytes: 0 };
      await makeChange(space, {
        ...{ id, operation: 'created', spot, before: null, after },
        async act(parent) {
          await mkdir(parent.child(spot.name));
          await parent.sync();
          return true;
        },
      });
      return { id, path: path.text, operation: 'created' };
    },
  });
}

/** Refuses a spot where something is, or whose name stands for something that is there. */
export async function refuseExisting(spot: Spot, except?: string): Promise<void> {
  const { path } = spot;
  if (spot.missing.length === 0 && (await versionIn(spot)) !== null) {
    throw new ProblemError('already_exists', `There is something at ${quoted(path.text)} already.`);
  }
  await refuseCollisions(spot, except);
}
