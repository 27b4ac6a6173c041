import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestApp, TEST_USER_HEADER, type TestApp } from '../support/app.ts';
import { createClient } from '../support/client.ts';
import { collectEvents } from '../support/event-stream.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../support/fake-openai.ts';
import { createImportingUser, line } from '../support/imports.ts';
import { keptFor, newMarker, tracesOf } from '../support/traces.ts';

const NOWHERE = '01990000-0000-7000-8000-000000000000';

let fake: FakeOpenAI;
let server: TestApp;
/** Each test is a user of its own, with a word of its own. */
let user = '';
let app: ReturnType<typeof createClient>;
let marker = '';
let users = 0;

beforeAll(async () => {
  fake = await startFakeOpenAI();
  server = await startTestApp({
    env: {
      ...{ OPENAI_API_KEY: 'test-key', OPENAI_BASE_URL: fake.baseUrl, CHAT_MODEL: 'fake-chat' },
      EMBEDDING_MODEL: 'fake-embed',
    },
  });
});
afterAll(async () => {
  await server.stop();
  await fake.close();
});
beforeEach(() => {
  users += 1;
  user = `person-${users}`;
  marker = newMarker();
  app = createClient(server.url, { [TEST_USER_HEADER]: user });
  fake.onChat(() => ({ content: 'Noted.' }));
});

const put = (path: string, text: string) =>
  app.call('PUT', `/file-admin/files/${path}`, { body: Buffer.from(text) });
const remove = (path: string) => ({ name: 'delete_file', arguments: { path } });
const delegate = (task: string) => ({ name: 'delegate_to_file_admin', arguments: { task } });
const eraseMessage = (id: string) => app.call('DELETE', `/memory/messages/${id}`);
const history = async (): Promise<{ id: string; role: string; content: string; run_id: string }[]> =>
  (await app.get('/assistant/history?order=asc&limit=100')).body;
const messageWith = async (text: string) =>
  (await history()).find(({ content }) => content.includes(text))?.id ?? NOWHERE;

/** A question that waits for an approval of a deletion. */
async function askToDelete(query: string, path: string, more: object = {}) {
  await put(path, 'to be deleted');
  fake.chat.enqueue({ toolCalls: [delegate('clear up')] }, { toolCalls: [remove(path)] });
  const { body } = await app.ask(query, more);
  expect(body.status).toBe('awaiting_approval');
  return body;
}

