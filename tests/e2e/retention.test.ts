import type { Logger } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { createRetention } from '../../src/turns/retention.ts';
import { startTestApp, TEST_USER_HEADER, type TestApp } from '../support/app.ts';
import { createClient } from '../support/client.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { collectEvents } from '../support/event-stream.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../support/fake-openai.ts';
import { ofTest } from '../support/statements/recorder.ts';

const HOURS = 48;
const OLD = `${HOURS} hours 1 minute`;
const YOUNG = `${HOURS - 1} hours 59 minutes`;

let fake: FakeOpenAI;
let server: TestApp;
/** Each test is a user of its own. */
let app: ReturnType<typeof createClient>;
let user: string;
let users = 0;

beforeAll(async () => {
  fake = await startFakeOpenAI();
  server = await startTestApp({
    env: {
      OPENAI_API_KEY: 'test-key',
      OPENAI_BASE_URL: fake.baseUrl,
      CHAT_MODEL: 'fake-chat',
      EMBEDDING_MODEL: 'fake-embed',
      MODEL_MAX_RETRIES: '0',
      RUN_RETENTION_HOURS: String(HOURS),
    },
  });
});
afterAll(async () => {
  await server.stop();
  await fake.close();
});
beforeEach(() => {
  users += 1;
  user = `user-${users}`;
  app = createClient(server.url, { [TEST_USER_HEADER]: user });
  fake.onChat(({ messages }) => ({ content: `Re: ${messages.at(-1)?.content}` }));
});

const clearUp = { name: 'delegate_to_file_admin', arguments: { task: 'clear up' } };
const remove = { name: 'delete_file', arguments: { path: 'a.md' } };
const spoken = async () => (await app.get('/assistant/history?order=asc&limit=50')).body;
/** Lets all runs of this test's user have ended so long ago, also those that have not ended. */
const age = (interval: string) =>
  server.runSql(`update runs set finished_at = now() - interval '${interval}' where user_id = '${user}'`);
const events = (runId: string) => app.get(`/runs/${runId}/events`);
const eventTypes = async (runId: string) => {
  const headers = { [TEST_USER_HEADER]: user };
  return (await collectEvents(`${server.url}/runs/${runId}/events`, { headers })).map(({ event }) => event);
};
const failedRun = async (query: string): Promise<string> => {
  fake.chat.enqueue({ status: 500 });
  return (await app.ask(query)).body.run_id;
};

/** A run that waits for an approval. */
async function pausedRun() {
  await app.call('PUT', '/file-admin/files/a.md', { body: Buffer.from('a') });
  fake.chat.enqueue({ toolCalls: [clearUp] }, { toolCalls: [remove] });
  const { body } = await app.ask('Clear up');
  return { path: `/runs/${body.run_id}`, runId: String(body.run_id), approval: body.approvals[0] };
}

