/** The words for amounts of time in English and Spanish, in lower case and without accents. */

const NUMBER_VALUES: Record<string, number> = {
  half: 0.5,
  'half a': 0.5,
  'half an': 0.5,
  medio: 0.5,
  media: 0.5,
  a: 1,
  an: 1,
  one: 1,
  un: 1,
  una: 1,
  two: 2,
  dos: 2,
  couple: 2,
  'couple of': 2,
  'a couple': 2,
  'a couple of': 2,
  'par de': 2,
  'un par de': 2,
  three: 3,
  tres: 3,
  few: 3,
  'a few': 3,
  unos: 3,
  unas: 3,
  pocos: 3,
  pocas: 3,
  'unos pocos': 3,
  'unas pocas': 3,
  several: 4,
  varios: 4,
  varias: 4,
  four: 4,
  cuatro: 4,
  five: 5,
  cinco: 5,
  six: 6,
  seis: 6,
  seven: 7,
  siete: 7,
  eight: 8,
  ocho: 8,
  nine: 9,
  nueve: 9,
  ten: 10,
  diez: 10,
  eleven: 11,
  once: 11,
  twelve: 12,
  doce: 12,
  quince: 15,
  twenty: 20,
  veinte: 20,
};

export const NUMBERS = { values: NUMBER_VALUES, pattern: `\\d{1,3}|${anyOf(Object.keys(NUMBER_VALUES))}` };

/** What the words for units mean; a weekend and a night are no calendar units, and counted otherwise. */
export const UNITS: Record<
  string,
  'minute' | 'hour' | 'day' | 'week' | 'month' | 'year' | 'weekend' | 'night'
> = {
  minute: 'minute',
  minutes: 'minute',
  minuto: 'minute',
  minutos: 'minute',
  hour: 'hour',
  hours: 'hour',
  hora: 'hour',
  horas: 'hour',
  day: 'day',
  days: 'day',
  dia: 'day',
  dias: 'day',
  week: 'week',
  weeks: 'week',
  semana: 'week',
  semanas: 'week',
  month: 'month',
  months: 'month',
  mes: 'month',
  meses: 'month',
  year: 'year',
  years: 'year',
  ano: 'year',
  anos: 'year',
  weekend: 'weekend',
  weekends: 'weekend',
  'fin de semana': 'weekend',
  'fines de semana': 'weekend',
  findes: 'weekend',
  night: 'night',
  nights: 'night',
  noche: 'night',
  noches: 'night',
};

export const UNIT = anyOf(Object.keys(UNITS));

/** One unit by name, without a number. */
export const ONE_UNIT = 'minute|hour|day|week|month|year';

/** A number and a unit; "año y medio" needs no number. */
export const SOME_UNITS = {
  english: `(?:${NUMBERS.pattern}) (?:${UNIT})(?: and a half)?`,
  spanish: `(?:(?:${NUMBERS.pattern}) (?:${UNIT})(?: y medi[oa])?|(?:dia|semana|mes|ano) y medi[oa])`,
};

/** The longest first, since a regular expression takes the first that fits. */
function anyOf(words: string[]): string {
  return words.toSorted((one, other) => other.length - one.length).join('|');
}
