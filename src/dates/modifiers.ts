import { DAY, lastEnded, type Span, spanOf, startOf } from './calendar.ts';
import { lengthOf, partOf, REACH, type TimeReading } from './reading.ts';

interface Modifier {
  side: 'before' | 'after';
  pattern: RegExp;
  /** Null when no past time is meant, undefined when it says nothing about this reading. */
  apply: (
    reading: TimeReading,
    now: number,
    match: RegExpExecArray,
  ) => Partial<TimeReading> | null | undefined;
}

/** How many words may change one reading, as "early last March". */
const MODIFIERS_EACH = 3;

const ORDINALS = ['first|primera|1st', 'second|segunda|2nd', 'third|tercera|3rd', 'fourth|cuarta|4th'];
const NTH_WEEK = new RegExp(
  `(?:\\b(?:the|la) )?\\b(?:${ORDINALS.map((words) => `(${words})`).join('|')}|last|ultima) (?:week|semana) (?:of|in|del?) $`,
);

const MODIFIERS: Modifier[] = [
  {
    side: 'before',
    pattern: /\b(?:next|coming|upcoming|proxim[oa]s?|every|each|cada|todos los|todas las) $/,
    apply: () => null,
  },
  // "los lunes" is a habit; "las navidades" are not.
  {
    side: 'before',
    pattern: /\bl[oa]s $/,
    apply: ({ cycle }) => (cycle === 'week' ? null : undefined),
  },
  {
    side: 'after',
    pattern: /^ (?:que viene|que entra|proxim[oa]|siguiente|next|mornings|afternoons|evenings|nights)\b/,
    apply: () => null,
  },
  { side: 'after', pattern: /^ (?:antepasad[oa]|before last)\b/, apply: endedTimes(2) },
  {
    side: 'before',
    pattern: /(?:\b(?:the|this|el|la|las) )?\b(?:last|past|previous|pasad[oa]s?|ultim[oa]s?) $/,
    apply: endedTimes(1),
  },
  {
    side: 'after',
    pattern: /^ (?:pasad[oa]s?|anterior|ultim[oa]|que (?:ya )?paso)\b/,
    apply: endedTimes(1),
  },
  { side: 'before', pattern: /\b(?:this|est[ea]) $/, apply: running },
  { side: 'before', pattern: NTH_WEEK, apply: nthWeek },
  {
    side: 'before',
    pattern: /(?:\b(?:the|la) )?\b(?:week|semana) (?:of|del?)(?: the| el)?(?: dia)? $/,
    apply: (reading, now) =>
      lengthOf(reading, now) <= 4 * DAY ? partOf(reading, ({ from }) => spanOf('week', from)) : undefined,
  },
  {
    side: 'before',
    pattern: /(?:\b(?:the|el) )?\b(?:weekend|finde|fin de semana) (?:of|del?)(?: the| el)?(?: dia)? $/,
    apply: (reading, now) => (lengthOf(reading, now) <= 4 * DAY ? partOf(reading, weekendOf) : undefined),
  },
  {
    side: 'before',
    pattern:
      /(?:\b(?:the|a|an) )?\b(?:early(?: in)?|(?:beginning|start) of|(?:primeros|principios?|comienzos|inicios) del?)(?: the| el)? $/,
    apply: third(0),
  },
  {
    side: 'before',
    pattern: /(?:\b(?:the|a) )?\b(?:mid[- ]|middle of |mediados del? )(?:the |el )?$/,
    apply: third(1),
  },
  {
    side: 'before',
    pattern: /(?:\b(?:the|a) )?\b(?:late(?: in)?|end of|(?:finales|fines|fin|ultimos) del?)(?: the| el)? $/,
    apply: third(2),
  },
  // "from 3 to 9 March", "entre el 3 y el 9 de marzo": the reading is the second day.
  {
    side: 'before',
    pattern:
      /\b(?:from|between|del?|desde|entre) (?:the |el )?(?:dia )?(\d{1,2})(?:st|nd|rd|th)? (?:to|and|until|through|al?|y|hasta) (?:the |el )?(?:dia )?$/,
    apply: (reading, now, match) => {
      const firstDay = Number(match[1]);
      const { from, to } = reading.latest(now);
      if (to - from !== DAY || firstDay < 1 || firstDay >= new Date(from).getUTCDate()) return undefined;
      return partOf(reading, (span) => ({
        from: startOf('month', span.from) + (firstDay - 1) * DAY,
        to: span.to,
      }));
    },
  },
];

/** What the words beside a reading make of it: null when they say that no past time is meant. */
export function modify(text: string, reading: TimeReading, now: number): TimeReading | null {
  let current = reading;
  for (let count = 0; count < MODIFIERS_EACH; count++) {
    const changed = modifyOnce(text, current, now);
    if (!changed) return changed === null ? null : current;
    current = changed;
  }
  return current;
}

function modifyOnce(text: string, reading: TimeReading, now: number): TimeReading | null | undefined {
  const before = text.slice(Math.max(0, reading.start - REACH), reading.start);
  const after = text.slice(reading.end, reading.end + REACH);
  for (const { side, pattern, apply } of MODIFIERS) {
    const match = pattern.exec(side === 'before' ? before : after);
    const changes = match ? apply(reading, now, match) : undefined;
    if (changes === null) return null;
    if (!match || !changes) continue;
    const start = side === 'before' ? reading.start - match[0].length : reading.start;
    const end = side === 'after' ? reading.end + match[0].length : reading.end;
    return { ...reading, ...changes, start, end };
  }
  return undefined;
}

function endedTimes(count: number): Modifier['apply'] {
  return (reading, now) => {
    if (reading.cycle === null) return undefined;
    const span = lastEnded(reading.latest, now, count);
    return { latest: () => span, cycle: null, standing: 'sure' };
  };
}

/** "this Tuesday" is the one of this week; null when it is still to come. */
function running({ latest, cycle }: TimeReading, now: number): Partial<TimeReading> | null | undefined {
  if (cycle === null) return undefined;
  const span = latest(now);
  return span.to > startOf(cycle, now) ? { latest: () => span, cycle: null, standing: 'sure' } : null;
}

/** The beginning, the middle or the end of a month, a season or a year, in whole days. */
function third(index: number): Modifier['apply'] {
  return (reading, now) => {
    if (lengthOf(reading, now) < 6 * DAY) return undefined;
    return partOf(reading, ({ from, to }) => {
      const days = (to - from) / DAY;
      return {
        from: from + Math.floor((days * index) / 3) * DAY,
        to: from + Math.ceil((days * (index + 1)) / 3) * DAY,
      };
    });
  };
}

function nthWeek(
  reading: TimeReading,
  now: number,
  match: RegExpExecArray,
): Partial<TimeReading> | undefined {
  const days = lengthOf(reading, now) / DAY;
  if (days < 28 || days > 31) return undefined;
  const index = match.slice(1).findIndex((word) => word !== undefined);
  return partOf(reading, ({ from, to }) =>
    index < 0
      ? { from: to - 7 * DAY, to }
      : { from: from + index * 7 * DAY, to: from + (index + 1) * 7 * DAY },
  );
}

function weekendOf({ from }: Span): Span {
  const { to } = spanOf('week', from);
  return { from: to - 2 * DAY, to };
}
