import { describe, expect, test } from 'vitest';
import * as rules from './architecture/rules.ts';
import { parseSourceFile, readSourceFiles } from './architecture/source-file.ts';

const sources = readSourceFiles('src');
const tests = readSourceFiles('tests');
const everything = [...sources, ...tests, ...readSourceFiles('scripts'), ...readSourceFiles('bench')];

/** Parses made-up files, so that each rule is seen to catch what it is for. */
function files(texts: Record<string, string>) {
  return Object.entries(texts).map(([path, text]) => parseSourceFile(path, text));
}

describe('this repository', () => {
  test('is what the rules look at', () => {
    const paths = everything.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(['src/server.ts', 'src/config.ts', 'tests/architecture.test.ts']),
    );
  });

  test('imports only downward', () => expect(rules.upwardImports(sources)).toEqual([]));
  test('has no import cycles', () => expect(rules.importCycles(sources)).toEqual([]));
  test('keeps HTTP and SQL on their floors', () => expect(rules.misplacedPackages(sources)).toEqual([]));
  test('loads drizzle in one place', () => expect(rules.slowPackages(sources)).toEqual([]));
  test('builds services only in services.ts and app.ts', () =>
    expect(rules.buildingOutsideRoots(sources)).toEqual([]));
  test('has no overlong file', () => expect(rules.overlongFiles([...sources, ...tests])).toEqual([]));
  test('reads the environment once', () => expect(rules.environmentReads(sources)).toEqual([]));
  test('exports by name', () => expect(rules.namelessExports(sources)).toEqual([]));
  test('names files after what they do', () => expect(rules.emptyNames(everything)).toEqual([]));
  test('has a test for every route file', () => expect(rules.untestedRoutes(sources, tests)).toEqual([]));
});

