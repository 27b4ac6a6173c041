import type { Block } from '../document.ts';

/** A block, or a part of a block that is longer than a chunk. */
export interface Piece {
  text: string;
  block: Block;
  /** What stands between it and the piece before it in one chunk. */
  glue: string;
  /** As a block's; below zero within a block. */
  parting: number;
}

/** So many blank lines between two blocks are kept, so that the lines of a passage can be counted. */
const MOST_BLANK_LINES = 3;
const AFTER_SENTENCE = -1;
const AFTER_LINE = -2;
const AFTER_WORD = -3;
const WITHIN_WORD = -4;

const SENTENCE_END = /[.!?…。！？]["'”’»)\]]*\s+$/u;
/** A text without spaces is parted after this many characters at least and at most, and between them after one in sixteen pairs. */
const SHORTEST_PART = 24;
const LONGEST_PART = 64;
const PAIRS_A_PART = 16;

/** The pieces of a run of blocks: those of more than `mostBytes` are cut at their words. */
export function piecesOf(blocks: readonly Block[], mostBytes: number): Piece[] {
  const pieces: Piece[] = [];
  let before: Block | undefined;
  for (const block of blocks) {
    const gap = before === undefined ? 1 : block.startLine - before.endLine;
    const glue = '\n'.repeat(Math.min(Math.max(gap, 1), MOST_BLANK_LINES + 1));
    const first: Piece = { text: block.text, block, glue, parting: block.parting };
    if (Buffer.byteLength(block.text) <= mostBytes) pieces.push(first);
    else {
      let parting = block.parting;
      let joint = glue;
      for (const text of wordsOf(block.text)) {
        pieces.push({ text, block, glue: joint, parting });
        joint = '';
        parting = partingAfter(text);
      }
    }
    before = block;
  }
  return pieces;
}

function partingAfter(text: string): number {
  const end = text.slice(-16);
  if (SENTENCE_END.test(end)) return AFTER_SENTENCE;
  if (/\n\s*$/.test(end)) return AFTER_LINE;
  return /\s$/.test(end) ? AFTER_WORD : WITHIN_WORD;
}

/** Words with the white space after them; what has none is parted by its characters, so that an insertion moves few of the cuts. */
function* wordsOf(text: string): Generator<string> {
  let start = 0;
  let before = 0;
  for (let at = 0; at < text.length; ) {
    const character = text.codePointAt(at) ?? 0;
    at += character > 0xffff ? 2 : 1;
    const next = text.codePointAt(at) ?? 0;
    const length = at - start;
    const wordEnds = isSpace(character) && !isSpace(next);
    const partEnds =
      length >= SHORTEST_PART && !isSpace(next) && isChosen(before, character) && !isSpace(character);
    if (wordEnds || partEnds || length >= LONGEST_PART) {
      yield text.slice(start, at);
      start = at;
    }
    before = character;
  }
  if (start < text.length) yield text.slice(start);
}

function isChosen(before: number, character: number): boolean {
  return Math.imul(before * 31 + character, 0x9e3779b1) >>> 0 < 2 ** 32 / PAIRS_A_PART;
}

function isSpace(character: number): boolean {
  return (
    character === 0x20 ||
    (character >= 0x09 && character <= 0x0d) ||
    character === 0xa0 ||
    character === 0x3000
  );
}
