import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestApp, TEST_USER_HEADER, type TestApp } from '../support/app.ts';
import { createClient } from '../support/client.ts';
import { openEvents } from '../support/event-stream.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../support/fake-openai.ts';

const AT_ONCE = 10;
const SOON = { timeout: 15_000, interval: 20 };

let fake: FakeOpenAI;
let server: TestApp;
/** Each test is a user of its own. */
let app: ReturnType<typeof createClient>;
let user: string;
let users = 0;
/** How often the model was asked in this test. */
let calls: number;

beforeAll(async () => {
  fake = await startFakeOpenAI();
  server = await startTestApp({
    env: {
      OPENAI_API_KEY: 'test-key',
      OPENAI_BASE_URL: fake.baseUrl,
      CHAT_MODEL: 'fake-chat',
      EMBEDDING_MODEL: 'fake-embed',
      MODEL_MAX_RETRIES: '0',
      SESSION_QUEUE_LENGTH: '1',
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
  calls = 0;
  // No two answers are the same, so that a repeated one is not a new one that happens to be equal.
  fake.onChat(() => {
    calls += 1;
    return { content: `Answer ${calls}: ${randomUUID()}` };
  });
});

const keyed = (key: string) => ({ 'idempotency-key': key });
const ask = (key: string, query: string, more: object = {}) => app.ask(query, more, keyed(key));
const spoken = async (): Promise<string[]> =>
  (await app.get('/assistant/history?order=asc&limit=50')).body.map(
    ({ content }: { content: string }) => content,
  );
const age = (interval: string) =>
  server.runSql(
    `update idempotency_keys set created_at = now() - interval '${interval}' where user_id = '${user}'`,
  );

/** Keeps the model from answering until it is released. */
function hold() {
  const { promise, resolve } = Promise.withResolvers<void>();
  fake.chat.enqueue(async () => {
    calls += 1;
    await promise;
    return { content: `Answer ${calls}: ${randomUUID()}` };
  });
  return resolve;
}

/** Asks for a stream, which has begun when this returns. */
const openStream = (key: string, query: string, more: object = {}) =>
  openEvents(`${server.url}/assistant/ask`, {
    body: { query, stream: true, ...more },
    headers: { [TEST_USER_HEADER]: user, ...keyed(key) },
  });

async function bytesOf({ events, bytes }: Awaited<ReturnType<typeof openStream>>): Promise<string> {
  for await (const _event of events);
  return bytes();
}

describe('the same key and body', () => {
  it('give the same answer again, and the model is asked once', async () => {
    const first = await ask('key', 'One?');
    expect(first).toMatchObject({ status: 200, body: { status: 'completed' } });
    const again = await ask('key', 'One?');
    expect(again).toMatchObject({ status: 200, body: first.body });
    expect(again.body).toEqual(first.body);
    expect(calls).toBe(1);
    expect(await spoken()).toEqual(['One?', first.body.response]);
    expect((await ask('another', 'One?')).body.run_id).not.toBe(first.body.run_id);
  });

  it('are one request however many come at the same time, and while it is being answered', async () => {
    const release = hold();
    const answers = Array.from({ length: AT_ONCE }, () => ask('key', 'One?'));
    await expect.poll(() => calls, SOON).toBe(1);
    answers.push(ask('key', 'One?'));
    release();
    const [first, ...others] = await Promise.all(answers);
    expect(first).toMatchObject({ status: 200, body: { status: 'completed' } });
    expect(others.map(({ body }) => body)).toEqual(Array(AT_ONCE).fill(first?.body));
    expect(calls).toBe(1);
    expect(await spoken()).toEqual(['One?', first?.body.response]);
    expect((await app.get('/sessions')).body).toHaveLength(1);
  });

  it('are the same whatever the order of the fields and with or without their defaults', async () => {
    const first = await ask('key', 'One?');
    const body = { on_busy: 'queue', memory: 'hybrid', query: 'One?' };
    expect((await app.post('/assistant/ask', body, keyed('key'))).body).toEqual(first.body);
    expect(calls).toBe(1);
  });

  it.each(['reject', 'queue'])(
    'give the same answer also while the session has no place for another question (%s)',
    async (onBusy) => {
      const request = { on_busy: onBusy };
      const first = await ask('key', 'One?', request);
      const release = hold();
      const others = [app.ask('Two?'), app.ask('Three?')];
      await expect.poll(async () => (await spoken()).length, SOON).toBe(4);
      const [again, refused] = [await ask('key', 'One?', request), await app.ask('Four?', request)];
      release();
      await Promise.all(others);
      expect(refused.body.code).toBe('session_busy');
      expect(again.body).toEqual(first.body);
    },
  );

  it('are one request also where it would rather not wait for itself', async () => {
    const release = hold();
    const first = ask('key', 'One?', { on_busy: 'reject' });
    await expect.poll(() => calls, SOON).toBe(1);
    const again = await openStream('key', 'One?', { on_busy: 'reject' });
    release();
    const { body } = await first;
    expect(body.status).toBe('completed');
    expect(again.response.status).toBe(200);
    expect((await Array.fromAsync(again.events)).at(-1)).toMatchObject({ event: 'done', data: body });
  });

  it('of another user are another request', async () => {
    const first = await ask('key', 'One?');
    const other = await app.ask('One?', {}, { ...keyed('key'), [TEST_USER_HEADER]: `neighbour of ${user}` });
    expect(other.status).toBe(200);
    expect(other.body.run_id).not.toBe(first.body.run_id);
    expect(calls).toBe(2);
    expect((await ask('key', 'One?')).body).toEqual(first.body);
  });

  it('count for 24 hours and no longer', async () => {
    const first = await ask('key', 'One?');
    await age('23 hours 59 minutes');
    expect((await ask('key', 'One?')).body).toEqual(first.body);
    await age('24 hours 1 minute');
    const later = await ask('key', 'Another question?');
    expect(later.status).toBe(200);
    expect(later.body.run_id).not.toBe(first.body.run_id);
    expect((await ask('key', 'Another question?')).body).toEqual(later.body);
    expect((await ask('key', 'One?')).body.code).toBe('idempotency_mismatch');
    expect(calls).toBe(2);
  });
});

describe('the same key and another body', () => {
  it.each([
    ['query', { query: 'Two?' }],
    ['session', { session_id: 'new' }],
    ['memory', { memory: 'recent' }],
    ['way to wait', { on_busy: 'interrupt' }],
  ])('are refused where it is another %s, and nothing is stored', async (_name, change) => {
    const first = await ask('key', 'One?');
    const refused = await app.post('/assistant/ask', { query: 'One?', ...change }, keyed('key'));
    expect(refused.body).toMatchObject({ status: 422, code: 'idempotency_mismatch' });
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    expect(calls).toBe(1);
    expect(await spoken()).toEqual(['One?', first.body.response]);
    expect((await app.get('/sessions')).body).toHaveLength(1);
  });

  it('are refused where another agent is asked', async () => {
    await ask('key', 'One?');
    const refused = await app.post('/file-admin/ask', { query: 'One?' }, keyed('key'));
    expect(refused.body).toMatchObject({ status: 422, code: 'idempotency_mismatch' });
    expect(calls).toBe(1);
  });
});

describe('a key', () => {
  it('stays free when its request was refused before it was accepted', async () => {
    const release = hold();
    const busy = app.ask('Busy?');
    await expect.poll(() => calls, SOON).toBe(1);
    expect((await ask('busy', 'One?', { on_busy: 'reject' })).body.code).toBe('session_busy');
    expect((await ask('unknown', 'One?', { session_id: randomUUID() })).body.code).toBe('session_not_found');
    expect((await ask('blank', ' ')).body.code).toBe('invalid_request');
    release();
    await busy;
    for (const key of ['busy', 'unknown', 'blank']) {
      expect((await ask(key, `Another one with ${key}?`)).body.status).toBe('completed');
    }
    expect(calls).toBe(4);
  });

  it.each([
    ['is empty', ''],
    ['has 256 characters', 'k'.repeat(256)],
    ['has a blank in it', 'my key'],
    ['has a tab in it', 'my\tkey'],
    ['has a letter that is not ASCII', 'clé'],
    ['comes twice', 'one, two'],
  ])('that %s is refused by name, and nothing is stored', async (_name, key) => {
    const refused = await ask(key, 'One?');
    expect(refused.body).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(refused.body.detail).toContain('headers.idempotency-key');
    expect(await spoken()).toEqual([]);
    expect(calls).toBe(0);
  });

  it('may have 255 characters, and any visible ones of ASCII', async () => {
    const visible = String.fromCharCode(...Array.from({ length: 0x7f - 0x21 }, (_, place) => 0x21 + place));
    for (const key of ['k'.repeat(255), visible]) {
      const first = await ask(key, 'One?');
      expect(first.status).toBe(200);
      expect((await ask(key, 'One?')).body).toEqual(first.body);
    }
    expect(calls).toBe(2);
  });
});

describe('the key of a turn that failed', () => {
  it('gives the same problem again, and after a retry the answer', async () => {
    fake.chat.enqueue({ status: 500 });
    const failed = await ask('key', 'One?');
    expect(failed.body).toMatchObject({ status: 502, code: 'model_failed', run_id: expect.any(String) });
    const again = await ask('key', 'One?');
    expect(again.status).toBe(502);
    expect(again.body).toEqual(failed.body);
    expect(calls).toBe(0);
    const retried = await app.post(`/runs/${failed.body.run_id}/retry`, undefined);
    expect(retried.body).toMatchObject({ status: 'completed', run_id: failed.body.run_id });
    expect((await ask('key', 'One?')).body).toEqual(retried.body);
    expect(calls).toBe(1);
    expect(await spoken()).toEqual(['One?', retried.body.response]);
  });
});

describe('the key of a streamed answer', () => {
  it('gives the same bytes again, while it is being answered and afterwards', async () => {
    const release = hold();
    const first = await openStream('key', 'One?');
    await expect.poll(() => calls, SOON).toBe(1);
    const second = await openStream('key', 'One?');
    release();
    const bytes = await bytesOf(first);
    expect(bytes).toMatch(/^event: run$[\s\S]*^event: token$[\s\S]*^event: done$/m);
    expect(await bytesOf(second)).toBe(bytes);
    expect(await bytesOf(await openStream('key', 'One?'))).toBe(bytes);
    expect(calls).toBe(1);
  });

  it('belongs to the answer, however it is sent', async () => {
    const first = await ask('key', 'One?');
    const bytes = await bytesOf(await openStream('key', 'One?'));
    expect(bytes).toContain(`event: done\ndata: ${JSON.stringify(first.body)}\n`);
    const refused = await app.ask('Two?', { stream: true }, keyed('key'));
    expect(refused.body).toMatchObject({ status: 422, code: 'idempotency_mismatch' });
    expect(calls).toBe(1);
  });
});

describe('the key of a decision in the conversation', () => {
  let code: string;
  let paused: string;
  beforeEach(async () => {
    await app.call('PUT', '/file-admin/files/a.md', { body: Buffer.from('a') });
    fake.chat.enqueue(
      { toolCalls: [{ name: 'delegate_to_file_admin', arguments: { task: 'clear up' } }] },
      { toolCalls: [{ name: 'delete_file', arguments: { path: 'a.md' } }] },
    );
    const { body } = await app.ask('Clear up');
    code = body.approvals[0].code;
    paused = body.run_id;
  });

  it('gives the same answer again, also to many at once, and the deed is done once', async () => {
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => ask('key', `approve ${code}`)));
    const [first] = answers;
    expect(first?.body).toMatchObject({ status: 'completed', run_id: paused });
    expect(answers.map(({ body }) => body)).toEqual(Array(AT_ONCE).fill(first?.body));
    const asked = calls;
    await app.call('PUT', '/file-admin/files/a.md', { body: Buffer.from('new') });
    expect((await ask('key', `approve ${code}`)).body).toEqual(first?.body);
    expect((await app.get('/file-admin/files/a.md')).body).toBe('new');
    expect(calls).toBe(asked);
    expect(await spoken()).toHaveLength(4);
    expect((await ask('key', `reject ${code}`)).body.code).toBe('idempotency_mismatch');
    expect((await ask('key', 'One?')).body.code).toBe('idempotency_mismatch');
  });

  it('gives the same stream again', async () => {
    const bytes = await bytesOf(await openStream('key', `approve ${code}`));
    expect(bytes).toContain('event: done');
    expect(await bytesOf(await openStream('key', `approve ${code}`))).toBe(bytes);
  });

  it('may be one that was used more than 24 hours ago', async () => {
    await ask('key', 'One?');
    await age('24 hours 1 minute');
    const decided = await ask('key', `approve ${code}`);
    expect(decided.body).toMatchObject({ status: 'completed', run_id: paused });
    expect((await app.get('/file-admin/files/a.md')).status).toBe(404);
    expect((await ask('key', `approve ${code}`)).body).toEqual(decided.body);
  });

  it('gives the same answer again where there was nothing to decide', async () => {
    const wrong = `approve ${code === '9999' ? '9998' : '9999'}`;
    const first = await ask('key', wrong);
    expect(first).toMatchObject({ status: 200, body: { response: expect.stringMatching(/Nothing waits/) } });
    expect((await ask('key', wrong)).body).toEqual(first.body);
    expect(calls).toBe(0);
    expect((await app.get(`/runs/${paused}`)).body.status).toBe('awaiting_approval');
  });
});
