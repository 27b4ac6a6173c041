import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTime } from '../../src/dates/question-time.ts';

/** A Friday. */
const NOW = '2026-11-20T10:00:00Z';

/** "2026-03-01 to 2026-04-01", with the time of day where it is not midnight, and "…" where the range is open. */
function rangesOf(question: string, now = NOW): string[] {
  return readTime(question, new Date(now)).ranges.map(({ from, to }) => `${shown(from)} to ${shown(to)}`);
}

function shown(date: Date | null): string {
  return (
    date
      ?.toISOString()
      .replace('T00:00:00.000Z', '')
      .replace(/:00\.000Z$/, '') ?? '…'
  );
}

const RANGES: Record<string, [string, string][]> = {
  'days and parts of days': [
    ['what did I say today?', '2026-11-20 to 2026-11-21'],
    ['¿qué hice hoy?', '2026-11-20 to 2026-11-21'],
    ['yesterday', '2026-11-19 to 2026-11-20'],
    ['AYER', '2026-11-19 to 2026-11-20'],
    ['the day before yesterday', '2026-11-18 to 2026-11-19'],
    ['¿de qué hablamos anteayer?', '2026-11-18 to 2026-11-19'],
    ['antier', '2026-11-18 to 2026-11-19'],
    ['antes de ayer por la noche', '2026-11-18T18:00 to 2026-11-19T06:00'],
    ['yesterday morning', '2026-11-19T05:00 to 2026-11-19T13:00'],
    ['ayer por la manana', '2026-11-19T05:00 to 2026-11-19T13:00'],
    ['ayer a la tarde', '2026-11-19T12:00 to 2026-11-19T21:00'],
    ['esta mañana', '2026-11-20T05:00 to 2026-11-20T13:00'],
    ['last night', '2026-11-19T18:00 to 2026-11-20T06:00'],
    ['¿qué cené anoche?', '2026-11-19T18:00 to 2026-11-20T06:00'],
    ['3 days ago', '2026-11-17 to 2026-11-18'],
    ['hace tres dias', '2026-11-17 to 2026-11-18'],
    ['two hours ago', '2026-11-20T07:00 to 2026-11-20T09:00'],
    ['on Tuesday night', '2026-11-17T18:00 to 2026-11-18T06:00'],
    ['el martes por la tarde', '2026-11-17T12:00 to 2026-11-17T21:00'],
    ['la noche del 3 de marzo', '2026-03-03T18:00 to 2026-03-04T06:00'],
  ],
  weekdays: [
    ['what did Nora say on Tuesday?', '2026-11-17 to 2026-11-18'],
    ['el miercoles', '2026-11-18 to 2026-11-19'],
    ['el viernes', '2026-11-20 to 2026-11-21'],
    ['el viernes pasado', '2026-11-13 to 2026-11-14'],
    ['last Friday', '2026-11-13 to 2026-11-14'],
    ['this Tuesday', '2026-11-17 to 2026-11-18'],
    ['Tuesday of last week', '2026-11-10 to 2026-11-11'],
    ['el martes de la semana pasada', '2026-11-10 to 2026-11-11'],
    ['last week on Tuesday', '2026-11-10 to 2026-11-11'],
    ['what did we decide el martes pasado about the boiler', '2026-11-17 to 2026-11-18'],
  ],
  weeks: [
    ['what did we decide last week about the boiler', '2026-11-09 to 2026-11-16'],
    ['¿qué decidimos la semana pasada sobre la caldera?', '2026-11-09 to 2026-11-16'],
    ['la semana que pasó', '2026-11-09 to 2026-11-16'],
    ['esta semana', '2026-11-16 to 2026-11-23'],
    ['the week before last', '2026-11-02 to 2026-11-09'],
    ['two weeks ago', '2026-11-02T22:00 to 2026-11-09T22:00'],
    ['hace dos semanas', '2026-11-02T22:00 to 2026-11-09T22:00'],
    ['hace unas dos semanas', '2026-11-02T22:00 to 2026-11-09T22:00'],
    ['un par de semanas atrás', '2026-11-02T22:00 to 2026-11-09T22:00'],
    ['last weekend', '2026-11-14 to 2026-11-16'],
    ['el fin de semana pasado', '2026-11-14 to 2026-11-16'],
    ['hace dos fines de semana', '2026-11-07 to 2026-11-09'],
    ['the week of 3 March', '2026-03-02 to 2026-03-09'],
    ['la semana del 3 de marzo', '2026-03-02 to 2026-03-09'],
    ['the last week of March', '2026-03-25 to 2026-04-01'],
    ['la primera semana del mes pasado', '2026-10-01 to 2026-10-08'],
    ['la semana antes de Navidad', '2025-12-16 to 2025-12-23'],
  ],
  'months, seasons and years': [
    ['back in March', '2026-03-01 to 2026-04-01'],
    ['en marzo', '2026-03-01 to 2026-04-01'],
    ['en diciembre', '2025-12-01 to 2026-01-01'],
    ['in dec', '2025-12-01 to 2026-01-01'],
    ['in may', '2026-05-01 to 2026-06-01'],
    ['el mes pasado', '2026-10-01 to 2026-11-01'],
    ['this month', '2026-11-01 to 2026-12-01'],
    ['hace un mes', '2026-10-05T10:00 to 2026-11-04T10:00'],
    ['early March', '2026-03-01 to 2026-03-12'],
    ['a primeros de marzo', '2026-03-01 to 2026-03-12'],
    ['a mediados de marzo', '2026-03-11 to 2026-03-22'],
    ['March last year', '2025-03-01 to 2025-04-01'],
    ['marzo del año pasado', '2025-03-01 to 2025-04-01'],
    ['marzo de 2025', '2025-03-01 to 2025-04-01'],
    ['last summer', '2026-06-01 to 2026-09-01'],
    ['el verano pasado', '2026-06-01 to 2026-09-01'],
    ['summer 2024', '2024-06-01 to 2024-09-01'],
    ['el invierno de 2024', '2024-12-01 to 2025-03-01'],
    ['en 2025', '2025-01-01 to 2026-01-01'],
    ['este año', '2026-01-01 to 2027-01-01'],
    ['last year', '2025-01-01 to 2026-01-01'],
    ['a year ago', '2025-05-21T22:00 to 2026-05-21T22:00'],
    ['hace año y medio', '2025-04-05T10:00 to 2025-07-04T10:00'],
    ['finales de 2024', '2024-09-01 to 2025-01-01'],
  ],
  'dates and feasts': [
    ['el 3 de marzo', '2026-03-03 to 2026-03-04'],
    ['el 3 de marzo 15 personas vinieron', '2026-03-03 to 2026-03-04'],
    ['marzo 15', '2026-03-15 to 2026-03-16'],
    ['December 25', '2025-12-25 to 2025-12-26'],
    ['March 3rd, 2025', '2025-03-03 to 2025-03-04'],
    ['viernes 13 de marzo', '2026-03-13 to 2026-03-14'],
    ['2026-03-05', '2026-03-05 to 2026-03-06'],
    ['3/4/2026', '2026-04-03 to 2026-04-04'],
    ['on 29 February', '2024-02-29 to 2024-03-01'],
    ['el día 15', '2026-11-15 to 2026-11-16'],
    ['on the 3rd of last month', '2026-10-03 to 2026-10-04'],
    ['at Christmas', '2025-12-23 to 2025-12-27'],
    ['la Navidad de 2024', '2024-12-23 to 2024-12-27'],
    ["on New Year's Eve", '2025-12-31 to 2026-01-02'],
    ['en Nochevieja', '2025-12-31 to 2026-01-02'],
    ['en Año Nuevo', '2026-01-01 to 2026-01-02'],
  ],
  'spans, open and closed': [
    ['in the last 3 days', '2026-11-17 to 2026-11-20T10:00'],
    ['los últimos 3 dias', '2026-11-17 to 2026-11-20T10:00'],
    ['these past two months', '2026-09-20 to 2026-11-20T10:00'],
    ['en el último mes', '2026-10-20 to 2026-11-20T10:00'],
    ['between March and May', '2026-03-01 to 2026-06-01'],
    ['entre marzo y mayo', '2026-03-01 to 2026-06-01'],
    ['entre noviembre y febrero', '2025-11-01 to 2026-03-01'],
    ['from 3 to 9 March', '2026-03-03 to 2026-03-10'],
    ['del 3 al 9 de marzo', '2026-03-03 to 2026-03-10'],
    ['entre el 3 y el 9 de marzo de 2025', '2025-03-03 to 2025-03-10'],
    ['between 3 March and 5 April 2025', '2025-03-03 to 2025-04-06'],
    ['del lunes al miércoles', '2026-11-16 to 2026-11-19'],
    ['between 2020 and 2022', '2020-01-01 to 2023-01-01'],
    ['since Monday', '2026-11-16 to …'],
    ['desde el lunes', '2026-11-16 to …'],
    ['desde hace dos semanas', '2026-11-02T22:00 to …'],
    ['from March onwards', '2026-03-01 to …'],
    ['before 2020', '… to 2020-01-01'],
    ['antes del verano', '… to 2026-06-01'],
    ['after 3 March', '2026-03-04 to …'],
    ['después de marzo', '2026-04-01 to …'],
    ['until March', '… to 2026-04-01'],
    ['hasta ayer', '… to 2026-11-20'],
  ],
};

