import { readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProblemError } from '../../src/errors.ts';
import { codeOf, createSandbox, namesIn, OPERATIONS, problemOf } from './sandbox.ts';

/** Leave the workspace, or would if anything in them were believed. */
const OUTSIDE = [
  '..',
  '../',
  '../guard/secret.txt',
  '../../etc/passwd',
  'a/../../guard/secret.txt',
  'a/..',
  'a/../b.txt',
  'a/b/../../../guard',
  './../guard',
  '..\\guard\\secret.txt',
  'a\\..\\..\\guard',
  'a/..\\b',
  '/',
  '//',
  '/etc/passwd',
  '/proc/self/environ',
  '//host/share/file',
  '\\',
  '\\windows\\system32',
  '\\\\host\\share\\file',
  '\\\\?\\C:\\file',
  '\\\\.\\PhysicalDrive0',
  'C:',
  'C:\\windows',
  'c:/windows',
  'c:x',
  'Z:..\\x',
  '~',
  '~/secret.txt',
  '../\0',
];

/** Names that no path can hold. */
const INVALID = [
  '.',
  './a.txt',
  'a/./b',
  'a/.',
  'a//b',
  'a//',
  'a/b//c',
  'a\\b',
  'a/b\\',
  'a\0b',
  'a.txt\0.png',
  '\0',
  'a\nb',
  'a\rb',
  'a\tb',
  '\u0001',
  'a\u001b[31m',
  'a\u007f',
  'a\u0085b',
  'a\u009bb',
  'a\u200bb',
  'a\u200db',
  'a\u200e',
  'a\u202egpj.exe',
  'a\u2066b',
  'a\u2069',
  '\ufeffa',
  'a\u00adb',
  'a\u2060b',
  'a\u{e0041}b',
  'a\u2028b',
  'a\u2029b',
  'a\u3164b',
  'a\u115fb',
  'a\u034fb',
  'a\uffff',
  'a\ufffdb',
  'a\ud800',
  '\udc00a',
  'a\ud83d/b',
  'cafe\u0301.txt',
  'a\u0301',
  '\u212b.txt',
  '\u1100\u1161',
  'a\u2044b',
  '..\u2215guard',
  '..\u2215..\u2215etc',
  '..\uff0fguard',
  'a\u29f8b',
  'a\uff3cb',
  'a\ufe68b',
  '\u2024\u2024',
  '\u2025',
  '\ufe52\ufe52/guard',
  '\uff0e\uff0e/guard',
  '%2e%2e',
  '%2E%2E/guard',
  '.%2e/guard',
  '..%2fguard',
  '%2fetc',
  'a%5cb',
  'a%00.txt',
  'a%0ab',
  '%252e%252e',
  '%25252fetc',
  'a.',
  'a../b',
  '...',
  '. .',
  'a ',
  'a /b',
  '.. /guard',
  ' a',
  'a/ b',
  '\u00a0a',
  'a\u3000',
  ' ',
  'a<b',
  'a>b',
  'ab:c',
  'a.txt:stream',
  'file.txt::$DATA',
  'a"b',
  'a|b',
  'what?',
  '*.txt',
  'file:///etc/passwd',
  'http://host/file',
  'CON',
  'con',
  'NUL',
  'nul.txt',
  'a/Aux.tar.gz',
  'PRN .txt',
  'COM1',
  'com9.log',
  'LPT1.txt',
  'COM¹',
  'CONIN$',
  'conout$.txt',
  '.tertulia-0123456789abcdef',
  '.Tertulia-x/y',
  `${'a'.repeat(256)}`,
  `${'é'.repeat(128)}`,
  `a/${'😀'.repeat(64)}`,
  `${'a/'.repeat(2048)}b`,
  'é'.repeat(2049),
];

const TABLE = [
  ...OUTSIDE.map((path) => ({ path, code: 'path_outside_workspace' })),
  ...INVALID.map((path) => ({ path, code: 'invalid_path' })),
];

