import { ProblemError } from '../../errors.ts';
import { modifiedAt } from '../sandbox/open-file.ts';
import type { WorkspacePath } from '../sandbox/paths.ts';
import type { Place } from '../sandbox/space.ts';
import type { Deadline } from './deadline.ts';
import type { FolderEntry, FolderListing, ListOptions } from './explorer.ts';
import { compileGlob } from './globs.ts';
import { type WalkEntry, walk } from './walk.ts';

/** How many entries one page of a listing holds unless the caller says otherwise, and at most. */
const DEFAULT_LIMIT = 1000;
const HIGHEST_LIMIT = 10_000;

/**
 * Lists a folder. Entries whose names no path can hold are shown as `other`, with the offending characters replaced, so
 * that nothing in a listing can disturb who reads it. Blocks its thread, and patterns may do so for ever: see the explorer.
 *
 * @throws ProblemError `invalid_request` for odd options, OvertimeError.
 */
export async function listFolder(
  place: Place,
  path: WorkspacePath,
  options: ListOptions & { deadline: Deadline },
): Promise<FolderListing> {
  const { limit = DEFAULT_LIMIT, after, all = false, deadline } = options;
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > HIGHEST_LIMIT) {
    throw new ProblemError('invalid_request', `A listing has a limit from 1 to ${HIGHEST_LIMIT}.`);
  }
  const glob = compileGlob(options.pattern);
  const recursive = options.recursive === true || options.pattern !== undefined;
  const enters = (folder: string) => recursive && glob.mayMatchBelow(folder);
  const entries: FolderEntry[] = [];
  for await (const entry of walk(place, path.names, { enters, after: after || undefined, all, deadline })) {
    if (!glob.matches(entry.path)) continue;
    if (entries.length === limit) return { path: path.text, type: 'folder', entries, truncated: true };
    entries.push(shownEntry(entry, path));
  }
  return { path: path.text, type: 'folder', entries, truncated: false };
}

function shownEntry({ name, path, type, stats }: WalkEntry, listed: WorkspacePath): FolderEntry {
  return {
    name,
    path: listed.text === '' ? path : `${listed.text}/${path}`,
    type,
    size: type === 'file' ? stats.size : 0,
    modified_at: modifiedAt(stats),
  };
}