describe('erasing a message', () => {
  it('takes all of it that its run, its session and the stream had, and nothing else', async () => {
    const other = createClient(server.url, { [TEST_USER_HEADER]: `other-${users}` });
    await other.ask(`I know ${marker.slice(0, 4)} too`);
    await app.ask('Something before');
    const { body: asked } = await app.ask(
      `My code is ${marker}`,
      { session_id: 'new' },
      { 'idempotency-key': 'a' },
    );
    await server.services.embedder.settled();
    const before = await keptFor(other);
    const events = await collectEvents(`${server.url}/runs/${asked.run_id}/events`, {
      headers: { [TEST_USER_HEADER]: user },
    });
    const { status, body } = await eraseMessage(await messageWith(marker));
    expect({ status, body }).toEqual({
      status: 200,
      body: { messages: 1, embeddings: 1, runs: 0, checkpoints: 0, events: events.length, documents: 0 },
    });
    expect(await tracesOf(server, marker)).toEqual([]);
    expect(await keptFor(other)).toBe(before);
    expect((await history()).map(({ content }) => content)).toEqual(['Something before', 'Noted.', 'Noted.']);
    const search = await app.post('/memory/search', { query: marker });
    expect(search.body.filter((hit: { via: string[] }) => hit.via.includes('text'))).toEqual([]);
    expect((await app.get(`/sessions/${asked.session_id}`)).body.title).toBeNull();
    expect((await app.get(`/runs/${asked.run_id}`)).body).toMatchObject({ status: 'completed' });
  });

  it('empties the calls of its run, of which only stays that they were made', async () => {
    fake.chat.enqueue(
      { toolCalls: [delegate(`look at ${marker}`)] },
      { toolCalls: [{ name: 'read_file', arguments: { path: `${marker}.md` } }] },
    );
    const { body } = await app.ask('What is in it?');
    expect(await tracesOf(server, marker)).toEqual(['public.run_events', 'public.runs']);
    await eraseMessage(await messageWith('What is in it?'));
    expect(await tracesOf(server, marker)).toEqual([]);
    const { tool_calls: calls } = (await app.get(`/runs/${body.run_id}`)).body;
    expect(calls).toMatchObject([
      { tool: 'read_file', arguments: {}, result: '', outcome: expect.any(String) },
    ]);
  });

  it('answers whoever wants the run back with what became of it: events, retry and the key of the request', async () => {
    fake.onChat(() => ({ status: 500 }));
    const key = { 'idempotency-key': 'again' };
    const { body: failed } = await app.ask(`Why ${marker}?`, {}, key);
    expect(failed.run_id).toBeDefined();
    await eraseMessage(await messageWith(marker));
    fake.onChat(() => ({ content: 'Noted.' }));
    const gone = { status: 410, body: { code: 'run_erased' } };
    expect(await app.get(`/runs/${failed.run_id}/events`, { 'last-event-id': '1' })).toMatchObject(gone);
    expect(await app.post(`/runs/${failed.run_id}/retry`, undefined)).toMatchObject(gone);
    expect(await app.ask(`Why ${marker}?`, {}, key)).toMatchObject(gone);
    expect((await app.get(`/runs/${failed.run_id}`)).body.error.detail).toContain('erased');
    expect(await tracesOf(server, marker)).toEqual([]);
  });

  it('gets nothing back from one who has just looked what became of the calls of its run', async () => {
    fake.onChat(() => ({ status: 500 }));
    const { body: failed } = await app.ask(`Why ${marker}?`);
    const { session_id, attempt } = (await app.get(`/runs/${failed.run_id}`)).body;
    await eraseMessage(await messageWith(marker));
    await server.services.runs.correctCalls({
      ...{ user_id: user, id: failed.run_id, session_id, attempt },
      tool_calls: [
        {
          ...{ id: NOWHERE, agent: 'file-admin', tool: 'read_file', arguments: { path: marker } },
          ...{ effect: null, outcome: 'unknown', result: marker, before: null },
        },
      ],
    });
    expect(await tracesOf(server, marker)).toEqual([]);
  });

  it('cancels its run where that waits for an approval, whose preview goes as well', async () => {
    const paused = await askToDelete(`Delete ${marker}`, `${marker}.md`);
    const receipt = (await eraseMessage(await messageWith(`Delete ${marker}`))).body;
    expect(receipt).toMatchObject({ messages: 1, checkpoints: 1 });
    expect((await app.get(`/runs/${paused.run_id}`)).body).toMatchObject({
      status: 'cancelled',
      approvals: [{ decision: 'cancelled', summary: '', preview: '' }],
    });
    const late = await app.post(`/runs/${paused.run_id}/approvals/${paused.approvals[0].id}`, {
      decision: 'approve',
    });
    expect(late.body.code).toBe('already_decided');
    // What waits was said in a message of its own, and the file is a file.
    const waiting = await messageWith(`${marker}.md`);
    await eraseMessage(waiting);
    const left = (await tracesOf(server, marker)).filter((place) => place !== '.tertulia-history');
    expect(left).toEqual(['public.file_changes']);
    expect((await app.get(`/file-admin/files/${marker}.md`)).status).toBe(200);
  });

  it('stops its run where that is at work, in the answer and in the stream', async () => {
    const asked = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    fake.chat.enqueue(async () => {
      asked.resolve();
      await released.promise;
      return { content: `About ${marker}` };
    });
    const answer = app.ask(`Tell me of ${marker}`);
    await asked.promise;
    const [question] = await history();
    const stream = collectEvents(`${server.url}/runs/${question?.run_id}/events`, {
      headers: { [TEST_USER_HEADER]: user },
    });
    await eraseMessage(question?.id ?? NOWHERE);
    expect(await answer).toMatchObject({ status: 410, body: { code: 'run_erased' } });
    released.resolve();
    const events = await stream.catch((error: unknown) => [{ event: 'refused', data: error }]);
    expect(['error', 'refused']).toContain(events.at(-1)?.event);
    await server.services.embedder.settled();
    expect(await tracesOf(server, marker)).toEqual([]);
    expect((await app.ask('Next?')).body.status).toBe('completed');
  });

  it('ends another question that had recalled it and waits, with a sentence', async () => {
    await app.ask(`The boat is called ${marker}`);
    await server.services.embedder.settled();
    const paused = await askToDelete('What is the boat called?', 'boat.md', { session_id: 'new' });
    expect(await tracesOf(server, marker)).toContain('public.checkpoints');
    const { body } = await eraseMessage(await messageWith(marker));
    expect(body).toMatchObject({ messages: 1, checkpoints: 1 });
    expect(await tracesOf(server, marker)).toEqual([]);
    const run = (await app.get(`/runs/${paused.run_id}`)).body;
    expect(run).toMatchObject({ status: 'cancelled', approvals: [{ decision: 'cancelled' }] });
    expect(run.response).toContain('was erased, so it no longer waits');
    expect((await app.get('/file-admin/files/boat.md')).status).toBe(200);
  });

  it('keeps a question that had recalled it, and is at work, from pausing with it', async () => {
    await app.ask(`The boat is called ${marker}`);
    await server.services.embedder.settled();
    await put('boat.md', 'a boat');
    const asked = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    fake.chat.enqueue({ toolCalls: [delegate('clear up')] }, async () => {
      asked.resolve();
      await released.promise;
      return { toolCalls: [remove('boat.md')] };
    });
    const answer = app.ask('What is the boat called?', { session_id: 'new' });
    await asked.promise;
    await eraseMessage(await messageWith(marker));
    released.resolve();
    const { status, body } = await answer;
    expect({ status, body }).toMatchObject({ status: 409, body: { code: 'memory_erased' } });
    expect(await tracesOf(server, marker)).toEqual([]);
    expect((await app.post(`/runs/${body.run_id}/retry`, undefined)).body).toMatchObject({
      status: 'completed',
    });
  });

  it('erases an imported one too, and knows no others’ and none that is not there', async () => {
    await createImportingUser(server, user).expectImport([line(`Once ${marker}`)], 1);
    const id = await messageWith(marker);
    const other = createClient(server.url, { [TEST_USER_HEADER]: `other-${users}` });
    const foreign = await other.call('DELETE', `/memory/messages/${id}`);
    expect(foreign).toMatchObject({ status: 404, body: { code: 'message_not_found' } });
    expect((await eraseMessage(id)).status).toBe(200);
    expect(await tracesOf(server, marker)).toEqual([]);
    for (const unknown of [id, NOWHERE])
      expect(await eraseMessage(unknown)).toMatchObject({ status: 404, body: { code: 'message_not_found' } });
    expect((await eraseMessage('no-id')).status).toBe(400);
  });
});

describe('erasing a session', () => {
  it('leaves nothing of it, also in what waits elsewhere, and keeps the other sessions', async () => {
    const other = createClient(server.url, { [TEST_USER_HEADER]: `other-${users}` });
    await other.ask('My own words');
    const { body: told } = await app.ask(`The boat is called ${marker}`, {}, { 'idempotency-key': 'b' });
    await server.services.embedder.settled();
    const before = await keptFor(other);
    const paused = await askToDelete('What is the boat called?', 'boat.md', { session_id: 'new' });
    const { body } = await app.call('DELETE', `/sessions/${told.session_id}`);
    expect(body).toMatchObject({ messages: 2, embeddings: 2, runs: 1, checkpoints: 1 });
    expect(await tracesOf(server, marker)).toEqual([]);
    expect(await keptFor(other)).toBe(before);
    expect((await app.get(`/runs/${paused.run_id}`)).body.status).toBe('cancelled');
    expect((await history()).length).toBe(2);
  });
});
