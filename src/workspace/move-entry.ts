import type { BigIntStats } from 'node:fs';
import { lstat, rename, unlink } from 'node:fs/promises';
import type { EntryVersion, FileVersion } from '../db/workspace-schema.ts';
import { ProblemError } from '../errors.ts';
import { keepFile, openHistory } from './journal/history.ts';
import { makeChange } from './journal/make-change.ts';
import { versionIn } from './journal/versions.ts';
import { isUnchanged, moveFile, placeFile, stageFile, unstageFile } from './place-file.ts';
import { moveFolder, refuseExisting } from './place-tree.ts';
import { alreadyExists, changedSince, checkPreconditions } from './preconditions.ts';
import { hasCode } from './sandbox/file-errors.ts';
import type { Folder } from './sandbox/folder.ts';
import { quoted } from './sandbox/names.ts';
import { openFile, refuseReadOnly } from './sandbox/open-file.ts';
import { parsePath, type WorkspacePath } from './sandbox/paths.ts';
import { holdWorkspace, openSpot, type Space, type Spot } from './sandbox/space.ts';

/** How often a move starts again because somebody outside the server was faster. */
const ATTEMPTS = 3;

/** Whether a file may be replaced by another one, and when. */
export interface MoveOptions {
  /** Replace a file that is at the target; a folder is never replaced. */
  overwrite?: boolean | undefined;
  /** The ETag of the file that may be replaced. */
  ifMatch?: string | undefined;
  /** Nothing may be replaced, whatever `overwrite` says. */
  ifNoneMatch?: '*' | undefined;
  signal?: AbortSignal | undefined;
}

/** What was moved; `previous_etag` is that of the file that it replaced. */
export interface Move {
  id: string;
  operation: 'moved';
  from: string;
  path: string;
  type: 'file' | 'folder';
  previous_etag: string | null;
}

/** A move with what is known of both ends. */
interface KnownMove {
  source: Spot;
  target: Spot;
  /** What is moved, and what it replaces. */
  moved: NonNullable<EntryVersion>;
  replaced: FileVersion | null;
  undoes?: string | undefined;
  cleared?: string[] | undefined;
}

/** Moves or renames a file or a folder. A target that ends in a slash is a folder that it goes into. */
export async function moveEntry(
  space: Space,
  { from, to }: { from: WorkspacePath; to: WorkspacePath },
  options: MoveOptions,
): Promise<Move> {
  const path = targetOf(from, to);
  return holdWorkspace(space, path, {
    signal: options.signal,
    async change() {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const done = await attemptMove(space, { from, to: path }, options);
        if (done !== undefined) return done;
      }
      throw new ProblemError('workspace_failed', `${quoted(path.text)} keeps changing. Try again later.`);
    },
  });
}

/** Tries the move once; `undefined` when the target became another one in the middle of it. */
async function attemptMove(
  space: Space,
  { from, to }: { from: WorkspacePath; to: WorkspacePath },
  options: MoveOptions,
): Promise<Move | undefined> {
  await using source = await openSpot(space, from);
  await using target = await openSpot(space, to);
  const moved = await presentIn(source, options.signal);
  const replaced = await replacedIn(target, { type: moved.type, source, options });
  options.signal?.throwIfAborted();
  const id = await moveHeld(space, { source, target, moved, replaced });
  if (id === undefined) return undefined;
  const previous_etag = replaced?.etag ?? null;
  return { id, operation: 'moved', from: from.text, path: to.text, type: moved.type, previous_etag };
}

/** The path at which something comes to be that goes from one path to another. */
export function targetOf(from: WorkspacePath, to: WorkspacePath): WorkspacePath {
  const name = from.names.at(-1);
  if (name === undefined)
    throw new ProblemError('invalid_path', 'The workspace itself cannot be moved or copied.');
  const path = to.wantsFolder ? parsePath([...to.names, name].join('/')) : to;
  if (path.text === from.text) {
    throw new ProblemError(
      'invalid_request',
      `${quoted(from.text)} is there already; name another path to go to.`,
    );
  }
  if (path.text.startsWith(`${from.text}/`)) {
    throw new ProblemError('invalid_request', `${quoted(from.text)} cannot go into itself.`);
  }
  return path;
}

/** What is at a spot, where something must be. */
export async function presentIn(
  spot: Spot,
  signal: AbortSignal | undefined,
): Promise<NonNullable<EntryVersion>> {
  const found = spot.missing.length > 0 ? null : await versionIn(spot, signal);
  if (found !== null) return found;
  throw new ProblemError('file_not_found', `There is nothing at ${quoted(spot.path.text)} in the workspace.`);
}