const NO_TIME = [
  ...[
    'may I ask you something',
    'May I come in?',
    'that may be true',
    'this may be wrong',
    'option 2 may work',
  ],
  ...['the second may be better', 'they march on', 'March on Rome', 'the sun is out', 'she sat down'],
  ...[
    'en el mar, vimos delfines',
    'second',
    'wait a second',
    'the second one',
    'el segundo',
    'medio',
    'once',
  ],
  ...['a las siete', 'at seven', 'at 7pm', 'at 20:25', 'a las 3 de la tarde', 'más tarde'],
  ...['los lunes voy al gimnasio', 'todos los lunes', 'on Mondays', 'every Monday', 'Monday mornings'],
  ...['de lunes a viernes', 'cada marzo', 'hoy en día'],
  ...['version 2.10.3', 'cuesta 1.500', 'it costs 1,500', 'call 555-123-4567', '+34 600 123 456', '10.12.30'],
  ...[
    'open 24/7',
    'abierto el 24/7',
    '3/4 of the cake',
    'de 2000 euros',
    'in 2000 steps',
    '1999 people came',
  ],
  ...[
    'notes-2025.md',
    'see notes-2025-03-05.md',
    'https://x.org/2025/03/05/a',
    'the 2025 budget',
    '2020-2022',
  ],
  ...['the last time we met', 'la última vez', 'the last day of school', 'last minute', '31 February'],
  ...[
    'tomorrow',
    'mañana por la mañana',
    'pasado mañana',
    'next week',
    'la semana que viene',
    'next Tuesday',
  ],
  ...['el martes que viene', 'this Saturday', 'esta noche', 'in 2030', 'en dos semanas', 'March 2027'],
];

