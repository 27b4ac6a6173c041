import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { verifyFiles } from '../../src/projects/verify/verify.ts';

const verify = async (files: Record<string, string>) =>
  await verifyFiles(
    Object.entries(files).map(([path, content]) => ({
      path,
      content: Buffer.from(content),
      executable: false,
    })),
  );

describe('the files of a project', () => {
  it('are passed when they are right, each kind by itself', async () => {
    const checks = await verify({
      'package.json': '{ "name": "x" }',
      'tsconfig.json': '{ /* why */ "compilerOptions": { "strict": true, }, }',
      'a.yaml': 'a: 1\n---\nb: [1, 2]\n',
      'pyproject.toml': '[project]\nname = "x"\n',
      'README.md': '{ not JSON',
    });
    expect(checks).toEqual([
      { name: 'json', state: 'passed', files: 2, detail: null },
      { name: 'yaml', state: 'passed', files: 1, detail: null },
      { name: 'toml', state: 'passed', files: 1, detail: null },
    ]);
  });

  it.each([
    ['package.json', '{ "a": 1, }', 'json', /package\.json: /],
    ['tsconfig.json', '{ "a": }', 'json', /tsconfig\.json: ValueExpected/],
    ['a.yml', 'a: [1\nb: 2\n', 'yaml', /a\.yml: /],
    ['a.toml', 'a = \n', 'toml', /a\.toml: /],
    ['src/a.ts', 'const n: number = "x";\n', 'typescript', /src\/a\.ts:1: Type 'string' is not assignable/],
    ['src/a.js', 'const n = ;\n', 'typescript', /src\/a\.js:1: Expression expected/],
    ['a.tsx', 'export const a = <p>{missing}</p>;\n', 'typescript', /a\.tsx:1: Cannot find name 'missing'/],
    ['a.ts', "import { b } from './b.ts';\nb();\n", 'typescript', /Cannot find module '\.\/b\.ts'/],
  ])('are failed when %s is wrong, with the place', async (path, content, name, detail) => {
    const [check, ...others] = await verify({ [path]: content });
    expect(others).toEqual([]);
    expect(check).toMatchObject({ name, state: 'failed', files: 1, detail: expect.stringMatching(detail) });
  });

  it('are not failed for packages that are not installed yet', async () => {
    const [check] = await verify({
      'src/app.tsx': `import fastify from 'fastify';
import { readFile } from 'node:fs/promises';
import { useState } from 'react';
import logo from './logo.svg';
import './app.css';
import { total } from './total.ts';
export const app = fastify();
app.get('/', async (request, reply) => reply.send(request.body));
export function App() {
  const [count, setCount] = useState(0);
  return <button onClick={(event) => setCount(count + event.detail)}>{total([count])}{logo}{import.meta.env.MODE}</button>;
}
process.exitCode = Buffer.from(await readFile('x')).length;
`,
      'src/total.ts':
        'export const total = (prices: number[]) => prices.reduce((sum, price) => sum + price, 0);\n',
      'src/total.test.ts': "describe('total', () => { it('adds', () => { expect(1).toBe(1); }); });\n",
      'src/logo.svg': '<svg/>',
      'src/app.css': '',
    });
    expect(check).toMatchObject({ name: 'typescript', state: 'passed', files: 3 });
    expect(check?.detail).toMatch(/not installed yet/);
  });

  it('that refer to files outside of the project tell nothing of those', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'secret-'));
    try {
      await writeFile(join(folder, 'secret.json'), '{ "TOP_SECRET_KEY": 1 }');
      await writeFile(join(folder, 'secret.ts'), 'TOP_SECRET_VALUE;\n');
      for (const source of [
        `import secret from '${folder}/secret.json';\nconst wanted: { other: string } = secret;\n`,
        `/// <reference path="${folder}/secret.ts" />\n`,
        `import '${folder}/secret.ts';\n`,
      ]) {
        const checks = await verify({ 'a.ts': source });
        expect(checks).toMatchObject([{ name: 'typescript', state: 'skipped' }]);
        expect(JSON.stringify(checks)).not.toContain('TOP_SECRET');
      }
      const settings = `{ "extends": "${folder}/secret.json", "compilerOptions": { "rootDir": "/", "plugins": [{ "name": "x" }] } }`;
      const checks = await verify({ 'a.ts': 'export {};\n', 'tsconfig.json': settings });
      expect(checks.map(({ state }) => state)).toEqual(['passed', 'passed']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('tell nothing of files outside of the project, however much else is wrong', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'secret-'));
    try {
      await writeFile(join(folder, 'secret.ts'), "export const KEY = 'TOP_SECRET_VALUE';\n");
      const noise = Array.from(
        { length: 4_000 },
        (_, index) => `const n${index}: number = '${'x'.repeat(40)}';`,
      );
      const checks = await verify({
        'a.ts': `import { KEY } from '${folder}/secret.ts';\nconst key: never = KEY;\n`,
        'b.ts': noise.join('\n'),
      });
      expect(checks).toMatchObject([{ name: 'typescript', state: 'failed' }]);
      expect(JSON.stringify(checks)).not.toContain('TOP_SECRET');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.each([
    ['/// <reference path="/etc/missing.ts" />\n'],
    ['/// <reference path="../../etc/passwd" />\n'],
    ["import missing from '../../etc/missing.json';\nexport { missing };\n"],
  ])('do not tell whether there is a file outside of the project: %s', async (source) => {
    const [check] = await verify({ 'a.ts': source });
    expect(check).toMatchObject({
      state: 'skipped',
      detail: expect.stringContaining('outside of the project'),
    });
  });

  it('that take a parser long hold up nobody else', async () => {
    const keys = Array.from({ length: 12_000 }, (_, index) => `k${index}: 1\n`).join('');
    const delay = monitorEventLoopDelay({ resolution: 10 });
    delay.enable();
    const checks = await verify({ 'a.yaml': keys, 'b.yaml': '['.repeat(100_000) });
    delay.disable();
    expect(checks).toMatchObject([
      { name: 'yaml', state: 'failed', detail: expect.stringMatching(/^b\.yaml: /) },
    ]);
    // On the thread of the server it would be half a minute.
    expect(delay.max / 1e6).toBeLessThan(2_000);
  });

  it('are checked without the settings that cannot be read', async () => {
    const checks = await verify({ 'a.ts': 'export {};\n', 'tsconfig.json': '['.repeat(200_000) });
    expect(checks.find(({ name }) => name === 'typescript')).toMatchObject({ state: 'passed' });
  });

  it('are compiled by Python where it is there, and skipped by name where it is not', async () => {
    const [check] = await verify({ 'a.py': 'def total(:\n  pass\n', 'b.py': 'x = 1\n' });
    const isHere = check?.detail !== 'there is no python3 on this machine';
    expect(check).toMatchObject(
      isHere
        ? { name: 'python', state: 'failed', files: 2, detail: expect.stringMatching(/^a\.py:1: /) }
        : { name: 'python', state: 'skipped', files: 2 },
    );
  });

  it('of Go are vetted where Go is there, and skipped with the reason where it is not', async () => {
    const [check] = await verify({
      'main.go': 'package main\n\nfunc main() { missing() }\n',
      'go.mod': 'module example.com/x\n\ngo 1.22\n',
    });
    if (check?.state === 'skipped') expect(check.detail).toMatch(/no go on this machine|took too long|older/);
    else
      expect(check).toMatchObject({ name: 'go', state: 'failed', detail: expect.stringMatching(/missing/) });
    const replacing = 'module example.com/x\n\nreplace example.com/y => /etc\n';
    const [replaced] = await verify({ 'main.go': 'package main\n', 'go.mod': replacing });
    expect(replaced).toMatchObject({
      state: 'skipped',
      detail: expect.stringContaining('outside of the project'),
    });
    const [withoutModule] = await verify({ 'main.go': 'package main\n' });
    expect(withoutModule).toMatchObject({
      state: 'skipped',
      detail: 'there is no go.mod at the top of the project',
    });
  });
});
