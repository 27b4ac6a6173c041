import { printable } from '../sandbox/names.ts';

/** The most of a line that is shown, in UTF-16 units. */
const SHOWN = 500;
/** How much of it comes before the match, when the line is longer. */
const LEAD = 100;

/** A line, harmless to print: 500 characters of it around `index` when it is longer. */
export function excerpt(line: string, index: number): string {
  return shownLine(line.slice(Math.max(0, Math.min(index - LEAD, line.length - SHOWN))));
}

/** The beginning of a line, harmless to print; tabs stay. */
export function shownLine(line: string): string {
  const shown = line.slice(0, SHOWN);
  return (shown.endsWith('\r') ? shown.slice(0, -1) : shown).split('\t').map(printable).join('\t');
}

/** Up to `count` lines of `text` from `start`, the beginning of a line. */
export function linesAfter(text: string, start: number, count: number): string[] {
  const lines: string[] = [];
  for (let begin = start; begin < text.length && lines.length < count; ) {
    const lineFeed = text.indexOf('\n', begin);
    const end = lineFeed === -1 ? text.length : lineFeed;
    lines.push(shownLine(text.slice(begin, end)));
    begin = end + 1;
  }
  return lines;
}

/** Up to `count` lines of `text` before `end`, the beginning of a line; and whether the text begins with the first. */
export function linesBefore(
  text: string,
  end: number,
  count: number,
): { lines: string[]; fromStart: boolean } {
  const lines: string[] = [];
  let begin = end;
  while (begin > 0 && lines.length < count) {
    // A negative place would be taken for 0.
    const start = begin < 2 ? 0 : text.lastIndexOf('\n', begin - 2) + 1;
    lines.unshift(shownLine(text.slice(start, begin - 1)));
    begin = start;
  }
  return { lines, fromStart: begin === 0 && lines.length > 0 };
}
