import { createHash } from 'node:crypto';
import { estimateTokens } from '../../models/tokens.ts';
import type { Block, Chunk } from '../document.ts';
import { cutsOf } from './boundaries.ts';
import { type Piece, piecesOf } from './pieces.ts';

/** Most tokens of a chunk, by estimate: what an embedding represents well, and a reader takes in at a glance. */
export const MOST_TOKENS = 320;
/** A token is estimated as four bytes. */
const MOST_BYTES = MOST_TOKENS * 4;

/**
 * Cuts a document into the passages that are found and quoted. Where it is cut depends on the text around the cut only, so an edit
 * changes the chunk that it is in and hardly any other. No chunk spans two pages or two tables.
 */
export function chunkBlocks(blocks: readonly Block[]): Chunk[] {
  return runsOf(blocks).flatMap((run) => {
    const header = run.find((block) => block.header !== undefined)?.header;
    // A header as long as this leaves no room for rows.
    const repeated = header !== undefined && Buffer.byteLength(header) < MOST_BYTES / 2 ? header : undefined;
    const room = MOST_BYTES - (repeated === undefined ? 0 : Buffer.byteLength(repeated) + 1);
    const pieces = piecesOf(run, room);
    const ends = [0, ...cutsOf(pieces, room), pieces.length];
    return ends
      .slice(1)
      .map((end, index) => chunkOf(pieces.slice(ends[index], end), repeated))
      .filter((chunk) => chunk.text.trim() !== '');
  });
}

/** Parts blocks at pages and sheets, and between tables: there, where the text between two tables is parted most strongly. */
function runsOf(blocks: readonly Block[]): Block[][] {
  const starts = [0];
  let header: string | undefined;
  let strongest = 0;
  for (const [index, block] of blocks.entries()) {
    if (index === 0) continue;
    const before = blocks[index - 1];
    // Lines that begin anew are those of another sheet.
    if (before?.page !== block.page || block.startLine < before.startLine) {
      starts.push(index);
      header = undefined;
    }
    if (before?.header !== undefined) {
      header = before.page === block.page ? before.header : undefined;
      strongest = index;
    } else if (block.parting > (blocks[strongest]?.parting ?? 0)) strongest = index;
    if (header !== undefined && block.header !== undefined && block.header !== header) {
      starts.push(strongest);
      header = block.header;
    }
  }
  return starts.map((start, index) => blocks.slice(start, starts[index + 1])).filter((run) => run.length > 0);
}

function chunkOf(pieces: readonly Piece[], header: string | undefined): Chunk {
  const blocks = pieces.map(({ block }) => block);
  const written = pieces.map(({ text, glue }, index) => (index === 0 ? text : glue + text)).join('');
  const isHeadless =
    header !== undefined &&
    blocks.some((block) => block.header === header) &&
    !blocks.some((block) => block.header === header && block.text === header);
  const text = (isHeadless ? `${header}\n${written}` : written).replaceAll('\0', '').toWellFormed();
  return {
    text,
    startLine: Math.min(...ends(blocks, 'startLine')),
    endLine: Math.max(...ends(blocks, 'endLine')),
    page: blocks[0]?.page ?? null,
    trail: trailOf(blocks),
    tokenCount: estimateTokens(text),
    hash: createHash('sha256').update(text).digest('hex'),
  };
}

function ends(blocks: readonly Block[], line: 'startLine' | 'endLine'): number[] {
  return blocks.map((block) => block[line]);
}

/** What all the trails begin with; the first block's own, when they share nothing. */
function trailOf(blocks: readonly Block[]): string[] {
  const first = blocks[0]?.trail ?? [];
  let shared = first.length;
  for (const { trail } of blocks) {
    let same = 0;
    while (same < shared && trail[same] === first[same]) same += 1;
    shared = same;
  }
  return shared === 0 ? first : first.slice(0, shared);
}
