import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createDocumentReader, type DocumentReader } from '../support/document-reader.ts';

const PAPERS: Record<string, string> = {
  'errors.md':
    '# Errors\n\nA value outside of its bounds throws ERR_OUT_OF_RANGE.\n\nWindows says 0x80070005 when access is denied.\n',
  'files.md': '# Files\n\nCall fs.readFileSync only at the start.\n\nfs.writeFile is the one that waits.\n',
  'hooks.md': '# Hooks\n\nSkip them with `git commit --no-verify`.\n\nThe flag --verify is the default.\n',
  'people.md':
    '# People\n\nWrite to maria.lopez@example.org about the release 1.2.3.\n\nThe release 1.2.4 is newer.\n',
  'server.ts':
    "import { createServer } from 'node:http';\n\nexport function openConnectionPool(maxIdleTimeMs: number) {\n  return createServer().setTimeout(maxIdleTimeMs);\n}\n",
  'viaje.md':
    '# Viaje\n\nLa estación de autobuses está detrás del jardín botánico.\n\nEl camión salió mañana por la mañana.\n',
  'cocina.txt': 'La receta de la abuela lleva pimentón y azafrán.\n',
  'weather.txt': 'The barometer fell during the thunderstorm.\n',
};

let app: TestApp;
let reader: DocumentReader;
let users = 0;
beforeAll(async () => {
  app = await startTestApp({ env: { KNOWLEDGE_SCAN_INTERVAL_MS: '200' } });
  reader = createDocumentReader(app, 'searcher');
  await reader.write(
    Object.fromEntries(Object.entries(PAPERS).map(([name, text]) => [`papers/${name}`, text])),
  );
  await reader.read('papers');
});
afterAll(() => app.stop());

/** Someone else, with these files in a folder of their own that is read in. */
async function readerOf(files: Record<string, string>) {
  users += 1;
  const other = createDocumentReader(app, `searcher-${users}`);
  const root = `of-${users}`;
  await other.write(
    Object.fromEntries(Object.entries(files).map(([path, text]) => [`${root}/${path}`, text])),
  );
  await other.read(root);
  return { ...other, root };
}

const best = async (query: string) => (await reader.search(query))[0];

