/** Where the day stands in a date. */
export const DATE_ORDERS = ['dmy', 'mdy'] as const;
export type DateOrder = (typeof DATE_ORDERS)[number];

/** A line with which a message begins. Its number counts from 1; `first` and `second` are its date without the year. */
export interface MessageStart {
  number: number;
  style: string;
  isYearFirst: boolean;
  year: number;
  first: number;
  second: number;
}

/** A date and a time at the beginning of a line, in brackets (iPhone) or before a dash (Android), and text behind. */
const START =
  /^[\u200E\u200F]*(\[?)(\d{1,4})[-/.]\s?(\d{1,4})[-/.]\s?(\d{1,4})[,.]?\s\D*?\d{1,2}[.:]\d{1,2}([.:]\d{1,2})?(?:\s[ap]\.?\s?m\.?)?(\]?(?:\s-|:)?)\s./is;

/** Finds the lines that look like the beginning of a message, in whatever style. */
export function findStarts(lines: string[]): MessageStart[] {
  return lines.flatMap((line, index) => {
    const found = START.exec(line);
    if (!found) return [];
    const [, bracket, a = '', b = '', c = '', withSeconds, ending] = found;
    const style = [bracket, withSeconds ? 'seconds' : 'minutes', ending].join(' ');
    const isYearFirst = a.length === 4;
    const [first, second, year] = isYearFirst ? [b, c, a] : [a, b, c];
    const date = { year: Number(year), first: Number(first), second: Number(second) };
    return [{ number: index + 1, style, isYearFirst, ...date }];
  });
}

/** The starts of the style that most messages of the file have; the others are quotations in messages. */
export function inMainStyle(starts: MessageStart[]): MessageStart[] {
  const counts = new Map<string, number>();
  for (const { style } of starts) counts.set(style, (counts.get(style) ?? 0) + 1);
  const [main] = [...counts].sort(([, a], [, b]) => b - a)[0] ?? [];
  return starts.filter(({ style }) => style === main);
}

/** Whether the month and day of a date exist. */
export function isPossible(start: MessageStart, order: DateOrder): boolean {
  const [day, month] = order === 'dmy' ? [start.first, start.second] : [start.second, start.first];
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/**
 * Which number of the dates is the day: behind a year the second one, otherwise the one that is greater than 12
 * somewhere; where none is, the order in which time goes back less often. Undefined where that does not tell it either.
 */
export function dateOrderOf(starts: MessageStart[]): { order: DateOrder | undefined; isProven: boolean } {
  if (starts[0]?.isYearFirst) return { order: 'mdy', isProven: true };
  const onlyDmy = starts.filter((start) => isPossible(start, 'dmy') && !isPossible(start, 'mdy')).length;
  const onlyMdy = starts.filter((start) => isPossible(start, 'mdy') && !isPossible(start, 'dmy')).length;
  if (onlyDmy !== onlyMdy) return { order: onlyDmy > onlyMdy ? 'dmy' : 'mdy', isProven: true };
  const backDmy = stepsBack(starts.map(({ year, first, second }) => dayNumber(year, second, first)));
  const backMdy = stepsBack(starts.map(({ year, first, second }) => dayNumber(year, first, second)));
  if (backDmy === backMdy) return { order: undefined, isProven: false };
  return { order: backDmy < backMdy ? 'dmy' : 'mdy', isProven: false };
}

function dayNumber(year: number, month: number, day: number): number {
  return (year * 12 + month) * 31 + day;
}

function stepsBack(days: number[]): number {
  return days.filter((day, index) => day < (days[index - 1] ?? day)).length;
}
