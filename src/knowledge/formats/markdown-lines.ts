import { isBlank, type LineRange } from './lines.ts';

/** A block at the outermost level of a Markdown document; `depth` is that of a heading. */
export interface MarkdownPart extends LineRange {
  kind: 'front matter' | 'heading' | 'code' | 'table' | 'item' | 'rule' | 'html' | 'quote' | 'paragraph';
  depth: number;
}

const HEADING = /^ {0,3}(#{1,6})(?=[ \t]|$)/;
const UNDERLINE = /^ {0,3}(?:=+|-+)[ \t]*$/;
const FENCE = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/;
const RULE = /^ {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$/;
const ITEM = /^( {0,3}(?:[-*+]|\d{1,9}[.)]))(?=[ \t]|$)/;
/** An item that may follow a line of a paragraph: not every number at the beginning of a line is one. */
const ITEM_AFTER_TEXT = /^ {0,3}(?:[-*+]|1[.)])[ \t]+\S/;
const INDENTED = /^(?: {4}| {0,3}\t)/;
const QUOTE = /^ {0,3}>/;
const DELIMITER = /^:?-+:?$/;
const HTML = /^ {0,3}<(?:[A-Za-z][\w-]*(?=[\s/>]|$)|\/[A-Za-z]|!--|\?|![A-Z])/;
const VERBATIM_HTML = /^ {0,3}<(script|pre|style|textarea)(?=[\s>]|$)/i;

/**
 * The parts of a Markdown document line by line, as CommonMark 0.31 has them at the outermost level, with the tables of GitHub. What is
 * nested in a list or quotation stays in it, so it takes linear time for any text; micromark needs a minute for a paragraph of 2 MB.
 */
export function markdownParts(lines: readonly string[]): MarkdownPart[] {
  const parts: MarkdownPart[] = [];
  let from = frontMatterEnd(lines);
  if (from > 0) parts.push({ kind: 'front matter', from: 0, to: from, depth: 0 });
  while (from < lines.length) {
    if (isBlank(lines[from])) {
      from += 1;
      continue;
    }
    const part = partAt(lines, from);
    parts.push(part);
    from = part.to;
  }
  return parts;
}

function partAt(lines: readonly string[], from: number): MarkdownPart {
  const line = lines[from] ?? '';
  const until = (to: number, kind: MarkdownPart['kind'], depth = 0) => ({ kind, from, to, depth });
  const heading = HEADING.exec(line);
  if (heading !== null) return until(from + 1, 'heading', heading[1]?.length);
  if (FENCE.test(line)) return until(fenceEnd(lines, from, 0), 'code');
  if (INDENTED.test(line)) {
    return until(
      lastFilled(lines, from, (next) => isBlank(next) || INDENTED.test(next)),
      'code',
    );
  }
  if (RULE.test(line)) return until(from + 1, 'rule');
  if (ITEM.test(line)) return until(itemEnd(lines, from), 'item');
  if (QUOTE.test(line)) {
    return until(
      lastFilled(lines, from, (next) => QUOTE.test(next) || (!isBlank(next) && !interrupts(next))),
      'quote',
    );
  }
  if (HTML.test(line)) return until(htmlEnd(lines, from), 'html');
  if (isTable(lines, from)) {
    return until(
      lastFilled(lines, from + 1, (next) => !isBlank(next) && !interrupts(next)),
      'table',
    );
  }
  return paragraphAt(lines, from);
}

function paragraphAt(lines: readonly string[], from: number): MarkdownPart {
  for (let to = from + 1; ; to += 1) {
    const line = lines[to];
    if (line === undefined || isBlank(line)) return { kind: 'paragraph', from, to, depth: 0 };
    if (UNDERLINE.test(line)) {
      return { kind: 'heading', from, to: to + 1, depth: line.trimStart().startsWith('=') ? 1 : 2 };
    }
    if (interrupts(line) || isTable(lines, to)) return { kind: 'paragraph', from, to, depth: 0 };
  }
}

