import { readdir } from 'node:fs/promises';
import { ProblemError } from '../../errors.ts';
import type { Folder } from './folder.ts';
import { quoted } from './names.ts';

/**
 * Refuses a new name that some file system takes for one that is there: NTFS and APFS ignore case, HFS+ and APFS the Unicode
 * form, so one of the two files would be lost when the workspace is copied there. `except` is a name that will be gone.
 *
 * @throws ProblemError `name_collision`.
 */
export async function refuseCollision(folder: Folder, name: string, except?: string): Promise<void> {
  const wanted = foldedName(name);
  for (const present of await readdir(folder.location)) {
    if (present === name || present === except || foldedName(present) !== wanted) continue;
    throw new ProblemError(
      'name_collision',
      `${quoted(name)} cannot stand beside ${quoted(present)}: they differ only in case or in the form of their letters, which some systems ignore. Use that name as it is written there, or another one.`,
    );
  }
}

/** What names have in common that some file system takes for the same: Unicode's default caseless match of the NFC forms. */
export function foldedName(name: string): string {
  return name.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
}
