import type { CitedPlace, QuotedPassage } from '../passages.ts';
import { conceptsOf } from './concepts.ts';
import { isQuestion, sentencesOf } from './questions.ts';

/** What can be quoted of a passage: a sentence or two of it, an item of a list, or a row. */
export interface PassageUnit {
  text: string;
  place: CitedPlace;
  /** What it is about, by its own words and those of the headings that it stands under. */
  concepts: Set<string>;
  passage: QuotedPassage;
}

/** Lines that were read as one text. */
interface Block {
  text: string;
  /** Where each line starts in the text, by the number of the line in its passage. */
  starts: { line: number; offset: number }[];
  kind: 'text' | 'heading' | 'row';
}

const HEADING = /^#{1,6}\s+\S/;
const ROW = /^\s*\|.*\|\s*$|\t/;
const RULE = /^[\s|:=*_+-]*$|^\s*(?:```|~~~)/;
const ITEM = /^\s*(?:[-*+•]|\d{1,3}[.)])\s+/;
const INDENTED = /^(?:\t| {4})/;
const SENTENCE_END = /[.!?:;…{}]["'”»)]*\s*$/;
/** In these each line is something of its own. */
const LINE_BY_LINE =
  /\.(?:csv|tsv|xlsx|log|jsonl?|ya?ml|toml|ini|env|[cm]?[jt]sx?|py|rb|go|rs|java|kt|c|h|cpp|cs|sh|sql|php)$/i;
/** A line that is shorter was ended on purpose. */
const WRAPPED_LENGTH = 45;
/** Longer passages than any that are shown are cut into units only so far. */
const MOST_UNITS = 300;

/** Cuts a passage into what can be quoted of it, in its order. */
export function unitsOf(passage: QuotedPassage): PassageUnit[] {
  const lines = passage.text.split('\n');
  const above = [...passage.trail, nameOf(passage.path)].join(' ');
  let heading = '';
  let header = '';
  let asked = '';
  const units: PassageUnit[] = [];
  for (const block of blocksOf(lines, LINE_BY_LINE.test(passage.path))) {
    if (block.kind === 'heading') [heading, header] = [block.text, ''];
    if (block.kind === 'text') header = '';
    if (block.kind === 'row' && header === '') header = block.text;
    if (block.kind === 'heading' || units.length >= MOST_UNITS) continue;
    const spans = spansOf(block.text);
    for (const [position, span] of spans.entries()) {
      if (isQuestion(span.text)) {
        asked = span.text;
        continue;
      }
      const context = `${above} ${heading} ${header} ${asked}`;
      const add = (end: number) => {
        const text = block.text.slice(span.start, end);
        const concepts = new Set(conceptsOf(`${text} ${context}`));
        units.push({
          text: plain(text),
          place: placeOf(passage, lines, block, span.start, end),
          concepts,
          passage,
        });
      };
      add(span.end);
      const next = spans[position + 1];
      if (next && !isQuestion(next.text)) add(next.end);
      asked = '';
    }
  }
  return units;
}

/** Reads lines that a sentence runs over as one text, unless lines stand for themselves. */
function blocksOf(lines: string[], isLineByLine: boolean): Block[] {
  const blocks: Block[] = [];
  let open: Block | undefined;
  for (const [line, raw] of lines.entries()) {
    const before = lines[line - 1] ?? '';
    const text = raw.trim();
    if (RULE.test(raw)) {
      open = undefined;
      // The line below the header of a table belongs to the table.
      if (!raw.includes('|')) blocks.push({ text: '', starts: [], kind: 'text' });
    } else if (HEADING.test(raw) || ROW.test(raw)) {
      blocks.push({ text, starts: [{ line, offset: 0 }], kind: HEADING.test(raw) ? 'heading' : 'row' });
      open = undefined;
    } else if (open && !isLineByLine && goesOn(before, raw)) {
      open.starts.push({ line, offset: open.text.length + 1 });
      open.text += ` ${text}`;
    } else {
      open = { text, starts: [{ line, offset: 0 }], kind: 'text' };
      blocks.push(open);
    }
  }
  return blocks;
}

function goesOn(before: string, line: string): boolean {
  if (ITEM.test(line) || (INDENTED.test(line) && !ITEM.test(before))) return false;
  return before.trim().length >= WRAPPED_LENGTH && !(SENTENCE_END.test(before) && INDENTED.test(before));
}

function spansOf(text: string): { text: string; start: number; end: number }[] {
  let from = 0;
  return sentencesOf(text).map((sentence) => {
    const start = text.indexOf(sentence, from);
    from = start + sentence.length;
    return { text: sentence, start, end: from };
  });
}

/** The lines that are quoted where they are known, else where the whole passage stands. */
function placeOf(
  passage: QuotedPassage,
  lines: string[],
  block: Block,
  from: number,
  to: number,
): CitedPlace {
  const { path, startLine, endLine, page } = passage;
  if (page !== null || lines.length !== endLine - startLine + 1) return { path, startLine, endLine, page };
  const first = block.starts.findLast(({ offset }) => offset <= from)?.line ?? 0;
  const last = block.starts.findLast(({ offset }) => offset < to)?.line ?? first;
  return { path, startLine: startLine + first, endLine: startLine + last, page };
}

/** Without the marks of a list or a table around it and of code, behind which no citation would be read; on one line. */
function plain(text: string): string {
  return text
    .replace(ITEM, '')
    .replaceAll(/`{3,}|~{3,}/g, '')
    .replaceAll(/^\s*\||\|\s*$/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** The words in the name of a file, which often says what it is about. */
function nameOf(path: string): string {
  return (path.split('/').at(-1) ?? '').replace(/\.[^.]*$/, '').replaceAll(/[^\p{L}\p{N}]+/gu, ' ');
}
