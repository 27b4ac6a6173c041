import { lstat, readdir } from 'node:fs/promises';
import { ProblemError } from '../errors.ts';
import { type EntryType, entryType } from './entry-type.ts';
import { hasCode } from './file-errors.ts';
import type { Folder } from './folder.ts';
import { isOwnName, nameFault, printable } from './names.ts';
import { modifiedAt } from './open-file.ts';
import type { WorkspacePath } from './paths.ts';
import { openFolder, type Space } from './space.ts';

/** How many entries one page of a listing holds unless the caller says otherwise, and at most. */
const DEFAULT_LIMIT = 1000;
const HIGHEST_LIMIT = 10_000;
/** How many entries are looked at side by side. */
const LOOK_STEP = 64;

/** Which page of a folder to list. */
export interface ListOptions {
  /** From 1 to 10,000 entries; 1,000 when left out. */
  limit?: number | undefined;
  /** The name of the last entry of the page before. */
  after?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** One entry of a folder. `size` is in bytes and 0 for anything but a file. */
interface FolderEntry {
  name: string;
  path: string;
  type: EntryType;
  size: number;
  modified_at: string;
}

/** One page of a folder's entries, sorted by the bytes of their names; `truncated` when more follow. */
export interface FolderListing {
  path: string;
  type: 'folder';
  entries: FolderEntry[];
  truncated: boolean;
}

/**
 * Lists one folder, not what is below it. Entries whose names no path can hold are shown as `other`, with the offending
 * characters replaced, so that nothing in a listing can disturb who reads it.
 */
export async function listFolder(
  space: Space,
  path: WorkspacePath,
  options: ListOptions = {},
): Promise<FolderListing> {
  const { limit = DEFAULT_LIMIT, after, signal } = options;
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > HIGHEST_LIMIT) {
    throw new ProblemError('invalid_request', `A listing has a limit from 1 to ${HIGHEST_LIMIT}.`);
  }
  await using folder = await openFolder(space, path.names);
  const { names, oddNames } = shownNames(await readdir(folder.location, { encoding: 'latin1' }));
  await folder.verify();
  const following = toLatin1(after ?? '');
  const shown = names.filter((name) => name > following).sort();

  const entries: FolderEntry[] = [];
  for (let index = 0; index < Math.min(limit, shown.length); index += LOOK_STEP) {
    signal?.throwIfAborted();
    const step = shown.slice(index, Math.min(index + LOOK_STEP, limit));
    const looks = step.map((name) => lookAt(folder, path, { shown: name, raw: oddNames.get(name) ?? name }));
    for (const entry of await Promise.all(looks)) if (entry !== undefined) entries.push(entry);
  }
  return { path: path.text, type: 'folder', entries, truncated: shown.length > limit };
}

/**
 * The names to show, and for those that are not plain ASCII the names on disk. All are latin1 strings, one character for
 * each byte: they sort by bytes, and hold names that are not UTF-8. Two names that look the same once made printable
 * are told apart by more U+FFFD.
 */
function shownNames(rawNames: readonly string[]): { names: string[]; oddNames: Map<string, string> } {
  const names: string[] = [];
  const oddNames = new Map<string, string>();
  for (const raw of rawNames) {
    if (isOwnName(raw)) continue;
    if (/^[ -~]+$/v.test(raw)) {
      names.push(raw);
      continue;
    }
    let shown = toLatin1(printable(fromLatin1(raw)));
    while (oddNames.has(shown)) shown += toLatin1('\uFFFD');
    oddNames.set(shown, raw);
  }
  return { names: [...names, ...oddNames.keys()], oddNames };
}

/** Looks at one entry; `undefined` when it was deleted since the folder was read. */
async function lookAt(
  folder: Folder,
  path: WorkspacePath,
  names: { shown: string; raw: string },
): Promise<FolderEntry | undefined> {
  const name = fromLatin1(names.shown);
  try {
    const stats = await lstat(folder.child(Buffer.from(names.raw, 'latin1')));
    const type = nameFault(name) === undefined ? entryType(stats) : 'other';
    return {
      name,
      path: path.text === '' ? name : `${path.text}/${name}`,
      type,
      size: type === 'file' ? stats.size : 0,
      modified_at: modifiedAt(stats),
    };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function toLatin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function fromLatin1(text: string): string {
  return Buffer.from(text, 'latin1').toString();
}
