import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDecision } from '../../src/turns/decision-text.ts';

const ID = '0192f3a4-5b6c-7d8e-9fa0-b1c2d3e4f5a6';
/** Of processor time, so that a busy machine does not count; a pattern that backtracks takes minutes. */
const SLOWEST_MS = 1_000;
const LONGEST = 2_000;

const ENGLISH_APPROVALS: [string, string[]][] = [
  ['approve 4821', ['4821']],
  ['  APPROVE   4821 !!', ['4821']],
  ['Approved: 4821', ['4821']],
  ['approve #4821.', ['4821']],
  ['yes, approve 4821', ['4821']],
  ['Yes. Approve 4821.', ['4821']],
  ['yes 4821', ['4821']],
  ['ok 4821', ['4821']],
  ['ok, please approve 482155', ['482155']],
  ['I approve 4821', ['4821']],
  ['please approve 4821 and 7310', ['4821', '7310']],
  ['approve 4821, 7310', ['4821', '7310']],
  ['approve 4821, #7310, and 4821', ['4821', '7310']],
  ['approve 4821, please.', ['4821']],
  ['approve 4821\nthanks!', ['4821']],
  ['go ahead with 4821', ['4821']],
  ['confirm 4821', ['4821']],
  ['4821 approved', ['4821']],
  ['4821, 7310: approved', ['4821', '7310']],
  [`approve ${ID}`, [ID]],
  [`approve ${ID.toUpperCase()} and 4821`, [ID, '4821']],
];
const SPANISH_APPROVALS: [string, string[]][] = [
  ['sí, apruebo 4821', ['4821']],
  ['si\u0301, apruebo 4821', ['4821']],
  ['si apruebo la 4821', ['4821']],
  ['SÍ 4821', ['4821']],
  ['¡Sí! ¡Apruebo la 4821!', ['4821']],
  ['aprobar 4821', ['4821']],
  ['aprueba 4821 y 7310', ['4821', '7310']],
  ['apruebo la 4821 y la 7310, gracias', ['4821', '7310']],
  ['aprobado 4821', ['4821']],
  ['confirmo 4821', ['4821']],
  ['adelante con 4821', ['4821']],
  ['vale, 4821', ['4821']],
  ['ok, apruebo 4821 por favor', ['4821']],
  ['4821 aprobado', ['4821']],
  ['la 4821 aprobada', ['4821']],
];
const ENGLISH_REJECTIONS: [string, string | undefined][] = [
  ['reject 4821', undefined],
  ['deny 4821', undefined],
  ['decline #4821!', undefined],
  ['4821 rejected', undefined],
  ['no 4821', undefined],
  ['no, 4821', undefined],
  ['no, reject 4821', undefined],
  ['No. Reject 4821.', undefined],
  ['yes, reject 4821', undefined],
  ["don't approve 4821", undefined],
  ['don’t approve 4821', undefined],
  ['do not approve 4821, please', undefined],
  ["I don't approve 4821", undefined],
  ["no, don't approve 4821", undefined],
  ['reject 4821:', undefined],
  ['reject 4821 because it is still needed', 'it is still needed'],
  ['reject 4821, since It Is  needed. ', 'It Is  needed.'],
  ['reject 4821 as requested', 'requested'],
  ['reject 4821: wrong file', 'wrong file'],
  ['reject 4821, wrong file', 'wrong file'],
  ['reject 4821 - wrong file', 'wrong file'],
  ['reject 4821 — 🙅', '🙅'],
  ['reject 4821: la foto y el texto', 'la foto y el texto'],
  ["reject 4821 because Ana can't approve it", "Ana can't approve it"],
  ['reject 4821: 2024 is the right year', '2024 is the right year'],
  ["reject 4821 because if it goes, it's lost", "if it goes, it's lost"],
];
const SPANISH_REJECTIONS: [string, string | undefined][] = [
  ['rechazo 4821', undefined],
  ['no apruebo 4821', undefined],
  ['yo no apruebo la 4821', undefined],
  ['no, no apruebo 4821', undefined],
  ['sí, rechazo la 4821', undefined],
  ['deniego 4821', undefined],
  ['4821 rechazada', undefined],
  ['no la 4821', undefined],
  ['rechaza 4821 porque todavía hace falta', 'todavía hace falta'],
  ['rechaza 4821 ya que hace falta', 'hace falta'],
  ['no 4821, pues hace falta', 'hace falta'],
  ['no, rechazo la 4821: archivo equivocado', 'archivo equivocado'],
];
const NO_DECISIONS = [
  ...['', ' ', '4821', '#4821', 'la 4821', 'approve', 'reject', 'yes', 'no', 'approve all', 'approve it'],
  ...['should I approve 4821?', 'should I approve 4821', '¿apruebo 4821?', 'apruebo 4821?', 'approve 4821？'],
  ...['can you approve 4821', 'reject 4821, ok?', 'reject 4821: why?', 'what is 4821'],
  ...['approve 4821 and delete notes/a.md', 'approve 4821 and reject 7310', 'approve 4821 but not 7310'],
  ...['approve 4821 or 7310', 'approve 4821. Reject 7310', 'approve 4821 and', 'approve 4821: wrong file'],
  ...[
    'approve 4821 because it is fine',
    'approve 4821 if it is safe',
    'approve 4821 tomorrow',
    'approve 4821…',
  ],
  ...['he said approve 4821', 'Ana: approve 4821', 'I approved 4821', 'approving 4821', '> approve 4821'],
  ...["write 'approve 4821' into notes/a.md", "'approve 4821'", '"approve 4821"', '“approve 4821”'],
  ...['approve 48', 'approve 482', 'approve 4821000', 'approve 4821.5', 'approve 4,821', 'approve -4821'],
  ...[
    'approve 4821-7310',
    'approve 4821abc',
    'approve $4821',
    'approve 4821%',
    'approve ４８２１',
    'approve 4821²',
  ],
  ...['approve 48\u200b21', 'a\u0336pprove 4821', 'approve 4\u03368\u03362\u03361', `approve ${ID}0`],
  ...['yes, the year 2021 was good', 'yes, 2021 was good', 'ok 4821 rejected', '4821 approved by Ana'],
  ...['no, approve 4821', 'no, apruebo 4821', 'no approve 4821', "don't reject 4821", 'no rechazo 4821'],
  ...[
    'approve no 4821',
    'approve no. 4821',
    'No. 4821',
    'No. 4821 approved',
    'approve 4821, no',
    '4821 no aprobado',
  ],
  ...['confirmó 4821', 'rechazó 4821', 'que apruebe 4821', 'si rechazo 4821, borra notas', 'si rechazo 4821'],
  ...['reject 4821 and delete notes/a.md', 'reject 4821, approve 7310', 'reject 4821, and delete notes/a.md'],
  ...['reject 4821 because it is old, and approve 7310', 'reject 4821: wrong, please go ahead with it'],
  ...['rechaza 4821 porque no, y apruebo la 7310', 'reject 4821, wait', 'reject 4821, if it is old'],
  ...[
    'reject 4821 as soon as you can',
    'reject 4821, not 7310',
    'no 4821, I meant 7310',
    'reject 4821 because',
  ],
  ...['reject 4821 wrong file', 'no 4821: approved'],
];

