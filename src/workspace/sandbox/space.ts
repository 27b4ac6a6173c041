import { lstat, mkdir, rmdir } from 'node:fs/promises';
import { ProblemError } from '../../errors.ts';
import type { Journal } from '../journal/journal.ts';
import { openDescriptorRoot } from './descriptor-folder.ts';
import { entryType, refuseUnlessFolder } from './entry-type.ts';
import { hasCode, isSystemFailure } from './file-errors.ts';
import type { Folder } from './folder.ts';
import { refuseCollision } from './name-collisions.ts';
import { openPathRoot } from './path-folder.ts';
import type { PathLocks } from './path-locks.ts';
import type { WorkspacePath } from './paths.ts';

/** Where one user's files are: all that reading them takes. Plain data, so that it can be handed to another thread. */
export interface Place {
  /** The absolute host path of its root. */
  readonly root: string;
  /** Whether the root itself may be a link: the operator's choice of folder may, a user's folder in it may not. */
  readonly rootMayBeLink: boolean;
  /** Whether folders are held by descriptor where the system can. */
  readonly descriptors: boolean;
}

/** On whose behalf a change is made; all null for a person who calls an endpoint. */
export interface Author {
  readonly agent: string | null;
  readonly runId: string | null;
  readonly callId: string | null;
}

/** One user's workspace as its changes need it. */
export interface Space extends Place {
  readonly userId: string;
  readonly author: Author;
  readonly locks: PathLocks;
  /** Runs a change while no other process changes the workspace. */
  readonly exclusively: <Result>(change: () => Promise<Result>) => Promise<Result>;
  readonly journal: Journal;
}

/** Where the entry of a path is, or would be: the deepest folder above it that exists, and what is missing between. */
export interface Spot extends AsyncDisposable {
  readonly path: WorkspacePath;
  readonly name: string;
  readonly folder: Folder;
  /** The names of the folders that are missing, outermost first. */
  readonly missing: readonly string[];
}

/** Opens the folder at `names`, one step at a time and never through a link; the caller disposes it. */
export async function openFolder(place: Place, names: readonly string[]): Promise<Folder> {
  const { folder, missing } = await openDeepest(place, names);
  if (missing.length === 0) return folder;
  await folder[Symbol.asyncDispose]();
  throw Object.assign(new Error('a folder of the path is missing'), { code: 'ENOENT', syscall: 'open' });
}

/** Opens the folder that holds `path`, and says under which name; the caller disposes it. */
export async function openParent(
  place: Place,
  path: WorkspacePath,
): Promise<{ parent: Folder; name: string }> {
  const name = nameOf(path);
  return { parent: await openFolder(place, path.names.slice(0, -1)), name };
}

/** Opens the spot of `path`, however many of the folders above it exist; the caller disposes it. */
export async function openSpot(place: Place, path: WorkspacePath): Promise<Spot> {
  const name = nameOf(path);
  const { folder, missing } = await openDeepest(place, path.names.slice(0, -1));
  return { path, name, folder, missing, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

/** Refuses to make an entry whose name, or that of a folder above it, other systems would take for an existing one. */
export async function refuseCollisions({ folder, missing, name }: Spot, except?: string): Promise<void> {
  await refuseCollision(folder, missing[0] ?? name, except);
}

/** The paths of the folders that making the entry of a spot would make, outermost first. */
export function foldersToMake({ path, missing }: Spot): string[] {
  const present = path.names.length - 1 - missing.length;
  return missing.map((_, index) => path.names.slice(0, present + index + 1).join('/'));
}

/** Makes the missing folders of a spot and opens the last one; the caller disposes it. */
export async function openMissing({ folder, missing, path }: Spot): Promise<Folder> {
  const [first, ...rest] = missing;
  if (first === undefined) throw new Error(`nothing is missing above ${path.text}`);
  let parent = await makeAndEnter(folder, first);
  for (const name of rest) {
    await using above = parent;
    parent = await makeAndEnter(above, name);
  }
  return parent;
}

/** Takes folders away again, innermost first, as far as they are empty. */
export async function clearFolders(place: Place, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    try {
      const names = path.split('/');
      await using parent = await openFolder(place, names.slice(0, -1));
      await rmdir(parent.child(names.at(-1) ?? ''));
      await parent.sync();
    } catch (error) {
      // What holds something, is no folder any more, or cannot be reached, stays: it is in nobody's way.
      if (!(error instanceof ProblemError) && !isSystemFailure(error)) throw error;
    }
  }
}

/**
 * Runs a change of a workspace when all earlier ones are done, in whichever process: they are short, and one can be about what
 * another one is in. Whatever a change goes by is looked at in here.
 */
export function holdWorkspace<Result>(
  space: Space,
  path: WorkspacePath,
  held: { change: () => Promise<Result>; signal: AbortSignal | undefined },
): Promise<Result> {
  return space.locks.hold(space.root, () => space.exclusively(held.change), {
    path: path.text,
    signal: held.signal,
  });
}

/** Opens the workspace's own folder; it is made when it is missing. */
export async function openRoot(place: Place): Promise<Folder> {
  try {
    return await openExistingRoot(place);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw rootFailure(error);
  }
  try {
    await mkdir(place.root, { recursive: true });
    return await openExistingRoot(place);
  } catch (error) {
    throw rootFailure(error);
  }
}

/** Makes a folder in an open one where it is missing, and opens it; the caller disposes it. */
export async function makeAndEnter(above: Folder, name: string, mode?: number): Promise<Folder> {
  await above.verify();
  try {
    await mkdir(above.child(name), { mode });
    await above.sync();
  } catch (error) {
    // Somebody else was faster; opening it tells whether it is a folder.
    if (!hasCode(error, 'EEXIST')) throw error;
  }
  return enter(above, name, name);
}

async function openDeepest(
  place: Place,
  names: readonly string[],
): Promise<{ folder: Folder; missing: readonly string[] }> {
  let folder = await openRoot(place);
  for (const [index, name] of names.entries()) {
    try {
      const inner = await enter(folder, name, names.slice(0, index + 1).join('/'));
      await folder[Symbol.asyncDispose]();
      folder = inner;
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return { folder, missing: names.slice(index) };
      await folder[Symbol.asyncDispose]();
      throw error;
    }
  }
  return { folder, missing: [] };
}

async function enter(above: Folder, name: string, shown: string): Promise<Folder> {
  try {
    return await above.open(name);
  } catch (error) {
    if (hasCode(error, 'ENOTDIR', 'ELOOP'))
      refuseUnlessFolder(entryType(await lstat(above.child(name))), shown);
    throw error;
  }
}

async function openExistingRoot(place: Place): Promise<Folder> {
  const held = place.descriptors ? await openDescriptorRoot(place.root, place.rootMayBeLink) : undefined;
  return held ?? openPathRoot(place.root, place.rootMayBeLink);
}

function nameOf(path: WorkspacePath): string {
  const name = path.names.at(-1);
  if (name === undefined)
    throw new ProblemError('is_folder', 'The empty path is the workspace itself, a folder.');
  return name;
}

function rootFailure(error: unknown): ProblemError {
  return new ProblemError('workspace_failed', 'The folder of the workspace could not be opened.', {
    cause: error,
  });
}
