import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type LineOptions, readLines } from '../../src/workspace/read-lines.ts';
import { parsePath } from '../../src/workspace/sandbox/paths.ts';
import type { Place } from '../../src/workspace/sandbox/space.ts';
import { createLineWindow } from '../../src/workspace/text/line-window.ts';
import { codeOf, problemOf } from './sandbox.ts';

const MIB = 1024 * 1024;

/** Makes a file and reads lines of it. */
async function lineReader(content: string | Uint8Array) {
  const root = await mkdtemp(join(tmpdir(), 'tertulia-lines-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  await writeFile(join(root, 'a.txt'), content);
  const place: Place = { root, rootMayBeLink: true, descriptors: true };
  return (options?: LineOptions) => readLines(place, parsePath('a.txt'), options);
}

describe('reading lines', () => {
  test('answers those that were asked for, with their line breaks', async () => {
    const read = await lineReader('one\r\ntwo\nthree\n\nfive');
    expect(await read({ from: 2, to: 3 })).toEqual({
      path: 'a.txt',
      text: 'two\nthree\n',
      from: 2,
      to: 3,
      more: true,
      cut: false,
      total_lines: null,
      encoding: 'utf-8',
      size: 20,
    });
    expect(await read({ to: 1 })).toMatchObject({ text: 'one\r\n', from: 1, to: 1, more: true });
    expect(await read({ from: 4 })).toMatchObject({ text: '\nfive', to: 5, more: false, total_lines: 5 });
    expect(await read({ from: 5, to: 5 })).toMatchObject({ text: 'five', more: false, total_lines: 5 });
    expect(await read()).toMatchObject({ text: 'one\r\ntwo\nthree\n\nfive', to: 5, total_lines: 5 });
  });

  test('behind the end answers nothing and says how many there are', async () => {
    const read = await lineReader('one\ntwo\n');
    expect(await read({ from: 3, to: 9 })).toMatchObject({
      text: '',
      from: 3,
      to: 2,
      more: false,
      total_lines: 2,
    });
    expect(await read({ from: 2, to: 9 })).toMatchObject({
      text: 'two\n',
      to: 2,
      more: false,
      total_lines: 2,
    });
    const empty = await lineReader('');
    expect(await empty()).toMatchObject({ text: '', from: 1, to: 0, more: false, total_lines: 0, size: 0 });
  });

  test('ends at a whole line when the answer is full', async () => {
    const read = await lineReader('one\ntwo\nthree\n');
    expect(await read({ maximum: 9 })).toMatchObject({ text: 'one\ntwo\n', to: 2, more: true, cut: false });
    expect(await read({ maximum: 8 })).toMatchObject({ text: 'one\ntwo\n', to: 2, more: true, cut: false });
    expect(await read({ maximum: 14 })).toMatchObject({ to: 3, more: false, total_lines: 3 });
    expect(await read({ from: 2, to: 2, maximum: 4 })).toMatchObject({ text: 'two\n', cut: false });
  });

  test('cuts a line that is longer than the answer, never inside a character', async () => {
    const read = await lineReader('a\n😀😀😀\nb\n');
    expect(await read({ from: 2, maximum: 3 })).toMatchObject({
      text: '😀',
      from: 2,
      to: 2,
      more: true,
      cut: true,
    });
    expect(await read({ from: 2, maximum: 4 })).toMatchObject({ text: '😀😀', cut: true });
    expect(await read({ maximum: 3 })).toMatchObject({ text: 'a\n', to: 1, more: true, cut: false });
    const long = await lineReader('x'.repeat(3 * MIB));
    const answer = await long();
    expect(answer).toMatchObject({ to: 1, more: true, cut: true, total_lines: null });
    expect(answer.text.length).toBe(MIB);
  });

  test('finds lines anywhere in a file larger than any answer', async () => {
    const lines = Array.from({ length: 200_000 }, (_, index) => `línea ${index + 1} 😀 with a few words\n`);
    const read = await lineReader(lines.join(''));
    for (const from of [1, 6_000, 123_456, 199_999]) {
      const expected = lines.slice(from - 1, from + 1).join('');
      expect(await read({ from, to: from + 1 })).toMatchObject({ text: expected, more: from < 199_999 });
    }
    expect(await read({ from: 200_001 })).toMatchObject({ text: '', total_lines: 200_000 });
    const answer = await read({ from: 1000 });
    expect(answer.text).toBe(lines.slice(999, answer.to).join(''));
    expect(answer.text.length).toBeGreaterThan(MIB - 100);
  });

  test.each(['utf16le', 'latin1'] as const)('reads text in %s', async (encoding) => {
    const mark = encoding === 'utf16le' ? Buffer.of(0xff, 0xfe) : Buffer.of();
    // The second encoding shows only after the first 256 KiB, which are ASCII.
    const text = `${'plain line\n'.repeat(30_000)}señor\nfin`;
    const read = await lineReader(Buffer.concat([mark, Buffer.from(text, encoding)]));
    const expected = { text: 'señor\nfin', total_lines: 30_002 };
    const name = encoding === 'utf16le' ? 'utf-16le' : 'windows-1252';
    expect(await read({ from: 30_001 })).toMatchObject({ ...expected, encoding: name });
    expect((await read({ to: 1 })).text).toBe('plain line\n');
  });

  test('leaves out a byte order mark, and says so', async () => {
    const read = await lineReader('\uFEFFone\ntwo');
    expect(await read({ to: 1 })).toMatchObject({ text: 'one\n', encoding: 'utf-8-bom' });
  });

  test('refuses a binary file and says its size', async () => {
    const read = await lineReader(Buffer.from('text\n\0'));
    const problem = await problemOf(read());
    expect(problem.code).toBe('not_text');
    expect(problem.message).toContain('binary, not text, and has 6 bytes');
    const late = await lineReader(Buffer.concat([Buffer.alloc(MIB, 'a\n'), Buffer.from('\0')]));
    expect(await codeOf(late({ from: 600_000 }))).toBe('not_text');
  });

  test.each([
    { from: 0 },
    { from: 1.5 },
    { from: Number.NaN },
    { from: 3, to: 2 },
    { to: 0 },
    { maximum: 0 },
  ])('refuses %o and says what it takes', async (options) => {
    const read = await lineReader('one\n');
    const problem = await problemOf(read(options));
    expect(problem.code).toBe('invalid_request');
    expect(problem.message).toContain('maximum' in options ? 'at least 1' : 'counted from 1');
  });

  test('stops when it is cancelled', async () => {
    const read = await lineReader('one\n');
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(read({ signal })).rejects.toThrow('enough');
  });
});

test('a text in pieces gives the lines that it gives as a whole', () => {
  const pieces = fc.array(fc.string({ unit: fc.constantFrom('a', '\n', '\r\n', 'ñ'), maxLength: 6 }), {
    maxLength: 6,
  });
  const first = fc.integer({ min: 1, max: 6 });
  fc.assert(
    fc.property(
      pieces,
      first,
      fc.nat({ max: 5 }),
      fc.integer({ min: 1, max: 12 }),
      (parts, from, rest, maximum) => {
        const to = from + rest;
        const window = createLineWindow({ from, to, maximum });
        parts.some((part) => window.add(part));
        const all = parts.join('').match(/[^\n]*\n|[^\n]+/gv) ?? [];
        const wanted = all.slice(from - 1, to);
        const fitting = wanted.filter((_, index) => wanted.slice(0, index + 1).join('').length <= maximum);
        const cut = fitting.length === 0 && wanted.length > 0;
        const reached = from - 1 + (cut ? 1 : fitting.length);
        const more = cut || all.length > reached;
        expect(window.taken()).toEqual({
          text: cut ? wanted.join('').slice(0, maximum) : fitting.join(''),
          to: reached,
          more,
          cut,
          total_lines: more ? null : all.length,
        });
      },
    ),
    { numRuns: 3000 },
  );
});