describe('an approval', () => {
  it.each(ENGLISH_APPROVALS)('is read from the English %j', (text, names) => {
    expect(readDecision(text)).toEqual({ decision: 'approve', names, reason: undefined, language: 'en' });
  });
  it.each(SPANISH_APPROVALS)('is read from the Spanish %j', (text, names) => {
    expect(readDecision(text)).toEqual({ decision: 'approve', names, reason: undefined, language: 'es' });
  });
  it('is not read from a message longer than a few hundred characters', () => {
    const list = (count: number) => Array.from({ length: count }, (_, index) => 1000 + index).join(', ');
    expect(readDecision(`approve ${list(50)}`)?.names).toHaveLength(50);
    expect(readDecision(`approve ${list(80)}`)).toBeUndefined();
  });
});

describe('a rejection', () => {
  it.each(ENGLISH_REJECTIONS)('is read from the English %j, with its reason', (text, reason) => {
    expect(readDecision(text)).toEqual({ decision: 'reject', names: ['4821'], reason, language: 'en' });
  });
  it.each(SPANISH_REJECTIONS)('is read from the Spanish %j, with its reason', (text, reason) => {
    expect(readDecision(text)).toEqual({ decision: 'reject', names: ['4821'], reason, language: 'es' });
  });
  it('takes several names', () => {
    expect(readDecision('reject 4821 and 7310: wrong files')).toMatchObject({
      names: ['4821', '7310'],
      reason: 'wrong files',
    });
  });
  it('may give a long reason, within the limit of a message', () => {
    const start = 'reject 4821: ';
    const reason = 'x'.repeat(LONGEST - start.length);
    expect(readDecision(start + reason)?.reason).toBe(reason);
    expect(readDecision(`${start}${reason}x`)).toBeUndefined();
  });
});

