import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from '../remove-tree.ts';
import { hasCode } from '../sandbox/file-errors.ts';
import type { Space } from '../sandbox/space.ts';
import { HISTORY_FOLDER, openHistory } from './history.ts';

/** Names about which the journal is asked in one statement. */
const AT_A_TIME = 500;
/** As long as the journal itself goes back. */
const ALWAYS_DAYS = 36_500;

/**
 * Takes away at once all that is kept of files of which the journal says nothing any more. `userId` is null where several users share
 * the workspace: what another one's changes need stays. For one who holds the workspace.
 */
export async function forgetHistory(space: Space, userId: string | null): Promise<void> {
  if (!(await hasHistory(space))) return;
  const { journal } = space;
  await using history = await openHistory(space);
  for (const names of parts(await readdir(history.removed.location))) {
    const known = await journal.known(names);
    for (const name of names) if (!known.has(name)) await removeTree(history.removed, name);
  }
  for (const names of parts(await readdir(history.contents.location))) {
    const needed = await journal.needed(
      userId,
      names.map((name) => `"${name}"`),
      ALWAYS_DAYS,
    );
    for (const name of names) if (!needed.has(`"${name}"`)) await removeTree(history.contents, name);
  }
}

async function hasHistory({ root }: Space): Promise<boolean> {
  try {
    await lstat(join(root, HISTORY_FOLDER));
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}

function parts(names: string[]): string[][] {
  return Array.from({ length: Math.ceil(names.length / AT_A_TIME) }, (_, part) =>
    names.slice(part * AT_A_TIME, (part + 1) * AT_A_TIME),
  );
}
