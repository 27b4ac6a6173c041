import { spawn } from 'node:child_process';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parsePath } from '../../src/workspace/sandbox/paths.ts';
import { createTree, makeFifo, refusalOf } from './tree.ts';

/** Never matches a line of "a" with something behind it, and tries every way to share out the "a" first. */
const CATASTROPHIC_REGEX = '^(a+)+$';
const HARD_LINE = `${'a'.repeat(60)}!`;
const MEBIBYTE = 1024 * 1024;

/** Where matches are, as `path:line:column`. */
function places(matches: readonly { path: string; line: number; column: number }[]): string[] {
  return matches.map(({ path, line, column }) => `${path}:${line}:${column}`);
}

describe('a search', () => {
  const files = {
    'a.txt': 'one\nTwo needle needle\n\nthree NEEDLE',
    'b/c.md': '\uFEFFneedle\r\nñandú Ñandú needle\r\n',
    'b/image.png': Buffer.from('needle\0needle'),
    'empty.txt': '',
  };

  test('finds each line once, in the order of a listing, and says what it came to', async () => {
    const { search } = await createTree(files);
    const { matches, summary } = await search({ text: 'needle' });
    expect(matches).toEqual([
      { path: 'a.txt', line: 2, column: 5, text: 'Two needle needle' },
      { path: 'a.txt', line: 4, column: 7, text: 'three NEEDLE' },
      { path: 'b/c.md', line: 1, column: 1, text: 'needle' },
      { path: 'b/c.md', line: 2, column: 13, text: 'ñandú Ñandú needle' },
    ]);
    const bytes = Buffer.byteLength(files['a.txt']) + Buffer.byteLength(files['b/c.md']) - 3;
    expect(summary).toEqual({
      matches: 4,
      files_searched: 3,
      files_skipped_binary: 1,
      files_unreadable: 0,
      bytes,
      truncated: null,
    });
  });

  test('keeps to case when asked, and otherwise knows that of other alphabets', async () => {
    const { search } = await createTree(files);
    expect((await search({ text: 'needle', case_sensitive: true })).summary.matches).toBe(3);
    expect(places((await search({ text: 'ÑANDÚ' })).matches)).toEqual(['b/c.md:2:1']);
    expect(places((await search({ text: 'Ñandú', case_sensitive: true })).matches)).toEqual(['b/c.md:2:7']);
    expect((await search({ text: 'ÑANDÚ', case_sensitive: true })).summary.matches).toBe(0);
    expect((await search({ regex: 'NEEDLE$' })).summary.matches).toBe(4);
    expect((await search({ regex: 'NEEDLE$', case_sensitive: true })).summary.matches).toBe(1);
  });

  test('takes a text as it is and a regular expression for one line at a time', async () => {
    const { search } = await createTree({ 'a.txt': 'a.c (x)\nabc\n\nend\r\n', 'b.txt': 'a-\u{1F600}b' });
    expect(places((await search({ text: 'a.c (' })).matches)).toEqual(['a.txt:1:1']);
    expect(places((await search({ regex: 'a.c' })).matches)).toEqual(['a.txt:1:1', 'a.txt:2:1']);
    expect(places((await search({ regex: '^$' })).matches)).toEqual(['a.txt:3:1']);
    expect(places((await search({ regex: '[^x]d$' })).matches)).toEqual(['a.txt:4:2']);
    expect(places((await search({ regex: '^a-.b$' })).matches)).toEqual(['b.txt:1:1']);
    // Only without Unicode's stricter rules.
    expect(places((await search({ regex: 'a\\-' })).matches)).toEqual(['b.txt:1:1']);
  });

  test('looks at one file, one folder, or what a pattern matches', async () => {
    const { search } = await createTree(files);
    expect((await search({ text: 'needle' }, 'b')).summary.matches).toBe(2);
    expect((await search({ text: 'needle' }, 'b/c.md')).summary.matches).toBe(2);
    expect((await search({ text: 'needle', pattern: '**/*.txt' })).summary.matches).toBe(2);
    expect((await search({ text: 'needle', pattern: '*.txt' }, 'b')).summary.files_searched).toBe(0);
    expect((await search({ text: 'needle' }, 'b/image.png')).summary.files_skipped_binary).toBe(1);
    expect((await refusalOf(search({ text: 'needle' }, 'missing'))).code).toBe('file_not_found');
    expect((await refusalOf(search({ text: 'needle' }, 'a.txt/'))).code).toBe('is_file');
  });

  test('shows lines before and after, as many as there are', async () => {
    const { search } = await createTree({ 'a.txt': '1\n2 x\n3 x\n4\n5\n6\n7 x' });
    const { matches } = await search({ text: 'x', context: 2 });
    expect(matches.map(({ before, text, after }) => [before, text, after])).toEqual([
      [['1'], '2 x', ['3 x', '4']],
      [['1', '2 x'], '3 x', ['4', '5']],
      [['5', '6'], '7 x', []],
    ]);
  });

  test('ends at its limit', async () => {
    const { search } = await createTree({ 'a.txt': 'x\n'.repeat(300) });
    expect((await search({ text: 'x' })).summary).toMatchObject({ matches: 200, truncated: 'limit' });
    expect((await search({ text: 'x', limit: 3 })).matches).toHaveLength(3);
    expect((await search({ text: 'x', limit: 301 })).summary).toMatchObject({
      matches: 300,
      truncated: null,
    });
  });

  test.each([
    [{}, 'either a text or a regex'],
    [{ text: 'a', regex: 'b' }, 'either a text or a regex'],
    [{ text: '' }, '1 to 2000 characters'],
    [{ regex: '' }, '1 to 2000 characters'],
    [{ text: 'x'.repeat(2001) }, '1 to 2000 characters'],
    [{ text: '\uD800' }, 'well-formed'],
    [{ text: 'a\nb' }, 'one line'],
    [{ regex: '(a' }, 'Unterminated group'],
    [{ text: 'a', limit: 0 }, 'from 1 to 10000'],
    [{ text: 'a', limit: 10_001 }, 'from 1 to 10000'],
    [{ text: 'a', context: 6 }, 'from 0 to 5'],
    [{ text: 'a', timeoutMs: 0 }, 'from 1 to 60000'],
    [{ text: 'a', timeoutMs: Number.NaN }, 'from 1 to 60000'],
    [{ text: 'a', pattern: '[' }, 'A pattern is a glob'],
  ])('for %j is refused', async (options, reason) => {
    const { search } = await createTree({});
    const { code, message } = await refusalOf(search(options));
    expect(code).toBe('invalid_request');
    expect(message).toContain(reason);
  });

  test('shows nothing that disturbs a terminal, and 500 characters of a line at most', async () => {
    const long = `${'-'.repeat(1000)}needle${'+'.repeat(1000)}`;
    const { search } = await createTree({
      'a.txt': Buffer.concat([Buffer.from(`\u001b[2J\tneedle\u202e\n${long}\n`), Buffer.from([0xff, 0x0a])]),
    });
    const [odd, cut, ...rest] = (await search({ regex: 'needle|\uFFFD' })).matches;
    expect(odd).toMatchObject({ column: 6, text: '\uFFFD[2J\tneedle\uFFFD' });
    expect(cut).toMatchObject({ line: 2, column: 1001, text: `${'-'.repeat(100)}needle${'+'.repeat(394)}` });
    expect(rest).toEqual([{ path: 'a.txt', line: 3, column: 1, text: '\uFFFD' }]);
  });
});

