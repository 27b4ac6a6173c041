import { type FileHandle, mkdir } from 'node:fs/promises';
import type { Folder } from './sandbox/folder.ts';
import { createHeldFile } from './sandbox/held-file.ts';
import { foldedName } from './sandbox/name-collisions.ts';
import { quoted } from './sandbox/names.ts';
import type { WorkspacePath } from './sandbox/paths.ts';

/** Before the umask, as other programs make files. */
const PLAIN_FILE = 0o666;
const EXECUTABLE_FILE = 0o777;
const NEW_FOLDER = 0o777;

/** A folder that is to be made, named itself or only on the way to what is. */
export interface EntryFolder<Content> {
  readonly type: 'folder';
  readonly name: string;
  /** By names as file systems compare them that ignore case. */
  readonly below: Map<string, EntryFolder<Content> | EntryFile<Content>>;
  named: boolean;
}

/** A file that is to be made in a folder. */
export interface EntryFile<Content> {
  readonly type: 'file';
  readonly name: string;
  readonly content: Content;
}

/** What is to be put into a tree; the content of a folder is not looked at. */
interface NewEntry<Content> {
  readonly type: 'file' | 'folder';
  readonly path: WorkspacePath;
  readonly content: Content;
}

/** A folder with nothing in it yet. */
export function emptyEntryFolder<Content>(name = ''): EntryFolder<Content> {
  return { type: 'folder', name, below: new Map(), named: false };
}

/**
 * Puts an entry into the tree, with the folders above it; answers how many of those, and of itself, are new, or why something
 * else has its place, on a system that ignores case too, as the end of a sentence that begins with the entry.
 */
export function addEntry<Content>(
  root: EntryFolder<Content>,
  { type, path: { names }, content }: NewEntry<Content>,
): { added: number } | { fault: string } {
  let added = 0;
  let folder = root;
  for (const [depth, name] of names.entries()) {
    const key = foldedName(name);
    const present = folder.below.get(key);
    const isFile = type === 'file' && depth === names.length - 1;
    const fault = collision(present, name, isFile);
    if (fault !== undefined) return { fault };
    if (isFile) {
      folder.below.set(key, { type: 'file', name, content });
      return { added: added + 1 };
    }
    const next = present?.type === 'folder' ? present : emptyEntryFolder<Content>(name);
    if (present === undefined) {
      folder.below.set(key, next);
      added += 1;
    }
    folder = next;
  }
  if (folder.named) return { fault: 'is there twice' };
  folder.named = true;
  return { added };
}

/** Why `name` cannot have a place in a folder, as the end of a sentence that begins with the entry. */
function collision(
  present: { type: 'file' | 'folder'; name: string } | undefined,
  name: string,
  isFile: boolean,
): string | undefined {
  if (present === undefined) return undefined;
  if (present.name !== name) {
    return `collides with another one: ${quoted(name)} and ${quoted(present.name)} are the same name on some systems`;
  }
  if (isFile)
    return present.type === 'file' ? 'is there twice' : 'is a file where another entry needs a folder';
  return present.type === 'file' ? `needs a folder ${quoted(name)} where another entry is a file` : undefined;
}

interface Filling<Content> {
  signal: AbortSignal | undefined;
  /** Makes a file in the folder that is held. */
  write: (folder: Folder, file: EntryFile<Content>) => Promise<void>;
  /** What to throw when a folder cannot be made. */
  asRefusal?: (error: unknown, name: string) => unknown;
}

/** Makes all that is below a folder of the tree in an empty folder, and writes it to the disk. */
export async function fillFolder<Content>(
  folder: Folder,
  tree: EntryFolder<Content>,
  filling: Filling<Content>,
): Promise<void> {
  for (const below of tree.below.values()) {
    filling.signal?.throwIfAborted();
    if (below.type === 'file') {
      await filling.write(folder, below);
      continue;
    }
    await folder.verify();
    await mkdir(folder.child(below.name), NEW_FOLDER).catch((error: unknown) => {
      throw filling.asRefusal?.(error, below.name) ?? error;
    });
    await using inner = await folder.open(below.name);
    await fillFolder(inner, below, filling);
  }
  await folder.sync();
}

/** Makes an empty file; who asked for it closes it. */
export function makeFile(folder: Folder, name: string, isExecutable: boolean): Promise<FileHandle> {
  return createHeldFile(folder, name, isExecutable ? EXECUTABLE_FILE : PLAIN_FILE);
}
