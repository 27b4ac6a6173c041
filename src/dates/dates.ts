import type { ParsedResult } from 'chrono-node';
import * as english from 'chrono-node/en';
import * as spanish from 'chrono-node/es';
import { dateSpan, everyWeek, everyYear, type Span, spanOf } from './calendar.ts';
import type { TimeReading } from './reading.ts';

/**
 * chrono (https://github.com/wanasit/chrono) reads the names and the writings of days and months; what is relative to now is
 * read in time-periods.ts, since chrono gives a moment where a range is needed. Of chrono's parsers only these are used: the
 * others take a time of day, "24/7" or "3 al 9" for a date, or read what is to come.
 */
const PARSERS = [
  'ISOFormatParser',
  'ENYearMonthDayParser',
  'ENMonthNameLittleEndianParser',
  'ENMonthNameMiddleEndianParser',
  'ENYearMonthNameParser',
  'ENMonthNameParser',
  'ENSlashMonthFormatParser',
  'ENWeekdayParser',
];
const SPANISH_PARSERS = [
  // Both languages write the day first here: "3/4/2026" is 3 April.
  'SlashDateFormatParser',
  'ESMonthNameLittleEndianParser',
  'ESMonthNameParser',
  'ESWeekdayParser',
];
/** One that removes overlaps, and one that reads "Tuesday, 3 March" as one date. */
const REFINERS = ['OverlapRemovalRefiner', 'MergeWeekdayComponentRefiner'];

const both = new english.Chrono({
  parsers: [
    ...named(english.configuration.createCasualConfiguration().parsers, PARSERS),
    ...named(spanish.createCasualConfiguration().parsers, SPANISH_PARSERS),
  ],
  refiners: named(spanish.createCasualConfiguration().refiners, REFINERS),
});

function named<Part extends object>(parts: Part[], names: string[]): Part[] {
  return names.map((name) => {
    const part = parts.find((candidate) => candidate.constructor.name === name);
    if (!part)
      throw new Error(`chrono-node has no ${name} any more; choose anew in src/memory/time-dates.ts.`);
    return part;
  });
}

const WEEKDAYS =
  /\b(?:(sunday|domingo)|(monday|lunes)|(tuesday|martes)|(wednesday|miercoles)|(thursday|jueves)|(friday|viernes)|(saturday|sabado))\b/;
const FULL_MONTH =
  /\b(?:january|february|march|april|may|june|july|august|sept?|september|october|november|december|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|setiembre|octubre|noviembre|diciembre)\b/;

/** Without "mar", the sea, "ago" and "sep", which are other words too; "in" has to stand before them. */
const SHORT_MONTH = /\b(?:jan|feb|apr|jun|jul|aug|oct|nov|dec|ene|abr|dic)\b/;

/** Reads calendar dates, months and weekdays. `folded` is the question in lower case and without accents, `written` as it was typed. */
export function readDates(folded: string, written: string, now: Date): TimeReading[] {
  return both.parse(folded, { instant: now, timezone: 0 }).flatMap((result) => {
    const { start } = result;
    if (start.isCertain('day') && start.isCertain('month')) return readDay(result, folded) ?? [];
    if (start.isCertain('month')) return readMonth(result, folded, written) ?? [];
    return readWeekday(result) ?? [];
  });
}

type Place = Pick<TimeReading, 'start' | 'end'>;

function placeOf({ index, text }: ParsedResult, pattern: RegExp): Place | undefined {
  const match = pattern.exec(text);
  return match ? { start: index + match.index, end: index + match.index + match[0].length } : undefined;
}

function readWeekday(result: ParsedResult): TimeReading | undefined {
  // Without "sun", "sat", "mar", which mostly are other words; "last" before it and "of last week" after it are read by us.
  const place = placeOf(result, WEEKDAYS);
  const weekday = WEEKDAYS.exec(result.text)
    ?.slice(1)
    .findIndex((word) => word !== undefined);
  if (!place || weekday === undefined) return undefined;
  return { ...place, latest: everyWeek((weekday + 6) % 7, 1), cycle: 'week', standing: 'sure' };
}

function readDay(result: ParsedResult, folded: string): TimeReading | undefined {
  const { start, end, text } = result;
  if (isNumberOnly(result, folded)) return undefined;
  if (/[a-z]/.test(text) && isOtherWords(result, folded)) return undefined;
  const month = numberOf(start, 'month');
  const firstDay = numberOf(start, 'day');
  const lastDay = end ? Math.max(firstDay, numberOf(end, 'day')) : firstDay;
  const spanIn = (year: number): Span | undefined => {
    const first = dateSpan(year, month, firstDay);
    const last = dateSpan(year, month, lastDay) ?? first;
    return first && last ? { from: first.from, to: last.to } : undefined;
  };
  // A date that no year has, as 31 February; 2024 has 29 of them.
  if (!spanIn(2024)) return undefined;
  const { place, year } = yearOf(result);
  return yearly(place, year, spanIn);
}