describe('what is found', () => {
  it.each([
    ['ERR_OUT_OF_RANGE', 'errors.md', 'ERR_OUT_OF_RANGE'],
    ['err_out_of_range', 'errors.md', 'ERR_OUT_OF_RANGE'],
    ['what does "ERR_OUT_OF_RANGE" mean?', 'errors.md', 'ERR_OUT_OF_RANGE'],
    ['0x80070005', 'errors.md', '0x80070005'],
    ['fs.readFileSync', 'files.md', 'fs.readFileSync'],
    ['readFileSync', 'files.md', 'fs.readFileSync'],
    ['--no-verify', 'hooks.md', '--no-verify'],
    ['maria.lopez@example.org', 'people.md', 'maria.lopez@example.org'],
    ['1.2.3', 'people.md', '1.2.3'],
    ['openConnectionPool', 'server.ts', 'openConnectionPool'],
    ['connection pool', 'server.ts', 'openConnectionPool'],
    ['maxIdleTimeMs', 'server.ts', 'maxIdleTimeMs'],
    ['node:http', 'server.ts', 'node:http'],
    ['estación de autobuses', 'viaje.md', 'estación'],
    ['estacion de autobuses', 'viaje.md', 'estación'],
    ['ESTACIÓN', 'viaje.md', 'estación'],
    ['¿dónde está el jardin botanico?', 'viaje.md', 'jardín'],
    ['camiones', 'viaje.md', 'camión'],
    ['pimenton', 'cocina.txt', 'pimentón'],
    ['azafran de la abuela', 'cocina.txt', 'azafrán'],
    ['thunderstrom', 'weather.txt', 'thunderstorm'],
    ['barrometer', 'weather.txt', 'barometer'],
    ['thunderstorms', 'weather.txt', 'thunderstorm'],
  ])('for %j stands first: %s', async (query, name, words) => {
    const found = await best(query);
    expect(found?.path).toBe(`papers/${name}`);
    expect(found?.text).toContain(words);
    expect(found?.via).toContain('text');
  });

  it('stands above what has only a part of an identifier', async () => {
    const other = await readerOf({
      'one.txt': 'ERR_OUT_OF_MEMORY is thrown when there is no memory.',
      'two.txt': 'ERR_OUT_OF_RANGE is thrown when a value is out of bounds.',
      'three.txt': 'The range of the err is out of what we know, out and out.',
      'four.txt': 'Use ERR_INVALID_RANGE for a range that is invalid; range, range.',
    });
    expect((await other.found('ERR_OUT_OF_RANGE'))[0]).toBe(`${other.root}/two.txt`);
    const versions = await readerOf({
      'a.txt': 'Version 1.2.3 is out.',
      'b.txt': 'Version 3.2.1 is out: 1, 2, 3.',
    });
    expect((await versions.found('version 1.2.3'))[0]).toBe(`${versions.root}/a.txt`);
  });

  it('has a coverage of 1 when it has all of the words, and less when it has not', async () => {
    expect((await best('barometer fell during thunderstorm'))?.coverage).toBe(1);
    const half = (await best('barometer zzyzx'))?.coverage ?? 1;
    expect(half).toBeGreaterThan(0);
    expect(half).toBeLessThan(1);
    for (const { coverage } of await reader.search('release file barometer jardín')) {
      expect(coverage).toBeGreaterThanOrEqual(0);
      expect(coverage).toBeLessThanOrEqual(1);
    }
  });

  it('is nothing where there is nothing to find', async () => {
    expect(await reader.search('quetzalcoatlus')).toEqual([]);
    expect(await createDocumentReader(app, 'nobody').search('barometer')).toEqual([]);
  });

  it('is in the same order each time, with the same scores', async () => {
    const asked = 'the release of the file, the flag and the barometer';
    const first = await reader.search(asked);
    expect(first.length).toBeGreaterThan(2);
    for (let time = 0; time < 5; time += 1) expect(await reader.search(asked)).toEqual(first);
    const scores = first.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((one, other) => other - one));
  });
});

describe('a query of any kind', () => {
  const ODD: string[] = [
    'the of and a',
    'de la que el',
    'a',
    '🎉',
    '👩‍👩‍👧‍👦🏳️‍🌈',
    '...',
    '?!',
    "'",
    "''",
    '"',
    '\\',
    "\\'",
    `'; drop table chunks; --`,
    "' || (select 1) || '",
    'foo & bar | !baz <-> qux:*',
    '!!!:*',
    "'a':1A 'b':2",
    '( ( (',
    '%_%',
    '\ud800',
    'a\ud800b',
    '\ufeff\u200b\u202e',
    '\u0001\u001f',
    'İıſßﬁ',
    'ﷺ'.repeat(500),
    'ёжик 猫 قطة',
    '猫が好きです',
    'x'.repeat(32_000),
    'word '.repeat(6_400),
    Array.from({ length: 5_000 }, (_, index) => `w${index}`)
      .join(' ')
      .slice(0, 32_000),
    Array.from({ length: 3_000 }, (_, index) => `a.b_${index}`)
      .join(' ')
      .slice(0, 32_000),
    '('.repeat(32_000),
    '🎉'.repeat(16_000),
  ];

  it.each(ODD.map((query) => [query.slice(0, 30), query]))('%j… is answered', async (_, query) => {
    const started = performance.now();
    const { status, body } = await reader.post('/file-consultant/search', { query });
    expect({ status, body }).toMatchObject({ status: 200, body: expect.any(Array) });
    expect(performance.now() - started).toBeLessThan(5_000);
    for (const { coverage } of body) expect(coverage).toBeGreaterThanOrEqual(0);
  });

  it('is answered, whatever it is made of', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }), async (query) => {
        const { status } = await reader.post('/file-consultant/search', { query });
        expect(status).toBe(query.includes('\0') || query.trim() === '' ? 400 : 200);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['', 'query'],
    [' \n\t', 'query'],
    ['a\0b', 'query'],
    ['x'.repeat(32_001), 'query'],
  ])('is refused when it is %j', async (query, field) => {
    const { status, body } = await reader.post('/file-consultant/search', { query });
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'invalid_request' });
    expect(body.detail).toContain(field);
  });

  it.each<[object, string]>([
    [{ limit: 0 }, 'limit'],
    [{ limit: 51 }, 'limit'],
    [{ limit: 1.5 }, 'limit'],
    [{ formats: ['exe'] }, 'formats'],
    [{ modified_after: 'yesterday' }, 'modified_after'],
    [{ path: '' }, 'path'],
    [{ path: 'a\0b' }, 'path'],
    [{ paths: [] }, 'paths'],
  ])('is refused with %j, by its field', async (more, field) => {
    const { status, body } = await reader.post('/file-consultant/search', { query: 'x', ...more });
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'invalid_request' });
    expect(body.detail).toContain(field);
  });

  it.each(['0000-01-01T00:00:00Z', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z'])(
    'takes the time %s or refuses it',
    async (time) => {
      const { status } = await reader.post('/file-consultant/search', {
        query: 'barometer',
        modified_after: time,
      });
      expect([200, 400]).toContain(status);
    },
  );
});

