import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestApp, TEST_USER_HEADER, type TestApp } from '../support/app.ts';
import { createClient } from '../support/client.ts';
import { collectEvents } from '../support/event-stream.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../support/fake-openai.ts';

let fake: FakeOpenAI;
let server: TestApp;
/** Each test is a user of its own. */
let app: ReturnType<typeof createClient>;
let users = 0;

beforeAll(async () => {
  fake = await startFakeOpenAI();
  server = await startTestApp({
    env: {
      OPENAI_API_KEY: 'test-key',
      OPENAI_BASE_URL: fake.baseUrl,
      CHAT_MODEL: 'fake-chat',
      EMBEDDING_MODEL: 'fake-embed',
    },
  });
});
afterAll(async () => {
  await server.stop();
  await fake.close();
});
beforeEach(async () => {
  users += 1;
  app = createClient(server.url, { [TEST_USER_HEADER]: `user-${users}` });
  fake.onChat(() => ({ status: 500 }));
  for (const name of ['a.md', 'b.md']) await put(name, name);
});

const put = (path: string, text: string) =>
  app.call('PUT', `/file-admin/files/${path}`, { body: Buffer.from(text) });
const exists = async (path: string) => (await app.get(`/file-admin/files/${path}`)).status === 200;
const remove = (path: string) => ({ name: 'delete_file', arguments: { path } });
const delegate = (task: string) => ({ name: 'delegate_to_file_admin', arguments: { task } });
const spoken = async () =>
  (await app.get('/assistant/history?order=asc&limit=50')).body.map(
    ({ role, content }: { role: string; content: string }) => `${role}: ${content}`,
  );

/** One question that leads to these deletions in one message of the model. */
async function askToDelete(...paths: string[]) {
  fake.chat.enqueue({ toolCalls: [delegate('clear up')] }, { toolCalls: paths.map(remove) });
  return (await app.ask('Clear up')).body;
}

