import { blankScript } from './blank-script.ts';
import type { Style } from './style.ts';

/** A whole statement on one line that would end with a semicolon where these are used. */
const STATEMENT = /^\s*(?:import|export|const|let|var|return|throw|await)\b.*[\w)\]}'"`]\s*$/;
const CONTINUES = /^\s*[.?:+*/%&|=,)\]]/;

/** What can be told from the texts alone; what they do not show is left out. */
export function measureStyle(texts: readonly string[]): Partial<Style> {
  if (texts.length === 0) return {};
  const codes = texts.map(blankScript);
  const lines = codes.map((code) => code.split(/\r?\n/));
  const indent = measureIndent(lines.flat());
  const windows = count(texts, /\r\n/g);
  const quote = majority(count(codes, /(?<!=)" *"/g), count(codes, /(?<!=)' *'/g));
  const semicolons = majority(...countSemicolons(lines));
  const finalCommas = majority(...countFinalCommas(lines));
  return {
    ...(indent === null ? {} : { indent }),
    ...(quote === null ? {} : { quote: quote ? '"' : "'" }),
    ...(semicolons === null ? {} : { semicolons }),
    ...(finalCommas === null ? {} : { finalCommas }),
    eol: windows > count(texts, /(?<!\r)\n/g) ? '\r\n' : '\n',
    finalNewline: texts.filter((text) => text.endsWith('\n')).length * 2 >= texts.length,
  };
}

/** Null where both are as frequent. */
function majority(first: number, second: number): boolean | null {
  return first === second ? null : first > second;
}

function count(texts: readonly string[], pattern: RegExp): number {
  return texts.reduce((sum, text) => sum + (text.match(pattern)?.length ?? 0), 0);
}

/** The step by which lines go in; the most frequent one, and tabs where more lines begin with one. */
function measureIndent(lines: readonly string[]): string | null {
  const steps = new Map<number, number>();
  let tabs = 0;
  let spaced = 0;
  let before = 0;
  for (const line of lines) {
    if (line.trim() === '') continue;
    if (line.startsWith('\t')) tabs += 1;
    const depth = /^ */.exec(line)?.[0].length ?? 0;
    if (depth > 1) spaced += 1;
    const step = depth - before;
    if (step > 1 && step <= 8) steps.set(step, (steps.get(step) ?? 0) + 1);
    before = depth;
  }
  if (tabs > spaced) return '\t';
  const [best] = [...steps].toSorted(([a, often], [b, more]) => more - often || a - b);
  return best ? ' '.repeat(best[0]) : null;
}

function countSemicolons(files: readonly string[][]): [number, number] {
  let ended = 0;
  let open = 0;
  for (const lines of files) {
    lines.forEach((line, index) => {
      if (/;\s*$/.test(line)) ended += 1;
      else if (STATEMENT.test(line) && !CONTINUES.test(lines[index + 1] ?? '') && isBalanced(line)) open += 1;
    });
  }
  return [ended, open];
}

function isBalanced(line: string): boolean {
  return (line.match(/[([{]/g)?.length ?? 0) === (line.match(/[)\]}]/g)?.length ?? 0) && !/=>\s*$/.test(line);
}

/** After the last argument of a call on several lines; what ends with a bracket there may be a function. */
function countFinalCommas(files: readonly string[][]): [number, number] {
  let withComma = 0;
  let without = 0;
  for (const lines of files) {
    lines.forEach((line, index) => {
      if (!/^\s*\)/.test(line)) return;
      const last = lines[index - 1] ?? '';
      if (/,\s*$/.test(last)) withComma += 1;
      else if (/[\w'"`]\s*$/.test(last)) without += 1;
    });
  }
  return [withComma, without];
}
