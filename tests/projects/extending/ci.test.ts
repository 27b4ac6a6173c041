import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import {
  COMMONJS_SERVICE,
  extend,
  type Files,
  FLASK_SERVICE,
  GO_SERVICE,
  PYTHON_PACKAGE,
  STATIC_SITE,
  TYPESCRIPT_SERVICE,
  VITE_SITE,
} from './sample-projects.ts';

const WORKFLOW = '.github/workflows/ci.yml';
const workflow = z.object({
  permissions: z.object({ contents: z.literal('read') }),
  concurrency: z.object({ group: z.string(), 'cancel-in-progress': z.literal(true) }),
  jobs: z.record(
    z.string(),
    z.object({
      steps: z.array(
        z.object({
          uses: z.string().optional(),
          run: z.string().optional(),
          with: z.record(z.string(), z.unknown()).optional(),
        }),
      ),
    }),
  ),
});

async function stepsOf(files: Files, add: Parameters<typeof extend>[1] = ['ci']) {
  const { text, assumptions } = await extend(files, add);
  const { jobs } = workflow.parse(parse(text(WORKFLOW)));
  const steps = Object.values(jobs).flatMap((job) => job.steps);
  return {
    runs: steps.flatMap(({ run }) => run ?? []),
    settings: Object.assign({}, ...steps.map((step) => step.with)) as Record<string, unknown>,
    uses: steps.flatMap(({ uses }) => uses?.split('@')[0] ?? []),
    assumptions,
  };
}

function manifest(fields: Record<string, unknown>): Files {
  return { 'package.json': `${JSON.stringify({ name: 'x', ...fields }, null, 2)}\n` };
}

describe('a workflow for Node', () => {
  test('installs, then runs the scripts that there are, with the right version and cache', async () => {
    const { runs, settings } = await stepsOf(TYPESCRIPT_SERVICE);
    expect(runs).toEqual(['npm ci', 'npm run lint', 'npm run build']);
    expect(settings).toEqual({ 'node-version': 24, cache: 'npm' });
  });

  test('runs the test that is added by the same call', async () => {
    expect((await stepsOf(TYPESCRIPT_SERVICE, ['ci', 'tests'])).runs.at(-1)).toBe('npm test');
    expect((await stepsOf(COMMONJS_SERVICE, ['ci', 'tests'])).runs).toEqual(['npm test']);
  });

  test('names no script that is not there, whatever the others are called', async () => {
    const scripts = {
      'lint fix; rm -rf /': 'x',
      '"quoted"': 'x',
      toString: 'x',
      typecheck: 'tsc',
      'test:unit': 'node --test',
    };
    const { runs } = await stepsOf(manifest({ scripts }));
    expect(runs).toEqual(['npm run typecheck', 'npm run test:unit']);
    for (const run of runs) expect(Object.keys(scripts)).toContain(run.split(' ').at(-1));
  });

  test('leaves out what changes files and what never ends, and says so', async () => {
    const scripts = { lint: 'eslint --fix .', test: 'jest --watch', build: 'tsc' };
    const { runs, assumptions } = await stepsOf(manifest({ scripts }));
    expect(runs).toEqual(['npm run build']);
    expect(assumptions.join()).toMatch(/leaves out lint.*leaves out test/s);
  });

  test('prefers a script for CI where "test" waits for changes', async () => {
    const scripts = { test: 'vitest --watch', 'test:run': 'vitest run' };
    expect((await stepsOf(manifest({ scripts }))).runs).toEqual(['npm run test:run']);
  });

  test('sets up pnpm in the version of the project', async () => {
    const { runs, settings, uses } = await stepsOf(VITE_SITE);
    expect(runs).toEqual(['pnpm install --frozen-lockfile', 'pnpm run build']);
    expect(uses).toContain('pnpm/action-setup');
    expect(settings).toEqual({ 'node-version': 24, cache: 'pnpm' });
    const older = {
      ...manifest({ devDependencies: { a: '1' } }),
      'pnpm-lock.yaml': "lockfileVersion: '6.0'\n",
    };
    expect((await stepsOf(older)).settings).toMatchObject({ version: 8, cache: 'pnpm' });
  });

  test.each([
    ['yarn.lock', '# yarn lockfile v1\n', 'yarn install --frozen-lockfile'],
    ['yarn.lock', '__metadata:\n  version: 8\n', 'yarn install --immutable'],
    ['bun.lock', '{}', 'bun install --frozen-lockfile'],
    ['none', '', 'npm install'],
  ])('with %s it installs by the right command', async (lockFile, text, install) => {
    const files = {
      ...manifest({ dependencies: { a: '1' } }),
      ...(lockFile === 'none' ? {} : { [lockFile]: text }),
    };
    expect((await stepsOf(files)).runs).toContain(install);
  });

  test.each([
    [{ '.nvmrc': 'v20.11.1\n' }, { 'node-version-file': '.nvmrc' }],
    [{}, { 'node-version': 24 }],
  ])('takes the version of Node from where the project says it', async (more, expected) => {
    const { settings } = await stepsOf({ ...manifest({ scripts: { test: 'node --test' } }), ...more });
    expect(settings).toEqual(expected);
  });

  test.each([
    ['>=18', 24],
    ['^20.10.0', 20],
    ['18.x || 20.x', 20],
    ['>=18 <21', 20],
    ['>= 22 < 23', 22],
    ['16 - 20', 20],
    ['>24', 26],
    ['~22.1', 22],
    ['*', 24],
    ['nonsense', 24],
  ])('engines "%s" is Node %d', async (range, version) => {
    const { settings } = await stepsOf(
      manifest({ engines: { node: range }, scripts: { test: 'node --test' } }),
    );
    expect(settings['node-version']).toBe(version);
  });
});