describe('what is kept of runs', () => {
  it('loses the events of those that ended long ago, and nothing else', async () => {
    const { body: done } = await app.ask('One?');
    const failed = await failedRun('Two?');
    const cancelled = await pausedRun();
    await app.post(`${cancelled.path}/cancel`, undefined);
    const ids = [done.run_id, failed, cancelled.runId];
    const runs = async () => await Promise.all(ids.map(async (id) => (await app.get(`/runs/${id}`)).body));
    expect((await runs()).map(({ status }) => status)).toEqual(['completed', 'failed', 'cancelled']);
    for (const id of ids) expect((await events(id)).status).toBe(200);
    await age(OLD);
    const before = { runs: await runs(), spoken: await spoken() };
    await server.services.retention.clear();
    for (const id of ids) {
      expect((await events(id)).body).toMatchObject({ status: 410, code: 'events_removed' });
      expect((await app.get(`/runs/${id}/events`, { 'last-event-id': '1' })).status).toBe(410);
    }
    expect({ runs: await runs(), spoken: await spoken() }).toEqual(before);
    expect(before.spoken).toHaveLength(5);
    const receipt = await app.call('DELETE', `/sessions/${done.session_id}`);
    expect(receipt.body).toMatchObject({ messages: before.spoken.length, runs: 3 });
  });

  it('loses nothing before its time', async () => {
    const { body } = await app.ask('One?');
    await age(YOUNG);
    const before = await eventTypes(body.run_id);
    expect(before).toEqual(['run', 'recall', 'token', 'done']);
    await server.services.retention.clear();
    expect(await eventTypes(body.run_id)).toEqual(before);
  });

  it('goes on with a run that waits for an approval, however long ago it began', async () => {
    const { path, runId, approval } = await pausedRun();
    await age(OLD);
    const before = await eventTypes(runId);
    await server.services.retention.clear();
    expect(await eventTypes(runId)).toEqual(before);
    fake.chat.enqueue({ content: 'Deleted.' }, { content: 'It is gone.' });
    const decided = await app.post(`${path}/approvals/${approval.id}`, { decision: 'approve' });
    expect(decided.body).toMatchObject({ status: 'completed', response: 'It is gone.' });
    expect((await app.get('/file-admin/files/a.md')).status).toBe(404);
  });

  it('is enough to retry a failed run, whose events begin anew', async () => {
    const failed = await failedRun('One?');
    await app.ask('Two?');
    await age(OLD);
    await server.services.retention.clear();
    const retried = await app.post(`/runs/${failed}/retry`, undefined);
    expect(retried.body).toMatchObject({ status: 'completed', run_id: failed, response: 'Re: One?' });
    expect((await spoken()).map(({ content }: { content: string }) => content)).toEqual([
      'One?',
      'Re: One?',
      'Two?',
      'Re: Two?',
    ]);
    expect(await eventTypes(failed)).toEqual(['run', 'recall', 'token', 'done']);
    await server.services.retention.clear();
    expect(await eventTypes(failed)).toContain('done');
    await age(OLD);
    await server.services.retention.clear();
    expect((await events(failed)).status).toBe(410);
  });

  it('is enough to retry a run that failed after an approval, and what was approved then does not happen again', async () => {
    const { path, runId, approval } = await pausedRun();
    fake.chat.enqueue({ status: 500 });
    const failed = await app.post(`${path}/approvals/${approval.id}`, { decision: 'approve' });
    expect(failed.body.code).toBe('model_failed');
    expect((await app.get('/file-admin/files/a.md')).status).toBe(404);
    await app.call('PUT', '/file-admin/files/a.md', { body: Buffer.from('new') });
    await age(OLD);
    await server.services.retention.clear();
    let shown = '';
    fake.chat.enqueue(({ messages }) => {
      shown = String(messages[0]?.content);
      return { toolCalls: [clearUp] };
    });
    fake.chat.enqueue({ toolCalls: [remove] });
    const retried = await app.post(`${path}/retry`, undefined);
    expect(retried).toMatchObject({ status: 200, body: { run_id: runId } });
    expect(shown).toContain('delete_file {"path":"a.md"}: returned');
    expect((await app.get('/file-admin/files/a.md')).body).toBe('new');
  });

  it('is cleared for all users at once', async () => {
    const others = ['first', 'second'].map((name) => ({
      [TEST_USER_HEADER]: `${name} neighbour of ${user}`,
    }));
    const runs = await Promise.all(others.map((headers) => app.ask('One?', {}, headers)));
    await server.runSql(
      `update runs set finished_at = now() - interval '${OLD}' where user_id like '%neighbour of ${user}'`,
    );
    const { body: own } = await app.ask('One?');
    await server.services.retention.clear();
    for (const [place, headers] of others.entries()) {
      expect((await app.get(`/runs/${runs[place]?.body.run_id}/events`, headers)).status).toBe(410);
    }
    expect((await events(own.run_id)).status).toBe(200);
  });
});

describe('keys of requests', () => {
  it('are forgotten after 24 hours, their runs are not', async () => {
    const keyed = (key: string) => ({ 'idempotency-key': key });
    const { body: old } = await app.ask('One?', {}, keyed('old'));
    await server.runSql(
      `update idempotency_keys set created_at = now() - interval '24 hours 1 minute' where user_id = '${user}'`,
    );
    const { body: young } = await app.ask('Two?', {}, keyed('young'));
    await server.services.retention.clear();
    expect((await app.get(`/runs/${old.run_id}`)).body.status).toBe('completed');
    expect((await app.ask('Two?', {}, keyed('young'))).body.run_id).toBe(young.run_id);
    expect((await app.ask('One?', {}, keyed('old'))).body.run_id).not.toBe(old.run_id);
  });
});

