import {
  type CalendarUnit,
  DAY,
  dateSpan,
  everyDay,
  everyMonth,
  everyUnit,
  everyWeek,
  everyYear,
  HOUR,
  type Latest,
  lastEnded,
  MINUTE,
  type Span,
  shift,
  spanOf,
  startOf,
} from './calendar.ts';
import type { TimeReading } from './reading.ts';
import { NUMBERS, ONE_UNIT, SOME_UNITS, UNIT, UNITS } from './words.ts';

type Meaning = Omit<TimeReading, 'start' | 'end'>;
/** Undefined when it is no time after all. */
type Meaner = (match: RegExpExecArray, now: number) => Meaning | Span | undefined;

/** What no calendar names, in both languages; the text is in lower case and without accents. */
const PERIODS: [RegExp, Meaner][] = [
  [new RegExp(`\\b(${SOME_UNITS.english}) (?:ago|back)\\b`, 'g'), ago],
  [
    new RegExp(
      '\\bhace (?:ya |como |casi |cosa de |mas de |mas o menos |aproximadamente |alrededor de |solo |apenas |un[oa]s )?' +
        `(${SOME_UNITS.spanish})\\b`,
      'g',
    ),
    ago,
  ],
  [new RegExp(`\\b(${SOME_UNITS.spanish}) atras\\b`, 'g'), ago],
  [
    new RegExp(
      `\\b(?:(?:the|these|this) )?(?:last|past|previous) (?:${SOME_UNITS.english}|(?:days|weeks|months|years))\\b(?! of)`,
      'g',
    ),
    rolling,
  ],
  [
    new RegExp(
      `\\b(?:(?:in|over|during|within|for) (?:the |this )(?:last|past)|the past) (?:${ONE_UNIT})\\b(?! of)`,
      'g',
    ),
    rolling,
  ],
  [
    new RegExp(
      `\\b(?:(?:est|l)[oa]s )?(?:ultim[oa]s|pasad[oa]s) (?:${SOME_UNITS.spanish}|(?:dias|semanas|meses|anos))\\b(?! del?)`,
      'g',
    ),
    rolling,
  ],
  [
    new RegExp(`\\b(?:(?:est|l)[oa]s )?(?:${NUMBERS.pattern}) (?:ultim[oa]s|pasad[oa]s) (?:${UNIT})\\b`, 'g'),
    rolling,
  ],
  [/\b(?:(?:el|la|este|esta) )?ultim[oa] (?:semana|mes|ano)\b(?! del?)/g, rolling],
  [/\b(?:today|hoy)\b(?! en dia)/g, daysAgo(0)],
  [/\b(?:yesterday|ayer)\b/g, daysAgo(1)],
  [/\b(?:(?:the )?day before yesterday|ant[ei]ayer|antier|antes de ayer)\b/g, daysAgo(2)],
  [/\b(?:last night|anoche)\b/g, nightsAgo(1)],
  [/\b(?:(?:the )?night before last|anteanoche|antenoche|antes de anoche)\b/g, nightsAgo(2)],
  // Before six in the morning, the night that runs.
  [
    /\b(?:tonight|esta noche)\b/g,
    (match, now) => nightsAgo(new Date(now).getUTCHours() < 6 ? 1 : 0)(match, now),
  ],
  // The day after tomorrow; read so that "mañana" in it is not.
  [/\bpasado manana\b/g, () => ({ ...recurring(everyUnit('day'), 'day'), standing: 'bare', cycle: null })],
  [
    /\b(week|month|year|semana|mes|ano)\b/g,
    ([, word = '']) => {
      const unit = UNITS[word];
      return isCalendarUnit(unit)
        ? { ...recurring(everyUnit(unit), unit), standing: 'bare' as const }
        : undefined;
    },
  ],
  [/\b(?:weekend|finde|fin de semana)\b/g, () => recurring(everyWeek(5, 2), 'week')],
  [/\b(?:19|20)\d\d\b/g, year],
  [/\b(?:spring|primavera)\b/g, season(3)],
  [/\b(?:summer|verano)\b/g, season(6)],
  [/\b(?:autumn|fall|otono)\b/g, season(9)],
  [/\b(?:winter|invierno)\b/g, season(12)],
  [/\b(?:christmas|xmas|navidad)\b/g, holiday([12, 23], [12, 26])],
  [/\b(?:navidades|christmas (?:holidays|break))\b/g, holiday([12, 20], [1, 6])],
  [/\b(?:christmas eve|nochebuena)\b/g, holiday([12, 24], [12, 24])],
  [/\b(?:christmas day|dia de navidad)\b/g, holiday([12, 25], [12, 25])],
  // With the night that follows, which is in the next year.
  [/\b(?:new year'?s eve|nochevieja|fin de ano)\b/g, holiday([12, 31], [1, 1])],
  [/\b(?:new year(?:'?s)?(?: day)?|ano nuevo)\b/g, holiday([1, 1], [1, 1])],
  [dayPart('morning|manana'), partOfDay(5, 13)],
  [dayPart('noon|midday|mediodia'), partOfDay(11, 15)],
  [dayPart('afternoon|tarde'), partOfDay(12, 21)],
  [dayPart('evening'), partOfDay(17, 24)],
  [dayPart('night|noche'), partOfDay(18, 30)],
  [dayPart('madrugada'), partOfDay(0, 7)],
  [
    /(?<=\b(?:on|since|until|before|after|by) the )(\d{1,2})(?:st|nd|rd|th)(?= of (?:last|this|the)\b|[,.?!;]|$)/g,
    dayOfMonth,
  ],
  [/\bdia (\d{1,2})\b(?![./:-]\d)/g, dayOfMonth],
];

/** Reads what is said relative to now, and the names of longer times. */
export function readPeriods(folded: string, now: number): TimeReading[] {
  return PERIODS.flatMap(([pattern, meaningOf]) =>
    [...folded.matchAll(pattern)].flatMap((match) => {
      const meaning = meaningOf(match, now);
      if (!meaning) return [];
      const place = { start: match.index, end: match.index + match[0].length };
      return 'latest' in meaning ? { ...place, ...meaning } : { ...place, ...fixed(meaning) };
    }),
  );
}

function fixed(span: Span): Meaning {
  return { latest: () => span, cycle: null, standing: 'sure' };
}

function recurring(latest: Latest, cycle: CalendarUnit): Meaning {
  return { latest, cycle, standing: 'sure' };
}

function isCalendarUnit(unit: string | undefined): unit is CalendarUnit {
  return unit === 'day' || unit === 'week' || unit === 'month' || unit === 'year';
}

/** The number and the unit of "two weeks", "un par de meses", "año y medio"; several where no number is said. */
function amountOf(text: string): { count: number; unit: string } {
  const whole = text.replace(/ (?:and a half|y medi[oa])\b/, '');
  const unit = UNITS[new RegExp(`\\b(?:${UNIT})\\b`).exec(text)?.[0] ?? ''] ?? 'day';
  const number = new RegExp(`\\b(?:${NUMBERS.pattern})\\b`).exec(whole)?.[0];
  const isPlural = /(?:ultim|pasad)[oa]s|days|weeks|months|years/.test(text);
  const count = number === undefined ? (isPlural ? 3 : 1) : (NUMBERS.values[number] ?? Number(number));
  return { count: whole === text ? count : count + 0.5, unit };
}

/** A day is that day; what is longer is a window of its length around the moment. */
function ago([, amount = '']: RegExpExecArray, now: number): Span {
  const { count, unit } = amountOf(amount);
  const around = (moment: number, half: number): Span => ({ from: moment - half, to: moment + half });
  if (unit === 'minute') return around(now - count * MINUTE, 10 * MINUTE);
  if (unit === 'hour') return around(now - count * HOUR, HOUR);
  if (unit === 'weekend') return lastEnded(everyWeek(5, 2), now, Math.max(1, Math.floor(count)));
  if (unit === 'night') return nightOf(now, Math.ceil(count));
  if (unit === 'day') return spanOf('day', now - count * DAY);
  if (unit === 'week') return around(now - count * 7 * DAY, 3.5 * DAY);
  const isWhole = Number.isInteger(count);
  if (unit === 'month') {
    return around(isWhole ? shift(now, -count, 'month') : now - count * 30 * DAY, 15 * DAY);
  }
  return isWhole
    ? around(shift(now, -count, 'year'), 182.5 * DAY)
    : around(shift(now, -count * 12, 'month'), 45 * DAY);
}

/** From then to now; days count whole. */
function rolling([text]: RegExpExecArray, now: number): Span {
  const { count, unit } = amountOf(text);
  if (unit === 'minute' || unit === 'hour') {
    return { from: now - count * (unit === 'hour' ? HOUR : MINUTE), to: now };
  }
  if (unit === 'weekend') return { from: lastEnded(everyWeek(5, 2), now, Math.ceil(count)).from, to: now };
  const calendarUnit = isCalendarUnit(unit) ? unit : 'day';
  const from = Number.isInteger(count)
    ? shift(now, -count, calendarUnit)
    : now - count * { day: 1, week: 7, month: 30, year: 365 }[calendarUnit] * DAY;
  return { from: startOf('day', from), to: now };
}

function daysAgo(count: number): Meaner {
  return (_, now) => spanOf('day', now - count * DAY);
}

function nightsAgo(count: number): Meaner {
  return (_, now) => nightOf(now, count);
}

function nightOf(now: number, daysBefore: number): Span {
  const day = startOf('day', now) - daysBefore * DAY;
  return { from: day + 18 * HOUR, to: day + 30 * HOUR };
}

const BEFORE_A_YEAR =
  /\b(?:in|en|of|del?|since|desde|before|antes de|after|despues de|during|durante|until|till|hasta|year|ano) $/;
/** "de 2000 euros", "in 2000 steps". */
const COUNTED =
  /^ ?(?:[€$£%]|(?:euros?|eur|dolares|pesos|dollars|pounds|kilos?|kg|km|metros|meters|g|ml|calorias|calories|kcal|steps|pasos|people|personas|palabras|words|hours|horas|veces|times|paginas|pages)\b)/;

function year({ 0: text, index, input }: RegExpExecArray, now: number): Meaning | undefined {
  const span = spanOf('year', Date.UTC(Number(text), 0, 1));
  if (span.from >= now || COUNTED.test(input.slice(index + text.length, index + 20))) return undefined;
  const isSure = BEFORE_A_YEAR.test(input.slice(Math.max(0, index - 20), index));
  return { ...fixed(span), standing: isSure ? 'sure' : 'weak' };
}

const BEFORE_A_SEASON =
  /\b(?:in|over|during|since|before|after|until|en|durante|desde|hasta|tras|del)(?: (?:the|el|la))? $/;
const BEFORE_FALL = /\b(?:in|during|over)(?: the)? $/;

/** Three whole months of the northern hemisphere, as meteorology counts them. */
function season(month: number): Meaner {
  return ({ 0: text, index, input }) => {
    const latest = everyYear((inYear) => ({
      from: Date.UTC(inYear, month - 1, 1),
      to: Date.UTC(inYear, month + 2, 1),
    }));
    const before = input.slice(Math.max(0, index - 20), index);
    const isSure = (text === 'fall' ? BEFORE_FALL : BEFORE_A_SEASON).test(before);
    return { ...recurring(latest, 'year'), standing: isSure ? 'sure' : 'weak' };
  };
}

/** From the first day to the last one, both [month, day]; the last one may be in the next year. */
function holiday(first: [number, number], last: [number, number]): Meaner {
  const latest = everyYear((inYear) => {
    const from = dateSpan(inYear, ...first);
    const until = dateSpan(last[0] < first[0] ? inYear + 1 : inYear, ...last);
    return from && until ? { from: from.from, to: until.to } : undefined;
  });
  return () => recurring(latest, 'year');
}

function dayPart(words: string): RegExp {
  return new RegExp(`\\b(?:(?:por|en|de|a) la |al |in the |at )?(?:${words})\\b`, 'g');
}

/** With generous edges: what is afternoon to one is evening to another, and the user's time zone is unknown. */
function partOfDay(fromHour: number, toHour: number): Meaner {
  return () => ({ ...recurring(everyDay(fromHour, toHour), 'day'), standing: 'bare' });
}

function dayOfMonth([, digits]: RegExpExecArray): Meaning | undefined {
  const day = Number(digits);
  return day >= 1 && day <= 31 ? recurring(everyMonth(day), 'month') : undefined;
}
