import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkCitations, citationStream, sayRemoved } from '../../src/agents/citations.ts';
import type { PassageRecord } from '../../src/db/schema.ts';

const DOCUMENT = '01990000-0000-7000-8000-000000000001';
const lines = (path: string, start_line: number, end_line: number): PassageRecord => ({
  ...{ document_id: DOCUMENT, path, start_line, end_line, page: null },
});
const page = (path: string, number: number): PassageRecord => ({
  ...{ document_id: DOCUMENT, path, start_line: number * 10, end_line: number * 10 + 9, page: number },
});
const RETRIEVED = [
  lines('docs/plan.md', 10, 20),
  lines('docs/plan.md', 22, 30),
  lines('docs/plan.md', 60, 70),
  lines('app/[id]/page.tsx', 1, 5),
  lines('my notes, 2026.md', 3, 3),
  page('report.pdf', 3),
  page('report.pdf', 4),
];
const check = (text: string) => checkCitations(text, RETRIEVED);
const places = (text: string) =>
  check(text).cited.map(({ path, start_line, end_line, page: number }) =>
    number === null ? `${path}:${start_line}-${end_line}` : `${path} p. ${number}`,
  );

describe('a citation of what was retrieved', () => {
  it.each([
    ['Ten days [docs/plan.md:10-20].', ['docs/plan.md:10-20']],
    ['Ten days [docs/plan.md:12].', ['docs/plan.md:12-12']],
    ['Ten days [docs/plan.md:12–14].', ['docs/plan.md:12-14']],
    ['See [app/[id]/page.tsx:2-4].', ['app/[id]/page.tsx:2-4']],
    ['See [my notes, 2026.md:3].', ['my notes, 2026.md:3-3']],
    ['See [report.pdf p. 3].', ['report.pdf p. 3']],
    ['See [report.pdf, page 4].', ['report.pdf p. 4']],
    ['Véase [report.pdf, página 4].', ['report.pdf p. 4']],
    ['See [report.pdf pp. 3-4].', ['report.pdf p. 3', 'report.pdf p. 4']],
    ['Both [docs/plan.md:10-12; report.pdf p. 3].', ['docs/plan.md:10-12', 'report.pdf p. 3']],
    ['Both [docs/plan.md:10-12, 60-61].', ['docs/plan.md:10-12', 'docs/plan.md:60-61']],
    ['Twice [docs/plan.md:10-20] and [docs/plan.md:10-20].', ['docs/plan.md:10-20']],
    ['Across two passages [docs/plan.md:18-25].', ['docs/plan.md:18-25']],
  ])('holds: %s', (text, cited) => {
    expect(places(text)).toEqual(cited);
    expect(check(text).removed).toEqual([]);
  });

  it('is narrowed to what was retrieved when it goes further', () => {
    expect(check('All of it [docs/plan.md:1-15].').text).toBe('All of it [docs/plan.md:10-15].');
    expect(check('All [docs/plan.md:25-65].').text).toBe('All [docs/plan.md:25-30] [docs/plan.md:60-65].');
  });
});

describe('a citation of what was not retrieved', () => {
  it.each([
    ['Ten days [docs/other.md:10-20].', 'Ten days [?].'],
    ['Ten days [docs/plan.md:31-59], it says.', 'Ten days [?], it says.'],
    ['See [report.pdf p. 9].', 'See [?].'],
    ['See [report.pdf:30-39].', 'See [report.pdf p. 3].'],
    ['See [docs/plan.md:10; made/up.md:1].', 'See [docs/plan.md:10].'],
    ['[made/up.md:1] says so.', '[?] says so.'],
    ['See [docs/plan.md:10][made/up.md:1].', 'See [docs/plan.md:10][?].'],
    ['See [made/up.md:1][made/up.md:1].', 'See [?][?].'],
    ['See `[made/up.md:1]`.', 'See [?].'],
    ['See [docs/PLAN.md:10-20].', 'See [?].'],
  ])('is taken out: %s', (text, left) => {
    expect(check(text).text).toBe(left);
  });

  it('is counted, in the language of the text', () => {
    expect(sayRemoved(check('Ten days [made/up.md:1].'))).toMatch(/1 citation was removed/);
    expect(sayRemoved(check('Son diez días según el plan [otro/plan.md:1] y [otro/plan.md:2].'))).toMatch(
      /Se quitaron 2 citas/,
    );
    expect(sayRemoved(check('Ten days [docs/plan.md:10].'))).toBe('');
  });
});

describe('what is no citation', () => {
  it.each([
    'rows[self.start:10] is a slice',
    'Use `rows[made/up.md:1]` in code and `a [made/up.md:1]` too',
    'backwards [docs/plan.md:20-10]',
    '```\n[made/up.md:1]\n```',
    '~~~\nopen [made/up.md:1]',
    'A [link](docs/plan.md:10) and [a.md:1](http://x.test)',
    '[ ] to do, [x] done, [1], [12:30], [note: 3 things]',
    'an array [1:10] and a [word:3] in brackets',
    'open [ without an end',
    '',
  ])('stays as it is: %s', (text) => {
    expect(check(text)).toEqual({ text, cited: [], removed: [] });
  });
});

describe('a text in pieces', () => {
  it('comes out as the whole text does, whatever the pieces', () => {
    const piece = fc.constantFrom(
      ...['[docs/plan.md:10-20]', '[made/up.md:3]', ' ', '\n', 'word', '[', ']', '`', '```', '~~~', ';', ','],
      ...[
        'docs/plan.md:12',
        '[report.pdf p. 3]',
        '[x](y)',
        '  ',
        '. ',
        '[docs/plan.md:1-15; made/up.md:1]',
        '(',
      ],
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
        (parts, sizes) => {
          const text = parts.join('');
          const stream = citationStream(() => RETRIEVED);
          let told = '';
          for (let from = 0; from < text.length; ) {
            const size = sizes.next().value;
            told += stream.push(text.slice(from, from + size));
            from += size;
          }
          expect(told + stream.end()).toBe(check(text).text);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('holds back no more than what may become a citation', () => {
    const stream = citationStream(() => RETRIEVED);
    expect(stream.push('Ten days, see ')).toBe('Ten days, see ');
    expect(stream.push('[docs/plan.md:10')).toBe('');
    expect(stream.push('-20] and more')).toBe('[docs/plan.md:10-20] and more');
    expect(stream.push(' text\nNext [')).toBe(' text\nNext ');
    expect(stream.end()).toBe('[');
  });
});