/** The file at a target that will be replaced, null for a free place; refuses every other target. */
export async function replacedIn(
  target: Spot,
  { type, source, options }: { type: 'file' | 'folder'; source: Spot; options: MoveOptions },
): Promise<FileVersion | null> {
  const found = target.missing.length > 0 ? null : await versionIn(target, options.signal);
  if (found === null) {
    checkPreconditions(target.path.text, undefined, { ifMatch: options.ifMatch });
    await refuseExisting(target, isBeside(source, target) ? source.name : undefined);
    return null;
  }
  if (found.type === 'folder') {
    throw new ProblemError(
      'already_exists',
      `${quoted(target.path.text)} is a folder. To go into it, end the path in a slash; a folder is never replaced.`,
    );
  }
  if (options.ifNoneMatch !== undefined) throw alreadyExists(target.path.text);
  if (type === 'folder' || options.overwrite !== true) {
    const advice =
      type === 'file' ? ' Set overwrite to replace it, or name another path.' : ' Name another path.';
    throw new ProblemError(
      'already_exists',
      `There is a file at ${quoted(target.path.text)} already.${advice}`,
    );
  }
  checkPreconditions(target.path.text, found.etag, options);
  return found;
}

/** Whether two spots are in one folder: then a name that will be gone is no reason against one that differs from it in case. */
export function isBeside(one: Spot, other: Spot): boolean {
  return one.path.names.slice(0, -1).join('/') === other.path.names.slice(0, -1).join('/');
}

/**
 * Moves what is known, and answers the change's id; undefined when the target is no longer as it was looked at. For one who holds
 * the workspace.
 */
export async function moveHeld(
  space: Space,
  { source, target, moved, replaced, undoes, cleared }: KnownMove,
): Promise<string | undefined> {
  const id = await space.journal.newId(space.userId);
  const kept = replaced === null ? undefined : await keepReplaced(space, target, replaced);
  if (kept === 'changed') return undefined;
  const isMade = await makeChange(space, {
    ...{ id, operation: 'moved', spot: target, from: source.path.text, undoes, cleared },
    ...{ before: replaced, after: moved },
    async act(parent) {
      await source.folder.verify();
      const here = source.folder.child(source.name);
      let isMoved: boolean;
      if (moved.type === 'folder') isMoved = await moveFolder(here, parent, target.name);
      else if (replaced === null) isMoved = await moveFile(source, parent, target.name);
      else
        isMoved = kept !== undefined && (await renameOver(here, parent, { name: target.name, stats: kept }));
      await parent.sync();
      await source.folder.sync();
      return isMoved;
    },
  });
  return isMade ? id : undefined;
}

/** Keeps the file that a move replaces, and answers what it was when it was kept. */
async function keepReplaced(
  space: Space,
  target: Spot,
  replaced: FileVersion,
): Promise<BigIntStats | 'changed'> {
  await refuseReadOnly(target.folder, target.name);
  await using history = await openHistory(space);
  await using file = await openFile(target.folder, target.name, target.path);
  return (await keepFile(history, file, replaced.etag)) === replaced.etag ? file.stats : 'changed';
}

/** A move back that leaves at its source what the move there had replaced. */
interface MoveBack extends Omit<KnownMove, 'moved' | 'replaced'> {
  moved: FileVersion;
  /** The kept content that comes back to the source. */
  left: { version: FileVersion; file: Parameters<typeof stageFile>[2]['content'] };
}

/** Moves a file back and puts in its place what it had replaced there. For one who holds the workspace. */
export async function moveBackHeld(
  space: Space,
  { source, target, moved, left, undoes, cleared }: MoveBack,
): Promise<string> {
  const id = await space.journal.newId(space.userId);
  await using history = await openHistory(space);
  const stats = await lstat(source.folder.child(source.name), { bigint: true });
  try {
    const mode = left.version.mode === undefined ? stats.mode : BigInt(left.version.mode);
    const etag = await stageFile(history, id, {
      content: left.file,
      like: { mode, uid: stats.uid, gid: stats.gid },
    });
    if (etag !== left.version.etag) throw changedSince(source.path.text);
    const isMade = await makeChange(space, {
      ...{ id, operation: 'moved', spot: target, from: source.path.text, undoes, cleared },
      ...{ before: null, after: moved, left: left.version },
      async act(parent) {
        await source.folder.verify();
        const here = source.folder.child(source.name);
        if ((await placeFile(parent, target.name, { staged: here, replaced: undefined })) !== 'placed')
          return false;
        const staged = history.staged.child(id);
        const now = await lstat(here, { bigint: true });
        if ((await placeFile(source.folder, source.name, { staged, replaced: now })) === 'placed')
          return true;
        await unlink(parent.child(target.name));
        return false;
      },
    });
    if (!isMade) throw changedSince(target.path.text);
    return id;
  } finally {
    await unstageFile(history, id);
  }
}

async function renameOver(
  source: Buffer,
  parent: Folder,
  { name, stats }: { name: string; stats: BigIntStats },
): Promise<boolean> {
  await parent.verify();
  if (!(await isUnchanged(parent, name, stats))) return false;
  try {
    // Of two names of one file, rename(2) leaves both.
    if ((await lstat(source, { bigint: true })).ino === stats.ino) await unlink(source);
    else await rename(source, parent.child(name));
    return true;
  } catch (error) {
    if (!hasCode(error, 'EXDEV')) throw error;
    throw new ProblemError(
      'workspace_failed',
      `${quoted(name)} is on another disk, where no file is replaced in one step. Delete it first.`,
      { cause: error },
    );
  }
}
