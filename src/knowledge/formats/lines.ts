import type { Block } from '../document.ts';

/** Lines `from` up to `to` of a text, counted from 0 and without the one at `to`. */
export interface LineRange {
  from: number;
  to: number;
}

/** The lines of a text without their ends; a break at the end begins no further line. */
export function linesOf(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** Whether nothing is to be seen on a line. */
export function isBlank(line: string | undefined): boolean {
  return line === undefined || line.trim() === '';
}

/** One block of these lines as they are. */
export function blockOf(
  lines: readonly string[],
  { from, to }: LineRange,
  trail: string[],
  parting: number,
): Block {
  return {
    text: lines.slice(from, to).join('\n'),
    startLine: from + 1,
    endLine: to,
    page: null,
    trail,
    parting,
  };
}

/** A block for each line that is not blank; the first has this parting, others 1 after blank lines and 0 elsewhere. */
export function blocksByLine(
  lines: readonly string[],
  { from, to }: LineRange,
  trail: string[],
  parting: number,
): Block[] {
  const blocks: Block[] = [];
  for (let index = from; index < to; index += 1) {
    if (isBlank(lines[index])) continue;
    const own = blocks.length === 0 ? parting : Number(isBlank(lines[index - 1]));
    blocks.push(blockOf(lines, { from: index, to: index + 1 }, trail, own));
  }
  return blocks;
}
