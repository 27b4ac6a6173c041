import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  COMMONJS_SERVICE,
  extend,
  type Files,
  FLASK_SERVICE,
  GO_SERVICE,
  PYTHON_PACKAGE,
  TYPESCRIPT_SERVICE,
  VITE_SITE,
} from './sample-projects.ts';

const run = promisify(execFile);
const NODE = join(import.meta.dirname, '../../../node_modules/.bin/node');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tertulia-extending-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Writes a project with its first test and runs that; what is printed. */
async function runFirstTest(
  files: Files,
  command: [string, ...string[]] = [NODE, '--test'],
): Promise<string> {
  const { files: planned } = await extend(files, ['tests']);
  const root = await mkdtemp(join(folder, 'project-'));
  const all = { ...files, ...Object.fromEntries(planned.map(({ path, content }) => [path, content])) };
  for (const [path, text] of Object.entries(all)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  const [program, ...args] = command;
  // A test within a test would report to the outer one.
  const { stdout } = await run(program, args, { cwd: root, env: { PATH: process.env.PATH } });
  return stdout;
}

async function works(program: string, ...args: string[]): Promise<boolean> {
  return await run(program, args).then(
    () => true,
    () => false,
  );
}

const hasPytest = await works('python3', '-c', 'import pytest');
const hasFlask = await works('python3', '-c', 'import flask, pytest');
const hasGo = await works('go', 'version');

/** A package without a `type`, and one module. */
function single(path: string, text: string, fields: Record<string, unknown> = {}): Files {
  return { 'package.json': JSON.stringify({ name: 'x', ...fields }), [path]: text };
}

describe('the first test of a Node project', () => {
  test.each([
    ['TypeScript', TYPESCRIPT_SERVICE, 'total(2, 3) is 6'],
    ['CommonJS', COMMONJS_SERVICE, 'greet("Ada") is "Hello, Ada!"'],
    ['an arrow function', single('src/a.mjs', 'export const half = (n) => n / 2;\n'), 'half(2) is 1'],
    [
      'a default export',
      single('src/my-shop.mjs', 'export default function () {\n  return 1;\n}\n'),
      'exports the function myShop',
    ],
    [
      'a file called like a word of the language',
      single('src/false.mjs', 'export default () => 1;\n'),
      'subject',
    ],
    ['a class', single('a.js', 'class Cart {}\nmodule.exports = Cart;\n'), 'exports the class a'],
    ['a constant', single('a.js', "exports.NAME = 'x';\n"), 'a.js exports NAME'],
    ['a constant that is a text', single('a.mjs', "export const NAME = 'x';\n"), 'NAME is "x"'],
    ['a module of constants', single('a.mjs', 'export const LIMIT = 12;\n'), 'LIMIT is 12'],
    [
      'a name that the test needs itself',
      single('a.mjs', 'export function test(a, b) {\n  return a < b;\n}\n'),
      'subject(2, 3) is true',
    ],
    [
      'TypeScript without a type',
      single('src/a.ts', 'export const up = (text: string): string => text.toUpperCase();\n'),
      'up("Ada") is "ADA"',
    ],
    ['a path with blanks', single("src/it's a.mjs", 'export const ONE = 1;\n'), 'ONE is 1'],
  ])('%s: passes when it is run', async (_, files, title) => {
    const output = await runFirstTest(files);
    expect(output).toContain(title);
    expect(output).toMatch(/pass 1\n/);
    expect(output).toMatch(/fail 0\n/);
  });

  test('fails once the code does something else', async () => {
    const { text } = await extend(TYPESCRIPT_SERVICE, ['tests']);
    const files = {
      ...TYPESCRIPT_SERVICE,
      'src/cart.ts': (TYPESCRIPT_SERVICE['src/cart.ts'] ?? '').replace('*', '+'),
      'test/cart.test.ts': text('test/cart.test.ts'),
    };
    await expect(runFirstTest(files)).rejects.toMatchObject({ stdout: expect.stringContaining('6') });
  });

  test('asks an app that is exported for its simplest route', async () => {
    const { 'src/cart.ts': _, ...files } = TYPESCRIPT_SERVICE;
    const { text } = await extend(files, ['tests']);
    expect(text('test/app.test.ts')).toBe(
      'import assert from "node:assert/strict";\nimport { test } from "node:test";\nimport { buildApp } from "../src/app.ts";\n\ntest("GET /health is answered", async () => {\n\tconst app = buildApp();\n\tconst response = await app.inject("/health");\n\tassert.equal(response.statusCode, 200);\n\tawait app.close();\n});\n',
    );
  });

  test('does not count on a route that depends on something', async () => {
    const app =
      "const express = require('express');\nconst app = express();\napp.get('/', async (req, res) => res.json(await load(req.query)));\nmodule.exports = { app };\n";
    const { text } = await extend(single('app.js', app, { dependencies: { express: '^5' } }), ['tests']);
    expect(text('test/app.test.js')).toContain('assert.notEqual(app, undefined)');
  });

  test('uses the framework that the project has', async () => {
    const jest = single('a.js', 'exports.add = add;\nfunction add(a, b) {\n  return a + b;\n}\n', {
      devDependencies: { jest: '^30' },
      scripts: { test: 'jest' },
    });
    const { text, files } = await extend(jest, ['tests']);
    expect(text('tests/a.test.js')).toBe(
      "const { add } = require('../a');\n\ntest('add(2, 3) is 5', () => {\n  expect(add(2, 3)).toBe(5);\n});\n",
    );
    expect(files).toHaveLength(1);
    const mocha = single('a.js', 'exports.ONE = 1;\n', { devDependencies: { mocha: '^11' } });
    const withMocha = await extend(mocha, ['tests']);
    expect(withMocha.text('test/a.test.js')).toMatch(
      /^const assert = require\('node:assert\/strict'\);\n[\s\S]*\nit\(/,
    );
    expect(JSON.parse(withMocha.text('package.json')).scripts).toEqual({ test: 'mocha' });
  });

  test('takes Vitest where Vite is, and names what the lock file lacks', async () => {
    const { text, assumptions, run: commands } = await extend(VITE_SITE, ['tests']);
    expect(text('tests/App.test.ts')).toContain("import { expect, test } from 'vitest'\n");
    expect(JSON.parse(text('package.json'))).toMatchObject({
      scripts: { test: 'vitest run' },
      devDependencies: { vitest: expect.stringMatching(/^\^\d+\.\d+\.\d+$/) },
    });
    expect(assumptions.join('\n')).toContain('pnpm-lock.yaml does not have vitest yet');
    expect(commands).toEqual(['pnpm install', 'pnpm test']);
  });

  test.each([
    ['an older Node', { 'package.json': '{ "type": "module", "engines": { "node": ">=20" } }' }],
    [
      'an enum',
      {
        'src/cart.ts':
          'export enum Size { Small }\nexport function total(a: number, b: number): number {\n\treturn a * b;\n}\n',
      },
    ],
    [
      'imports without an ending',
      {
        'src/cart.ts': 'import { rate } from "./rate";\nexport const total = () => rate;\n',
        'src/rate.ts': 'export const rate = 1;\nenum A {}\n',
      },
    ],
  ])('takes Vitest for TypeScript that Node cannot run: %s', async (_, more) => {
    const { 'src/app.ts': _app, 'src/server.ts': _server, ...files } = TYPESCRIPT_SERVICE;
    const { text } = await extend({ ...files, ...more }, ['tests']);
    expect(JSON.parse(text('package.json')).scripts.test).toBe('vitest run');
  });

  test('stands beside the code where tsc would compile a folder of tests', async () => {
    const options = { outDir: 'dist', rewriteRelativeImportExtensions: true };
    const files = { ...TYPESCRIPT_SERVICE, 'tsconfig.json': JSON.stringify({ compilerOptions: options }) };
    const { text } = await extend(files, ['tests']);
    expect(text('src/cart.test.ts')).toContain('"./cart.ts"');
    expect(JSON.parse(text('package.json')).devDependencies['@types/node']).toBe('^24.0.0');
  });

  test('is in JavaScript where tsc would compile it and does not take the endings that Node needs', async () => {
    const files = { ...TYPESCRIPT_SERVICE, 'tsconfig.json': '{ "compilerOptions": { "outDir": "dist" } }' };
    const { text } = await extend(files, ['tests']);
    expect(text('test/cart.test.mjs')).toContain('"../src/cart.ts"');
    expect(JSON.parse(text('package.json')).devDependencies).toEqual({ typescript: '^5.9.0' });
  });

  test('leaves a script that does something else, and says how the test is run', async () => {
    const files = single('a.mjs', 'export const ONE = 1;\n', { scripts: { test: 'ava' } });
    const { files: planned, run: commands, assumptions } = await extend(files, ['tests']);
    expect(planned.map(({ path }) => path)).toEqual(['test/a.test.mjs']);
    expect(commands).toEqual(['node --test']);
    expect(assumptions.join()).toContain('was left as it is');
  });

  test('copies no secret that a module holds', async () => {
    const { files } = await extend(single('a.mjs', "export const API_KEY = 'hush';\n"), ['tests']);
    expect(files.map(({ path }) => path)).toContain('test/a.test.mjs');
    expect(JSON.stringify(files)).not.toContain('hush');
    const python = await extend({ 'requirements.txt': '', 'settings.py': "SECRET_KEY = 'hush'\n" }, [
      'tests',
    ]);
    expect(python.files.map(({ path }) => path)).toContain('tests/test_settings.py');
    expect(JSON.stringify(python.files)).not.toContain('hush');
  });

  test('is not about a package within the project, which has tests of its own', async () => {
    const inner = { 'packages/a/package.json': '{}', 'packages/a/index.js': 'exports.ONE = 1;\n' };
    const { files } = await extend({ ...single('b.js', '', { workspaces: ['packages/*'] }), ...inner }, [
      'tests',
    ]);
    expect(files).toEqual([]);
  });

  test('does not try JSX where nothing says how it is to be read', async () => {
    const page = 'export default function Page() {\n  return <p>Hello</p>;\n}\n';
    const { files } = await extend(single('app/page.tsx', page, { dependencies: { next: '^16' } }), [
      'tests',
    ]);
    expect(files).toEqual([]);
  });

  test('is not made up where loading a module starts the program', async () => {
    const files = single('index.js', "require('http').createServer().listen(1);\nexports.a = 1;\n");
    const { files: planned, assumptions } = await extend(files, ['tests']);
    expect(planned).toEqual([]);
    expect(assumptions.join()).toContain('without starting the program');
  });
});

describe('the first test of other projects', () => {
  test('Python calls a function, and pytest is told where the code is', async () => {
    const { text, run: commands } = await extend(PYTHON_PACKAGE, ['tests']);
    expect(text('tests/test_names.py')).toBe(
      "from tide_table.names import greet\n\n\ndef test_greet():\n    assert greet('Ada') == 'Hello, Ada!'\n",
    );
    expect(text('pyproject.toml')).toBe(
      `${PYTHON_PACKAGE['pyproject.toml']}\n[tool.pytest.ini_options]\npythonpath = ["src"]\ntestpaths = ["tests"]\n`,
    );
    expect(commands).toEqual(['pip install -e ".[dev]"', 'python -m pytest']);
  });

  test('Python: it passes with pytest', async (context) => {
    context.skip(!hasPytest, 'pytest is not installed');
    expect(await runFirstTest(PYTHON_PACKAGE, ['python3', '-m', 'pytest', '-q'])).toContain('1 passed');
  });

  test('Flask answers its own route', async () => {
    const { text } = await extend(FLASK_SERVICE, ['tests']);
    expect(text('tests/test_app.py')).toContain("app.test_client().get('/')");
    expect(text('requirements-dev.txt')).toBe('-r requirements.txt\r\npytest\r\n');
  });

  test('Flask: it passes with pytest', async (context) => {
    context.skip(!hasFlask, 'Flask or pytest is not installed');
    expect(await runFirstTest(FLASK_SERVICE, ['python3', '-m', 'pytest', '-q'])).toContain('1 passed');
  });

  test('Go calls a function from within its package', async () => {
    const { text } = await extend(GO_SERVICE, ['tests']);
    expect(text('internal/cart/cart_test.go')).toBe(
      'package cart\n\nimport "testing"\n\nfunc TestTotal(t *testing.T) {\n\tif got := Total(2, 3); got != 6 {\n\t\tt.Errorf("Total(2, 3) = %v, want 6", got)\n\t}\n}\n',
    );
  });

  test('Go: it passes with go test', async (context) => {
    context.skip(!hasGo, 'Go is not installed');
    expect(await runFirstTest(GO_SERVICE, ['go', 'test', './...'])).toContain('ok');
  });
});
