import { mkdir, readdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createDeadline } from '../../src/workspace/explorer/deadline.ts';
import { walk } from '../../src/workspace/explorer/walk.ts';
import { ownName } from '../../src/workspace/sandbox/names.ts';
import { parsePath } from '../../src/workspace/sandbox/paths.ts';
import { createTree, makeFifo, nest, refusalOf } from './tree.ts';

const PROJECT = {
  'README.md': 'read me',
  'docs/a.md': 'a',
  'docs/deep/b.md': 'b',
  'docs/deep/c.txt': 'c',
  'docs.md': 'before docs/',
  'src/.hidden.md': 'hidden',
  'src/main.ts': 'main',
};

/** Matches no name made of "a" alone, and tries every way to share it out among the stars first. */
const CATASTROPHIC_GLOB = '*a*a*a*a*a*a*a*a*b';

describe('a recursive listing', () => {
  test('shows each folder before what is in it, in the order of the bytes of the names', async () => {
    const { paths, explorer, place } = await createTree(PROJECT);
    expect(await paths('', { recursive: true })).toEqual([
      'README.md',
      'docs',
      'docs/a.md',
      'docs/deep',
      'docs/deep/b.md',
      'docs/deep/c.txt',
      'docs.md',
      'src',
      'src/.hidden.md',
      'src/main.ts',
    ]);
    expect(await paths('')).toEqual(['README.md', 'docs', 'docs.md', 'src']);
    const { entries, ...listing } = await explorer.list(place, parsePath('docs/deep/'), { recursive: true });
    expect(listing).toEqual({ path: 'docs/deep', type: 'folder', truncated: false });
    expect(entries[0]).toMatchObject({ name: 'b.md', path: 'docs/deep/b.md', type: 'file', size: 1 });
  });

  test('goes on after any entry, whatever the limit', async () => {
    const name = fc.constantFrom('a', 'b', 'b.', 'é', 'Z', '-', 'a b');
    const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => [...names, 'file'].join('/'));
    const wanted = fc.sample(path, { numRuns: 40, seed: 11 });
    const { paths, explorer, place } = await createTree(Object.fromEntries(wanted.map((each) => [each, ''])));
    const whole = await paths('', { recursive: true });
    expect(whole.length).toBeGreaterThan(40);
    for (const limit of [1, 7]) {
      const pages: string[] = [];
      for (let truncated = true; truncated; ) {
        const options = { recursive: true, limit, after: pages.at(-1) };
        const page = await explorer.list(place, parsePath(''), options);
        pages.push(...page.entries.map((entry) => entry.path));
        truncated = page.truncated;
      }
      expect(pages).toEqual(whole);
    }
  });

  test('goes on after an entry that is gone, relative to the listed folder', async () => {
    const { paths } = await createTree(PROJECT);
    expect(await paths('docs', { recursive: true, after: 'deep/a-gone.md' })).toEqual([
      'docs/deep/b.md',
      'docs/deep/c.txt',
    ]);
    expect(await paths('docs', { recursive: true, after: 'deep' })).toEqual([
      'docs/deep/b.md',
      'docs/deep/c.txt',
    ]);
    expect(await paths('docs', { recursive: true, after: 'zzz' })).toEqual([]);
  });
});

