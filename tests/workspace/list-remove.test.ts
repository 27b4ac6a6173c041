import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { etagOf } from '../../src/workspace/sandbox/etags.ts';
import { ownName } from '../../src/workspace/sandbox/names.ts';
import { codeOf, createSandbox, namesIn } from './sandbox.ts';

const text = (content: string) => Buffer.from(content);

describe('listing', () => {
  test('sorts by the bytes of the names and gives type, size and path', async () => {
    const { workspace } = await createSandbox();
    await workspace.write('top/b.txt', text('22'));
    await workspace.write('top/a/inner.txt', text('1'));
    await workspace.write('top/é.txt', text(''));
    await workspace.write('top/Z.txt', text(''));
    const listing = await workspace.list('top/');
    expect(listing).toMatchObject({ path: 'top', type: 'folder', truncated: false });
    expect(listing.entries.map(({ name, path, type, size }) => [name, path, type, size])).toEqual([
      ['Z.txt', 'top/Z.txt', 'file', 0],
      ['a', 'top/a', 'folder', 0],
      ['b.txt', 'top/b.txt', 'file', 2],
      ['é.txt', 'top/é.txt', 'file', 0],
    ]);
    expect(listing.entries[0]?.modified_at).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  test('is paged by the last name, every entry once', async () => {
    const { root, workspace } = await createSandbox();
    const name = fc.stringMatching(/^[a-zA-Z\uE000\uFF21\u{1F600}-\u{1F64F}é0-9]{1,6}$/u);
    const names =
      fc.sample(fc.uniqueArray(name, { minLength: 40, maxLength: 60 }), { numRuns: 1, seed: 7 })[0] ?? [];
    const usable = names.filter((each) => each === each.normalize('NFC'));
    for (const each of usable) await writeFile(join(root, each), '');
    const pages: string[] = [];
    let after: string | undefined;
    for (let truncated = true; truncated; ) {
      const page = await workspace.list('', { limit: 7, after });
      expect(page.entries.length).toBeLessThanOrEqual(7);
      pages.push(...page.entries.map((entry) => entry.name));
      after = pages.at(-1);
      truncated = page.truncated;
    }
    expect(pages).toEqual(usable.sort((left, right) => Buffer.compare(text(left), text(right))));
  });

  test('has a default limit of 1,000 and refuses odd ones', async () => {
    const { root, workspace } = await createSandbox();
    for (let index = 0; index < 1001; index += 1) await writeFile(join(root, `file-${index}`), '');
    const listing = await workspace.list('');
    expect([listing.entries.length, listing.truncated]).toEqual([1000, true]);
    expect((await workspace.list('', { limit: 1001 })).truncated).toBe(false);
    for (const limit of [0, -1, 1.5, 10_001, Number.NaN]) {
      expect(await codeOf(workspace.list('', { limit }))).toBe('invalid_request');
    }
  });

  test('shows names that no path can hold as other, harmless to print, and hides those of the workspace', async () => {
    const { root, workspace } = await createSandbox();
    await writeFile(join(root, 'bad\u202etxt.exe'), '');
    await writeFile(join(root, 'line\nbreak'), '');
    await writeFile(join(root, 'line\rbreak'), '');
    await writeFile(join(root, 'a:b'), '');
    await mkdir(join(root, 'cafe\u0301'));
    await writeFile(Buffer.concat([text(`${root}/latin-`), Buffer.from([0xe9])]), '');
    await writeFile(join(root, ownName()), '');
    const { entries } = await workspace.list('');
    expect(entries.map((entry) => entry.type)).toEqual(Array(6).fill('other'));
    const names = entries.map((entry) => entry.name);
    expect(names).toEqual([
      'a:b',
      'bad\uFFFDtxt.exe',
      'cafe\u0301',
      'latin-\uFFFD',
      'line\uFFFDbreak',
      'line\uFFFDbreak\uFFFD',
    ]);
  });
});

describe('deleting', () => {
  test('counts the files and bytes', async () => {
    const { root, workspace } = await createSandbox();
    await workspace.write('a.txt', text('123'));
    expect(await workspace.remove('a.txt')).toMatchObject({
      path: 'a.txt',
      operation: 'deleted',
      files: 1,
      bytes: 3,
    });
    await workspace.write('folder/a.txt', text('1'));
    await workspace.write('folder/b/c.txt', text('22'));
    await workspace.write('folder/b/d/e.txt', text('333'));
    expect(await codeOf(workspace.remove('folder'))).toBe('folder_not_empty');
    expect(await codeOf(workspace.remove('folder', { recursive: false }))).toBe('folder_not_empty');
    const removed = await workspace.remove('folder/', { recursive: true });
    expect(removed).toMatchObject({ path: 'folder', operation: 'deleted', files: 3, bytes: 6 });
    expect(await namesIn(root)).toEqual([]);
  });

  test('takes an empty folder without asking for recursion, also when a crash left a hidden file in it', async () => {
    const { root, workspace } = await createSandbox();
    await mkdir(join(root, 'empty'));
    expect(await workspace.remove('empty')).toMatchObject({
      path: 'empty',
      operation: 'deleted',
      files: 0,
      bytes: 0,
    });
    await mkdir(join(root, 'left', ownName(), 'tree'), { recursive: true });
    await writeFile(join(root, 'left', ownName()), 'half');
    expect((await workspace.list('left')).entries).toEqual([]);
    await workspace.remove('left');
    expect(await namesIn(root)).toEqual([]);
  });

  test('keeps to preconditions', async () => {
    const { workspace } = await createSandbox();
    await workspace.write('folder/a.txt', text('a'));
    const ifMatch = etagOf(text('a'));
    expect(await codeOf(workspace.remove('folder/a.txt', { ifMatch: etagOf(text('b')) }))).toBe(
      'precondition_failed',
    );
    expect(await codeOf(workspace.remove('folder/a.txt', { ifNoneMatch: '*' }))).toBe('precondition_failed');
    expect(await codeOf(workspace.remove('folder', { recursive: true, ifMatch }))).toBe(
      'precondition_failed',
    );
    expect(await codeOf(workspace.remove('missing', { ifMatch }))).toBe('precondition_failed');
    expect(await codeOf(workspace.remove('mis/sing', { ifMatch: '*' }))).toBe('precondition_failed');
    expect((await workspace.remove('folder/a.txt', { ifMatch })).files).toBe(1);
    expect((await workspace.remove('folder', { ifMatch: '*' })).files).toBe(0);
  });

  test('takes a tree deeper than any path can be, with names that are not text', async () => {
    const { root, workspace } = await createSandbox();
    const script = `
      const { mkdirSync, writeFileSync } = require('node:fs');
      for (const name of ['deep', ...Array(400).fill('longish-name')]) { mkdirSync(name); process.chdir(name); }
      writeFileSync(Buffer.from([0xe9]), '');`;
    execFileSync(process.execPath, ['-e', script], { cwd: root });
    expect(await workspace.remove('deep', { recursive: true })).toMatchObject({ files: 1 });
    expect(await namesIn(root)).toEqual([]);
  });
});
