import { createHash } from 'node:crypto';
import {
  chmod,
  cp,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { openEmbedded } from '../../src/db/embedded.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createEmptyDatabase } from '../support/empty-database.ts';
import { expectToGoOn, fillServer, observe, PATIENT } from '../support/filled-server.ts';
import { startProcess } from '../support/process.ts';
import { runProgram } from '../support/run-program.ts';

const isServer = inject('template').kind === 'server';
// Each test starts processes and opens databases, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 180_000 });

let folder: string;
let source: TestDatabase;
let env: Record<string, string>;
let backup: string;
let emptyData: string;
let filled: Awaited<ReturnType<typeof fillServer>>;
let before: Awaited<ReturnType<typeof observe>>;
let places = 0;
const endings: (() => Promise<unknown>)[] = [];

/** An installation that is filled, stopped and backed up once for all tests. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tertulia-backup-'));
  source = await createTestDatabase();
  endings.push(source.drop);
  const workspace = join(folder, 'workspace');
  env = { ...source.env, WORKSPACE_DIR: workspace, ...PATIENT };
  const server = await start(env);
  filled = await fillServer(server, workspace);
  before = await observe(server);
  await server.kill('SIGTERM');
  await symlink('notes/todo.md', join(workspace, 'latest'));
  await writeFile(join(workspace, 'run.sh'), Buffer.alloc(1_000_000, 'echo\n'));
  await chmod(join(workspace, 'run.sh'), 0o750);
  backup = join(folder, 'one.backup');
  expect(await back(['--to', backup])).toMatchObject({ exitCode: 0, err: '' });
  // Making an embedded database takes seconds; each test has a copy of this one, which has nothing in it.
  emptyData = join(folder, 'empty');
  await (await openEmbedded(emptyData)).close();
}, 240_000);
afterAll(async () => {
  for (const end of endings) await end();
  await rm(folder, { recursive: true, force: true });
});

async function start(settings: Record<string, string>) {
  const server = await startProcess(settings);
  endings.unshift(() => server.kill('SIGKILL'));
  expect(server.url, server.output.text).toMatch(/^http:/);
  return server;
}
const back = (args: string[], settings = env) => runProgram('src/backup.ts', args, settings);
const restore = (file: string, settings: Record<string, string>, ...more: string[]) =>
  runProgram('src/restore.ts', ['--from', file, ...more], settings);

/** An installation that has nothing yet, on the same kind of database as the tests' or on the embedded one. */
async function emptyPlace(kind: 'embedded' | 'server' = isServer ? 'server' : 'embedded') {
  places += 1;
  const settings = {
    DATA_DIR: join(folder, `data-${places}`),
    WORKSPACE_DIR: join(folder, `workspace-${places}`),
    ...PATIENT,
  };
  if (kind === 'embedded') {
    await cp(emptyData, settings.DATA_DIR, { recursive: true });
    return settings;
  }
  const database = await createEmptyDatabase();
  endings.push(database.drop);
  return { ...settings, DATABASE_URL: database.url };
}

/** Whether nothing was written to an installation: a backup can still be restored into it. */
async function expectEmpty(settings: Awaited<ReturnType<typeof emptyPlace>>): Promise<void> {
  expect(await readdir(settings.WORKSPACE_DIR).catch(() => [])).toEqual([]);
  expect(await restore(backup, settings)).toMatchObject({ exitCode: 0 });
}

describe('a backup', () => {
  it('is one file for its owner alone, and is never written over another', async () => {
    expect((await stat(backup)).mode & 0o777).toBe(0o600);
    const again = await back(['--to', backup]);
    expect(again).toMatchObject({ exitCode: 1 });
    expect(again.err).toContain('is there already');
    expect(await readdir(folder)).not.toContain('one.backup.partial');
  });

  it('is refused while a server has the embedded database open', async ({ skip }) => {
    if (isServer) skip('on PostgreSQL the server may run');
    const server = await start(env);
    const refused = await back(['--to', join(folder, 'none.backup')]);
    await server.kill('SIGTERM');
    expect(refused.err).toMatch(/is in use by process \d+/);
    expect(refused.exitCode).toBe(1);
    expect((await readdir(folder)).filter((name) => name.startsWith('none'))).toEqual([]);
  });

  it('is made while servers run on PostgreSQL', async ({ skip }) => {
    if (!isServer) skip('TEST_DATABASE_URL names no server');
    const server = await start(env);
    const file = join(folder, 'live.backup');
    const asking = server.ask('My cat is called Sol');
    expect(await back(['--to', file])).toMatchObject({ exitCode: 0, err: '' });
    expect((await asking).status).toBe(200);
    await server.kill('SIGTERM');
    expect(await restore(file, await emptyPlace())).toMatchObject({ exitCode: 0, err: '' });
  });
});

describe('a restored installation', () => {
  it.each(isServer ? (['server', 'embedded'] as const) : (['embedded'] as const))(
    'goes on where the other one stopped (%s)',
    async (kind) => {
      const settings = await emptyPlace(kind);
      const restored = await restore(backup, settings);
      expect(restored.err).toBe('');
      expect(restored.out).toMatch(/Restored \d+ rows and \d+ files, as they were at 20/);
      const { WORKSPACE_DIR } = settings;
      expect((await stat(join(WORKSPACE_DIR, 'run.sh'))).mode & 0o777).toBe(0o750);
      expect(await readFile(join(WORKSPACE_DIR, 'run.sh'))).toEqual(Buffer.alloc(1_000_000, 'echo\n'));
      expect(await readFile(join(WORKSPACE_DIR, 'latest'), 'utf8')).toBe('buy bread');
      const server = await start(settings);
      expect(await observe(server)).toEqual(before);
      await expectToGoOn(server, filled);
    },
  );

  it('is refused where something is already, in the database or in the workspace', async () => {
    const settings = await emptyPlace();
    const another = await emptyPlace();
    expect(await restore(backup, settings)).toMatchObject({ exitCode: 0 });
    const onDatabase = await restore(backup, { ...settings, WORKSPACE_DIR: another.WORKSPACE_DIR });
    expect(onDatabase).toMatchObject({ exitCode: 1 });
    expect(onDatabase.err).toContain('is not empty: it has drizzle.__drizzle_migrations');
    const onFiles = await restore(backup, { ...another, WORKSPACE_DIR: settings.WORKSPACE_DIR });
    expect(onFiles).toMatchObject({ exitCode: 1 });
    expect(onFiles.err).toContain('(WORKSPACE_DIR) is not empty');
    await expectEmpty(another);
  });

  it('has no files where only the database was wanted', async () => {
    const settings = await emptyPlace();
    expect(await restore(backup, settings, '--database-only')).toMatchObject({ exitCode: 0 });
    expect(await readdir(settings.WORKSPACE_DIR).catch(() => 'none')).toBe('none');
  });
});

describe('a backup that is not as it was written', () => {
  const lines = async () =>
    gunzipSync(await readFile(backup))
      .toString()
      .split('\n');
  const written = async (name: string, text: string) => {
    const file = join(folder, name);
    await writeFile(file, gzipSync(text));
    return file;
  };
  const cases: [name: string, make: () => Promise<string>, reason: RegExp][] = [
    [
      'is cut off',
      async () => {
        const file = join(folder, 'cut.backup');
        await writeFile(file, await readFile(backup));
        await truncate(file, (await stat(backup)).size - 200);
        return file;
      },
      /is not a whole backup: unexpected end of file/,
    ],
    [
      'has a value changed',
      async () => written('changed.backup', (await lines()).join('\n').replace('Luna', 'Lina')),
      /its checksum does not fit/,
    ],
    [
      'lacks its end',
      async () => written('endless.backup', `${(await lines()).slice(0, -2).join('\n')}\n`),
      /its end is missing/,
    ],
    [
      'is something else',
      async () => written('else.backup', '{"hello":"world"}\n'),
      /is no backup of Tertulia/,
    ],
    [
      'is no gzip',
      async () => {
        const file = join(folder, 'plain.backup');
        await writeFile(file, 'plain');
        return file;
      },
      /is not a whole backup/,
    ],
    [
      'leads out of the workspace',
      async () =>
        written(
          'out.backup',
          (await lines()).join('\n').replace('"path":"notes/todo.md"', '"path":"../todo.md"'),
        ),
      /a line is not as it should be/,
    ],
    [
      'comes from a newer version',
      async () => {
        const [head = '', ...rest] = await lines();
        const { migrations, ...others } = JSON.parse(head);
        return resealed('newer.backup', [
          JSON.stringify({ ...others, migrations: [...migrations, 9e12] }),
          ...rest,
        ]);
      },
      /It was used by a newer Tertulia/,
    ],
    [
      'has lost a row, under a checksum that fits',
      async () => {
        const all = await lines();
        const events = all.findIndex((line) => line.includes('"name":"run_events"'));
        return resealed('fewer.backup', all.toSpliced(events + 1, 1));
      },
      /The table public\.run_events came with \d+ of \d+ rows/,
    ],
  ];

  /** With a checksum of its own, as somebody who knows the format could write it. */
  async function resealed(name: string, all: string[]): Promise<string> {
    const body = `${all.slice(0, -2).join('\n')}\n`;
    const sha256 = createHash('sha256').update(body).digest('hex');
    return written(name, `${body}${JSON.stringify({ end: true, sha256 })}\n`);
  }

  it.each(cases)('and %s, is refused, and nothing is written', async (_, make, reason) => {
    const settings = await emptyPlace();
    const refused = await restore(await make(), settings);
    expect(refused.err).toMatch(reason);
    expect(refused.err).toContain('Nothing was restored.');
    expect(refused.exitCode).toBe(1);
    // Slow enough, it has said before how far it was.
    expect(refused.out).not.toContain('Restored');
    expect(await readdir(settings.WORKSPACE_DIR).catch(() => [])).toEqual([]);
    // The others were found out before the database was opened.
    if (/newer Tertulia|of \d+ rows/.test(refused.err)) await expectEmpty(settings);
  });
});
