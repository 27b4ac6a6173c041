import { describe, expect, test } from 'vitest';
import { EXTENSIONS } from '../../../src/projects/extending/extensions.ts';
import {
  COMMONJS_SERVICE,
  extend,
  FLASK_SERVICE,
  GO_SERVICE,
  PYTHON_PACKAGE,
  STATIC_SITE,
  TYPESCRIPT_SERVICE,
  VITE_SITE,
} from './sample-projects.ts';

const SAMPLES = {
  TYPESCRIPT_SERVICE,
  COMMONJS_SERVICE,
  VITE_SITE,
  PYTHON_PACKAGE,
  FLASK_SERVICE,
  GO_SERVICE,
  STATIC_SITE,
};

describe('what is there already', () => {
  test('a project that has everything gets nothing, and is told what was kept', async () => {
    const { files, kept } = await extend(
      {
        ...TYPESCRIPT_SERVICE,
        'docker/Dockerfile': 'FROM scratch\n',
        'tests/cart.test.ts': '',
        '.gitlab-ci.yml': 'test: {}\n',
        LICENCE: 'mine',
        'readme.rst': '',
        '.gitignore': '',
        '.editorconfig': 'root = true\n',
      },
      EXTENSIONS,
    );
    expect(files).toEqual([]);
    expect(kept.toSorted()).toEqual([
      '.editorconfig',
      '.gitignore',
      '.gitlab-ci.yml',
      'LICENCE',
      'docker/Dockerfile',
      'readme.rst',
      'tests/cart.test.ts',
    ]);
  });

  test.each([
    ['license', 'LICENSE.md'],
    ['license', 'COPYING'],
    ['dockerfile', 'Containerfile'],
    ['dockerfile', 'Dockerfile.prod'],
    ['ci', '.github/workflows/release.yaml'],
    ['ci', '.circleci/config.yml'],
    ['tests', 'src/cart.spec.ts'],
    ['tests', '__tests__/cart.ts'],
    ['tests', 'test/index.js'],
  ] as const)('for %s, %s is left alone', async (extension, path) => {
    const { files, kept } = await extend({ ...TYPESCRIPT_SERVICE, [path]: 'x\n' }, [extension]);
    expect({ files, kept }).toEqual({ files: [], kept: [path] });
  });

  test('a helper in the tests folder is no test, and shows where tests belong', async () => {
    const { text } = await extend({ ...TYPESCRIPT_SERVICE, 'tests/support/server.ts': '' }, ['tests']);
    expect(text('tests/cart.test.ts')).toContain('total(2, 3)');
  });

  test.each(Object.entries(SAMPLES))('nothing that %s has is made anew', async (_, sample) => {
    const { files } = await extend(sample, EXTENSIONS);
    for (const { path, previous } of files) expect(previous).toBe(sample[path] ?? null);
    expect(new Set(files.map(({ path }) => path)).size).toBe(files.length);
  });

  test('a second time there is nothing left to add', async () => {
    for (const sample of Object.values(SAMPLES)) {
      const first = await extend(sample, EXTENSIONS);
      const after = {
        ...sample,
        ...Object.fromEntries(first.files.map(({ path, content }) => [path, content])),
      };
      const second = await extend(after, EXTENSIONS);
      expect(second.files).toEqual([]);
    }
  });
});