describe('clearing away', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    database = await openDatabase(readConfig({ ...testDatabase.env }).database, () => undefined);
    await database.executor.execute(
      ofTest(`insert into chat_sessions (user_id, id) values ('u', '${uuid(0)}')`),
    );
  });
  afterAll(async () => {
    await database.close();
    await testDatabase.drop();
  });
  beforeEach(async () => {
    await database.executor.execute(ofTest('delete from runs'));
  });

  const uuid = (number: number) => `01890a5d-ac96-774b-8cce-${String(number).padStart(12, '0')}`;
  const create = () => {
    const log = { info: vi.fn<Logger['info']>() };
    return { ...createRetention({ executor: database.executor, retentionMs: HOURS * 3_600_000, log }), log };
  };
  /** Stores runs with these numbers, each with two events, a checkpoint and a key. */
  async function store(from: number, to: number, { status = 'completed', ended = OLD, asked = OLD } = {}) {
    const id = `('01890a5d-ac96-774b-8cce-' || lpad(n::text, 12, '0'))::uuid`;
    const numbers = `generate_series(${from}, ${to}) as n`;
    for (const statement of [
      `insert into runs (user_id, id, session_id, entry, memory, status, finished_at)
        select 'u', ${id}, '${uuid(0)}', 'assistant', 'recent', '${status}', now() - interval '${ended}' from ${numbers}`,
      `insert into run_events (user_id, run_id, seq, type, data)
        select 'u', ${id}, seq, 'token', '{}' from ${numbers}, generate_series(1, 2) as seq`,
      `insert into checkpoints (user_id, run_id, graph, tool_calls) select 'u', ${id}, '', 0 from ${numbers}`,
      `insert into idempotency_keys (user_id, key, request_hash, run_id, created_at)
        select 'u', 'key ' || n, '', ${id}, now() - interval '${asked}' from ${numbers}`,
    ]) {
      await database.executor.execute(ofTest(statement));
    }
  }
  async function left(table: string): Promise<number> {
    const { rows } = await database.executor.execute<{ count: number }>(
      ofTest(`select count(*)::int from ${table}`),
    );
    return Number(rows[0]?.count);
  }
  const leftOver = async () => ({
    runs: await left('runs'),
    events: await left('run_events'),
    checkpoints: await left('checkpoints'),
    keys: await left('idempotency_keys'),
  });

  it('logs once how much it was, however many runs there are', async () => {
    await store(1, 450);
    const retention = create();
    await retention.clear();
    expect(await leftOver()).toEqual({ runs: 450, events: 0, checkpoints: 0, keys: 0 });
    const counts = { runs: 450, events: 900, checkpoints: 450, keys: 450 };
    expect(retention.log.info.mock.calls).toEqual([[counts, expect.stringMatching(/old runs were removed/)]]);
  });

  it('says nothing where there is nothing to clear, and clears nothing twice', async () => {
    await store(1, 3, { ended: YOUNG, asked: '1 hour' });
    await store(4, 5, { asked: '1 hour' });
    const first = create();
    await first.clear();
    expect(first.log.info.mock.lastCall?.[0]).toEqual({ runs: 2, events: 4, checkpoints: 2, keys: 0 });
    const again = create();
    await again.clear();
    expect(again.log.info).not.toHaveBeenCalled();
    expect(await leftOver()).toEqual({ runs: 5, events: 6, checkpoints: 3, keys: 5 });
  });

  it('logs keys alone where no run is old enough', async () => {
    await store(1, 3, { ended: YOUNG });
    const retention = create();
    await retention.clear();
    expect(retention.log.info.mock.lastCall?.[0]).toEqual({ runs: 0, events: 0, checkpoints: 0, keys: 3 });
  });

  it.each([
    ['completed', 0],
    ['failed', 0],
    ['cancelled', 0],
    ['queued', 2],
    ['running', 2],
    ['awaiting_approval', 2],
  ])('leaves a run that is %s with %i of its two events', async (status, events) => {
    await store(1, 1, { status });
    await create().clear();
    expect(await leftOver()).toMatchObject({ runs: 1, events, checkpoints: events / 2 });
  });

  it('is done once where two processes do it at the same time', async () => {
    await store(1, 450);
    const both = [create(), create()];
    await Promise.all(both.map(({ clear }) => clear()));
    expect(await leftOver()).toMatchObject({ runs: 450, events: 0, checkpoints: 0, keys: 0 });
    const logged = both.flatMap(({ log }) =>
      log.info.mock.calls.map(([counts]) => counts as { runs: number }),
    );
    expect(logged.reduce((sum, { runs }) => sum + runs, 0)).toBe(450);
  });
});
