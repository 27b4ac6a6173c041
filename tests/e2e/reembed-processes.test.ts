import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { startCommand } from '../support/command.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startProcess } from '../support/process.ts';
import { NEW, OLD, startTwoEmbedders, type TwoEmbedders } from '../support/two-embedders.ts';

/** Several starts of a process, one after the other. */
const PATIENCE_MS = 180_000;
const SOON = { timeout: 50_000, interval: 50 };
const BATCH = 4;
const MESSAGES = 40;

let models: TwoEmbedders;
let database: TestDatabase;
let workspace: string;

beforeEach(async () => {
  models = await startTwoEmbedders();
  database = await createTestDatabase();
  workspace = await mkdtemp(join(tmpdir(), 'tertulia-reembed-'));
});
afterEach(async () => {
  await models.close();
  await database.drop();
  await rm(workspace, { recursive: true, force: true });
});

const environment = (model: string) => ({ ...models.env(model), ...database.env, WORKSPACE_DIR: workspace });

async function start(model: string) {
  const server = await startProcess(environment(model));
  onTestFinished(() => void server.kill('SIGKILL'));
  expect(server.url, server.output.text).toMatch(/^http:/);
  return server;
}
type Server = Awaited<ReturnType<typeof start>>;

const jobs = async (server: Server) => (await server.get('/admin/jobs')).body;
const untilDone = (server: Server) =>
  expect.poll(() => jobs(server), SOON).toMatchObject([{ state: 'done', done: MESSAGES, total: MESSAGES }]);

/** Remembers as many messages, embedded by the old model. */
async function remember(server: Server): Promise<void> {
  const lines = Array.from({ length: MESSAGES }, (_, index) => {
    const content = `The thing number${index} stands in the attic`;
    return JSON.stringify({
      session: `s${index % 7}`,
      role: 'user',
      content,
      created_at: `2025-01-01T10:00:${10 + index}Z`,
    });
  });
  const { body } = await server.call('POST', '/memory/import', {
    body: Buffer.from(lines.join('\n')),
    headers: { 'content-type': 'application/x-ndjson' },
  });
  expect(body).toMatchObject({ imported: MESSAGES });
  await expect.poll(() => models.inputs[OLD]?.length, SOON).toBe(MESSAGES);
  await expect.poll(() => find(server, 'number39 attic'), SOON).toMatchObject({ via: ['similar'] });
}

/** The nearest message to a question. */
async function find(server: Server, query: string) {
  const { body, headers } = await server.post('/memory/search', { query, memory: 'similar' });
  expect(headers.get('degraded')).toBeNull();
  return { content: body[0]?.message.content, via: body[0]?.via };
}
const THIRD = { content: 'The thing number3 stands in the attic', via: ['similar'] };

/** What of the messages the new model was given, each as often as it was. */
const given = () => (models.inputs[NEW] ?? []).filter((text) => text.startsWith('The thing'));

it(
  'goes on after a kill -9 in the middle, and embeds nothing again but the batch that was under way',
  async () => {
    const first = await start(OLD);
    await remember(first);
    await first.kill('SIGTERM');
    models.hold(3);
    const second = await start(NEW);
    await expect.poll(async () => (await jobs(second))[0]?.done, SOON).toBe(3 * BATCH);
    expect(await find(second, 'number3 attic')).toEqual(THIRD);
    await second.kill('SIGKILL');
    models.release();
    const third = await start(NEW);
    await untilDone(third);
    expect(new Set(given()).size).toBe(MESSAGES);
    // The one that was held up was answered to nobody.
    expect(given().length).toBeLessThanOrEqual(MESSAGES + BATCH);
    expect(await find(third, 'number3 attic')).toEqual(THIRD);
    await third.kill('SIGTERM');
  },
  PATIENCE_MS,
);