describe('a hostile path', () => {
  test('is refused by every operation with its code and a sentence that says what is taken, and touches nothing', async () => {
    const { root, guard, workspace, hashOutside } = await createSandbox();
    const before = await hashOutside();
    for (const { path, code } of TABLE) {
      for (const [operation, run] of Object.entries(OPERATIONS)) {
        const problem = await problemOf(run(workspace, path));
        expect(problem.code, `${operation} ${JSON.stringify(path)}`).toBe(code);
        expect(problem.message).toContain('relative to the workspace');
        expect(problem.message).not.toContain(guard);
        expect(problem.message).not.toMatch(/[\p{Control}\p{Format}\p{Surrogate}]/u);
        expect(problem.message.length).toBeLessThan(600);
      }
    }
    expect(TABLE.length).toBeGreaterThanOrEqual(80);
    expect(await namesIn(root)).toEqual([]);
    expect(await hashOutside()).toBe(before);
  });

  test.each([
    'notes/todo.md',
    'Dueña/ñandú.md',
    '日本語/資料.txt',
    '😀.txt',
    '❤️ notes.md',
    '.gitignore',
    '.github/workflows/ci.yml',
    'a b.txt',
    '~draft.docx',
    '100%.txt',
    '50%25.txt',
    '..a',
    'a..b',
    'console.log',
    'com10',
    'nul-and-void.txt',
    "it's (1) [final] {v2} & more, #3; $x=!@^`+.md",
    'a'.repeat(255),
    'é'.repeat(127),
  ])('that only looks odd is taken: %s', async (path) => {
    const { workspace } = await createSandbox();
    await workspace.write(path, Buffer.from('x'));
    expect((await workspace.readText(path)).path).toBe(path);
  });
});

test('an arbitrary string as a path is either refused or lands inside the workspace', async () => {
  const { root, workspace, hashOutside } = await createSandbox();
  const before = await hashOutside();
  const piece = fc.oneof(
    fc.constantFrom('..', '.', '/', '\\', 'guard', 'secret.txt', '%2e', '\0', ' ', 'a', 'C:', '~', '\u2215'),
    fc.string({ unit: 'binary', maxLength: 6 }),
    fc.string({ unit: 'grapheme', maxLength: 6 }),
  );
  const path = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
  await fc.assert(
    fc.asyncProperty(path, async (text) => {
      try {
        const change = await workspace.write(text, Buffer.from(text));
        const found = await workspace.read(text);
        expect(found.bytes).toEqual(Buffer.from(text));
        expect(join(root, change.path).startsWith(`${root}/`)).toBe(true);
        await workspace.remove(text.split('/')[0] ?? '', { recursive: true });
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        expect(['invalid_path', 'path_outside_workspace', 'is_folder']).toContain(error.code);
      }
      expect(await namesIn(root)).toEqual([]);
    }),
    { numRuns: 300 },
  );
  expect(await hashOutside()).toBe(before);
});

test('no operation leaves a file or folder open, whether it works or fails', async () => {
  const { root, workspace } = await createSandbox();
  await workspace.write('kept/file.txt', Buffer.from('a secret'));
  await symlink('kept', join(root, 'link'));
  // Threads and the journal open files of their own, once.
  for (const run of Object.values(OPERATIONS)) await Promise.allSettled([run(workspace, 'kept/file.txt')]);
  const openFiles = async () => (await readdir('/proc/self/fd')).length;
  const before = await openFiles();
  for (const path of [
    'kept',
    'kept/file.txt',
    'kept/file.txt/x',
    'link',
    'link/x',
    'missing/x',
    '..',
    'a/b/c',
  ]) {
    for (const run of Object.values(OPERATIONS)) await Promise.allSettled([run(workspace, path)]);
  }
  expect(await openFiles()).toBe(before);
});

test('the workspace itself can be listed and looked at, not read, written or deleted', async () => {
  const { workspace } = await createSandbox();
  expect((await workspace.list('')).path).toBe('');
  expect(await workspace.stat('')).toMatchObject({ path: '', type: 'folder' });
  expect(await codeOf(workspace.read(''))).toBe('is_folder');
  expect(await codeOf(workspace.write('', Buffer.from('x')))).toBe('is_folder');
  expect(await codeOf(workspace.remove('', { recursive: true }))).toBe('invalid_path');
});
