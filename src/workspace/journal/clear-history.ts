import { lstat, readdir } from 'node:fs/promises';
import { timeOf } from '../../db/uuid-time.ts';
import { removeTree } from '../remove-tree.ts';
import { hasCode } from '../sandbox/file-errors.ts';
import type { Folder } from '../sandbox/folder.ts';
import type { Space } from '../sandbox/space.ts';
import { openHistory } from './history.ts';
import type { Journal } from './journal.ts';

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
    contents: await clearContents(space.journal, history.contents, { days, userId }),
  };
}

async function clearContents(
  journal: Journal,
  contents: Folder,
  { days, userId }: ClearOptions,
): Promise<number> {
  const names = await readdir(contents.location);
  let cleared = 0;
  for (let first = 0; first < names.length; first += AT_A_TIME) {
    const some = names.slice(first, first + AT_A_TIME);
    const needed = await journal.needed(
      userId,
      some.map((name) => `"${name}"`),
      days,
    );
    const idle: string[] = [];
    for (const name of some) if (!needed.has(`"${name}"`) && (await isIdle(contents, name))) idle.push(name);
    await takeAway(contents, idle);
    cleared += idle.length;
  }
  return cleared;
}

async function takeAway(folder: Folder, names: readonly string[]): Promise<void> {
  for (const name of names) await removeTree(folder, name);
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