describe('the times that a question speaks of', () => {
  for (const [kind, questions] of Object.entries(RANGES)) {
    it.each(questions)(`are read: ${kind}: %s`, (question, expected) => {
      expect(rangesOf(question)).toEqual([expected]);
    });
  }

  it.each(NO_TIME)('are none in: %s', (question) => {
    expect(rangesOf(question)).toEqual([]);
  });

  it('come with the piece of the question that they were read from', () => {
    const { ranges } = readTime('¿Qué  dijo Ana desde el MIÉRCOLES  por la mañana?', new Date(NOW));
    expect(ranges.map(({ text }) => text)).toEqual(['desde el MIÉRCOLES por la mañana']);
  });

  it('are at most three, each once, in the order of the question', () => {
    expect(rangesOf('ayer (yesterday), en marzo and in 2024 and last week')).toEqual([
      '2026-11-19 to 2026-11-20',
      '2026-03-01 to 2026-04-01',
      '2024-01-01 to 2025-01-01',
    ]);
  });

  it('are read at both ends of a long question', () => {
    const filling = 'lorem ipsum '.repeat(2600);
    expect(rangesOf(`yesterday ${filling} last week ${filling} en marzo`)).toEqual([
      '2026-11-19 to 2026-11-20',
      '2026-03-01 to 2026-04-01',
    ]);
  });
});

describe('the edges of the calendar', () => {
  it.each([
    ['2026-03-31T10:00:00Z', 'last month', '2026-02-01 to 2026-03-01'],
    ['2026-03-31T10:00:00Z', 'a month ago', '2026-02-13T10:00 to 2026-03-15T10:00'],
    ['2028-02-29T10:00:00Z', 'el mes pasado', '2028-01-01 to 2028-02-01'],
    ['2028-02-29T10:00:00Z', 'a year ago', '2026-08-29T22:00 to 2027-08-29T22:00'],
    ['2028-02-29T10:00:00Z', 'el 29 de febrero', '2028-02-29 to 2028-03-01'],
    ['2026-01-01T10:00:00Z', 'last week', '2025-12-22 to 2025-12-29'],
    ['2026-01-01T10:00:00Z', 'el año pasado', '2025-01-01 to 2026-01-01'],
    ['2026-01-01T10:00:00Z', 'ayer', '2025-12-31 to 2026-01-01'],
    ['2026-01-01T10:00:00Z', 'last winter', '2024-12-01 to 2025-03-01'],
    ['2026-11-16T00:00:01Z', 'last week', '2026-11-09 to 2026-11-16'],
    ['2026-11-16T00:00:01Z', 'this week', '2026-11-16 to 2026-11-23'],
    ['2026-11-22T23:59:59Z', 'last week', '2026-11-09 to 2026-11-16'],
    ['2026-11-22T23:59:59Z', 'last weekend', '2026-11-14 to 2026-11-16'],
    ['2026-11-22T23:59:59Z', 'last Sunday', '2026-11-15 to 2026-11-16'],
    ['2026-11-20T03:00:00Z', 'esta noche', '2026-11-19T18:00 to 2026-11-20T06:00'],
    ['2026-11-20T03:00:00Z', 'on Friday morning', '2026-11-13T05:00 to 2026-11-13T13:00'],
  ])('at %s: %s', (now, question, expected) => {
    expect(rangesOf(question, now)).toEqual([expected]);
  });
});

