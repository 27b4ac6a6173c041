import { DAY } from './calendar.ts';
import { lengthOf, partOf, REACH, type TimeReading } from './reading.ts';

/** How long a time may be in which the recurring happens once, in days. */
const CYCLE_DAYS = { day: 1, week: 7, month: 31, year: 366 };

/** Of readings that overlap, the longest; in the order of the question. */
export function withoutOverlaps(readings: TimeReading[]): TimeReading[] {
  const kept: TimeReading[] = [];
  for (const reading of readings.toSorted((one, other) => other.end - other.start - (one.end - one.start))) {
    if (kept.every(({ start, end }) => reading.end <= start || reading.start >= end)) kept.push(reading);
  }
  return kept.sort((one, other) => one.start - other.start);
}

const IN_BETWEEN = /^,?(?: (?:of|in|on|del?|en|el|of the|de la|in the|on the))? ?$/;

/** One reading of two that stand together and name one time, as "Tuesday of last week", "3 March" and "in the morning". */
export function narrow(text: string, readings: TimeReading[], now: number): TimeReading[] {
  return mergeNeighbours(readings, (first, second) => {
    const gap = text.slice(first.end, second.start);
    if (gap.length > 10 || !IN_BETWEEN.test(gap)) return undefined;
    const [inner, outer] = lengthOf(first, now) < lengthOf(second, now) ? [first, second] : [second, first];
    if (inner.cycle === null || outer.standing === 'bare') return undefined;
    // "Good morning, yesterday …" says nothing of yesterday's morning.
    if (inner.cycle === 'day' && gap.startsWith(',')) return undefined;
    const span = outer.latest(now);
    const length = span.to - span.from;
    if (length > CYCLE_DAYS[inner.cycle] * DAY || length <= lengthOf(inner, now)) return undefined;
    if (inner.latest(span.to).from < span.from) return undefined;
    return { ...partOf(outer, ({ to }) => inner.latest(to)), cycle: outer.cycle };
  });
}

const SPAN_OPENING = /(?:\b(?:between|from|entre|del?|desde|since)(?: (?:the|el|la))? )$/;
const SPAN_MIDDLE = /^(?: (?:to|until|till|through|al?|hasta)(?: (?:the|el|la))? | ?- ?)$/;
const SPAN_MIDDLE_OPENED = /^ (?:and|y)(?: (?:the|el|la))? $/;

/** One reading of two that are the ends of a span, as "between March and May"; the latest one of which both ends have begun. */
export function joinSpans(text: string, readings: TimeReading[], now: number): TimeReading[] {
  return mergeNeighbours(readings, (first, second) => {
    const gap = text.slice(first.end, second.start);
    if (gap.length > 12 || first.standing === 'bare' || second.standing === 'bare') return undefined;
    const opening = SPAN_OPENING.exec(text.slice(Math.max(0, first.start - REACH), first.start));
    if (!SPAN_MIDDLE.test(gap) && !(opening && SPAN_MIDDLE_OPENED.test(gap))) return undefined;
    // "2020-2022" may be anything.
    if (!opening && first.standing === 'weak' && second.standing === 'weak') return undefined;
    // "de lunes a viernes" is a habit.
    if (first.cycle === 'week' && opening?.[0] === 'de ') return null;
    const { from: lastFrom, to } = second.latest(now);
    const { from } = first.latest(lastFrom);
    if (from >= to) return undefined;
    const span = { from, to };
    return {
      start: first.start - (opening?.[0].length ?? 0),
      latest: () => span,
      cycle: null,
      standing: 'sure',
    };
  });
}

/** Merges each reading with the next one where the rule says so; the rule's null takes both away. */
function mergeNeighbours(
  readings: TimeReading[],
  rule: (first: TimeReading, second: TimeReading) => Partial<TimeReading> | null | undefined,
): TimeReading[] {
  const merged: TimeReading[] = [];
  for (const reading of readings) {
    const first = merged.at(-1);
    const changes = first ? rule(first, reading) : undefined;
    if (first && changes !== undefined) merged.pop();
    if (first && changes) merged.push({ ...reading, start: first.start, ...changes });
    else if (changes === undefined) merged.push(reading);
  }
  return merged;
}