describe('a call that needs approval', () => {
  it('waits, says so, and happens once when it is approved', async () => {
    const paused = await askToDelete('a.md');
    expect(paused).toMatchObject({
      status: 'awaiting_approval',
      agents: ['file-admin'],
      approvals: [
        {
          agent: 'file-admin',
          tool: 'delete_file',
          effect: 'destroy',
          summary: 'delete a.md',
          preview: 'a.md',
        },
      ],
    });
    const [approval] = paused.approvals;
    expect(paused.response).toContain(approval.code);
    expect(new Date(approval.expires_at).getTime()).toBeGreaterThan(Date.now() + 23 * 3_600_000);
    expect(await exists('a.md')).toBe(true);
    const run = `/runs/${paused.run_id}`;
    expect((await app.get(run)).body).toMatchObject({
      status: 'awaiting_approval',
      finished_at: null,
      approvals: [{ decision: null, outcome: null }],
    });

    fake.chat.enqueue({ content: 'Deleted a.md.' }, { content: 'It is gone.' });
    const done = await app.post(`${run}/approvals/${approval.id}`, { decision: 'approve' });
    expect(done.body).toMatchObject({
      status: 'completed',
      response: 'It is gone.',
      run_id: paused.run_id,
      approvals: [],
    });
    expect(await exists('a.md')).toBe(false);
    expect((await app.get(run)).body).toMatchObject({
      status: 'completed',
      tool_calls: [{ id: approval.id, tool: 'delete_file', outcome: 'returned' }],
      approvals: [{ id: approval.id, decision: 'approve', outcome: 'returned' }],
    });
    expect(await spoken()).toEqual([
      'user: Clear up',
      `assistant: ${paused.response}`,
      `user: Approve ${approval.code} (delete a.md)`,
      'assistant: It is gone.',
    ]);
    expect(fake.refusals).toEqual([]);
  });

  it('does not happen when it is rejected, and the model is told why', async () => {
    const paused = await askToDelete('a.md');
    let told = '';
    fake.chat.enqueue(
      (request) => {
        told = String(request.messages.at(-1)?.content);
        return { content: 'It was rejected.' };
      },
      { content: 'I left it.' },
    );
    const done = await app.post(`/runs/${paused.run_id}/approvals/${paused.approvals[0].id}`, {
      decision: 'reject',
      reason: 'it is still needed',
    });
    expect(done.body).toMatchObject({ status: 'completed', response: 'I left it.' });
    expect(told).toContain('it is still needed');
    expect(await exists('a.md')).toBe(true);
    expect((await app.get(`/runs/${paused.run_id}`)).body).toMatchObject({
      tool_calls: [{ outcome: 'refused' }],
      approvals: [{ decision: 'reject', reason: 'it is still needed', outcome: 'refused' }],
    });
  });

  it('is decided once, however many decide at the same time', async () => {
    const paused = await askToDelete('a.md');
    fake.onChat(() => ({ content: 'Done.' }));
    const path = `/runs/${paused.run_id}/approvals/${paused.approvals[0].id}`;
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, place) =>
        app.post(path, { decision: place % 2 === 0 ? 'approve' : 'reject' }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array(11).fill(409)]);
    expect(
      answers.filter(({ status }) => status === 409).every(({ body }) => body.code === 'already_decided'),
    ).toBe(true);
    const { body: run } = await app.get(`/runs/${paused.run_id}`);
    expect(run.tool_calls).toHaveLength(1);
    expect(await exists('a.md')).toBe(run.approvals[0].decision === 'reject');
  });

  it.each([
    [0, 1],
    [1, 0],
  ])('can be one of several, decided one after the other (%i first)', async (first, second) => {
    const paused = await askToDelete('a.md', 'b.md');
    expect(paused.approvals).toHaveLength(2);
    const path = (place: number) => `/runs/${paused.run_id}/approvals/${paused.approvals[place].id}`;
    const files = ['a.md', 'b.md'];
    const again = await app.post(path(first), { decision: 'approve' });
    expect(again.body).toMatchObject({
      status: 'awaiting_approval',
      approvals: [{ id: paused.approvals[second].id, code: paused.approvals[second].code }],
    });
    expect(await exists(String(files[first]))).toBe(false);
    expect(await exists(String(files[second]))).toBe(true);
    fake.chat.enqueue({ content: 'Both are gone.' }, { content: 'Done.' });
    const done = await app.post(path(second), { decision: 'approve' });
    expect(done.body).toMatchObject({ status: 'completed', response: 'Done.' });
    expect(await exists(String(files[second]))).toBe(false);
    expect((await spoken()).map((line: string) => line.split(':')[0])).toEqual(
      Array(3).fill(['user', 'assistant']).flat(),
    );
  });

  it('can be one of several, decided at the same time', async () => {
    const paused = await askToDelete('a.md', 'b.md');
    fake.onChat(() => ({ content: 'Done.' }));
    const answers = await Promise.all(
      paused.approvals.map(({ id }: { id: string }) =>
        app.post(`/runs/${paused.run_id}/approvals/${id}`, { decision: 'approve' }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const { body: run } = await app.get(`/runs/${paused.run_id}`);
    expect(run).toMatchObject({ status: 'completed' });
    expect(run.tool_calls.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
      'returned',
      'returned',
    ]);
  });

  it('expires, and the run then ends with an answer that says so', async () => {
    const paused = await askToDelete('a.md');
    await server.runSql(`update approvals set expires_at = now() - interval '1 second'`);
    await expect
      .poll(async () => (await app.get(`/runs/${paused.run_id}`)).body, { timeout: 20_000 })
      .toMatchObject({
        status: 'completed',
        degraded: ['approval_expired'],
        approvals: [{ decision: 'expired' }],
      });
    const late = await app.post(`/runs/${paused.run_id}/approvals/${paused.approvals[0].id}`, {
      decision: 'approve',
    });
    expect(late.body).toMatchObject({ status: 409, code: 'approval_expired' });
    expect(await exists('a.md')).toBe(true);
    expect((await spoken()).at(-1)).toMatch(
      /^assistant: This waits.*The approval expired, so this was not done/s,
    );
  });

  it('is withdrawn when its run is cancelled', async () => {
    const paused = await askToDelete('a.md');
    const cancelled = await app.post(`/runs/${paused.run_id}/cancel`, undefined);
    expect(cancelled.body).toMatchObject({ status: 'cancelled', run_id: paused.run_id });
    const late = await app.post(`/runs/${paused.run_id}/approvals/${paused.approvals[0].id}`, {
      decision: 'approve',
    });
    expect(late.body).toMatchObject({ status: 409, code: 'already_decided' });
    expect(await exists('a.md')).toBe(true);
  });

  it('is nobody else’s to decide or to see', async () => {
    const paused = await askToDelete('a.md');
    const path = `/runs/${paused.run_id}/approvals/${paused.approvals[0].id}`;
    const other = { [TEST_USER_HEADER]: 'mallory' };
    expect((await app.post(path, { decision: 'approve' }, other)).body.code).toBe('run_not_found');
    fake.onChat(() => ({ content: 'I cannot do that.' }));
    const { body } = await app.ask(`approve ${paused.approvals[0].code}`, {}, other);
    expect(body.response).toMatch(/Nothing waits/);
    expect(await exists('a.md')).toBe(true);
  });

  it('is for exactly the call that was shown: another one is not made in its name', async () => {
    const paused = await askToDelete('a.md');
    await server.runSql(
      `update approvals set call_hash = 'of another call' where run_id = '${paused.run_id}'`,
    );
    fake.onChat(() => ({ content: 'It was not done.' }));
    const { body } = await app.post(`/runs/${paused.run_id}/approvals/${paused.approvals[0].id}`, {
      decision: 'approve',
    });
    expect(body.status).toBe('completed');
    expect(await exists('a.md')).toBe(true);
    expect((await app.get(`/runs/${paused.run_id}`)).body.tool_calls).toMatchObject([{ outcome: 'refused' }]);
  });

  it('answers what does not fit with the field', async () => {
    const paused = await askToDelete('a.md');
    const path = `/runs/${paused.run_id}/approvals/${paused.approvals[0].id}`;
    expect((await app.post(path, { decision: 'maybe' })).body.errors[0].path).toBe('body.decision');
    const unknown = `/runs/${paused.run_id}/approvals/${paused.run_id}`;
    expect((await app.post(unknown, { decision: 'approve' })).body.code).toBe('approval_not_found');
  });
});

