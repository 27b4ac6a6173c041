import type { Block } from '../document.ts';

/** In characters: what is longer is no paragraph for a reader, and is cut between its lines. */
const LONGEST_PARAGRAPH = 4000;

/** What a block is besides its text and lines. */
interface BlockPlace {
  page: number | null;
  trail: string[];
  parting: number;
  header?: string;
}

/** Blocks of a document without lines of its own: they are counted over the text that is read from it. */
export interface TextBlocks {
  readonly blocks: Block[];
  /** The line that the next block begins with. */
  nextLine(): number;
  /** Adds a block, unless its text is blank. */
  add(text: string, place: BlockPlace): void;
  /** Adds blocks whose lines were counted on from `nextLine`, and how many lines they take. */
  append(blocks: readonly Block[], lines: number): void;
}

/** Begins a document with line 1. */
export function createTextBlocks(): TextBlocks {
  const blocks: Block[] = [];
  let line = 1;
  return {
    blocks,
    nextLine: () => line,
    add(text, place) {
      const shown = text.replaceAll(/\r\n?/g, '\n').trimEnd();
      if (shown.trim() === '') return;
      const startLine = line;
      const lines = shown.split('\n');
      line += lines.length;
      if (shown.length <= LONGEST_PARAGRAPH) {
        blocks.push({ text: shown, startLine, endLine: line - 1, ...place });
        return;
      }
      for (const [index, part] of lines.entries()) {
        const at = startLine + index;
        const parting = index === 0 ? place.parting : 0;
        if (part.trim() !== '') blocks.push({ ...place, text: part, startLine: at, endLine: at, parting });
      }
    },
    append(more, lines) {
      for (const block of more) blocks.push(block);
      line += lines;
    },
  };
}