describe('an event that a question speaks of as a time', () => {
  it.each([
    ['what did I say before the trip about the boiler?', 'before', 'the trip'],
    ['qué dije antes del viaje sobre la caldera', 'before', 'viaje'],
    ['antes de la boda', 'before', 'la boda'],
    ["before Nora's wedding, what was the plan?", 'before', "Nora's wedding"],
    ['después de la mudanza', 'after', 'la mudanza'],
    ['DESPUES DE LA REUNIÓN', 'after', 'LA REUNIÓN'],
    ['after we moved', 'after', 'we moved'],
    ['después de que nos mudamos a Lisboa en tren', 'after', 'nos mudamos a Lisboa en tren'],
    ['antes de mudarme, qué piso tenía', 'before', 'mudarme'],
    ['what happened after the meeting on Monday?', 'after', 'the meeting'],
  ])('is read: %s', (question, relation, text) => {
    expect(readTime(question, new Date(NOW)).event).toEqual({ relation, text });
  });

  it.each([
    ...[
      'before that',
      'after all',
      'before long',
      'antes de nada',
      'antes que nada',
      'después de todo',
      'antes',
    ],
    ...['the day before yesterday', 'the week before last', 'look after the dog', 'before and after photos'],
    ...[
      'before March',
      'after last summer',
      'antes del lunes',
      'antes de las siete',
      'before 5pm',
      'aftermath of it',
    ],
    ...['before the end of the year', 'y después?', 'luego vamos', 'before I forget, who called?'],
  ])('is none in: %s', (question) => {
    expect(readTime(question, new Date(NOW)).event).toBeNull();
  });
});

/** Sentences of the words that the readers look for, so that every rule meets every other one. */
const anyQuestion = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc
    .array(
      fc.constantFrom(
        ...'last week month of the 3 29 31 february march may monday martes de del pasado hace dos semanas año medio since before'.split(
          ' ',
        ),
        ...'antes después el la y a al entre between and to 2024 2025-02-29 3/4/2026 navidad noche morning yesterday this'.split(
          ' ',
        ),
        ...'early finales primera semana ultimos next summer invierno dia 15 , . - until hasta 999 years ago onwards'.split(
          ' ',
        ),
      ),
      { maxLength: 14 },
    )
    .map((words) => words.join(' ')),
);
const anyNow = fc.date({
  min: new Date('2000-01-01T00:00:00Z'),
  max: new Date('2100-01-01T00:00:00Z'),
  noInvalidDate: true,
});

describe('whatever is asked, and whenever', () => {
  it('a range begins before it ends and before now, and comes again for the same question', () => {
    fc.assert(
      fc.property(anyQuestion, anyNow, (question, now) => {
        const read = readTime(question, now);
        expect(read.ranges.length).toBeLessThanOrEqual(3);
        for (const { from, to } of read.ranges) {
          expect(from ?? to).toBeInstanceOf(Date);
          if (from) expect(from.getTime()).toBeLessThan(now.getTime());
          if (from && to) expect(from.getTime()).toBeLessThan(to.getTime());
        }
        expect(read.event?.text).not.toBe('');
        expect(readTime(question, now)).toEqual(read);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(
    [
      ...[
        '1 ',
        '2 ',
        '1',
        '1.',
        ' ',
        'de ',
        'may ',
        'marzo ',
        '3 march ',
        '3/4/2026 ',
        'monday ',
        'last ',
        'hace un ',
      ],
      ...[
        'before the ',
        'in 2025 ',
        'a mediados de ',
        "new year's ",
        '\u0301',
        'á',
        ', ',
        '"after',
        'dic-',
        '2026-03-05T',
      ],
    ].map((piece) => [piece]),
  )('32,000 characters of %j are read fast', (piece) => {
    const question = `1${piece.repeat(32_000 / piece.length)}marzo`;
    const start = performance.now();
    readTime(question, new Date(NOW));
    // Measured: at most 100 ms, and 16 ms the second time.
    expect(performance.now() - start).toBeLessThan(500);
  });
});