describe('a pattern', () => {
  test('is relative to the listed folder, goes down by itself and shows only what matches', async () => {
    const { paths } = await createTree(PROJECT);
    expect(await paths('', { pattern: '**/*.md' })).toEqual([
      'README.md',
      'docs/a.md',
      'docs/deep/b.md',
      'docs.md',
      'src/.hidden.md',
    ]);
    expect(await paths('docs', { pattern: '*.md' })).toEqual(['docs/a.md']);
    expect(await paths('', { pattern: 'docs/**/{b,c}.*' })).toEqual(['docs/deep/b.md', 'docs/deep/c.txt']);
    expect(await paths('', { pattern: '*/deep' })).toEqual(['docs/deep']);
    expect(await paths('', { pattern: '!**/*.{md,ts}' })).toEqual([
      'docs',
      'docs/deep',
      'docs/deep/c.txt',
      'src',
    ]);
  });

  test('is paged like all else', async () => {
    const { explorer, place } = await createTree(PROJECT);
    const options = { pattern: '**/*.md', limit: 2, after: 'docs/a.md' };
    const { entries, truncated } = await explorer.list(place, parsePath(''), options);
    expect([entries.map(({ path }) => path), truncated]).toEqual([['docs/deep/b.md', 'docs.md'], true]);
    const rest = await explorer.list(place, parsePath(''), { ...options, after: 'docs.md' });
    expect([rest.entries.length, rest.truncated]).toEqual([1, false]);
  });

  test.each(['', '/etc/*', '../*', 'a/../b', '[a', '+(a', '[z-a]', 'a'.repeat(1001)])(
    'such as %j is refused with a sentence that says what it takes',
    async (pattern) => {
      const { paths } = await createTree({});
      const { code, message } = await refusalOf(paths('', { pattern }));
      expect(code).toBe('invalid_request');
      expect(message).toContain('A pattern is a glob relative to the folder');
    },
  );

  test('that takes for ever ends in a problem, and the next listing is answered', async () => {
    const { paths } = await createTree({ ['a'.repeat(200)]: '' }, { listTimeoutMs: 200 });
    const listings = [1, 2, 3].map(() => refusalOf(paths('', { pattern: CATASTROPHIC_GLOB })));
    for (const { code, message } of await Promise.all(listings)) {
      expect(code).toBe('workspace_failed');
      expect(message).toContain('took longer than 0.2 seconds');
    }
    expect(await paths()).toHaveLength(1);
  });
});

