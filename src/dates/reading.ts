import type { CalendarUnit, Latest, Span } from './calendar.ts';

/** How far beside a reading a word that changes it may begin. */
export const REACH = 40;

/** A piece of a question that was read as a time. */
export interface TimeReading {
  /** Where it stands in the question. */
  start: number;
  end: number;
  /** For a time that does not recur, always the same span. */
  latest: Latest;
  /** Within what it recurs once, as Tuesday within a week; null when it does not recur. */
  cycle: CalendarUnit | null;
  /**
   * `sure` counts by itself; `weak` only beside another time, as in "summer 2024"; `bare` says when only in such a time, as
   * "morning", or after "last" and "this".
   */
  standing: 'sure' | 'weak' | 'bare';
}

/** How long the latest span is. */
export function lengthOf(reading: TimeReading, now: number): number {
  const { from, to } = reading.latest(now);
  return to - from;
}

/** A part of each span of the reading; of the one before, where the latest span's part has not begun. */
export function partOf(
  reading: TimeReading,
  part: (span: Span) => Span,
): { latest: Latest; standing: 'sure' } {
  function latest(before: number): Span {
    const span = reading.latest(before);
    const begun = part(span);
    return begun.from < before || reading.cycle === null ? begun : part(reading.latest(span.from));
  }
  return { latest, standing: 'sure' };
}
