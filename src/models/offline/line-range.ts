import type { Range } from './sentence.ts';
import { type Read, tokenAt, words } from './slots.ts';

/** Lines of a file, counted from 1; both ends belong to it. */
export interface LineRange {
  from: number;
  to: number;
  /** Only one number was said. */
  single: boolean;
}

const JOINING = words('to through thru until till a al hasta - – —');
/** "Lines 5 and 7" are two, "between lines 5 and 7" are three. */
const JOINING_BETWEEN = words('and y');
const BETWEEN = words('between entre');
const MOST_WORDS_BETWEEN = 4;
const ARTICLES = words('la el line linea the lineas');
const IN_ONE_WORD = /^(\d{1,9})(?:[-–—]|\.{2,3})(\d{1,9})$/;
const NUMBERS = new Map<string, number>(
  Object.entries({
    ...numbered('one two three four five six seven eight nine ten'),
    ...numbered('una dos tres cuatro cinco seis siete ocho nueve diez'),
    ...{ twenty: 20, veinte: 20, fifty: 50, cincuenta: 50, hundred: 100, cien: 100 },
  }),
);

/** Reads "10 to 20", "10-20", "entre la 10 y la 20" or one number. */
export function readLineRange(range: Range): Read<LineRange> | undefined {
  const word = tokenAt(range, range.from)?.word ?? '';
  const both = IN_ONE_WORD.exec(word);
  if (both) return lines(Number(both[1]), Number(both[2]), range.from + 1);
  const first = numberIn(word);
  if (first === undefined) return undefined;
  let next = range.from + 1;
  if (joins(range, next)) next += 1;
  while (next > range.from + 1 && ARTICLES.has(tokenAt(range, next)?.word ?? '')) next += 1;
  const last = next > range.from + 1 ? numberIn(tokenAt(range, next)?.word ?? '') : undefined;
  return lines(first, last, last === undefined ? range.from + 1 : next + 1);
}

function joins(range: Range, position: number): boolean {
  const word = tokenAt(range, position)?.word ?? '';
  const before = range.sentence.tokens.slice(Math.max(0, range.from - MOST_WORDS_BETWEEN), range.from);
  return JOINING.has(word) || (JOINING_BETWEEN.has(word) && before.some((token) => BETWEEN.has(token.word)));
}

function lines(first: number, last: number | undefined, next: number): Read<LineRange> | undefined {
  const [from, to] = [Math.min(first, last ?? first), Math.max(first, last ?? first)];
  return from < 1 ? undefined : { value: { from, to, single: last === undefined }, next };
}

function numberIn(word: string): number | undefined {
  return /^\d{1,9}$/.test(word) ? Number(word) : NUMBERS.get(word);
}

function numbered(list: string): Record<string, number> {
  return Object.fromEntries(list.split(' ').map((word, position) => [word, position + 1]));
}
