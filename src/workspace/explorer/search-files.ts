import { lstat } from 'node:fs/promises';
import { ProblemError } from '../../errors.ts';
import { entryType, refuseSpecial } from '../sandbox/entry-type.ts';
import { hasCode } from '../sandbox/file-errors.ts';
import type { Folder } from '../sandbox/folder.ts';
import { quoted } from '../sandbox/names.ts';
import type { WorkspacePath } from '../sandbox/paths.ts';
import { openParent, type Place } from '../sandbox/space.ts';
import type { Deadline } from './deadline.ts';
import type { SearchMatch, SearchOptions } from './explorer.ts';
import { createBlockBuffer } from './file-blocks.ts';
import { compileGlob } from './globs.ts';
import { openRegular } from './open-regular.ts';
import { type FileSearch, searchFile } from './search-file.ts';
import { compileQuery } from './search-query.ts';
import { count, readTally, type SearchTally } from './search-tally.ts';
import { walk } from './walk.ts';

const DEFAULT_LIMIT = 200;
const HIGHEST_LIMIT = 10_000;
const MOST_CONTEXT = 5;

/** How a search is run, beside what its caller wants. */
export interface SearchRun extends SearchOptions {
  deadline: Deadline;
  tally: SearchTally;
  /** Takes each match as soon as it is found. */
  send: (match: SearchMatch) => void;
}

/** A file to search. */
interface Target {
  readonly path: string;
  readonly folder: Folder;
  readonly location: Buffer;
  /** Whether the caller named this very file, so that it must be readable. */
  readonly isNamed: boolean;
}

/**
 * Searches the file or the folder at `path` and says whether it stopped at its limit. Blocks its thread, and what it
 * looks for may do so for ever: see the explorer.
 *
 * @throws ProblemError `invalid_request` for odd options, OvertimeError.
 */
export async function searchFiles(
  place: Place,
  path: WorkspacePath,
  run: SearchRun,
): Promise<'limit' | null> {
  const { limit = DEFAULT_LIMIT, context = 0, deadline, tally } = run;
  requireNumber(limit, { from: 1, to: HIGHEST_LIMIT, meaning: 'a limit of matches' });
  requireNumber(context, { from: 0, to: MOST_CONTEXT, meaning: 'a number of lines of context' });
  const search = { query: compileQuery(run), context, deadline, tally, buffer: createBlockBuffer() };
  for await (const target of targets(place, path, run)) {
    deadline.check();
    for await (const match of searchTarget(target, search)) {
      run.send(match);
      count(tally, 'matches');
      if (readTally(tally, null).matches === limit) return 'limit';
    }
  }
  return null;
}

async function* targets(
  place: Place,
  path: WorkspacePath,
  { pattern, all = false, deadline }: SearchRun,
): AsyncGenerator<Target, void, undefined> {
  const glob = compileGlob(pattern);
  if (path.names.length > 0) {
    const { parent, name } = await openParent(place, path);
    await using folder = parent;
    const type = entryType(await lstat(folder.child(name)));
    refuseSpecial(type, path.text);
    if (type === 'file') {
      if (path.wantsFolder) {
        throw new ProblemError('is_file', `${quoted(path.text)} is a file; leave out the slash at its end.`);
      }
      if (glob.matches(name)) yield { path: path.text, folder, location: folder.child(name), isNamed: true };
      return;
    }
  }
  const prefix = path.text === '' ? '' : `${path.text}/`;
  for await (const entry of walk(place, path.names, { enters: glob.mayMatchBelow, all, deadline })) {
    if (entry.type !== 'file' || !glob.matches(entry.path)) continue;
    yield { path: prefix + entry.path, folder: entry.folder, location: entry.location, isNamed: false };
  }
}

async function* searchTarget(
  target: Target,
  search: FileSearch,
): AsyncGenerator<SearchMatch, void, undefined> {
  try {
    using file = openRegular(target.location);
    if (file === undefined) return;
    let isVerified = false;
    for (const hit of searchFile(file, search)) {
      // Nothing is told of a file in a folder that was moved out or replaced meanwhile.
      if (!isVerified) await target.folder.verify();
      isVerified = true;
      yield { path: target.path, ...hit };
    }
  } catch (error) {
    if (target.isNamed || !isAboutFile(error)) throw error;
    if (!hasCode(error, 'ENOENT')) count(search.tally, 'files_unreadable');
  }
}

/** Whether a failure is that of one file, and the others can be searched all the same. */
function isAboutFile(error: unknown): boolean {
  if (error instanceof ProblemError) return error.code === 'path_outside_workspace';
  return error instanceof Error && 'syscall' in error && !hasCode(error, 'EMFILE', 'ENFILE');
}

function requireNumber(value: number, wanted: { from: number; to: number; meaning: string }): void {
  if (Number.isSafeInteger(value) && value >= wanted.from && value <= wanted.to) return;
  throw new ProblemError(
    'invalid_request',
    `A search has ${wanted.meaning} from ${wanted.from} to ${wanted.to}.`,
  );
}