describe('a file of many blocks', () => {
  test('has the lines and columns of the whole, with the context across blocks', async () => {
    const lines = Array.from({ length: 90_000 }, (_, index) => `line ${index + 1} ${'é'.repeat(index % 40)}`);
    const { search } = await createTree({ 'big.txt': lines.join('\n') });
    const wanted = fc
      .sample(fc.integer({ min: 6, max: 89_000 }), { numRuns: 40, seed: 3 })
      .sort((a, b) => a - b);
    const numbers = [...new Set(wanted)];
    const regex = `^line (${numbers.join('|')}) `;
    const { matches } = await search({ regex, context: 5 });
    const around = (from: number, to: number) => lines.slice(from - 1, to);
    expect(matches).toEqual(
      numbers.map((number) => ({
        path: 'big.txt',
        line: number,
        column: 1,
        text: lines[number - 1],
        before: around(number - 5, number - 1),
        after: around(number + 1, number + 5),
      })),
    );
    expect(places((await search({ text: 'line 80001 ', case_sensitive: true })).matches)).toEqual([
      'big.txt:80001:1',
    ]);
  });

  test('has every line as its context at the seams of blocks', async () => {
    const lines = Array.from({ length: 20_000 }, (_, index) => `${index + 1} ${'x'.repeat(200)}`);
    const { search } = await createTree({ 'big.txt': `${lines.join('\n')}\n` });
    const { matches } = await search({ regex: '0 x', context: 3, limit: 10_000 });
    expect(matches).toHaveLength(2000);
    for (const { line, before, after } of matches) {
      expect([before, after]).toEqual([lines.slice(line - 4, line - 1), lines.slice(line, line + 3)]);
    }
  });

  test('may have lines that are longer than a block, also with a match across pieces', async () => {
    const piece = 'é'.repeat(MEBIBYTE / 2 - 2);
    const content = `first\nbegin${piece}needle${piece}${piece}\nsecond needle\n${piece}${piece}needle\nlast`;
    const { search } = await createTree({ 'long.txt': content });
    for (const options of [
      { regex: 'needle' },
      { text: 'needle' },
      { text: 'needle', case_sensitive: true },
    ]) {
      const { matches } = await search({ ...options, context: 1 });
      expect(places(matches)).toEqual([
        `long.txt:2:${piece.length + 6}`,
        'long.txt:3:8',
        `long.txt:4:${2 * piece.length + 1}`,
      ]);
      expect(matches.map(({ before }) => before?.[0]?.slice(0, 5))).toEqual(['first', 'begin', 'secon']);
      expect(matches.map(({ after }) => after?.[0]?.slice(0, 5))).toEqual(['secon', 'ééééé', 'last']);
    }
  });

  test('that is one line without end is searched in the memory of a thread', async () => {
    const { search } = await createTree({
      'flat.txt': Buffer.concat([Buffer.alloc(300 * MEBIBYTE, 'x'), Buffer.from('needle')]),
    });
    const { matches, summary } = await search({ text: 'needle', case_sensitive: true, timeoutMs: 60_000 });
    expect(places(matches)).toEqual([`flat.txt:1:${300 * MEBIBYTE + 1}`]);
    expect(summary.bytes).toBe(300 * MEBIBYTE + 6);
  });
});

