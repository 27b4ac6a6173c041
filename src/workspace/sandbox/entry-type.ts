import { ProblemError } from '../../errors.ts';
import { quoted } from './names.ts';

/** What an entry of a folder is; `other` is a device, FIFO or socket, or has a name that no path can hold. */
export type EntryType = 'file' | 'folder' | 'link' | 'other';

interface TypedStats {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

/** Reads the type off what `lstat` or `fstat` said. */
export function entryType(stats: TypedStats): EntryType {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'folder';
  return stats.isSymbolicLink() ? 'link' : 'other';
}

/**
 * Refuses what is neither a file nor a folder.
 *
 * @throws ProblemError `path_is_link` or `not_regular_file`.
 */
export function refuseSpecial(type: EntryType, path: string): void {
  if (type === 'link') {
    throw new ProblemError('path_is_link', `${quoted(path)} is a link, and links are not followed.`);
  }
  if (type === 'other') {
    throw new ProblemError(
      'not_regular_file',
      `${quoted(path)} is a device, FIFO or socket, which cannot be used here.`,
    );
  }
}

/**
 * Refuses what is not a regular file.
 *
 * @throws ProblemError `path_is_link`, `not_regular_file` or `is_folder`.
 */
export function refuseUnlessFile(type: EntryType, path: string): void {
  refuseSpecial(type, path);
  if (type === 'folder') {
    throw new ProblemError('is_folder', `${quoted(path)} is a folder; name a file in it.`);
  }
}

/**
 * Refuses what is not a folder.
 *
 * @throws ProblemError `path_is_link`, `not_regular_file` or `is_file`.
 */
export function refuseUnlessFolder(type: EntryType, path: string): void {
  refuseSpecial(type, path);
  if (type === 'file') {
    throw new ProblemError('is_file', `${quoted(path)} is a file, not a folder; nothing can be inside it.`);
  }
}
