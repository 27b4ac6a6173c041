import type { Deadline } from './deadline.ts';
import type { SearchMatch } from './explorer.ts';
import { type Block, readBlocks } from './file-blocks.ts';
import { excerpt, linesAfter, linesBefore, shownLine } from './line-excerpts.ts';
import type { RegularFile } from './open-regular.ts';
import type { Query } from './search-query.ts';
import { count, type SearchTally } from './search-tally.ts';

/** A file with a NUL in so many bytes at its beginning is binary, as git has it. */
const BINARY_BYTES = 8 * 1024;

/** How to search one file. */
export interface FileSearch {
  query: Query;
  /** How many lines to show before and after each match. */
  context: number;
  deadline: Deadline;
  tally: SearchTally;
  /** From `createBlockBuffer`. */
  buffer: Buffer;
}

/** A match in a file. */
export type Hit = Omit<SearchMatch, 'path'>;

/** Where the search in a file has come to, at the beginning of a block. */
interface Progress {
  line: number;
  /** How much of the line came before the block, in UTF-16 units; zero but in pieces of a long line. */
  column: number;
  /** The last line with a match. */
  matched: number;
  /** The lines above, one more than are shown; the last one is the beginning of the line that the block is in. */
  above: string[];
  /** Matches that still miss lines after them. */
  waiting: (Hit & { after: string[] })[];
}

/** Searches a file block by block and gives each line that matches as soon as it is found, once. */
export function* searchFile(file: RegularFile, search: FileSearch): Generator<Hit, void, undefined> {
  const progress: Progress = { line: 1, column: 0, matched: 0, above: [], waiting: [] };
  let isFirst = true;
  for (const block of readBlocks(file, search.buffer)) {
    search.deadline.check();
    if (isFirst && block.bytes.subarray(0, BINARY_BYTES).includes(0)) {
      count(search.tally, 'files_skipped_binary');
      return;
    }
    if (isFirst) count(search.tally, 'files_searched');
    isFirst = false;
    count(search.tally, 'bytes', block.bytes.length - block.overlap);
    yield* searchBlock(block, progress, search);
    if (!block.isLast) goOn(block, progress, search.context);
  }
  if (isFirst) count(search.tally, 'files_searched');
  yield* progress.waiting;
}

function* searchBlock(block: Block, progress: Progress, search: FileSearch): Generator<Hit, void, undefined> {
  const { query, context, deadline } = search;
  if (progress.waiting.length === 0 && !query.mayMatch(block.bytes)) return;
  const text = block.bytes.toString();
  yield* completed(text, progress, context);
  let { line } = progress;
  for (let from = 0, counted = 0; from < text.length; ) {
    const index = query.find(text, from, deadline);
    if (index === -1) return;
    const start = index === 0 ? 0 : text.lastIndexOf('\n', index - 1) + 1;
    const lineFeed = text.indexOf('\n', index);
    const end = lineFeed === -1 ? text.length : lineFeed;
    line += countLineFeeds(text, counted, start);
    counted = start;
    from = end + 1;
    if (line === progress.matched) continue;
    progress.matched = line;
    const column = index - start + 1 + (start === 0 ? progress.column : 0);
    const hit = { line, column, text: excerpt(text.slice(start, end), index - start) };
    if (context === 0) {
      yield hit;
      continue;
    }
    const after = linesAfter(text, from, context);
    const whole = { ...hit, before: linesAbove(text, start, { progress, count: context }), after };
    if (after.length < context && !block.isLast) progress.waiting.push(whole);
    else yield whole;
  }
}

/** Gives the matches before the block the lines after them that are in it, and takes out those that are complete. */
function completed(text: string, progress: Progress, context: number): Hit[] {
  const { waiting } = progress;
  if (waiting.length === 0) return [];
  const lineFeed = text.indexOf('\n');
  const begin = progress.column === 0 ? 0 : lineFeed === -1 ? text.length : lineFeed + 1;
  const lines = linesAfter(text, begin, context);
  for (const { after } of waiting) after.push(...lines.slice(0, context - after.length));
  const firstIncomplete = waiting.findIndex(({ after }) => after.length < context);
  return waiting.splice(0, firstIncomplete === -1 ? waiting.length : firstIncomplete);
}

/** The lines before the one that begins at `start`, from this block and those before it. */
function linesAbove(
  text: string,
  start: number,
  { progress, count }: { progress: Progress; count: number },
): string[] {
  const { lines, fromStart } = linesBefore(text, start, count);
  const isInMiddle = progress.column > 0;
  // The rest of a line that began in an earlier block: its beginning is known already.
  if (isInMiddle && fromStart) lines.shift();
  const above = isInMiddle && start === 0 ? progress.above.slice(0, -1) : progress.above;
  return [...above, ...lines].slice(-count);
}

/** Moves on to the next block. */
function goOn(block: Block, progress: Progress, context: number): void {
  const { bytes, overlap } = block;
  const isPiece = bytes.at(-1) !== LINE_FEED;
  if (context > 0 && !(isPiece && progress.column > 0)) {
    const text = bytes.toString();
    progress.above = isPiece
      ? [...progress.above, shownLine(text)].slice(-context - 1)
      : linesAbove(text, text.length, { progress, count: context + 1 });
  }
  if (isPiece) {
    progress.column += bytes.subarray(0, bytes.length - overlap).toString().length;
    return;
  }
  progress.column = 0;
  for (const byte of bytes) if (byte === LINE_FEED) progress.line += 1;
}

const LINE_FEED = 0x0a;

function countLineFeeds(text: string, from: number, to: number): number {
  let found = 0;
  for (let at = text.indexOf('\n', from); at !== -1 && at < to; at = text.indexOf('\n', at + 1)) found += 1;
  return found;
}
