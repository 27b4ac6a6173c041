import type { ChangeOperation, EntryVersion } from '../../db/workspace-schema.ts';
import { ProblemError } from '../../errors.ts';
import type { Folder } from '../sandbox/folder.ts';
import { quoted } from '../sandbox/names.ts';
import { clearFolders, foldersToMake, openMissing, type Space, type Spot } from '../sandbox/space.ts';
import type { PlannedChange } from './journal-writer.ts';
import { settleAll, settleChange } from './settle.ts';

/** One step from one state of the workspace to the next, prepared so far that only renames are left. */
export interface Deed {
  /** A UUIDv7; what was staged for the change has it as its name. */
  id: string;
  operation: ChangeOperation;
  /** Where the entry is, was, or will be. */
  spot: Spot;
  from?: string;
  before: EntryVersion;
  after: EntryVersion;
  left?: EntryVersion;
  /** The change that it undoes, and the folders that go with it when they are empty. */
  undoes?: string | undefined;
  cleared?: string[] | undefined;
  /** Does it, in the folder that holds the entry; false when it did nothing, because the disk has changed since it was looked at. */
  act: (parent: Folder) => Promise<boolean>;
}

/**
 * Makes a change as the journal demands it: written down before it begins and confirmed after. Whatever happens in between, the
 * journal is made true by looking at the disk: at once, or when the process is gone, by the next one. For one who holds the workspace.
 *
 * @throws ProblemError `already_undone`, `workspace_failed`, or what `act` throws.
 */
export async function makeChange(space: Space, deed: Deed): Promise<boolean> {
  const change = planOf(space, deed);
  await begin(space, change);
  let isDone = false;
  try {
    isDone = await actOn(deed);
  } catch (error) {
    await settleChange(space, change).catch(() => undefined);
    throw error;
  }
  if (!isDone) {
    await clearFolders(space, change.made.toReversed());
    await space.journal.drop(change);
    return false;
  }
  await clearFolders(space, change.cleared);
  // The change is made, whether or not the database can be told now: what is not confirmed is settled by looking at the disk.
  await space.journal.confirm(change, 'done').catch(() => undefined);
  return true;
}

function planOf({ userId, author }: Space, deed: Deed): PlannedChange {
  const { id, operation, spot, from, before, after, left, undoes, cleared } = deed;
  return {
    ...{ userId, id, operation, path: spot.path.text, fromPath: from ?? null },
    ...{ before, after, left: left ?? null, made: foldersToMake(spot), cleared: cleared ?? [] },
    ...{ undoes: undoes ?? null, ...author },
  };
}

async function actOn({ spot, act }: Deed): Promise<boolean> {
  if (spot.missing.length === 0) return await act(spot.folder);
  await using parent = await openMissing(spot);
  return await act(parent);
}

/** Writes a change down. One before it whose end is not written down belongs to nobody, since the workspace is held. */
async function begin(space: Space, change: PlannedChange): Promise<void> {
  let outcome = await space.journal.begin(change);
  if (outcome === 'busy') {
    await settleAll(space);
    outcome = await space.journal.begin(change);
  }
  if (outcome === 'undone') {
    throw new ProblemError('already_undone', `The change ${change.undoes} was undone before.`);
  }
  if (outcome === 'busy') {
    throw new ProblemError(
      'workspace_failed',
      `${quoted(change.path)} was not changed, because another change of the workspace does not end. Try again.`,
    );
  }
}
