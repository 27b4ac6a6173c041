import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { openDatabase } from '../../src/db/database.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startProcess } from '../support/process.ts';

let database: TestDatabase;
let folder: string;
beforeEach(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'tertulia-start-'));
});
afterEach(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

describe('npm start', () => {
  it('prints the address, the database, the models and a line to try', async () => {
    const server = await startProcess({ ...database.env, WORKSPACE_DIR: folder });
    expect(server.output.text).toMatch(/ready at http:\/\/127\.0\.0\.1:\d+/);
    expect(server.output.text).toMatch(
      database.kind === 'server' ? /PostgreSQL at 127\.0\.0\.1/ : /embedded PostgreSQL in/,
    );
    expect(server.output.text).toMatch(/offline/);
    expect(server.output.text).toMatch(/curl http:\S+\/assistant\/ask/);
    expect(server.output.text).not.toMatch(/password|postgres:/);
    expect(await server.kill('SIGTERM')).toBe(0);
  });

  it.each([
    [
      { PORT: 'many' },
      /^Tertulia did not start: PORT got "many"; it takes a whole number from 0 to 65535\.$/,
    ],
    [
      { HOST: '0.0.0.0' },
      /^Tertulia did not start: HOST got "0\.0\.0\.0", which others can reach, .*npm run keys -- create --user <name> --role admin$/,
    ],
    [{ APPROVALS: 'all' }, /^Tertulia did not start: APPROVALS got "all"; it takes "none", or some of/],
    [
      { DATABASE_URL: 'mysql://root:hunter2@localhost/x' },
      /^Tertulia did not start: DATABASE_URL got a value that does not fit; it takes a postgresql:/,
    ],
    [
      { DATABASE_URL: 'postgresql://x:hunter2@127.0.0.1:1/x' },
      /^Tertulia did not start: DATABASE_URL names 127\.0\.0\.1:1\/x, which cannot be used/,
    ],
  ])('stops with one plain line for %o', async (env, line) => {
    const server = await startProcess({ ...database.env, ...env });
    await server.ended;
    expect(server.output.text.trim()).toMatch(line);
    expect(server.output.text.trim().split('\n')).toHaveLength(1);
    expect(server.output.text).not.toContain('hunter2');
    expect(server.exitCode()).toBe(1);
  });

  it('stops with one plain line when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const server = await startProcess({ ...database.env, PORT: String(port) });
    await server.ended;
    other.close();
    expect(server.output.text.trim()).toMatch(
      new RegExp(`^Tertulia did not start: PORT got ${port}, which another program`),
    );
    expect(server.exitCode()).toBe(1);
  });
});

describe('the database', () => {
  it('is migrated from nothing, and again changes nothing', async () => {
    const template = inject('template');
    if (template.kind === 'server') {
      await withClient(template.serverUrl, (client) => client.query(`CREATE DATABASE fresh_${process.pid}`));
    }
    const url = template.kind === 'server' ? urlOf(template.serverUrl, `fresh_${process.pid}`) : undefined;
    for (let time = 1; time <= 2; time += 1) {
      const opened = await openDatabase(
        { url, dataDir: folder, poolSize: 2, timeoutMs: 30_000 },
        () => undefined,
      );
      const { rows } = await opened.executor.execute(
        'select count(*)::int as applied from drizzle.__drizzle_migrations',
      );
      const journal = JSON.parse(await readFile('drizzle/meta/_journal.json', 'utf8'));
      expect(rows).toEqual([{ applied: journal.entries.length }]);
      await opened.close();
    }
    if (template.kind === 'server') {
      await withClient(template.serverUrl, (client) => client.query(`DROP DATABASE fresh_${process.pid}`));
    }
  });

  it('can be migrated by several replicas at once', async ({ skip }) => {
    const template = inject('template');
    if (template.kind === 'embedded') return skip('the embedded database has one process only');
    await withClient(template.serverUrl, (client) => client.query(`CREATE DATABASE race_${process.pid}`));
    const url = urlOf(template.serverUrl, `race_${process.pid}`);
    const open = () =>
      openDatabase({ url, dataDir: folder, poolSize: 1, timeoutMs: 30_000 }, () => undefined);
    const opened = await Promise.all([open(), open(), open(), open()]);
    await Promise.all(opened.map((one) => one.close()));
    await withClient(template.serverUrl, (client) => client.query(`DROP DATABASE race_${process.pid}`));
  });

  it('is refused when a newer version has migrated it', async () => {
    const { DATABASE_URL: url, DATA_DIR: dataDir } = database.env;
    const opened = await openDatabase({ url, dataDir, poolSize: 1, timeoutMs: 30_000 }, () => undefined);
    await opened.executor.execute(
      "insert into drizzle.__drizzle_migrations (hash, created_at) values ('later', 9999999999999)",
    );
    await opened.close();
    const server = await startProcess(database.env);
    await server.ended;
    expect(server.output.text.trim()).toMatch(
      /^Tertulia did not start: The database has \d+ migrations, .*newer Tertulia.*$/,
    );
  });

  it('lets no second process in', async ({ skip }) => {
    if (database.kind === 'server') return skip('a database server is made for many processes');
    const first = await startProcess(database.env);
    const second = await startProcess(database.env);
    await second.ended;
    expect(second.output.text.trim()).toMatch(
      /^Tertulia did not start: DATA_DIR got ".+", which is in use by process \d+; .*$/,
    );
    expect((await first.get('/health')).status).toBe(200);
    await first.kill('SIGKILL');
    const third = await startProcess(database.env);
    expect((await third.get('/ready')).body.status).toBe('ready');
    await third.kill('SIGTERM');
  });

  it('is refused in a folder that cannot be one', async ({ skip }) => {
    if (database.kind === 'server') return skip('a database server needs no folder');
    const file = join(folder, 'file');
    await writeFile(file, 'not a folder');
    const server = await startProcess({ DATA_DIR: file });
    await server.ended;
    expect(server.output.text.trim()).toMatch(
      /^Tertulia did not start: DATA_DIR got ".+", which cannot be used: .*$/,
    );
  });
});

function urlOf(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function withClient(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await work(client);
  await client.end();
}
