import { lstat, readdir } from 'node:fs/promises';
import { timeOf } from '../../db/uuid-time.ts';
import { removeTree } from '../remove-tree.ts';
import { hasCode, isSystemFailure } from '../sandbox/file-errors.ts';
import type { Folder } from '../sandbox/folder.ts';
import { parsePath } from '../sandbox/paths.ts';
import { holdWorkspace, type Space } from '../sandbox/space.ts';
import { openHistory } from './history.ts';

const DAY_MS = 86_400_000;
/** Kept contents about which the journal is asked in one statement. */
const AT_A_TIME = 500;

interface ClearOptions {
  days: number;
  /** Whose workspace it is; null where several users share one, so that what any of them needs stays. */
  userId: string | null;
}

/** What was cleared away, counted. */
export interface Cleared {
  removed: number;
  contents: number;
}

/**
 * Clears away what no change of the last `days` needs to be undone, and what was staged or read and came to nothing: that is kept
 * for a day, in which its change may be written down.
 */
export async function clearHistory(space: Space, { days, userId }: ClearOptions): Promise<Cleared> {
  await using history = await openHistory(space);
  const limit = Date.now() - days * DAY_MS;
  const removed = (await readdir(history.removed.location)).filter((id) => timeOf(id).getTime() < limit);
  const staged = (await readdir(history.staged.location)).filter(
    (id) => timeOf(id).getTime() < Date.now() - DAY_MS,
  );
  await takeAway(history.removed, removed);
  await takeAway(history.staged, staged);
  return {
    removed: removed.length,
    contents: await clearContents(space, history.contents, { days, userId }),
  };
}

async function clearContents(
  space: Space,
  contents: Folder,
  { days, userId }: ClearOptions,
): Promise<number> {
  const names = await readdir(contents.location);
  let cleared = 0;
  for (let first = 0; first < names.length; first += AT_A_TIME) {
    const some = names.slice(first, first + AT_A_TIME);
    cleared += await holdWorkspace(space, parsePath(''), {
      signal: undefined,
      change: () => clearSome(space, contents, { names: some, days, userId }),
    });
  }
  return cleared;
}

/** Clears some contents while nobody keeps one again. */
async function clearSome(
  { journal }: Space,
  contents: Folder,
  { names, days, userId }: ClearOptions & { names: string[] },
): Promise<number> {
  const needed = await journal.needed(
    userId,
    names.map((name) => `"${name}"`),
    days,
  );
  const idle: string[] = [];
  for (const name of names) if (!needed.has(`"${name}"`) && (await isIdle(contents, name))) idle.push(name);
  await takeAway(contents, idle);
  return idle.length;
}

async function takeAway(folder: Folder, names: readonly string[]): Promise<void> {
  for (const name of names) {
    try {
      await removeTree(folder, name);
    } catch (error) {
      // One that cannot be taken away must not keep all others.
      if (!isSystemFailure(error)) throw error;
    }
  }
}

/** Whether nobody has kept a content again within a day. */
async function isIdle(contents: Folder, name: string): Promise<boolean> {
  try {
    return (await lstat(contents.child(name))).mtimeMs < Date.now() - DAY_MS;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}
