import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  inject,
  it,
  onTestFinished,
  vi,
} from 'vitest';
import { openDatabase } from '../../src/db/database.ts';
import { createEmptyDatabase } from '../support/empty-database.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../support/fake-openai.ts';
import { expectToGoOn, fillServer, observe, PATIENT } from '../support/filled-server.ts';
import { startProcess } from '../support/process.ts';
import { runProgram } from '../support/run-program.ts';

const isServer = inject('template').kind === 'server';
const title = `npm run db:move${isServer ? '' : ': TEST_DATABASE_URL names no server to move to'}`;

// Each test starts processes and opens databases, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 180_000 });

let fake: FakeOpenAI;
let folder: string;
let env: Record<string, string>;
let filled: Awaited<ReturnType<typeof fillServer>>;
let before: Awaited<ReturnType<typeof observe>>;
/** The empty database of each test. */
let target: Awaited<ReturnType<typeof createEmptyDatabase>>;

/** An embedded database that is filled and left once for all tests. */
beforeAll(async () => {
  if (!isServer) return;
  fake = await startFakeOpenAI();
  folder = await mkdtemp(join(tmpdir(), 'tertulia-move-'));
  env = {
    DATA_DIR: join(folder, 'data'),
    WORKSPACE_DIR: join(folder, 'workspace'),
    // Vectors of a neural model, and the offline chat model, which needs no script.
    EMBEDDING_BASE_URL: fake.baseUrl,
    EMBEDDING_API_KEY: 'test-key',
    EMBEDDING_MODEL: 'fake-embed',
    ...PATIENT,
  };
  const place = { url: undefined, dataDir: String(env.DATA_DIR), poolSize: 1, timeoutMs: 30_000 };
  await (await openDatabase(place, () => undefined)).close();
  const server = await start();
  filled = await fillServer(server, String(env.WORKSPACE_DIR));
  before = await observe(server);
  await server.kill('SIGTERM');
}, 240_000);
afterAll(async () => {
  if (!isServer) return;
  await fake.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  if (isServer) target = await createEmptyDatabase();
});
afterEach(async () => {
  if (isServer) await target.drop();
});

async function start(more: Record<string, string> = {}) {
  const server = await startProcess({ ...env, ...more });
  expect(server.url, server.output.text).toMatch(/^http:/);
  return server;
}
const move = (to = target.url) => runProgram('src/db-move.ts', ['--to', to], env);
const tablesOfTarget = () =>
  target.run("select tablename from pg_tables where schemaname in ('public', 'drizzle')");

describe.skipIf(!isServer)(title, () => {
  it('is refused while a server has the embedded database open', async () => {
    const embedded = await start();
    onTestFinished(() => void embedded.kill('SIGKILL'));
    const refused = await move();
    expect(refused).toMatchObject({ exitCode: 1 });
    expect(refused.err).toMatch(/is in use by process \d+/);
    expect(await tablesOfTarget()).toEqual([]);
    await embedded.kill('SIGTERM');
  });

  it('moves everything: what was there is there, and everything goes on', async () => {
    const moved = await move();
    expect(moved.err).toBe('');
    expect(moved.out).toMatch(/Moved \d+ rows of \d+ tables/);
    expect(moved.out).not.toContain(new URL(target.url).password);
    expect(moved.exitCode).toBe(0);
    const [queue] = await target.run(
      'select count(*)::int as rows, count(distinct message_id)::int as messages from embedding_queue',
    );
    expect(queue?.rows).toBe(queue?.messages);
    expect(await target.run('select conname from pg_constraint where not convalidated')).toEqual([]);
    expect(await target.run("select tgname from pg_trigger where tgenabled = 'D'")).toEqual([]);

    const again = await move();
    expect(again).toMatchObject({ exitCode: 1 });
    expect(again.err).toMatch(/is not empty: it has drizzle\.__drizzle_migrations, .* and \d+ more/);

    const server = await start({ DATABASE_URL: target.url });
    onTestFinished(() => void server.kill('SIGKILL'));
    expect(await observe(server)).toEqual(before);
    await expectToGoOn(server, filled);
    await server.kill('SIGTERM');
  });

  it('leaves the target empty, and the source as it was, when it fails in the middle', async () => {
    // Has the target fail at the first change of a table once rows have come.
    await target.run(`
      create function refuse() returns event_trigger language plpgsql as $$
      begin
        if tg_tag = 'ALTER TABLE' and to_regclass('public.chat_sessions') is not null then
          if exists (select from public.chat_sessions) then raise exception 'the disk is full'; end if;
        end if;
      end $$;
      create event trigger refuse on ddl_command_end execute function refuse();`);
    const failed = await move();
    expect(failed).toMatchObject({ exitCode: 1 });
    expect(failed.err).toContain('It failed: the disk is full. Nothing was moved');
    expect(failed.err.trim().split('\n')).toHaveLength(1);
    expect(await tablesOfTarget()).toEqual([]);
    await target.run('drop event trigger refuse; drop function refuse');
    expect(await move()).toMatchObject({ exitCode: 0, err: '' });
  });

  it.each([
    [
      'an address where nobody listens',
      'postgresql://tertulia:secret-word@127.0.0.1:1/none',
      'cannot be reached',
    ],
    ['an address of another kind', 'http://127.0.0.1/x', '--to got something else'],
  ])('refuses %s, and does not repeat the password', async (_, to, reason) => {
    const refused = await move(to);
    expect(refused).toMatchObject({ exitCode: 1, out: '' });
    expect(refused.err).toContain(reason);
    expect(refused.err).not.toContain('secret-word');
  });

  it('says so where there is no embedded database', async () => {
    const nowhere = { ...env, DATA_DIR: join(folder, 'nowhere') };
    const refused = await runProgram('src/db-move.ts', ['--to', target.url], nowhere);
    expect(refused.err).toContain('There is no embedded database in');
    expect(refused.exitCode).toBe(1);
  });
});
