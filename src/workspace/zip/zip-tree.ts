import { foldedName } from '../sandbox/name-collisions.ts';
import { quoted } from '../sandbox/names.ts';
import { archiveRefusal, type ZipArchive } from './zip-archive.ts';
import type { ZipEntry } from './zip-entry.ts';

/** A folder that an archive makes, listed in it or only on the way to what is. */
export interface ZipFolder {
  readonly type: 'folder';
  readonly name: string;
  /** By names as file systems compare them that ignore case. */
  readonly below: Map<string, ZipFolder | ZipFile>;
  listed: boolean;
}

/** A file in a folder of an archive. */
export interface ZipFile {
  readonly type: 'file';
  readonly name: string;
  readonly entry: ZipEntry;
}

/** A folder with nothing in it yet. */
export function emptyZipFolder(name = ''): ZipFolder {
  return { type: 'folder', name, below: new Map(), listed: false };
}

/**
 * Puts an entry into the tree, with the folders above it; answers how many of those, and of itself, are new.
 *
 * @throws ProblemError `archive_refused` when something else has its place, on a system that ignores case too.
 */
export function addToTree(root: ZipFolder, entry: ZipEntry, archive: ZipArchive): number {
  const { names, text } = entry.path;
  let added = 0;
  let folder = root;
  for (const [depth, name] of names.entries()) {
    const key = foldedName(name);
    const present = folder.below.get(key);
    const isFile = entry.type === 'file' && depth === names.length - 1;
    const fault = collision(present, name, isFile);
    if (fault !== undefined) throw archiveRefusal(archive, `its entry ${quoted(text)} ${fault}.`);
    if (isFile) {
      folder.below.set(key, { type: 'file', name, entry });
      return added + 1;
    }
    const next = present?.type === 'folder' ? present : emptyZipFolder(name);
    if (present === undefined) {
      folder.below.set(key, next);
      added += 1;
    }
    folder = next;
  }
  if (folder.listed) throw archiveRefusal(archive, `its entry ${quoted(text)} is there twice.`);
  folder.listed = true;
  return added;
}

/** Why `name` cannot have a place in a folder, as the end of a sentence that begins with the entry. */
function collision(
  present: ZipFolder | ZipFile | undefined,
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
