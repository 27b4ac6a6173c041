import { lstat, mkdir } from 'node:fs/promises';
import { ProblemError } from '../errors.ts';
import { openDescriptorRoot } from './descriptor-folder.ts';
import { entryType, refuseUnlessFolder } from './entry-type.ts';
import { hasCode } from './file-errors.ts';
import type { Folder } from './folder.ts';
import { openPathRoot } from './path-folder.ts';
import type { PathLocks } from './path-locks.ts';
import type { WorkspacePath } from './paths.ts';

/** One user's workspace as its operations need it. */
export interface Space {
  /** The absolute host path of its root. */
  readonly root: string;
  /** Whether the root itself may be a link: the operator's choice of folder may, a user's folder in it may not. */
  readonly rootMayBeLink: boolean;
  /** Whether folders are held by descriptor where the system can. */
  readonly descriptors: boolean;
  readonly locks: PathLocks;
}

/**
 * Opens the folder at `names`, one step at a time and never through a link; the caller disposes it. With `create`,
 * missing folders are made. The root is made when it is missing.
 */
export async function openFolder(
  space: Space,
  names: readonly string[],
  options: { create?: boolean } = {},
): Promise<Folder> {
  let folder = await openRoot(space);
  for (const [index, name] of names.entries()) {
    await using above = folder;
    folder = await enter(above, name, { create: options.create ?? false, shown: names.slice(0, index + 1) });
  }
  return folder;
}

/** Opens the folder that holds `path`, and says under which name; the caller disposes it. */
export async function openParent(
  space: Space,
  path: WorkspacePath,
  options: { create?: boolean } = {},
): Promise<{ parent: Folder; name: string }> {
  const name = path.names.at(-1);
  if (name === undefined)
    throw new ProblemError('is_folder', 'The empty path is the workspace itself, a folder.');
  return { parent: await openFolder(space, path.names.slice(0, -1), options), name };
}

/**
 * Runs a change of `path` when all earlier ones are done. Paths that differ in case alone wait for each other too, since
 * on some file systems they are one file.
 */
export function holdPath<Result>(
  space: Space,
  path: WorkspacePath,
  held: { change: () => Promise<Result>; signal: AbortSignal | undefined },
): Promise<Result> {
  return space.locks.hold(`${space.root}\0${path.text.toLowerCase()}`, held.change, {
    path: path.text,
    signal: held.signal,
  });
}

async function enter(
  above: Folder,
  name: string,
  options: { create: boolean; shown: readonly string[] },
): Promise<Folder> {
  try {
    return await above.open(name);
  } catch (error) {
    if (hasCode(error, 'ENOTDIR', 'ELOOP')) {
      refuseUnlessFolder(entryType(await lstat(above.child(name))), options.shown.join('/'));
    }
    if (!options.create || !hasCode(error, 'ENOENT')) throw error;
  }
  await above.verify();
  await makeFolder(above, name);
  return enter(above, name, { ...options, create: false });
}

async function makeFolder(above: Folder, name: string): Promise<void> {
  try {
    await mkdir(above.child(name));
    await above.sync();
  } catch (error) {
    // Somebody else was faster; opening it tells whether it is a folder.
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}

async function openRoot(space: Space): Promise<Folder> {
  try {
    return await openExistingRoot(space);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw rootFailure(error);
  }
  try {
    await mkdir(space.root, { recursive: true });
    return await openExistingRoot(space);
  } catch (error) {
    throw rootFailure(error);
  }
}

async function openExistingRoot(space: Space): Promise<Folder> {
  const held = space.descriptors ? await openDescriptorRoot(space.root, space.rootMayBeLink) : undefined;
  return held ?? openPathRoot(space.root, space.rootMayBeLink);
}

function rootFailure(error: unknown): ProblemError {
  return new ProblemError('workspace_failed', 'The folder of the workspace could not be opened.', {
    cause: error,
  });
}