describe('a workflow for other projects', () => {
  test('Python installs its extra for development, and lints and tests with what it has', async () => {
    const { runs, settings } = await stepsOf({
      ...PYTHON_PACKAGE,
      'tests/test_names.py': 'def test_x(): ...\n',
    });
    expect(runs).toEqual(['pip install -e ".[dev]"', 'ruff check .', 'python -m pytest']);
    expect(settings).toMatchObject({ 'python-version': '3.13', cache: 'pip' });
  });

  test('without tests Python files are compiled at least, and that is said', async () => {
    const { runs, assumptions } = await stepsOf(FLASK_SERVICE);
    expect(runs).toEqual(['pip install -r requirements.txt', 'python -m compileall -q .']);
    expect(assumptions.join()).toContain('no tests');
  });

  test('uv and Poetry are used where the project does', async () => {
    const uv = { ...PYTHON_PACKAGE, 'uv.lock': '', 'tests/test_names.py': '' };
    expect((await stepsOf(uv)).runs).toEqual(['uv sync --extra dev', 'uv run ruff check .', 'uv run pytest']);
    const poetry = {
      'pyproject.toml': '[tool.poetry]\nname = "x"\n[tool.poetry.dependencies]\npython = "^3.10"\n',
      'poetry.lock': '',
      'tests/test_x.py': 'import unittest\n',
    };
    expect((await stepsOf(poetry)).runs).toEqual([
      'pipx install poetry',
      'poetry install',
      'poetry run python -m unittest discover',
    ]);
  });

  test('Go vets, builds and tests with the version of go.mod', async () => {
    const { runs, settings } = await stepsOf(GO_SERVICE);
    expect(runs).toEqual(['go vet ./...', 'go build ./...', 'go test ./...']);
    expect(settings['go-version-file']).toBe('go.mod');
  });

  test('Rust and Java are built and tested by their own tools', async () => {
    const rust = { 'Cargo.toml': '[package]\nname = "x"\n', 'Cargo.lock': '', 'src/lib.rs': '' };
    expect((await stepsOf(rust)).runs).toContain('cargo test --locked');
    const java = { 'pom.xml': '<java.version>17</java.version>', mvnw: '', 'src/A.java': '' };
    const { runs, settings } = await stepsOf(java);
    expect(runs).toEqual(['sh ./mvnw --batch-mode verify']);
    expect(settings['java-version']).toBe('17');
  });

  test('pages alone have nothing to run, and that is said', async () => {
    const { files, assumptions } = await extend(STATIC_SITE, ['ci']);
    expect(files).toEqual([]);
    expect(assumptions.join()).toContain('nothing to install');
  });
});
