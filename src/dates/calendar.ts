/** Times are milliseconds since 1970 and everything is in UTC: the program knows no user's time zone. */
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** From (inclusive) to (exclusive). */
export interface Span {
  from: number;
  to: number;
}

export type CalendarUnit = 'day' | 'week' | 'month' | 'year';

/** The latest of the spans that recur so which begins before a moment. */
export type Latest = (before: number) => Span;

/** When the unit that holds the moment began; weeks begin on Monday, as in ISO 8601. */
export function startOf(unit: CalendarUnit, time: number): number {
  const date = new Date(time);
  if (unit === 'year') return Date.UTC(date.getUTCFullYear(), 0, 1);
  if (unit === 'month') return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  const day = Math.floor(time / DAY) * DAY;
  return unit === 'day' ? day : day - ((date.getUTCDay() + 6) % 7) * DAY;
}

/** The same time of day, units later or earlier; in a shorter month, on its last day. */
export function shift(time: number, count: number, unit: CalendarUnit): number {
  if (unit === 'day') return time + count * DAY;
  if (unit === 'week') return time + count * 7 * DAY;
  const months = unit === 'year' ? count * 12 : count;
  const month = startOf('month', time);
  const date = new Date(month);
  const shifted = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1);
  const next = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months + 1, 1);
  return Math.min(shifted + (time - month), next - DAY + (time % DAY));
}

/** The unit that holds the moment. */
export function spanOf(unit: CalendarUnit, time: number): Span {
  const from = startOf(unit, time);
  return { from, to: shift(from, 1, unit) };
}

/** The days of a year; `month` and `day` count from 1, and undefined answers a day that the year does not have. */
export function dateSpan(year: number, month: number, day: number): Span | undefined {
  const from = Date.UTC(year, month - 1, day);
  const date = new Date(from);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? { from, to: from + DAY } : undefined;
}

/** Recurs by the unit, without a gap. */
export function everyUnit(unit: CalendarUnit): Latest {
  return (before) => spanOf(unit, before - 1);
}

/** Recurs daily, between two hours; the second may lie on the next day. */
export function everyDay(fromHour: number, toHour: number): Latest {
  return (before) => {
    const from = startOf('day', before - 1 - fromHour * HOUR) + fromHour * HOUR;
    return { from, to: from + (toHour - fromHour) * HOUR };
  };
}

/** Recurs weekly; days count from Monday, 0. */
export function everyWeek(day: number, days: number): Latest {
  return (before) => {
    const from = startOf('week', before - 1 - day * DAY) + day * DAY;
    return { from, to: from + days * DAY };
  };
}

/** Recurs on a day of the month, in the months that have it. */
export function everyMonth(day: number): Latest {
  return latestOf('month', (month) => {
    const date = new Date(month);
    return dateSpan(date.getUTCFullYear(), date.getUTCMonth() + 1, day);
  });
}

/** Recurs yearly; a year may be without it, as most are without 29 February. */
export function everyYear(spanIn: (year: number) => Span | undefined): Latest {
  return latestOf('year', (year) => spanIn(new Date(year).getUTCFullYear()));
}

/** 29 February has been missing for eight years around 1900, no other day for longer. */
const LONGEST_GAP = 9;

function latestOf(unit: 'month' | 'year', spanIn: (unitStart: number) => Span | undefined): Latest {
  return (before) => {
    for (let back = 0; back < LONGEST_GAP; back++) {
      const span = spanIn(shift(startOf(unit, before - 1), -back, unit));
      if (span && span.from < before) return span;
    }
    return { from: before, to: before };
  };
}

/** The latest one that is over by now, or the one `count - 1` before it. */
export function lastEnded(latest: Latest, now: number, count = 1): Span {
  let span = latest(now);
  for (let left = span.to > now ? count : count - 1; left > 0; left--) span = latest(span.from);
  return span;
}
