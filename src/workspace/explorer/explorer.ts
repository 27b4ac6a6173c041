import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { ProblemError } from '../../errors.ts';
import type { EntryType } from '../sandbox/entry-type.ts';
import type { WorkspacePath } from '../sandbox/paths.ts';
import type { Place } from '../sandbox/space.ts';
import { createTally, readTally, type SearchSummary } from './search-tally.ts';
import { createThreadPool, type ThreadPool } from './thread-pool.ts';

/** Which page of a folder to list, and what of it. */
export interface ListOptions {
  /** From 1 to 10,000 entries; 1,000 when left out. */
  limit?: number | undefined;
  /** The path, relative to the listed folder, of the last entry of the page before: its name unless it is recursive. */
  after?: string | undefined;
  /** Lists what is below as well, each folder before what is in it. */
  recursive?: boolean | undefined;
  /** A glob relative to the listed folder; only what matches is listed, at any depth. */
  pattern?: string | undefined;
  /** Lists what `.gitignore` files leave out, too. */
  all?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** One entry of a folder. `size` is in bytes and 0 for anything but a file. */
export interface FolderEntry {
  name: string;
  path: string;
  type: EntryType;
  size: number;
  modified_at: string;
}

/** One page of a listing, in the order of the names' bytes; `truncated` when more follow. */
export interface FolderListing {
  path: string;
  type: 'folder';
  entries: FolderEntry[];
  truncated: boolean;
}

/** What to search for: a text or a regular expression, one of them. */
export interface SearchOptions {
  text?: string | undefined;
  /** A regular expression of JavaScript, for one line at a time. */
  regex?: string | undefined;
  /** A glob relative to the searched folder; only files that match are searched. */
  pattern?: string | undefined;
  case_sensitive?: boolean | undefined;
  /** Searches what `.gitignore` files leave out, too. */
  all?: boolean | undefined;
  /** From 0 to 5 lines to show before and after each match; none when left out. */
  context?: number | undefined;
  /** From 1 to 10,000 matches; 200 when left out. */
  limit?: number | undefined;
  /** How long to search, from 1 to 60,000 milliseconds; 10,000 when left out. */
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** A line that matches, once however often it does. Lines and columns count from 1, columns in UTF-16 units. */
export interface SearchMatch {
  path: string;
  line: number;
  /** Where the first match in the line begins. */
  column: number;
  /** The line, or 500 characters of it around the match. */
  text: string;
  /** Only when the search asks for context. */
  before?: string[];
  after?: string[];
}

/** A match as soon as it is found, and at the very end what the search came to. */
export type SearchEvent = { type: 'match'; match: SearchMatch } | { type: 'summary'; summary: SearchSummary };

/** A search, which begins when its first event is asked for and is cancelled when no more are wanted. */
export type Search = AsyncGenerator<SearchEvent, void, undefined>;

/** Lists and searches workspaces in threads of its own, which end when a pattern takes too long. */
export interface Explorer {
  /**
   * One page of a folder.
   *
   * @throws ProblemError, also `workspace_failed` when it takes too long or too many are waiting; the signal's reason.
   */
  list(place: Place, path: WorkspacePath, options?: ListOptions): Promise<FolderListing>;
  /** Searches a file, or the files of a folder in the order of a listing. Its events throw what `list` throws. */
  search(place: Place, path: WorkspacePath, options: SearchOptions): Search;
  /** Ends what is running and all threads. */
  close(): Promise<void>;
}

const LIST_TIMEOUT_MS = 10_000;
const SEARCH_TIMEOUT_MS = 10_000;
const LONGEST_SEARCH_MS = 60_000;
const WORKER = new URL('./explorer-worker.ts', import.meta.url);

/** Makes an explorer; its threads start when they are needed. `listTimeoutMs` is what a listing may take, 10 seconds. */
export function createExplorer({
  listTimeoutMs = LIST_TIMEOUT_MS,
}: {
  listTimeoutMs?: number;
} = {}): Explorer {
  // Apart, so that searches, which take long, do not hold up listings.
  const lists = createThreadPool({ worker: WORKER, waiting: 64 });
  const searches = createThreadPool({ worker: WORKER, waiting: 16 });
  return {
    async list(place, path, { signal, ...options } = {}) {
      const task = { place: plain(place), path, options, timeoutMs: listTimeoutMs };
      const outcome = await lists.run<FolderListing>('list', task, { timeoutMs: listTimeoutMs, signal });
      if (outcome.ended === 'overtime') throw listingTooSlow(listTimeoutMs);
      return outcome.value;
    },
    search: (place, path, options) => search(searches, { place: plain(place), path }, options),
    async close() {
      await Promise.all([lists.close(), searches.close()]);
    },
  };
}

async function* search(
  pool: ThreadPool,
  where: { place: Place; path: WorkspacePath },
  { signal, timeoutMs = SEARCH_TIMEOUT_MS, ...options }: SearchOptions,
): Search {
  if (!(timeoutMs >= 1 && timeoutMs <= LONGEST_SEARCH_MS)) {
    throw new ProblemError('invalid_request', `A search takes from 1 to ${LONGEST_SEARCH_MS} milliseconds.`);
  }
  const { port1: here, port2: there } = new MessageChannel();
  const tally = createTally();
  const left = new AbortController();
  const found: SearchMatch[] = [];
  let stirred = Promise.withResolvers<void>();
  here.on('message', (match: SearchMatch) => {
    found.push(match);
    stirred.resolve();
  });
  here.unref();
  let ended = false;
  const end = () => {
    ended = true;
    stirred.resolve();
  };
  const task = { ...where, options, timeoutMs, port: there, tally };
  const run = pool.run<SearchSummary['truncated']>('search', task, {
    timeoutMs,
    signal: AbortSignal.any(signal === undefined ? [left.signal] : [signal, left.signal]),
    transferList: [there],
  });
  run.then(end, end);
  try {
    while (!ended) {
      await stirred.promise;
      stirred = Promise.withResolvers();
      while (!ended && found.length > 0) yield* asEvents(found.splice(0, 1));
    }
    const outcome = await run;
    yield* asEvents([...found, ...receiveAll(here)]);
    const truncated = outcome.ended === 'overtime' ? 'time' : outcome.value;
    yield { type: 'summary', summary: readTally(tally, truncated) };
  } finally {
    left.abort();
    here.close();
  }
}

function* asEvents(matches: readonly SearchMatch[]): Generator<SearchEvent, void, undefined> {
  for (const match of matches) yield { type: 'match', match };
}

/** What a thread sent before it ended and was not handed out yet. */
function receiveAll(port: MessagePort): SearchMatch[] {
  const matches: SearchMatch[] = [];
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
    matches.push(next.message);
  }
  return matches;
}

/** Only what another thread needs, and can be handed. */
function plain({ root, rootMayBeLink, descriptors }: Place): Place {
  return { root, rootMayBeLink, descriptors };
}

function listingTooSlow(timeoutMs: number): ProblemError {
  return new ProblemError(
    'workspace_failed',
    `The listing took longer than ${timeoutMs / 1000} seconds: its pattern, or those of a .gitignore, took too long. ` +
      'Send a simpler pattern, list a smaller folder, or list all.',
  );
}