describe('the rule', () => {
  test('on floors catches an import of a higher floor, of a value or of a type', () => {
    const found = rules.upwardImports(
      files({
        'src/memory/recall.ts': "import type { Turn } from '../turns/turns.ts';\nexport const limit = 5;",
        'src/models/chat.ts': "type Recall = import('../memory/recall.ts').Recall;",
        'src/db/database.ts': "const later = () => import('../app.ts');",
      }),
    );
    expect(found).toEqual([
      'src/memory/recall.ts:1 imports src/turns/turns.ts, but "turns" is above "memory"; move the shared part to a ' +
        'lower floor, or pass it in as a parameter.',
      expect.stringContaining('src/models/chat.ts:1 imports src/memory/recall.ts'),
      expect.stringContaining('src/db/database.ts:1 imports src/app.ts'),
    ]);
  });

  test('on drizzle catches a value, and lets a type be', () => {
    const found = rules.slowPackages(
      files({
        'src/turns/a.ts': "import { sql } from 'drizzle-orm';",
        'src/turns/b.ts': "import type { SQL } from 'drizzle-orm';",
      }),
    );
    expect(found).toEqual([expect.stringContaining('src/turns/a.ts:1 imports drizzle-orm')]);
  });

  test('on floors catches another folder of the same floor', () => {
    const found = rules.upwardImports(files({ 'src/memory/a.ts': "export { b } from '../workspace/b.ts';" }));
    expect(found).toEqual([expect.stringContaining('"workspace" is beside "memory"')]);
  });

  test('on floors catches a folder without a floor, a path out of src/, and a computed path', () => {
    const found = rules.upwardImports(
      files({
        'src/cellar/a.ts': '',
        'src/app.ts': "import { fake } from '../tests/support/fake.ts';\nimport { a } from './cellar/a.ts';",
        'src/server.ts': 'const name = process.argv[2];\nawait import(name);',
      }),
    );
    expect(found).toEqual([
      expect.stringContaining('"cellar" has no floor'),
      expect.stringContaining('src/app.ts:1 imports tests/support/fake.ts, outside src/'),
      expect.stringContaining('src/app.ts:2 imports src/cellar/a.ts, but "cellar" has no floor'),
      expect.stringContaining('src/server.ts:2 imports a computed path'),
    ]);
  });

  test('on floors lets pass the own folder, lower floors, packages, and code in strings and comments', () => {
    const text = [
      "import { z } from 'zod';",
      "import { fail } from '../errors.ts';",
      "import { rows } from './rows.ts';",
      "// import { app } from '../app.ts';",
      "export const sample = `import { app } from '../app.ts';`;",
    ].join('\n');
    expect(rules.upwardImports(files({ 'src/memory/recall.ts': text }))).toEqual([]);
  });

  test('on cycles catches one that goes through types, and one file that imports itself', () => {
    const found = rules.importCycles(
      files({
        'src/memory/a.ts': "import { b } from './b.ts';",
        'src/memory/b.ts': "import { c } from './c.ts';",
        'src/memory/c.ts': "import type { A } from './a.ts';\nimport { d } from './d.ts';",
        'src/memory/d.ts': "import { me } from './d.ts';",
      }),
    );
    expect(found).toEqual([
      expect.stringContaining('src/memory/a.ts > src/memory/b.ts > src/memory/c.ts > src/memory/a.ts is an'),
      expect.stringContaining('src/memory/d.ts > src/memory/d.ts is an import cycle'),
    ]);
  });

  test('on packages catches HTTP in a service and SQL in a route', () => {
    const found = rules.misplacedPackages(
      files({
        'src/turns/turns.ts': "import type { FastifyRequest } from 'fastify';",
        'src/routes/runs.ts': "import { sql } from 'drizzle-orm';\nimport { Pool } from 'pg';",
        'src/db/schema.ts': "import { pgTable } from 'drizzle-orm/pg-core';",
      }),
    );
    expect(found).toEqual([
      expect.stringContaining('src/turns/turns.ts:1 imports fastify, but HTTP belongs to'),
      expect.stringContaining('src/routes/runs.ts:1 imports drizzle-orm, but SQL belongs to'),
      expect.stringContaining('src/routes/runs.ts:2 imports pg, but SQL belongs to'),
    ]);
  });

  test('on building catches a factory of another folder, and lets pass its type and one of the own folder', () => {
    const found = rules.buildingOutsideRoots(
      files({
        'src/routes/runs.ts': "import { createRuns } from '../turns/runs.ts';",
        'src/agents/agent.ts': "import type { createMemory } from '../memory/messages.ts';",
        'src/turns/turns.ts': "import { createRuns } from './runs.ts';",
        'src/services.ts': "import { createRuns } from './turns/runs.ts';",
      }),
    );
    expect(found).toEqual([
      expect.stringContaining('src/routes/runs.ts:1 imports createRuns from src/turns/runs.ts'),
    ]);
  });

  test('on length counts lines as an editor does', () => {
    const lines = (count: number) => 'stop();\n'.repeat(count);
    const found = rules.overlongFiles(
      files({
        'src/a.ts': lines(300),
        'src/b.ts': lines(301),
        'tests/c.test.ts': lines(400),
        'tests/d.test.ts': lines(401),
      }),
    );
    expect(found).toEqual([
      expect.stringContaining('src/b.ts has 301 lines, the limit is 300'),
      expect.stringContaining('tests/d.test.ts has 401 lines, the limit is 400'),
    ]);
  });

  test.each([
    'const key = process.env.KEY;',
    "const key = globalThis.process['env'].KEY;",
    'const { env } = process;',
    "import { env } from 'node:process';",
    'const key = import.meta.env.KEY;',
  ])('on the environment catches %s', (text) => {
    expect(rules.environmentReads(files({ 'src/models/chat.ts': text }))).toHaveLength(1);
    expect(rules.environmentReads(files({ 'src/config.ts': text }))).toEqual([]);
  });

  test.each([
    'export default {};',
    'const a = 1; export { a as default };',
    "export * from './b.ts';",
    "export * as b from './b.ts';",
  ])('on exports catches %s', (text) => {
    expect(rules.namelessExports(files({ 'src/memory/a.ts': text }))).toHaveLength(1);
  });

  test('on names catches empty words in files and folders', () => {
    const paths = { 'src/utils/time.ts': '', 'src/db/pool-manager.ts': '', 'src/memory/utilities.ts': '' };
    expect(rules.emptyNames(files(paths))).toEqual([
      expect.stringContaining('src/utils/time.ts: "utils" says nothing'),
      expect.stringContaining('src/db/pool-manager.ts: "manager" says nothing'),
    ]);
  });

  test('on routes wants a test that requests the prefix, not one that imports the file', () => {
    const routes = files({
      'src/routes/runs.ts': "app.get('/runs/:id', show);",
      'src/routes/memory.ts': "app.route({ method: 'POST', url: '/memory/search', handler });",
      'src/routes/schemas.ts': "export const find = (map: Map<string, string>) => map.get('title');",
    });
    const written = files({
      'tests/routes/runs.test.ts': "import { runs } from '../../src/routes/runs.ts';\nfetch(`/runs/1`);",
      'tests/routes/memory.test.ts': "import { memory } from '../../src/routes/memory.ts';",
      'tests/memory/recall.test.ts': "fetch('/memory/search');",
    });
    expect(rules.untestedRoutes(routes, written)).toEqual([
      'src/routes/memory.ts: no test in tests/routes or tests/e2e requests /memory; write one.',
    ]);
  });
});