describe('a decision in the conversation', () => {
  it.each([
    ['approve {code}', false],
    ['sí, apruebo {code}', false],
    ['reject {code}: it is still needed', true],
    ['no apruebo {code}', true],
  ])('%s', async (wording, isLeft) => {
    const paused = await askToDelete('a.md');
    fake.chat.enqueue({ content: 'Seen.' }, { content: 'Done as you said.' });
    const text = wording.replace('{code}', paused.approvals[0].code);
    const { body } = await app.ask(text);
    expect(body).toMatchObject({ status: 'completed', run_id: paused.run_id, response: 'Done as you said.' });
    expect(await exists('a.md')).toBe(isLeft);
    expect((await spoken()).slice(2)).toEqual([`user: ${text}`, 'assistant: Done as you said.']);
  });

  it('is never the model’s: what names nothing is answered by code', async () => {
    const paused = await askToDelete('a.md');
    const calls = fake.requests.length;
    const wrong = paused.approvals[0].code === '9999' ? '9998' : '9999';
    const { body } = await app.ask(`approve ${wrong}`);
    expect(body).toMatchObject({ status: 'completed', response: expect.stringMatching(/Nothing waits/) });
    const events = await collectEvents(`${server.url}/runs/${body.run_id}/events`, {
      headers: { [TEST_USER_HEADER]: `user-${users}` },
    });
    expect(events.map(({ event }) => event)).toEqual(['run', 'done']);
    expect(fake.requests.slice(calls).filter(({ path }) => path.includes('chat'))).toEqual([]);
    expect(await exists('a.md')).toBe(true);
  });

  it('counts in its own session only', async () => {
    const paused = await askToDelete('a.md');
    const { body } = await app.ask(`approve ${paused.approvals[0].code}`, { session_id: 'new' });
    expect(body.response).toMatch(/Nothing waits/);
    expect(await exists('a.md')).toBe(true);
  });

  it('holds once: the second time it is said, nothing more is done', async () => {
    const paused = await askToDelete('a.md');
    fake.onChat(() => ({ content: 'Done.' }));
    await app.ask(`approve ${paused.approvals[0].code}`);
    await put('a.md', 'new');
    const { body } = await app.ask(`approve ${paused.approvals[0].code}`);
    expect(body.response).toMatch(/decided before/);
    expect(await exists('a.md')).toBe(true);
  });
});

describe('erasing a session whose run waits for approval', () => {
  it('leaves nothing of it behind: no paused graph, approval, event or key', async () => {
    fake.chat.enqueue({ toolCalls: [delegate('clear up')] }, { toolCalls: [remove('a.md')] });
    const { body: paused } = await app.ask('Clear up', {}, { 'idempotency-key': 'erased' });
    const tables = ['messages', 'runs', 'run_events', 'approvals', 'checkpoints', 'idempotency_keys'];
    const countAll = async () =>
      Object.fromEntries(
        await Promise.all(
          tables.map(async (table) => {
            const [row] = await server.runSql(
              `select count(*)::int as n from ${table} where user_id = 'user-${users}'`,
            );
            return [table, row?.n];
          }),
        ),
      );
    const before = await countAll();
    expect(Object.values(before)).not.toContain(0);
    const { body: receipt } = await app.call('DELETE', `/sessions/${paused.session_id}`);
    expect(receipt).toMatchObject({ messages: 2, runs: 1, checkpoints: 1, events: before.run_events });
    expect(await countAll()).toEqual(Object.fromEntries(tables.map((table) => [table, 0])));
    const late = await app.post(`/runs/${paused.run_id}/approvals/${paused.approvals[0].id}`, {
      decision: 'approve',
    });
    expect(late.body.code).toBe('run_not_found');
  });
});

describe('other questions', () => {
  it('are answered while a run waits for approval', async () => {
    const paused = await askToDelete('a.md');
    fake.chat.enqueue({ content: 'Noon.' });
    const { body } = await app.ask('What time is it?');
    expect(body).toMatchObject({ status: 'completed', response: 'Noon.' });
    expect((await app.get(`/runs/${paused.run_id}`)).body.status).toBe('awaiting_approval');
  });
});
