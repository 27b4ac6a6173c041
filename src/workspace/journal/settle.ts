import { lstat, unlink } from 'node:fs/promises';
import type { EntryVersion } from '../../db/workspace-schema.ts';
import { ProblemError } from '../../errors.ts';
import { removeTree } from '../remove-tree.ts';
import { isSystemFailure } from '../sandbox/file-errors.ts';
import { parsePath } from '../sandbox/paths.ts';
import { clearFolders, openSpot, type Space, type Spot } from '../sandbox/space.ts';
import { type History, holds, openHistory } from './history.ts';
import type { PlannedChange } from './journal-writer.ts';
import { versionIn } from './versions.ts';

type Finding = 'made' | 'not made' | 'unclear';

/**
 * Finds out by looking at the disk what became of a change whose end was not written down, brings to an end what is half done,
 * and makes the journal say so. A change that was not made is forgotten.
 */
export async function settleChange(space: Space, change: PlannedChange): Promise<void> {
  await using history = await openHistory(space);
  const finding = await findOut(space, change, history).catch(unclearWhereUnreadable);
  if (finding === 'not made') {
    await removeTree(history.staged, change.id).catch(() => undefined); // cleared away later
    await clearFolders(space, change.made.toReversed());
    await space.journal.drop(change);
    return;
  }
  await clearFolders(space, change.cleared);
  await space.journal.confirm(change, finding === 'made' ? 'done' : 'unclear');
}

/** Settles all changes of a user whose end is not written down. For one who holds the workspace. */
export async function settleAll(space: Space): Promise<void> {
  for (const change of await space.journal.pending(space.userId)) await settleChange(space, change);
}

/** What cannot be looked at must not stand in the way of every later change. */
function unclearWhereUnreadable(error: unknown): Finding {
  if (error instanceof ProblemError || isSystemFailure(error)) return 'unclear';
  throw error;
}

async function findOut(space: Space, change: PlannedChange, history: History): Promise<Finding> {
  await using spot = await openSpot(space, parsePath(change.path));
  if (change.operation === 'deleted') return await findDeletion(spot, change, history);
  if (change.operation === 'moved') return await findMove(space, spot, change);
  if (change.after?.type === 'folder') return await findNewFolder(spot, change, history);
  return compare(await versionOrNull(spot), change);
}

/** A folder comes in one rename, from where it was staged or kept, or empty. */
async function findNewFolder(
  spot: Spot,
  change: PlannedChange,
  { staged, removed }: History,
): Promise<Finding> {
  if (await holds(staged, change.id)) return 'not made';
  if (change.undoes !== null && (await holds(removed, change.undoes))) return 'not made';
  return (await versionOrNull(spot))?.type === 'folder' ? 'made' : 'not made';
}

/** What is deleted goes to where it is kept in one rename, or, from another disk, as a copy before it goes. */
async function findDeletion(
  spot: Spot,
  { id, before }: PlannedChange,
  { removed }: History,
): Promise<Finding> {
  if (!(await holds(removed, id))) return 'not made';
  if (before?.type !== 'file' || !isSame(await versionOrNull(spot), before)) return 'made';
  await unlink(removed.child(id));
  return 'not made';
}

/** A file is moved by a second name before the first one goes, a folder in one rename. */
async function findMove(space: Space, spot: Spot, change: PlannedChange): Promise<Finding> {
  const now = await versionOrNull(spot);
  const from = parsePath(change.fromPath ?? '');
  await using source = await openSpot(space, from);
  if (change.after?.type === 'folder') return isSame(now, change.after) ? 'made' : 'not made';
  const isTwice = (await inodeIn(source)) === (await inodeIn(spot));
  if (now !== null && isTwice) {
    if (change.left !== null) {
      await unlink(spot.folder.child(spot.name));
      return 'not made';
    }
    await unlink(source.folder.child(source.name));
    return 'made';
  }
  const remains = await versionOrNull(source);
  if (change.left !== null) return isSame(remains, change.left) ? 'made' : compare(now, change);
  // A file that is replaced by one with the same content looks the same before and after.
  return isSame(remains, change.after) ? 'not made' : compare(now, change);
}

function compare(now: EntryVersion, { before, after }: PlannedChange): Finding {
  if (isSame(now, after)) return 'made';
  return isSame(now, before) ? 'not made' : 'unclear';
}

function isSame(now: EntryVersion, recorded: EntryVersion): boolean {
  if (now === null || recorded === null) return now === recorded;
  if (now.type === 'file') return recorded.type === 'file' && now.etag === recorded.etag;
  return recorded.type === 'folder' && now.inode === recorded.inode;
}

/** A link or the like that somebody put there is neither the old state nor the new one, and no reason to fail. */
async function versionOrNull(spot: Spot): Promise<EntryVersion> {
  if (spot.missing.length > 0) return null;
  try {
    return await versionIn(spot);
  } catch (error) {
    if (error instanceof ProblemError) return null;
    throw error;
  }
}

async function inodeIn({ folder, name, missing }: Spot): Promise<bigint | undefined> {
  if (missing.length > 0) return undefined;
  const stats = await lstat(folder.child(name), { bigint: true }).catch(() => undefined);
  return stats?.ino;
}
