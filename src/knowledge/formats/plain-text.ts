import type { Block, ParsedDocument } from '../document.ts';
import { blockOf, isBlank, linesOf } from './lines.ts';

const UNDERLINE = /^(?:={3,}|-{3,})\s*$/;
const CHAPTER =
  /^(?:chapter|part|book|section|appendix|capítulo|parte|sección|libro|kapitel|teil|chapitre)\s+\S.{0,70}$/i;
const LONGEST_HEADING = 100;

/** Reads a text without a format: paragraphs are parted by blank lines, and underlined lines and chapters are headings. */
export function parsePlainText(source: { path: string; text: string }): ParsedDocument {
  const lines = linesOf(source.text);
  const blocks: Block[] = [];
  let trail: string[] = [];
  for (const [index, line] of lines.entries()) {
    if (isBlank(line)) continue;
    const begins = isBlank(lines[index - 1]);
    const depth = begins ? headingDepth(line, lines[index + 1]) : 0;
    if (depth > 0) trail = [...trail.slice(0, depth - 1), line.trim()];
    const parting = depth > 0 ? 10 - depth : Number(begins);
    blocks.push(blockOf(lines, { from: index, to: index + 1 }, trail, parting));
  }
  return { format: 'text', title: null, pages: null, blocks };
}

/** 1 for a chapter, 2 for a section in it, 0 for what is no heading. */
function headingDepth(line: string, next: string | undefined): number {
  if (line.length > LONGEST_HEADING) return 0;
  if (next !== undefined && UNDERLINE.test(next) && /\p{L}/u.test(line)) return next.startsWith('=') ? 1 : 2;
  return isBlank(next) && CHAPTER.test(line) ? 1 : 0;
}
