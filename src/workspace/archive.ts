import { lstat, open, readdir, rm } from 'node:fs/promises';
import { v7 as uuidv7 } from 'uuid';
import { ProblemError } from '../errors.ts';
import { changeHeldFile, type FileChange, refuseFolderPath } from './change-file.ts';
import { openHistory } from './journal/history.ts';
import { type NewFolder, placeTree, refuseExisting } from './place-tree.ts';
import { entryType, refuseSpecial } from './sandbox/entry-type.ts';
import { etagOfFile } from './sandbox/etags.ts';
import { aboutPath, asProblem } from './sandbox/file-errors.ts';
import type { Folder } from './sandbox/folder.ts';
import { isOwnName, nameFault, quoted } from './sandbox/names.ts';
import { type OpenFile, openFile } from './sandbox/open-file.ts';
import { parsePath, type WorkspacePath } from './sandbox/paths.ts';
import { holdWorkspace, openParent, openSpot, type Place, type Space } from './sandbox/space.ts';
import { type PackEntry, packZip } from './zip/pack-zip.ts';
import { unpackZip } from './zip/unpack-zip.ts';

/** A new zip file; `bytes` are those of the contents. Links, devices and what has a name that no path can hold are `left_out`. */
export interface NewArchive extends FileChange {
  files: number;
  folders: number;
  bytes: number;
  left_out: number;
}

interface Options {
  signal?: AbortSignal | undefined;
}

/** Packs files and folders, under their paths in the workspace, into a new zip file. Links and the like are left out. */
export async function archiveEntries(
  space: Space,
  { entries, to }: { entries: readonly WorkspacePath[]; to: WorkspacePath },
  { signal }: Options,
): Promise<NewArchive> {
  refuseFolderPath(to);
  {
    await using early = await openSpot(space, to);
    await refuseExisting(early);
  }
  const id = uuidv7();
  await using history = await openHistory(space);
  try {
    await using output = await open(history.staged.child(id), 'wx+', 0o666);
    const left = { out: 0 };
    const packed = await packZip(entriesOf(space, entries, left), output, { signal });
    await using file = await openFile(history.staged, id, parsePath(id));
    const content = {
      type: 'file' as const,
      etag: await etagOfFile(file.handle, signal),
      size: packed.size,
      file,
    };
    const done = await holdWorkspace(space, to, {
      signal,
      change: () => changeHeldFile(space, to, { content, ifNoneMatch: '*', signal }),
    });
    const { files, folders, bytes } = packed;
    return { ...done, files, folders, bytes, left_out: left.out };
  } finally {
    await rm(history.staged.child(id), { force: true });
  }
}

/** Unpacks a zip file into a folder that must not exist yet, in one step. */
export async function unpackArchive(
  space: Space,
  { from, to }: { from: WorkspacePath; to: WorkspacePath },
  { signal }: Options,
): Promise<NewFolder> {
  if (from.text === to.text) {
    throw new ProblemError('invalid_request', `Name the folder to unpack ${quoted(from.text)} into with to.`);
  }
  await using file = await aboutPath(from.text, () => openAt(space, from));
  const archive = { handle: file.handle, size: Number(file.stats.size), path: from.text };
  return await placeTree(space, to, {
    fill: (staged) => unpackZip(archive, staged, { signal }),
    signal,
  });
}

async function openAt(place: Place, path: WorkspacePath): Promise<OpenFile> {
  const { parent, name } = await openParent(place, path);
  await using folder = parent;
  return await openFile(folder, name, path);
}

async function* entriesOf(
  place: Place,
  paths: readonly WorkspacePath[],
  left: { out: number },
): AsyncGenerator<PackEntry> {
  for (const path of paths) {
    try {
      const { parent, name } = await openParent(place, path);
      await using folder = parent;
      refuseSpecial(entryType(await lstat(folder.child(name))), path.text);
      yield* entriesIn(folder, { name, path }, left);
    } catch (error) {
      // Of several paths, the one that failed is to be named.
      throw asProblem(error, path.text);
    }
  }
}

/** An entry and, in the order of their names, all that is below it. */
async function* entriesIn(
  folder: Folder,
  { name, path }: { name: string; path: WorkspacePath },
  left: { out: number },
): AsyncGenerator<PackEntry> {
  const stats = await lstat(folder.child(name));
  const entry = { path: path.text, modifiedAt: stats.mtime, executable: false };
  if (stats.isDirectory()) {
    yield { ...entry, type: 'folder' };
    await using inner = await folder.open(name);
    for (const child of (await readdir(inner.location)).sort()) {
      if (isOwnName(child)) continue;
      if (nameFault(child) !== undefined) left.out += 1;
      else yield* entriesIn(inner, { name: child, path: parsePath(`${path.text}/${child}`) }, left);
    }
  } else if (stats.isFile()) {
    const executable = (stats.mode & 0o100) !== 0;
    yield {
      ...entry,
      type: 'file',
      executable,
      open: async () => (await openFile(folder, name, path)).handle,
    };
  } else {
    left.out += 1;
  }
}
