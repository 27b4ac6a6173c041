import type { EntryVersion, FileVersion } from '../../db/workspace-schema.ts';
import { ProblemError } from '../../errors.ts';
import { changeHeldFile } from '../change-file.ts';
import { isBeside, moveBackHeld, moveHeld } from '../move-entry.ts';
import { moveFile } from '../place-file.ts';
import { moveFolder } from '../place-tree.ts';
import { takeEntry } from '../remove-entry.ts';
import { etagOfFile } from '../sandbox/etags.ts';
import { isSystemFailure } from '../sandbox/file-errors.ts';
import { quoted } from '../sandbox/names.ts';
import type { OpenFile } from '../sandbox/open-file.ts';
import { parsePath } from '../sandbox/paths.ts';
import { openSpot, refuseCollisions, type Space, type Spot } from '../sandbox/space.ts';
import { type History, holds, openHistory, openKept } from './history.ts';
import type { JournalEntry } from './journal-reader.ts';
import { makeChange } from './make-change.ts';
import { type EntryPlace, folderVersionIn, isAsRecorded, versionIn } from './versions.ts';

interface Undo {
  change: JournalEntry;
  signal?: AbortSignal | undefined;
}

/**
 * Undoes one change, which is a change itself, and answers its id. What the change brought is kept, so that undoing can be undone.
 * For one who holds the workspace.
 *
 * @throws ProblemError `already_undone`; `changed_since` when the file or the folder is no longer as the change left it;
 * `content_gone` when what it replaced is not kept any more.
 */
export async function undoHeld(
  space: Space,
  { change, signal, measured }: Undo & { measured?: EntryVersion | undefined },
): Promise<string> {
  if (change.undoneBy !== null) {
    throw new ProblemError(
      'already_undone',
      `The change ${change.id} was undone before, by ${change.undoneBy}. Undo that one to have it again.`,
    );
  }
  if (change.state !== 'done') {
    throw new ProblemError(
      'changed_since',
      `${quoted(change.path)} was changed while the server stopped in the middle, so it is not known what to undo.`,
    );
  }
  await using spot = await openSpot(space, parsePath(change.path));
  await refuseChanged(spot, change.after, signal);
  switch (change.operation) {
    case 'created':
      return await takeEntry(space, spot, {
        before: change.after,
        undoes: change.id,
        cleared: clearedBy(change),
      });
    case 'replaced':
      return await restoreContent(space, change, signal);
    case 'deleted':
      return await restoreEntry(space, spot, { change, signal, measured });
    case 'moved':
      return await moveBack(space, spot, { change, signal });
  }
}

/**
 * What undoing a change would bring back, where that is a folder that was deleted. All that is in it is read, which takes a while, so
 * it is done before the workspace is held.
 */
export async function measureKept(
  space: Space,
  { id, path, operation, before }: JournalEntry,
  signal?: AbortSignal,
): Promise<EntryVersion | undefined> {
  if (operation !== 'deleted' || before?.type !== 'folder') return undefined;
  await using history = await openHistory(space);
  if (!(await holds(history.removed, id))) return undefined;
  return await versionOfKept({ folder: history.removed, name: id, path: parsePath(path) }, signal);
}

async function versionOfKept(kept: EntryPlace, signal: AbortSignal | undefined): Promise<EntryVersion> {
  const found = await versionIn(kept, signal);
  if (found?.type !== 'folder') return found;
  try {
    return await folderVersionIn(kept, signal);
  } catch (error) {
    // What the server may not read can come back all the same; then the folder is known by being the same one.
    if (isSystemFailure(error)) return found;
    throw error;
  }
}