describe('a project of no known kind', () => {
  test.each(['dockerfile', 'tests', 'ci', 'gitignore'] as const)('%s is refused', async (extension) => {
    await expect(extend({ 'notes.txt': 'hello' }, [extension, 'license'])).rejects.toMatchObject({
      code: 'project_unclear',
      message: expect.stringContaining(extension),
    });
  });

  test('an empty folder still gets a licence, a README and an .editorconfig', async () => {
    const { files, text } = await extend({}, ['readme', 'license', 'editorconfig'], { name: 'My *notes*\n' });
    expect(files.map(({ path }) => path)).toEqual(['LICENSE', '.editorconfig', 'README.md']);
    expect(text('README.md')).toMatch(/^# My \\\*notes\\\*\n/);
    expect(text('LICENSE')).toContain('Copyright (c) 2026 My *notes*\n');
  });
});

describe('broken files', () => {
  test.each(['{ "name": ', '[]', '"text"', ''])(
    'a package.json with %j is named in the refusal',
    async (text) => {
      await expect(extend({ 'package.json': text }, ['license'])).rejects.toMatchObject({
        code: 'invalid_request',
        message: expect.stringMatching(/^package\.json is not valid/),
      });
    },
  );

  test('a broken pyproject.toml is named in the refusal', async () => {
    await expect(extend({ 'pyproject.toml': '[project' }, ['ci'])).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringMatching(/^pyproject\.toml is not valid TOML/),
    });
  });

  test('fields of another form than npm knows count as missing', async () => {
    const manifest = '{ "name": 5, "scripts": { "test": ["a"] }, "engines": "node", "author": {}, "bin": 3 }';
    const { text } = await extend({ 'package.json': manifest }, ['license', 'readme', 'ci', 'gitignore']);
    expect(text('LICENSE')).toContain('2026 my-shop\n');
  });

  test('scripts that are a list are named where one would have to be added', async () => {
    const files = { ...COMMONJS_SERVICE, 'package.json': '{\n  "name": "x",\n  "scripts": []\n}\n' };
    await expect(extend(files, ['tests'])).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('scripts'),
    });
  });

  test('a README says how Django is started', async () => {
    const wsgi = 'application = get_wsgi_application()\n';
    const files = { 'requirements.txt': 'Django>=5\n', 'manage.py': '', 'shop/wsgi.py': wsgi };
    expect((await extend(files, ['readme'])).text('README.md')).toContain('\npython manage.py runserver\n');
  });

  test.each([
    ['a line of two million characters', `export const a = 1;\n${'x'.repeat(2_000_000)}`],
    ['templates in templates', `\`\${`.repeat(30_000)],
    ['nothing but blanks', `export const a =${' '.repeat(140_000)}`],
    ['open brackets', `exports.a = ${'{\n'.repeat(60_000)}`],
  ])('%s in a source file is no obstacle', async (_, text) => {
    const started = performance.now();
    const { files } = await extend({ 'package.json': '{ "name": "x" }', 'a.js': text }, EXTENSIONS);
    expect(files.map(({ path }) => path)).toContain('LICENSE');
    expect(performance.now() - started).toBeLessThan(5000);
  });

  const BLANKS = ' '.repeat(100_000);
  test.each([
    ['an author', { 'package.json': `{ "author": "x${BLANKS}x" }` }],
    ['a version of Node', { 'package.json': `{ "engines": { "node": "<${BLANKS}x" } }` }],
    [
      'a version of Node in digits',
      { 'package.json': `{ "engines": { "node": "${'0'.repeat(20_000)}!" } }` },
    ],
    ['a version of Python', { 'pyproject.toml': `[project]\nname = "x"\nrequires-python = "${BLANKS}x"\n` }],
    [
      'blank lines',
      { 'pyproject.toml': `[project]\nname = "x"\n${' \n'.repeat(30_000)}a = 1\n`, 'a.py': '' },
    ],
    ['brackets', { 'package.json': '{}', 'tsconfig.json': '['.repeat(200_000) }],
    ['exports', { 'package.json': '{}', 'a.js': 'exports.f = f;\n'.repeat(9_000) }],
  ])('%s of a hundred thousand characters is no obstacle', async (_, files) => {
    const started = performance.now();
    expect((await extend(files, EXTENSIONS)).files.map(({ path }) => path)).toContain('LICENSE');
    expect(performance.now() - started).toBeLessThan(5000);
  });

  test('settings of a formatter that cannot be read change nothing', async () => {
    const files = { ...TYPESCRIPT_SERVICE, 'biome.json': '{ "formatter": ', '.prettierrc': 'semi: [' };
    expect((await extend(files, ['tests'])).text('test/cart.test.ts')).toContain(
      '\tassert.equal(total(2, 3), 6);',
    );
  });
});