/** Whether a line ends the paragraph before it. */
function interrupts(line: string): boolean {
  return (
    HEADING.test(line) ||
    FENCE.test(line) ||
    RULE.test(line) ||
    QUOTE.test(line) ||
    ITEM_AFTER_TEXT.test(line) ||
    (HTML.test(line) &&
      /^\s*<(?:\/?(?:div|table|details|summary|p|section|h[1-6]|ul|ol|pre)\b|!--)/i.test(line))
  );
}

function isTable(lines: readonly string[], from: number): boolean {
  const delimiters = lines[from + 1];
  const head = lines[from] ?? '';
  if (delimiters === undefined || !head.includes('|')) return false;
  const cells = cellsOf(delimiters);
  return cells.every((cell) => DELIMITER.test(cell.trim())) && cellsOf(head).length === cells.length;
}

function cellsOf(row: string): string[] {
  const trimmed = row
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '');
  return trimmed.replaceAll(/\\./g, '').split('|');
}

/** The end of the code from its opening fence; it may be indented in an item. Code that is never closed goes to the end. */
function fenceEnd(lines: readonly string[], from: number, indent: number): number {
  const fence = FENCE.exec((lines[from] ?? '').slice(indent))?.[1] ?? '```';
  for (let index = from + 1; index < lines.length; index += 1) {
    const line = (lines[index] ?? '').trim();
    if (line.length >= fence.length && line === (fence[0] ?? '`').repeat(line.length)) return index + 1;
    // Another opening one says that this code was not closed, so that a fence that is missing does not turn the whole rest around.
    if (line.startsWith(fence) && /^[^`~]/.test(line.slice(fence.length).trim()) && index > from + 1)
      return index;
    // An item ends with its lines, and so does the code in it.
    if (indent > 0 && line !== '' && indentOf(lines[index]) < indent) return index;
  }
  return lines.length;
}

/** An item goes on with the lines that are indented like its text, and with the lines of its paragraph. */
function itemEnd(lines: readonly string[], from: number): number {
  const mark = ITEM.exec(lines[from] ?? '')?.[1]?.length ?? 1;
  const spaces = indentOf(lines[from]?.slice(mark));
  const indent = mark + (spaces >= 1 && spaces <= 4 ? spaces : 1);
  let end = from + 1;
  let index = from;
  if (FENCE.test((lines[from] ?? '').slice(indent))) index = fenceEnd(lines, from, indent) - 1;
  end = index + 1;
  for (index = end; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    if (isBlank(line)) continue;
    if (indentOf(line) >= indent) {
      if (FENCE.test(line.slice(indent))) index = fenceEnd(lines, index, indent) - 1;
    } else if (isBlank(lines[index - 1]) || interrupts(line) || ITEM.test(line)) break;
    end = index + 1;
  }
  return end;
}

function htmlEnd(lines: readonly string[], from: number): number {
  const line = lines[from] ?? '';
  const verbatim = VERBATIM_HTML.exec(line)?.[1];
  const closing =
    verbatim === undefined ? (line.trimStart().startsWith('<!--') ? '-->' : undefined) : `</${verbatim}`;
  if (closing === undefined) return lastFilled(lines, from, (next) => !isBlank(next));
  for (let index = from; index < lines.length; index += 1) {
    if (lines[index]?.toLowerCase().includes(closing.toLowerCase())) return index + 1;
  }
  return lines.length;
}

/** The end of the lines that go on; blank ones at the end do not count. */
function lastFilled(lines: readonly string[], from: number, goesOn: (line: string) => boolean): number {
  let end = from + 1;
  for (let index = from + 1; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    if (!goesOn(line)) break;
    if (!isBlank(line)) end = index + 1;
  }
  return end;
}

function indentOf(line: string | undefined): number {
  let indent = 0;
  for (const character of line ?? '') {
    if (character === ' ') indent += 1;
    else if (character === '\t') indent += 4;
    else break;
  }
  return indent;
}

function frontMatterEnd(lines: readonly string[]): number {
  const fence = lines[0]?.trimEnd();
  if (fence !== '---' && fence !== '+++') return 0;
  for (let index = 1; index < lines.length; index += 1) {
    const line = lines[index]?.trimEnd();
    if (line === fence || (fence === '---' && line === '...')) return index + 1;
    if (index === 1 && isBlank(line)) return 0;
  }
  return 0;
}