/** Puts the content back that a file had before. */
async function restoreContent(space: Space, change: JournalEntry, signal?: AbortSignal): Promise<string> {
  await using history = await openHistory(space);
  const before = expectFile(change.before, change);
  await using file = await keptContent(history, before, change);
  const done = await changeHeldFile(space, parsePath(change.path), {
    content: { ...before, file },
    ifMatch: change.after?.type === 'file' ? change.after.etag : undefined,
    undoes: change.id,
    signal,
  });
  if (done.id === null) throw movedOn(change.path);
  return done.id;
}

/** Brings back what was deleted, with the folders above it. */
async function restoreEntry(
  space: Space,
  spot: Spot,
  { change, signal, measured }: Undo & { measured: EntryVersion | undefined },
): Promise<string> {
  await using history = await openHistory(space);
  const kept = { folder: history.removed, name: change.id, path: spot.path };
  if (!(await holds(history.removed, change.id))) throw gone(change);
  await refuseCollisions(spot);
  const after = measured ?? (await versionOfKept(kept, signal));
  const id = await space.journal.newId(space.userId);
  const isMade = await makeChange(space, {
    ...{ id, operation: 'created', spot, before: null, after, undoes: change.id, cleared: [] },
    act(parent) {
      return after?.type === 'folder'
        ? moveFolder(history.removed.child(change.id), parent, spot.name)
        : moveFile({ folder: history.removed, name: change.id }, parent, spot.name);
    },
  });
  if (!isMade) throw movedOn(change.path);
  return id;
}

/** Moves back what was moved; what it had replaced there comes back, too. */
async function moveBack(space: Space, source: Spot, { change, signal }: Undo): Promise<string> {
  await using target = await openSpot(space, parsePath(change.fromPath ?? ''));
  await refuseChanged(target, change.left, signal);
  const { after, before, left } = change;
  if (after === null) throw movedOn(change.path);
  const ends = { source, target, undoes: change.id, cleared: clearedBy(change) };
  if (left !== null)
    return made(await moveHeld(space, { ...ends, moved: after, replaced: expectFile(left, change) }), change);
  await refuseCollisions(target, isBeside(source, target) ? source.name : undefined);
  if (before === null) return made(await moveHeld(space, { ...ends, moved: after, replaced: null }), change);
  await using history = await openHistory(space);
  const version = expectFile(before, change);
  await using file = await keptContent(history, version, change);
  const moved = expectFile(after, change);
  return await moveBackHeld(space, { ...ends, moved, left: { version, file: file.handle } });
}

/** The folders that a change had to make, innermost first. */
function clearedBy({ made }: JournalEntry): string[] {
  return made.toReversed();
}

async function refuseChanged(spot: Spot, recorded: EntryVersion, signal?: AbortSignal): Promise<void> {
  const isSame = spot.missing.length > 0 ? recorded === null : await isAsRecorded(spot, recorded, signal);
  if (!isSame) throw movedOn(spot.path.text);
}

async function keptContent(history: History, version: FileVersion, change: JournalEntry): Promise<OpenFile> {
  const file = await openKept(history, version.etag);
  if (file === undefined) throw gone(change);
  // A disk can lose what was not flushed; half a content is none.
  if ((await etagOfFile(file.handle, undefined)) === version.etag) return file;
  await file[Symbol.asyncDispose]();
  throw gone(change);
}

function made(id: string | undefined, { path }: JournalEntry): string {
  if (id === undefined) throw movedOn(path);
  return id;
}

/** Only files are replaced. */
function expectFile(version: EntryVersion, change: JournalEntry): FileVersion {
  if (version?.type === 'file') return version;
  throw new Error(`the journal has no file where the change ${change.id} needs one`);
}

function movedOn(path: string): ProblemError {
  return new ProblemError(
    'changed_since',
    `${quoted(path)} is no longer as that change left it, so undoing it would lose something. Nothing was changed. Undo the later changes first, or change the file itself.`,
  );
}

function gone(change: JournalEntry): ProblemError {
  return new ProblemError(
    'content_gone',
    `What was at ${quoted(change.path)} before the change ${change.id} is not kept any more.`,
  );
}