describe('a hostile search', () => {
  test('with a catastrophic regular expression ends with what it found before', async () => {
    const { search } = await createTree({ 'a.txt': `aaa\n${HARD_LINE}\n`, 'b.txt': 'aaaa' });
    const { matches, summary } = await search({ regex: CATASTROPHIC_REGEX, timeoutMs: 200 });
    expect(places(matches)).toEqual(['a.txt:1:1']);
    expect(summary).toMatchObject({ matches: 1, files_searched: 1, truncated: 'time' });
    expect((await search({ text: 'aaaa!' })).summary.matches).toBe(1);
  });

  test('with slow lines ends by itself when its time is over', async () => {
    const { search } = await createTree({ 'a.txt': `${'a'.repeat(22)}!\n`.repeat(20_000) });
    const { summary } = await search({ regex: CATASTROPHIC_REGEX, timeoutMs: 300 });
    expect(summary).toMatchObject({ matches: 0, files_searched: 1, truncated: 'time' });
  });

  test('with a catastrophic pattern ends, too', async () => {
    const { search } = await createTree({ ['a'.repeat(200)]: 'needle' });
    const { summary } = await search({ text: 'needle', pattern: '*a*a*a*a*a*a*a*a*b', timeoutMs: 200 });
    expect(summary).toMatchObject({ matches: 0, files_searched: 0, truncated: 'time' });
  });

  test('with a regular expression that takes too much memory is refused', async () => {
    const { search } = await createTree({ 'a.txt': 'ab'.repeat(MEBIBYTE / 2) });
    const groups = Array.from('abcdefghijklmnopqrst', (letter) => `(${letter})`).join('|');
    const { code, message } = await refusalOf(search({ regex: `^(?:${groups})*z` }));
    expect([code, message]).toEqual([
      'invalid_request',
      expect.stringContaining('too much memory on a long line'),
    ]);
  });

  test('rejects with the reason when it is cancelled, running or waiting, and holds up no listing', async () => {
    const { search, paths } = await createTree({ 'a.txt': `${HARD_LINE}\n` });
    const abort = new AbortController();
    const options = { regex: CATASTROPHIC_REGEX, timeoutMs: 60_000, signal: abort.signal };
    const searches = Promise.allSettled(Array.from({ length: 18 }, () => search(options)));
    expect((await refusalOf(search(options))).message).toContain('Try again later');
    expect(await paths()).toEqual(['a.txt']);
    const reason = new Error('nobody waits any more');
    abort.abort(reason);
    for (const outcome of await searches) expect(outcome).toEqual({ status: 'rejected', reason });
    expect((await search({ text: '!' })).summary.matches).toBe(1);
  });

  test('ends when no more of its matches are wanted', async () => {
    const { explorer, place, search } = await createTree({ 'a.txt': `aaa\n${HARD_LINE}\n` });
    for (let round = 0; round < 3; round += 1) {
      const options = { regex: CATASTROPHIC_REGEX, timeoutMs: 60_000 };
      for await (const event of explorer.search(place, parsePath(''), options)) {
        expect(event.type).toBe('match');
        break;
      }
    }
    expect((await search({ text: 'aaa!' })).summary.matches).toBe(1);
  });

  test('leaves no file open when its thread is ended', async () => {
    const { search } = await createTree({ 'deep/er/a.txt': `${HARD_LINE}\n` });
    const open = async () => (await readdir('/proc/self/fd')).length;
    await search({ text: 'x' });
    const before = await open();
    for (let round = 0; round < 5; round += 1) {
      const attempt = search({ regex: CATASTROPHIC_REGEX, signal: AbortSignal.timeout(200) });
      await expect(attempt).rejects.toThrow('timeout');
    }
    await expect.poll(open).toBeLessThan(before + 5);
  });

  test('finds nothing behind links, in a FIFO, or in files whose names are no paths', async () => {
    const { root, guard, search } = await createTree({ 'in/a.txt': 'secret' });
    await symlink(guard, join(root, 'out'));
    await symlink(join(guard, 'secret.txt'), join(root, 'secret.txt'));
    await symlink('..', join(root, 'in', 'loop'));
    makeFifo(join(root, 'pipe'));
    await writeFile(join(root, 'odd\nname'), 'secret');
    await mkdir(Buffer.concat([Buffer.from(`${root}/latin-`), Buffer.from([0xe9])]));
    expect(places((await search({ text: 'secret', all: true })).matches)).toEqual(['in/a.txt:1:1']);
    expect((await refusalOf(search({ text: 'secret' }, 'secret.txt'))).code).toBe('path_is_link');
    expect((await refusalOf(search({ text: 'secret' }, 'out/secret.txt'))).code).toBe('path_is_link');
    expect((await refusalOf(search({ text: 'secret' }, 'pipe'))).code).toBe('not_regular_file');
  });

  test('finds nothing outside while folders are swapped for links', async () => {
    const { root, guard, search } = await createTree({ 'swap/secret.txt': 'inside the workspace' });
    await symlink(guard, join(root, 'swap-link'));
    const swap = `
      const { renameSync } = require('node:fs');
      process.stdout.write('ready');
      for (;;) { try {
        renameSync('swap', 'real'); renameSync('swap-link', 'swap');
        renameSync('swap', 'swap-link'); renameSync('real', 'swap');
      } catch {} }`;
    const child = spawn(process.execPath, ['-e', swap], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const texts = new Set<string>();
    for (let round = 0; round < 150; round += 1) {
      for (const { text } of (await search({ regex: '.' })).matches) texts.add(text);
    }
    expect([...texts]).toEqual(['inside the workspace']);
  });
});