describe('filters', () => {
  const NAMES = [
    'a+b (1).md',
    'a+b (12).md',
    'app/[id].tsx',
    'app/i.tsx',
    'app/deep/page.tsx',
    'app/[...all]/page.tsx',
    'docs/one.md',
    'docs/two.txt',
    'docs/deep/three.md',
    'docs-old/four.md',
    '^start$.md',
    '{x}.md',
    'dollar$.md',
    'ñandú/año.md',
    'DOCS.md',
  ];
  let owner: Awaited<ReturnType<typeof readerOf>>;
  beforeAll(async () => {
    owner = await readerOf(
      Object.fromEntries(NAMES.map((name, index) => [name, `A kestrel and note ${'x'.repeat(index + 3)}.`])),
    );
  });
  const within = async (pattern: string) =>
    (await owner.search('kestrel', { path: pattern, limit: 50 }))
      .flatMap(({ path, also_in }) => [path, ...also_in.map((copy) => copy.path)])
      .map((path) => path.slice(owner.root.length + 1))
      .sort();

  it.each<[string, string[]]>([
    ['docs', ['docs/deep/three.md', 'docs/one.md', 'docs/two.txt']],
    ['docs/', ['docs/deep/three.md', 'docs/one.md', 'docs/two.txt']],
    ['docs/one.md', ['docs/one.md']],
    ['docs/one', []],
    ['docs/*', ['docs/one.md', 'docs/two.txt']],
    ['docs/**', ['docs/deep/three.md', 'docs/one.md', 'docs/two.txt']],
    ['docs/**/*.md', ['docs/deep/three.md', 'docs/one.md']],
    ['**/*.tsx', ['app/[...all]/page.tsx', 'app/[id].tsx', 'app/deep/page.tsx', 'app/i.tsx']],
    ['**/page.tsx', ['app/[...all]/page.tsx', 'app/deep/page.tsx']],
    ['docs/{one,two}.{md,txt}', ['docs/one.md', 'docs/two.txt']],
    ['{docs,app}/*.{md,tsx}', ['app/[id].tsx', 'app/i.tsx', 'docs/one.md']],
    ['docs/t[wx]o.txt', ['docs/two.txt']],
    ['docs/t[!w]o.txt', []],
    ['docs/t[a-z]o.txt', ['docs/two.txt']],
    ['docs/t?o.txt', ['docs/two.txt']],
    ['a+b (1).md', ['a+b (1).md']],
    ['a+b (*).md', ['a+b (1).md', 'a+b (12).md']],
    ['app/[id].tsx', ['app/[id].tsx', 'app/i.tsx']],
    ['app/[...all]', ['app/[...all]/page.tsx']],
    ['^start$.md', ['^start$.md']],
    ['{x}.md', ['{x}.md']],
    ['dollar$.md', ['dollar$.md']],
    ['ñandú', ['ñandú/año.md']],
    ['ñ*/a?o.md', ['ñandú/año.md']],
    ['.*', []],
    ['docs.one.md', []],
    ['doc', []],
  ])('by the path %s', async (pattern, wanted) => {
    expect(await within(`${owner.root}/${pattern}`)).toEqual(wanted.sort());
  });

  it('by the whole workspace find all', async () => {
    for (const pattern of ['.', '/', './', '**', `./${owner.root}/`, `/${owner.root}`])
      expect(await within(pattern)).toHaveLength(NAMES.length);
  });

  const ODD_PATTERNS = [
    '[z-a].md',
    'a}b{c*',
    'a}*',
    '}{',
    '{{{{*',
    '*}}}}',
    '[',
    '[]',
    '[]*',
    '[!]*',
    '[^^]*',
    '[a-]*',
    '[-a]*',
    '[a-b-c]*',
    '[[:alpha:]]*',
    '[.-.]*',
    '[=a=]*',
    '\\',
    '\\*',
    '*\\',
    '***:a',
    '(?i)*',
    '*'.repeat(4_000),
    '*a'.repeat(32),
    '**/'.repeat(32),
    '?'.repeat(32),
    '{a,'.repeat(32) + '}'.repeat(32),
    '{*,*a,'.repeat(10) + '}'.repeat(10),
    '{a,b}'.repeat(32),
    '\ud800*',
    '🎉[🎉-🎊]*',
  ];
  it.each(ODD_PATTERNS)('by the odd pattern %j are answered, soon', async (pattern) => {
    const started = performance.now();
    const { status, body } = await owner.post('/file-consultant/search', { query: 'kestrel', path: pattern });
    expect({ status, body }).toMatchObject({ status: 200 });
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it.each(['*a', '**/', '{a,', '{a,b}', '?', '[a]'])('by %j a thousand times are refused', async (piece) => {
    const { status, body } = await owner.post('/file-consultant/search', {
      query: 'kestrel',
      path: piece.repeat(800),
    });
    expect({ status, body }).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  });

  it('by any pattern are answered', async () => {
    const piece = fc.constantFrom(
      '*',
      '**',
      '/',
      '{',
      '}',
      ',',
      '[',
      ']',
      '!',
      '^',
      '-',
      'a',
      'z',
      '?',
      '\\',
      '.',
      '(',
      ')',
      '|',
      '$',
      '+',
      'é',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 14 }), async (pieces) => {
        const { status } = await owner.post('/file-consultant/search', {
          query: 'kestrel',
          path: pieces.join(''),
        });
        expect(status).toBe(200);
      }),
      { numRuns: 150 },
    );
  });

  it('by format and by date', async () => {
    const dated = await readerOf({
      'old.md': 'A merlin of old.',
      'new.md': 'A merlin of late.',
      'new.txt': 'A merlin as text.',
    });
    const old = join(app.workspace, dated.root, 'old.md');
    const recent = (await dated.at(`${dated.root}/new.md`))?.read_at;
    await utimes(old, new Date('2020-05-05T05:05:05Z'), new Date('2020-05-05T05:05:05Z'));
    const named = async (more: object) =>
      (await dated.found('merlin', more)).map((path) => path.slice(dated.root.length + 1)).sort();
    await expect
      .poll(() => named({ modified_before: '2021-01-01T00:00:00Z' }), { timeout: 10_000 })
      .toEqual(['old.md']);
    expect(await named({ modified_after: '2021-01-01T00:00:00Z' })).toEqual(['new.md', 'new.txt']);
    expect(
      await named({ modified_after: '2020-05-05T05:05:05Z', modified_before: '2020-05-05T05:05:06Z' }),
    ).toEqual(['old.md']);
    expect(await named({ modified_before: '2020-05-05T05:05:05Z' })).toEqual([]);
    expect(await named({ modified_after: '2031-01-01T00:00:00Z' })).toEqual([]);
    expect(recent).toBeTruthy();
    expect(await named({ formats: ['text'] })).toEqual(['new.txt']);
    expect(await named({ formats: ['text', 'markdown'], path: `${dated.root}/old*` })).toEqual(['old.md']);
    expect(await named({ formats: ['pdf'] })).toEqual([]);
    expect(await named({ formats: [] })).toEqual(['new.md', 'new.txt', 'old.md']);
  });
});
