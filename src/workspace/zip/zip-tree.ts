import { addEntry, type EntryFolder } from '../entry-tree.ts';
import { quoted } from '../sandbox/names.ts';
import { archiveRefusal, type ZipArchive } from './zip-archive.ts';
import type { ZipEntry } from './zip-entry.ts';

/** What an archive makes. */
export type ZipFolder = EntryFolder<ZipEntry>;

/**
 * Puts an entry into the tree, with the folders above it; answers how many of those, and of itself, are new.
 *
 * @throws ProblemError `archive_refused` when something else has its place, on a system that ignores case too.
 */
export function addToTree(root: ZipFolder, entry: ZipEntry, archive: ZipArchive): number {
  const placed = addEntry(root, { type: entry.type, path: entry.path, content: entry });
  if ('added' in placed) return placed.added;
  throw archiveRefusal(archive, `its entry ${quoted(entry.path.text)} ${placed.fault}.`);
}