/** Digits that rarely are a date: "24/7", "10.12.30", "2026 3 5", and "3/4" without "on" before it. */
function isNumberOnly({ text, index }: ParsedResult, folded: string): boolean {
  if (/^\d{1,2}\/\d{1,2}$/.test(text)) {
    const before = folded.slice(Math.max(0, index - 20), index);
    const isDate = /\b(?:on|since|before|after|until|el|del?|al?|desde|hasta|dia) (?:the |el )?(?:dia )?$/;
    return text === '24/7' || !isDate.test(before);
  }
  return /^\d{1,2}([.-])\d{1,2}\1\d{2}$/.test(text) || /^\d{4}[ ./-]\d{1,2}(?:[ .]\d{1,2})?$/.test(text);
}

const VERB_AFTER_MAY =
  /^ (?:i|we|you|he|she|it|they|be|have|not|also|well|never|still|need|help|take|cause|work|come|go|or may)\b/;

/** "the second may be", "we may first go", "option 2 may work", "el segundo mar". */
function isOtherWords({ text, index }: ParsedResult, folded: string): boolean {
  if (!FULL_MONTH.test(text) && !/\d/.test(text)) return true;
  if (!/\b(?:may|march)\b/.test(text)) return false;
  if (!/\d/.test(text) && !/ of /.test(text)) return true;
  return /\bmay$/.test(text) && VERB_AFTER_MAY.test(folded.slice(index + text.length));
}

function readMonth(result: ParsedResult, folded: string, written: string): TimeReading | undefined {
  const month = numberOf(result.start, 'month');
  const spanIn = (year: number): Span => spanOf('month', Date.UTC(year, month - 1, 1));
  const { place, year } = yearOf(result);
  if (year !== undefined) return yearly(place, year, spanIn);
  const isAfterIn = /\b(?:in|en) $/.test(folded.slice(Math.max(0, result.index - 4), result.index));
  const name = placeOf(result, FULL_MONTH) ?? (isAfterIn ? placeOf(result, SHORT_MONTH) : undefined);
  if (!name) return undefined;
  // chrono takes "marzo 15" for March of 2015.
  const day = /^ (\d{1,2})$/.exec(folded.slice(name.end, result.index + result.text.length))?.[1];
  if (day && dateSpan(2024, month, Number(day))) {
    return yearly({ ...name, end: result.index + result.text.length }, undefined, (inYear) =>
      dateSpan(inYear, month, Number(day)),
    );
  }
  const standing = standingOfMonth(name, folded, written);
  return standing && { ...name, latest: everyYear(spanIn), cycle: 'year', standing };
}

const BEFORE_A_MONTH =
  /\b(?:in|of|last|past|since|until|till|before|after|during|early|late|mid|by|from|between|en|del?|desde|hasta|entre|durante|este|pasado)[ -]$/;

/** "may" and "march" are verbs too, and "mayo" is eaten. */
function standingOfMonth(
  { start, end }: Place,
  folded: string,
  written: string,
): 'sure' | 'weak' | undefined {
  const name = folded.slice(start, end);
  if (name !== 'may' && name !== 'march' && name !== 'mayo') return 'sure';
  const before = folded.slice(Math.max(0, start - 20), start);
  const after = folded.slice(end, end + 20);
  if (name === 'may' && /\bthis $/.test(before) && /^ [a-z]/.test(after)) return undefined;
  if (BEFORE_A_MONTH.test(before)) return 'sure';
  if (name === 'may' && VERB_AFTER_MAY.test(after)) return undefined;
  const isCapital = written[start] !== folded[start];
  const beginsSentence = /(?:^|[.?!:¿¡"'(]) ?$/.test(before);
  if (!isCapital || (name === 'may' && beginsSentence)) return 'weak';
  return /^ (?:on|in|to|with|towards|against)\b/.test(after) ? 'weak' : 'sure';
}

/** The year that is written out, and the result's place; two digits after a month are no year: "3 March 15 people came". */
function yearOf({ start, index, text }: ParsedResult): { place: Place; year: number | undefined } {
  const year = start.isCertain('year') ? numberOf(start, 'year') : undefined;
  const place = { start: index, end: index + text.trimEnd().replace(/[,.)]+$/, '').length };
  if (year === undefined) return { place, year };
  if (year >= 1900 && year < 2200 && (/\d{4}/.test(text) || text.includes('/'))) return { place, year };
  return {
    place: { ...place, end: index + text.replace(/,? (?:de )?\d{1,4}\D{0,4}$/, '').length },
    year: undefined,
  };
}

function yearly(
  place: Place,
  year: number | undefined,
  spanIn: (year: number) => Span | undefined,
): TimeReading | undefined {
  if (year === undefined) return { ...place, latest: everyYear(spanIn), cycle: 'year', standing: 'sure' };
  const span = spanIn(year);
  return span && { ...place, latest: () => span, cycle: null, standing: 'sure' };
}

function numberOf(components: ParsedResult['start'], name: 'year' | 'month' | 'day'): number {
  // The parsers give a month and a day, certain or implied, with every result; zero would be no date.
  return components.get(name) ?? 0;
}