describe('no decision', () => {
  it.each(NO_DECISIONS)('is read from %j', (text) => {
    expect(readDecision(text)).toBeUndefined();
  });
});

describe('for any text', () => {
  const approval = fc.constantFrom(...[...ENGLISH_APPROVALS, ...SPANISH_APPROVALS].map(([text]) => text));
  const negation = fc.constantFrom(
    ...[
      "don't",
      'don’t',
      'do not',
      'not',
      'no',
      'No',
      'never',
      'cannot',
      "won't",
      'nunca',
      'jamás',
      'tampoco',
    ],
  );
  const separator = fc.constantFrom(' ', ', ', '. ', ': ', '! ', '\n');
  const vocabulary = fc.constantFrom(
    ...'yes ok sí si please approve approved I go ahead with and y la # 4821 7310 apruebo aprobado reject because'
      .split(' ')
      .concat('adelante con', 'por favor', 'thanks', ID),
  );
  const phrase = (word: fc.Arbitrary<string>, maxLength: number) =>
    fc.array(fc.tuple(word, separator), { maxLength }).map((parts) => parts.flat().join(''));

  it('a negated approval is never an approval, wherever the negation stands', () => {
    fc.assert(
      fc.property(approval, negation, separator, fc.nat(), (text, word, pause, place) => {
        const words = text.trim().split(/\s+/);
        words.splice(place % (words.length + 1), 0, word + pause.trimEnd());
        expect(readDecision(words.join(' '))?.decision).not.toBe('approve');
      }),
      { numRuns: 2_000 },
    );
  });

  it('words of decisions with a negation among them are never an approval', () => {
    const few = phrase(vocabulary, 4);
    fc.assert(
      fc.property(few, negation, separator, few, (before, word, pause, after) => {
        expect(readDecision(before + word + pause + after)?.decision).not.toBe('approve');
      }),
      { numRuns: 2_000 },
    );
  });

  it('what is read is well formed, and nothing throws', () => {
    const texts = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), phrase(vocabulary, 8));
    fc.assert(
      fc.property(texts, (text) => {
        const read = readDecision(text);
        if (!read) return;
        expect(read.names.length).toBeGreaterThan(0);
        for (const name of read.names) expect(text).toContain(name);
        if (read.reason !== undefined) expect(read.decision).toBe('reject');
        if (read.reason !== undefined) expect(text).toContain(read.reason);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([' ', 'a', 'a ', '-', ', ', ': ', '4', '4821 ', '4821, ', '# ', 'la ', 'no, ', 'i ', 'and i '])(
    'one made of %j is answered in time',
    (part) => {
      for (const start of ['', 'approve ', 'reject 4821: ', 'reject 4821 because ', 'approve 4821, ']) {
        for (const length of [LONGEST, 1_000_000]) {
          const text = (start + part.repeat(length / part.length)).slice(0, length);
          const before = process.cpuUsage();
          readDecision(text);
          const { user, system } = process.cpuUsage(before);
          expect((user + system) / 1000, start).toBeLessThan(SLOWEST_MS);
        }
      }
    },
  );

  it('an arbitrary one never takes long', () => {
    const long = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1_000, maxLength: LONGEST }),
      phrase(vocabulary, 300),
    );
    fc.assert(
      fc.property(fc.constantFrom('', 'reject 4821: '), long, (start, text) => {
        const before = process.cpuUsage();
        readDecision(start + text);
        const { user, system } = process.cpuUsage(before);
        expect((user + system) / 1000).toBeLessThan(SLOWEST_MS);
      }),
    );
  });
});