describe('a listing', () => {
  test('fails as the workspace does, though it runs in another thread', async () => {
    const { paths } = await createTree(PROJECT);
    expect((await refusalOf(paths('missing/folder'))).message).toBe(
      'There is nothing at "missing/folder" in the workspace.',
    );
    expect((await refusalOf(paths('docs.md'))).code).toBe('is_file');
    for (const limit of [0, -1, 1.5, 10_001, Number.NaN]) {
      expect((await refusalOf(paths('', { limit }))).code).toBe('invalid_request');
    }
  });

  test('that is cancelled rejects with the reason, also while it runs or waits', async () => {
    const { paths } = await createTree({ ['a'.repeat(200)]: '' });
    const reason = new Error('nobody waits any more');
    await expect(paths('', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const abort = new AbortController();
    const options = { pattern: CATASTROPHIC_GLOB, signal: abort.signal };
    const listings = Array.from({ length: 6 }, () => paths('', options));
    setTimeout(() => abort.abort(reason), 300);
    for (const outcome of await Promise.allSettled(listings)) {
      expect(outcome).toEqual({ status: 'rejected', reason });
    }
    expect(await paths()).toHaveLength(1);
  });

  test('that is cut off by the end of the server says so, and so do all after it', async () => {
    const { paths, explorer } = await createTree({ ['a'.repeat(200)]: '' });
    const listing = refusalOf(paths('', { pattern: CATASTROPHIC_GLOB }));
    setTimeout(() => explorer.close(), 300);
    expect((await listing).code).toBe('shutting_down');
    expect((await refusalOf(paths())).code).toBe('shutting_down');
  });

  test('is refused when too many wait', async () => {
    const { paths } = await createTree({ ['a'.repeat(200)]: '' });
    const abort = new AbortController();
    const options = { pattern: CATASTROPHIC_GLOB, signal: abort.signal };
    const listings = Array.from({ length: 66 }, () => paths('', options));
    const settled = Promise.allSettled(listings);
    const { code, message, retryAfterSeconds } = await refusalOf(paths());
    expect([code, retryAfterSeconds]).toEqual(['workspace_busy', 5]);
    expect(message).toContain('Try again later');
    abort.abort();
    expect((await settled).every(({ status }) => status === 'rejected')).toBe(true);
    expect(await paths()).toHaveLength(1);
  });

  test('never follows links, and shows a FIFO and odd names without going into them', async () => {
    const { root, guard, explorer, place, paths } = await createTree({
      'in/a.txt': 'a',
      [`${ownName()}/x`]: '',
    });
    await symlink(guard, join(root, 'out'));
    await symlink('in', join(root, 'inner'));
    await symlink('..', join(root, 'in', 'loop'));
    makeFifo(join(root, 'pipe'));
    await mkdir(join(root, 'cafe\u0301'));
    await writeFile(join(root, 'cafe\u0301', 'inside.txt'), '');
    await mkdir(Buffer.concat([Buffer.from(`${root}/latin-`), Buffer.from([0xe9])]));
    const { entries } = await explorer.list(place, parsePath(''), { recursive: true });
    expect(entries.map(({ path, type }) => [path, type])).toEqual([
      ['cafe\u0301', 'other'],
      ['in', 'folder'],
      ['in/a.txt', 'file'],
      ['in/loop', 'link'],
      ['inner', 'link'],
      ['latin-\uFFFD', 'other'],
      ['out', 'link'],
      ['pipe', 'other'],
    ]);
    expect((await refusalOf(paths('out', { recursive: true }))).code).toBe('path_is_link');
    expect((await refusalOf(paths('inner'))).code).toBe('path_is_link');
  });

  test('tells look-alike names apart, the same way on every page', async () => {
    const { root, explorer, place } = await createTree({});
    for (const name of ['line\rbreak', 'line\nbreak', 'line\tbreak']) await writeFile(join(root, name), '');
    const pages: string[] = [];
    for (let page = 0; page < 3; page += 1) {
      const { entries } = await explorer.list(place, parsePath(''), { limit: 1, after: pages.at(-1) });
      pages.push(...entries.map(({ name }) => name));
    }
    expect(pages).toEqual(['line\uFFFDbreak', 'line\uFFFDbreak\uFFFD', 'line\uFFFDbreak\uFFFD\uFFFD']);
  });

  test.each([true, false])(
    'of a tree deeper than any path ends without harm (descriptors: %s)',
    async (descriptors) => {
      const { root, paths } = await createTree({}, { descriptors });
      nest(root, 'd', 3000);
      const deep = await paths('', { recursive: true });
      expect(deep).toHaveLength(257);
      expect((await paths(deep.at(-1), { recursive: true }))[0]).toBe(`${deep.at(-1)}/d`);
    },
  );

  test('of a wide and deep tree shows everything, though few folders are held open', async () => {
    const names = Array.from({ length: 40 }, (_, level) => `level-${level}`);
    const files = names.flatMap((_, level) => {
      const folder = names.slice(0, level + 1).join('/');
      return [`${folder}/a.txt`, `${folder}/z.txt`].map((path) => [path, ''] as const);
    });
    const { paths } = await createTree(Object.fromEntries(files));
    expect(await paths('', { recursive: true })).toHaveLength(120);
  });
});

describe('a walk', () => {
  test.each([true, false])(
    'does not enter a folder that is replaced by a link (descriptors: %s)',
    async (descriptors) => {
      const { root, guard, place } = await createTree({ 'b/inside.txt': '', 'c.txt': '' }, { descriptors });
      const seen: string[] = [];
      const options = { enters: () => true, all: false, deadline: createDeadline(60_000) };
      for await (const entry of walk(place, [], options)) {
        seen.push(entry.path);
        if (entry.path !== 'b') continue;
        await rename(join(root, 'b'), join(root, 'moved'));
        await symlink(guard, join(root, 'b'));
      }
      expect(seen).toEqual(['b', 'c.txt']);
    },
  );

  test('stays in the folder that it entered when that is replaced by a link', async () => {
    const { root, guard, place } = await createTree({ 'b/1.txt': '', 'b/2.txt': '' });
    await writeFile(join(guard, '2.txt'), 'of the guard');
    const seen: [string, number][] = [];
    const options = { enters: () => true, all: false, deadline: createDeadline(60_000) };
    for await (const entry of walk(place, [], options)) {
      seen.push([entry.path, entry.type === 'file' ? entry.stats.size : -1]);
      if (entry.path !== 'b/1.txt') continue;
      await rename(join(root, 'b'), join(root, 'moved'));
      await symlink(guard, join(root, 'b'));
    }
    expect(seen).toEqual([
      ['b', -1],
      ['b/1.txt', 0],
      ['b/2.txt', 0],
    ]);
  });

  test('leaves no folder open when it is left early', async () => {
    const { explorer, place } = await createTree({ 'a/b/c/d.txt': '' });
    const options = { recursive: true, limit: 1 };
    await explorer.list(place, parsePath(''), options);
    const before = (await readdir('/proc/self/fd')).length;
    for (let round = 0; round < 30; round += 1) await explorer.list(place, parsePath(''), options);
    expect((await readdir('/proc/self/fd')).length).toBeLessThan(before + 10);
  });
});
