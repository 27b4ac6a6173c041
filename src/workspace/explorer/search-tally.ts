/** What a search came to. */
export interface SearchSummary {
  matches: number;
  files_searched: number;
  files_skipped_binary: number;
  /** Files that could not be opened or read, so that nothing is known of them. */
  files_unreadable: number;
  /** How much was read, in bytes. */
  bytes: number;
  /** Why the search ended before everything was read: there may be more matches. Null when it did not. */
  truncated: 'limit' | 'time' | null;
}

const COUNTS = ['matches', 'files_searched', 'files_skipped_binary', 'files_unreadable', 'bytes'] as const;

/** The counts of a search in memory that threads share, so that they survive the thread that counts. */
export type SearchTally = Float64Array<SharedArrayBuffer>;

/** Makes a tally with nothing in it. */
export function createTally(): SearchTally {
  return new Float64Array(new SharedArrayBuffer(COUNTS.length * Float64Array.BYTES_PER_ELEMENT));
}

/** Adds to one of the counts. */
export function count(tally: SearchTally, what: (typeof COUNTS)[number], amount = 1): void {
  const index = COUNTS.indexOf(what);
  tally[index] = (tally[index] ?? 0) + amount;
}

/** The counts so far, and why there are no more. */
export function readTally(tally: SearchTally, truncated: SearchSummary['truncated']): SearchSummary {
  const [matches = 0, files_searched = 0, files_skipped_binary = 0, files_unreadable = 0, bytes = 0] = tally;
  return { matches, files_searched, files_skipped_binary, files_unreadable, bytes, truncated };
}