it(
  'is carried out by the command alone while no server runs: says what it will do, can be interrupted, and goes on',
  async () => {
    const server = await start(OLD);
    await remember(server);
    await server.kill('SIGTERM');
    models.hold(2);
    const command = () => startCommand('src/reembed.ts', [], environment(NEW));
    const interrupted = command();
    await interrupted.says('To embed');
    await expect.poll(() => given().length, SOON).toBe(2 * BATCH);
    interrupted.interrupt();
    await interrupted.says('Stopping');
    models.release();
    const first = await interrupted.end();
    expect(first.err).toBe('');
    expect(first.out).toContain(`From ${OLD} to ${NEW}.\nTo embed: 40 messages and 0 passages, about`);
    expect(first.out).toMatch(
      /Interrupted: (8|12) of 40 texts are embedded\.\nRun the command again to go on/,
    );
    expect(first.exitCode).toBe(1);

    const second = await command().end();
    expect(second).toMatchObject({ err: '', exitCode: 0 });
    expect(second.out).toMatch(/To embed: (32|28) messages and 0 passages/);
    expect(second.out).toContain(`Done: 40 texts embedded by ${NEW}, which serves now.`);
    expect(given().toSorted()).toEqual([...new Set(given())].toSorted());

    const third = await command().end();
    expect(third).toMatchObject({ exitCode: 0, out: expect.stringContaining('There is nothing to change.') });
    const after = await start(NEW);
    expect(await find(after, 'number3 attic')).toEqual(THIRD);
    await after.kill('SIGTERM');
  },
  PATIENCE_MS,
);

it(
  'is left by the command to a server that has the database, or is configured for another model',
  async () => {
    const server = await start(OLD);
    await remember(server);
    const { exitCode, out } = await startCommand('src/reembed.ts', [], {
      ...environment(NEW),
      PORT: '3999',
    }).end();
    if (database.kind === 'embedded') {
      expect(out).toContain('GET http://127.0.0.1:3999/admin/jobs');
      expect(exitCode).toBe(0);
    } else {
      expect(out).toContain(
        `The configuration names ${NEW}; servers that run are configured for ${OLD} (processes: 1).`,
      );
      expect(exitCode).toBe(1);
    }
    expect(given()).toEqual([]);
    expect(await jobs(server)).toEqual([]);
  },
  PATIENCE_MS,
);

it(
  'changes once in a deployment that replaces replicas one by one, whatever starts again in between',
  async (test) => {
    if (database.kind === 'embedded') test.skip('needs a database server');
    const old = [await start(OLD), await start(OLD)];
    await remember(old[0] as Server);
    const first = await start(NEW);
    // As long as one replica is configured for the old model, nothing changes.
    expect(await jobs(first)).toEqual([]);
    await old[0]?.kill('SIGTERM');
    expect(await find(first, 'number3 attic')).toEqual(THIRD);
    expect(given()).toEqual([]);
    models.hold(2);
    await old[1]?.kill('SIGTERM');
    await expect.poll(async () => (await jobs(first))[0]?.done, SOON).toBe(2 * BATCH);
    // One that was left behind starts again in the middle: it serves by the old model, and changes nothing.
    const straggler = await start(OLD);
    expect(await find(straggler, 'number3 attic')).toEqual(THIRD);
    models.release();
    await untilDone(first);
    expect(given().length).toBe(MESSAGES);
    expect(await find(straggler, 'number3 attic')).toEqual(THIRD);
    models.inputs[OLD] = [];
    expect(await find(straggler, 'number5 attic')).toMatchObject({ via: ['similar'] });
    expect(models.inputs[OLD]).toEqual([]);
    expect(await jobs(straggler)).toMatchObject([{ state: 'done' }]);
  },
  PATIENCE_MS,
);

it(
  'is taken over by another replica when the one at work dies',
  async (test) => {
    if (database.kind === 'embedded') test.skip('needs a database server');
    const old = await start(OLD);
    await remember(old);
    await old.kill('SIGTERM');
    models.hold(3);
    const [one, other] = [await start(NEW), await start(NEW)];
    await expect.poll(async () => (await jobs(other))[0]?.done, SOON).toBe(3 * BATCH);
    await one.kill('SIGKILL');
    models.release();
    await untilDone(other);
    expect(new Set(given()).size).toBe(MESSAGES);
    expect(given().length).toBeLessThanOrEqual(MESSAGES + BATCH);
  },
  PATIENCE_MS,
);
