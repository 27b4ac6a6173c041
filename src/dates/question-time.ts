import { type Span, shift } from './calendar.ts';
import { joinSpans, narrow, withoutOverlaps } from './combinations.ts';
import { readDates } from './dates.ts';
import { readEvent } from './event.ts';
import { modify } from './modifiers.ts';
import { readPeriods } from './periods.ts';
import { REACH, type TimeReading } from './reading.ts';

/** A time that a question speaks of: from (inclusive) to (exclusive), null where it is open. */
export interface TimeRange {
  from: Date | null;
  to: Date | null;
  /** The piece of the question that it was read from, with single spaces. */
  text: string;
}

/** An event that a question speaks of as a time: "before the trip". */
export type EventAnchor = NonNullable<ReturnType<typeof readEvent>>;

const MOST_RANGES = 3;

/** Of a longer question than two of these, only its first and its last characters are read. */
const EDGE_CHARACTERS = 1000;

/**
 * Reads the times that a question asks about, in English and Spanish side by side and in UTC. Memory looks back: an ambiguous
 * date is the latest one that has begun before `now`, and what is purely future is left out.
 */
export function readTime(question: string, now: Date): { ranges: TimeRange[]; event: EventAnchor | null } {
  const pieces =
    question.length > 2 * EDGE_CHARACTERS
      ? [question.slice(0, EDGE_CHARACTERS), question.slice(-EDGE_CHARACTERS)]
      : [question];
  const read = pieces.map((piece) => readPiece(piece, now));
  const ranges = read.flatMap((piece) => piece.ranges);
  const isFirst = (range: TimeRange, index: number): boolean =>
    ranges.findIndex((other) => isSameTime(other, range)) === index;
  return {
    ranges: ranges.filter(isFirst).slice(0, MOST_RANGES),
    event: read.find(({ event }) => event)?.event ?? null,
  };
}

function isSameTime(one: TimeRange, other: TimeRange): boolean {
  return one.from?.getTime() === other.from?.getTime() && one.to?.getTime() === other.to?.getTime();
}

function readPiece(piece: string, now: Date): { ranges: TimeRange[]; event: EventAnchor | null } {
  const written = piece.normalize('NFC').replace(/\s+/g, ' ');
  const folded = fold(written);
  const time = now.getTime();
  const found = withoutOverlaps([...readPeriods(folded, time), ...readDates(folded, written, now)]);
  const modified = withoutOverlaps(found.flatMap((reading) => modify(folded, reading, time) ?? []));
  const combined = joinSpans(folded, narrow(folded, modified, time), time);
  const ranges = combined
    .filter((reading) => reading.standing === 'sure' && isFree(folded, reading))
    .map((reading) => rangeOf(folded, written, reading, time))
    .filter(({ from, to }) => (from ? from < now && (!to || from < to) : to !== null));
  const timeStarts = found.map(({ start }) => start);
  return { ranges, event: readEvent(folded, written, timeStarts) };
}

/** In lower case and without accents, letter by letter: what is found in it stands at the same place in the question. */
function fold(text: string): string {
  return text
    .replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
    .replace(/[\u0080-\uffff]/g, (character) => {
      if (character === '’' || character === '‘') return "'";
      if (character === '–') return '-';
      const base = character.normalize('NFD').charAt(0).toLowerCase();
      return base.length === 1 ? base : character;
    });
}

/** Not a part of a name or a number, as in "notes-2025.md", "2.10.2025.1" or a link. */
function isFree(folded: string, { start, end }: TimeReading): boolean {
  return (
    !/[\w/\\@#$€+=-]$|\d[.,:]$/.test(folded.slice(Math.max(0, start - 2), start)) &&
    !/^(?:[\w/\\@€$%]|[.-]\w|[:,]\d)/.test(folded.slice(end, end + 2))
  );
}

const ARTICLE = '(?: (?:the|el|la|los|las))?';
const RELATIONS: { pattern: RegExp; open: (span: Span, unit: string | undefined) => Partial<Span> }[] = [
  {
    // "la semana antes de Navidad", "the day after the 3rd of March".
    pattern: new RegExp(
      `\\b(?:(?:the|el|la) )?\\b(day|night|week|month|dia|noche|semana|mes) (?:before|antes del?)${ARTICLE} $`,
    ),
    open: ({ from }, unit) => ({ from: shift(from, -1, unitOf(unit)), to: from }),
  },
  {
    pattern: new RegExp(
      `\\b(?:(?:the|el|la) )?\\b(day|night|week|month|dia|noche|semana|mes) (?:after|despues del?)${ARTICLE} $`,
    ),
    open: ({ to }, unit) => ({ from: to, to: shift(to, 1, unitOf(unit)) }),
  },
  { pattern: new RegExp(`\\b(?:since|desde|a partir del?)${ARTICLE} $`), open: ({ from }) => ({ from }) },
  {
    pattern: new RegExp(`\\b(?:before|prior to|antes del?)${ARTICLE} $`),
    open: ({ from }) => ({ to: from }),
  },
  {
    pattern: new RegExp(`\\b(?:after|following|despues del?|luego del?|tras)${ARTICLE} $`),
    open: ({ to }) => ({ from: to }),
  },
  { pattern: new RegExp(`\\b(?:until|till|up to|hasta)${ARTICLE} $`), open: ({ to }) => ({ to }) },
];
const ONWARDS = /^ (?:onwards?\b|en adelante\b|on(?=[,.?!]|$))/;

function unitOf(word: string | undefined): 'day' | 'week' | 'month' {
  if (word === 'week' || word === 'semana') return 'week';
  return word === 'month' || word === 'mes' ? 'month' : 'day';
}

/** The range of a reading, opened by "since" or "before". */
function rangeOf(folded: string, written: string, reading: TimeReading, now: number): TimeRange {
  const span = reading.latest(now);
  const { start, end } = reading;
  const onwards = ONWARDS.exec(folded.slice(end, end + REACH));
  if (onwards) {
    return { from: new Date(span.from), to: null, text: written.slice(start, end + onwards[0].length) };
  }
  const before = folded.slice(Math.max(0, start - REACH), start);
  for (const { pattern, open } of RELATIONS) {
    const match = pattern.exec(before);
    if (match) return dated(open(span, match[1]), written.slice(start - match[0].length, end));
  }
  return dated(span, written.slice(start, end));
}

function dated({ from, to }: Partial<Span>, text: string): TimeRange {
  return {
    from: from === undefined ? null : new Date(from),
    to: to === undefined ? null : new Date(to),
    text,
  };
}
