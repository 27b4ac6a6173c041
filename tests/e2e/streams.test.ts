import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { startTestApp, TEST_USER_HEADER, type TestApp } from '../support/app.ts';
import { createClient } from '../support/client.ts';
import { openEvents, type StreamEvent } from '../support/event-stream.ts';
import type { ChatReply } from '../support/fake-openai-replies.ts';
import { type Place, startPlace } from '../support/servers.ts';

const NOWHERE = '0192a3b4-c5d6-7e8f-9a0b-1c2d3e4f5a6b';
/** The longest that a test follows a stream. */
const LIMIT_MS = 20_000;
const HEARTBEAT = ': heartbeat\n\n';
const FIRST_LINES = 'retry: 1000\n\n';
const WORDS = Array.from({ length: 12 }, (_, place) => `word${place} `);

/** The fake model, and what a real server process needs. */
let place: Place;
/** A server in this process, with the same model. */
let server: TestApp;
/** Each test is a user of its own. */
let app: ReturnType<typeof createClient>;
let own: Record<string, string>;
let users = 0;

beforeAll(async () => {
  place = await startPlace();
  const model = { CHAT_MODEL: 'fake-chat', EMBEDDING_MODEL: 'fake-embed', MODEL_MAX_RETRIES: '0' };
  const access = { OPENAI_API_KEY: 'test-key', OPENAI_BASE_URL: place.fake.baseUrl };
  server = await startTestApp({ env: { ...model, ...access, STREAM_HEARTBEAT_MS: '100' } });
});
afterAll(async () => {
  await server.stop();
  await place.remove();
});
beforeEach(() => {
  users += 1;
  own = { [TEST_USER_HEADER]: `user-${users}` };
  app = createClient(server.url, own);
});

/** Has the model give these answers and no others. */
function script(...replies: ChatReply[]): void {
  place.fake.onChat(() => replies.shift() ?? { status: 500 });
}

/** Has the model answer in these pieces, each one when it is let go on. */
function scriptSteps(texts: string[]): () => void {
  let go = Promise.withResolvers<void>();
  async function* pieces() {
    for (const text of texts) {
      const { promise } = go;
      yield text;
      await promise;
    }
  }
  script({ pieces: pieces() });
  return () => {
    go.resolve();
    go = Promise.withResolvers();
  };
}

/** Has the model delegate to file-admin, which makes one call for it. */
function scriptCall(name: string, args: object, ...more: ChatReply[]): void {
  const toolCalls = [{ name: 'delegate_to_file_admin', arguments: { task: 'do it' } }];
  script({ content: 'Let me see.', toolCalls }, { toolCalls: [{ name, arguments: args }] }, ...more);
}

type Request = NonNullable<Parameters<typeof openEvents>[1]> & { url?: string };
type Stream = Awaited<ReturnType<typeof openEvents>>;

async function open(path: string, { url = server.url, ...request }: Request = {}): Promise<Stream> {
  const headers = { ...own, ...request.headers };
  return await openEvents(`${url}${path}`, { ...request, headers, signal: AbortSignal.timeout(LIMIT_MS) });
}
const ask = (query: string, url = server.url) => open('/assistant/ask', { url, body: { query } });
/** Follows a run from behind an event. */
const follow = (runId: string, after?: number | string, url = server.url) =>
  open(`/runs/${runId}/events`, { url, headers: after === undefined ? {} : { 'last-event-id': `${after}` } });
const rest = ({ events }: Stream) => Array.fromAsync(events);
const rawOf = (events: StreamEvent[]) => events.map(({ raw }) => raw).join('');
/** The bytes of a run's events behind one of them. */
const told = async (...place: Parameters<typeof follow>) => rawOf(await rest(await follow(...place)));

/** Takes events up to one that fits. */
async function until({ events }: Stream, fits: (event: StreamEvent) => boolean): Promise<StreamEvent[]> {
  const taken: StreamEvent[] = [];
  for await (const event of events) {
    taken.push(event);
    if (fits(event)) return taken;
  }
  throw new Error(`the stream ended before that: ${kinds(taken)}`);
}
const isAny = () => true;
const isToken = ({ event }: StreamEvent) => event === 'token';
const isEnd = (event: StreamEvent | undefined) => event?.event === 'done' || event?.event === 'error';
const kinds = (events: StreamEvent[]) => events.map(({ event }) => event).join(' ');
const ids = (events: StreamEvent[]) => events.map(({ id }) => Number(id));
const numbers = (from: number, count: number) => Array.from({ length: count }, (_, place) => from + place);
/** The text of the model's last message. */
function spoken(events: StreamEvent[]): string {
  const tokens = events.filter(isToken).map(({ data }) => data);
  const last = tokens.filter(({ step }) => step === tokens.at(-1).step);
  return last.map(({ text }) => text).join('');
}
const history = async () =>
  (await app.get('/assistant/history?order=asc&limit=50')).body.map(
    ({ role, content }: { role: string; content: string }) => `${role}: ${content}`,
  );
const lastChat = () => place.fake.requests.findLast(({ path }) => path.includes('chat'));

describe('a streamed answer', () => {
  it.each([
    ['by its body', { stream: true }, { accept: '*/*' }],
    ['by its Accept header', {}, { accept: 'application/json;q=0.5, text/event-stream' }],
  ])('is asked for %s, tells what happens in order, and ends with the answer', async (_, more, headers) => {
    const answer = 'The folder is empty: «nada», 😀.\n\nShall I fill it?';
    scriptCall('list_files', {}, { content: 'There is nothing.' }, { content: answer });
    const stream = await open('/assistant/ask', { body: { query: 'What is there?', ...more }, headers });
    expect(Object.fromEntries(stream.response.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    const events = await rest(stream);
    expect(kinds(events)).toMatch(/^run recall (token )+agent tool tool agent (token )+done$/);
    expect(ids(events)).toEqual(numbers(1, events.length));
    expect(spoken(events)).toBe(answer);
    const { data: done } = events.at(-1) as StreamEvent;
    const { run_id, session_id } = done;
    expect(done).toMatchObject({ status: 'completed', response: answer, agents: ['file-admin'] });
    expect(events[0]?.data).toEqual({ run_id, session_id, status: 'running', attempt: 1 });
    expect(events.filter(({ event }) => /agent|tool/.test(event)).map(({ data }) => data)).toMatchObject([
      { agent: 'file-admin', phase: 'started', task: 'do it' },
      { tool: 'list_files', outcome: 'called' },
      { tool: 'list_files', outcome: 'returned' },
      { agent: 'file-admin', phase: 'finished' },
    ]);
    expect(await history()).toEqual(['user: What is there?', `assistant: ${answer}`]);
  });

  it('ends with exactly the body that the plain answer has, and has the same bytes afterwards', async () => {
    script({ content: 'A plain answer.' }, { content: 'A streamed one.' });
    const { body } = await app.ask('One');
    const events = await rest(await follow(body.run_id));
    expect(events.at(-1)).toMatchObject({ event: 'done', data: body });
    const stream = await ask('Two');
    const done = (await rest(stream)).at(-1)?.data;
    expect(Object.keys(done)).toEqual(Object.keys(body));
    const later = await follow(done.run_id);
    await rest(later);
    expect(later.bytes().replaceAll(HEARTBEAT, '')).toBe(stream.bytes().replaceAll(HEARTBEAT, ''));
  });

  it('carries comments while nothing happens, and tells a browser when to come back', async () => {
    const goOn = scriptSteps(['One', ' two']);
    const stream = await ask('Count slowly');
    const first = await until(stream, isToken);
    await expect.poll(() => stream.bytes()).toContain(`${rawOf(first.slice(-1))}${HEARTBEAT}${HEARTBEAT}`);
    goOn();
    await until(stream, isToken);
    goOn();
    expect((await rest(stream)).at(-1)?.data.response).toBe('One two');
    expect(stream.bytes().startsWith(FIRST_LINES)).toBe(true);
  });

  it('groups what a model says in small pieces, so that the database is not written to for each', async () => {
    const pieces = Array.from({ length: 400 }, (_, place) => `${place} `);
    const paced = async function* () {
      for (const piece of pieces) yield await sleep(5, piece);
    };
    script({ pieces: paced() });
    const query = vi.spyOn(pg.Client.prototype, 'query');
    onTestFinished(() => void query.mockRestore());
    const started = performance.now();
    const events = await rest(await ask('Count'));
    const seconds = (performance.now() - started) / 1_000;
    const writes = query.mock.calls
      .map(([statement]) => JSON.stringify(statement))
      .filter((text) => text.includes('insert into run_events') && text.includes('from ours'));
    expect(spoken(events)).toBe(pieces.join(''));
    expect(seconds).toBeGreaterThan(1.5);
    expect(writes.length).toBeLessThanOrEqual(20 * seconds + 1);
    // It is a stream all the same.
    expect(events.filter(isToken).length).toBeGreaterThan(5);
    expect(events.filter(isToken).length).toBeLessThanOrEqual(writes.length + 1);
  });

  it('has every character of the answer, wherever the model breaks it off', async () => {
    const goOn = scriptSteps([
      'A \ud83d',
      '\ude00 or a\0',
      '\0b',
      '\udc00',
      ' ñ',
      '\u2028\r\n\ud83d',
      'c\ud83d',
    ]);
    const stream = await ask('Odd ones?');
    const events: StreamEvent[] = [];
    while (!isEnd(events.at(-1))) {
      events.push(...(await until(stream, (event) => isToken(event) || isEnd(event))));
      goOn();
    }
    expect(events.at(-1)?.data.response).toBe('A 😀 or ab� ñ\u2028\r\n�c�');
    expect(spoken(events)).toBe(events.at(-1)?.data.response);
  });
});

describe('those who follow a run', () => {
  it('take it up after any of its events', async () => {
    scriptCall('list_files', {}, { content: 'There is nothing.' }, { content: 'It is empty.' });
    const whole = await rest(await ask('What is there?'));
    expect(whole.length).toBeGreaterThan(8);
    for (const place of numbers(0, whole.length + 1)) {
      const stream = await follow(whole[0]?.data.run_id, place);
      await rest(stream);
      expect(stream.bytes().replaceAll(HEARTBEAT, '')).toBe(`${FIRST_LINES}${rawOf(whole.slice(place))}`);
    }
  });

  it('get the same bytes whether they stay or cut the connection at each event', async () => {
    const goOn = scriptSteps(WORDS);
    const asking = await ask('Tell me');
    const taken = await until(asking, isAny);
    await asking.close();
    const runId = taken[0]?.data.run_id;
    const staying = await follow(runId);
    while (!isEnd(taken.at(-1))) {
      const stream = await follow(runId, taken.at(-1)?.id);
      taken.push(...(await until(stream, isAny)));
      await stream.close();
      if (taken.some(isToken)) goOn();
    }
    expect(taken.filter(isToken).map(({ data }) => data.text)).toEqual(WORDS);
    expect(ids(taken)).toEqual(numbers(1, taken.length));
    expect(rawOf(taken)).toBe(rawOf(await rest(staying)));
  });

  it('get the same however many they are and whenever they come', async () => {
    const goOn = scriptSteps(WORDS);
    const asking = await ask('Tell me');
    const events = await until(asking, isToken);
    const runId = events[0]?.data.run_id;
    const followers: Stream[] = [];
    while (!isEnd(events.at(-1))) {
      followers.push(await follow(runId), await follow(runId, 1));
      goOn();
      events.push(...(await until(asking, isAny)));
    }
    expect(followers).toHaveLength(2 * WORDS.length);
    for (const [place, follower] of followers.entries()) {
      expect(rawOf(await rest(follower))).toBe(rawOf(events.slice(place % 2)));
    }
  });

  it('can all leave: the turn goes on, and its answer is kept', async () => {
    const goOn = scriptSteps(['One ', 'two.']);
    const stream = await ask('Count');
    const [begun] = await until(stream, isToken);
    const asked = lastChat();
    await stream.close();
    goOn();
    const back = await follow(begun?.data.run_id, begun?.id);
    await until(back, ({ data }) => data.text === 'two.');
    await back.close();
    goOn();
    expect(await asked?.left).toBe(false);
    await expect.poll(history).toEqual(['user: Count', 'assistant: One two.']);
    expect((await rest(await follow(begun?.data.run_id))).at(-1)?.data.response).toBe('One two.');
  });
});

describe('what cannot be streamed is answered with a plain problem', () => {
  it.each([
    ['POST', '/assistant/ask', { query: 'x', session_id: NOWHERE }, 404, 'session_not_found'],
    ['POST', '/assistant/ask', { query: ' ', stream: true }, 400, 'invalid_request'],
    ['POST', `/runs/${NOWHERE}/retry`, {}, 404, 'run_not_found'],
    ['POST', `/runs/${NOWHERE}/approvals/${NOWHERE}`, { decision: 'approve' }, 404, 'run_not_found'],
    ['GET', `/runs/${NOWHERE}/events`, undefined, 404, 'run_not_found'],
  ])('%s %s %j', async (method, path, body, status, code) => {
    const answer = await app.call(method, path, { body, headers: { accept: 'text/event-stream' } });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  it('an id that no event has, and the run of somebody else', async () => {
    script({ content: 'A secret.' });
    const path = `/runs/${(await app.ask('Tell me')).body.run_id}/events`;
    for (const id of ['abc', '-1', '1.5', '1e3', '9999999999']) {
      const { body } = await app.get(path, { 'last-event-id': id });
      expect(body, id).toMatchObject({ status: 400, code: 'invalid_request' });
      expect(body.detail).toContain('headers.last-event-id');
    }
    const other = await app.get(path, { [TEST_USER_HEADER]: 'mallory' });
    expect(other.body).toMatchObject({ status: 404, code: 'run_not_found' });
    expect((await app.get(path)).body).toContain('A secret.');
  });
});

describe('a run that comes to its answer in several parts', () => {
  /** The second part of a run's events is all that comes behind the first one. */
  async function expectToGoOn(first: StreamEvent[], second: StreamEvent[], url?: string): Promise<void> {
    const runId = first[0]?.data.run_id;
    expect(ids([...first, ...second])).toEqual(numbers(1, first.length + second.length));
    expect(await told(runId, first.length, url)).toBe(rawOf(second));
    expect(await told(runId, 0, url)).toBe(rawOf([...first, ...second]));
  }

  it('ends its stream with what failed, and goes on when it is retried', async () => {
    script('cut', { content: 'In the harbour.' });
    const failed = await rest(await ask('Where is the boat?'));
    expect(kinds(failed)).toBe('run recall token error');
    const { run_id, session_id } = failed[0]?.data ?? {};
    expect(failed.at(-1)?.data).toMatchObject({ status: 502, code: 'model_failed', run_id, session_id });
    expect(await told(run_id)).toBe(rawOf(failed));
    const retried = await rest(await open(`/runs/${run_id}/retry`, { method: 'POST' }));
    expect(kinds(retried)).toMatch(/^run recall (token )+done$/);
    expect(retried[0]?.data).toEqual({ run_id, session_id, status: 'running', attempt: 2 });
    expect(retried.at(-1)?.data).toMatchObject({ status: 'completed', response: 'In the harbour.', run_id });
    expect(spoken(retried)).toBe('In the harbour.');
    await expectToGoOn(failed, retried);
  });

  it('ends its stream where it waits for an approval, and goes on after the decision', async () => {
    await app.call('PUT', '/file-admin/files/a.md', { body: Buffer.from('a') });
    scriptCall('delete_file', { path: 'a.md' }, { content: 'Deleted.' }, { content: 'It is gone.' });
    const paused = await rest(await ask('Clear up'));
    expect(kinds(paused)).toMatch(/^run recall (token )+agent approval done$/);
    const [asked, { data: done }] = paused.slice(-2) as [StreamEvent, StreamEvent];
    expect(done).toMatchObject({ status: 'awaiting_approval', approvals: [asked.data] });
    expect(await told(done.run_id)).toBe(rawOf(paused));
    const path = `/runs/${done.run_id}/approvals/${asked.data.id}`;
    const resumed = await rest(await open(path, { body: { decision: 'approve' } }));
    expect(kinds(resumed)).toMatch(/^run tool tool agent (token )+done$/);
    expect(resumed.at(-1)?.data).toMatchObject({ status: 'completed', response: 'It is gone.' });
    expect(spoken(resumed)).toBe('It is gone.');
    await expectToGoOn(paused, resumed);
  });

  it('ends its stream at once when it is cancelled, with what was said so far', async () => {
    const goOn = scriptSteps(['Once ', 'upon ', 'never']);
    const stream = await ask('Tell me a story');
    const events = await until(stream, isToken);
    goOn();
    events.push(...(await until(stream, isToken)));
    const path = `/runs/${events[0]?.data.run_id}`;
    const started = performance.now();
    const [cancelled, ending] = await Promise.all([app.post(`${path}/cancel`, undefined), rest(stream)]);
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(kinds(ending)).toBe('done');
    expect(ending[0]?.data).toMatchObject({ status: 'cancelled', response: 'Once upon ' });
    expect(cancelled.body).toEqual(ending[0]?.data);
    expect(await lastChat()?.left).toBe(true);
    expect((await app.get(path)).body).toMatchObject({ status: 'cancelled', response: 'Once upon ' });
    expect((await app.get('/assistant/history')).body).toMatchObject([
      { role: 'assistant', content: 'Once upon ', partial: true },
      { role: 'user', content: 'Tell me a story', partial: false },
    ]);
    await expectToGoOn(events, ending);
  });

  it('does not keep a server from ending that is stopped, nor does a connection that asks for nothing', async () => {
    const { url, kill } = await place.start();
    const spare = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined);
    await once(spare, 'connect');
    expect(await kill('SIGTERM')).toBe(0);
  });

  it('ends its streams when the server is stopped before it is, and goes on after a restart', async () => {
    const first = await place.start({ env: { SHUTDOWN_TIMEOUT_MS: '1500' } });
    scriptSteps(['One ', 'never']);
    const asking = await ask('Count', first.url);
    const events = await until(asking, isToken);
    const runId = events[0]?.data.run_id;
    const ended = first.kill('SIGTERM');
    const refused = () => first.ask('x', { session_id: NOWHERE });
    await expect.poll(async () => (await refused()).body.code).toBe('shutting_down');
    const { status, headers } = await refused();
    expect([status, headers.get('retry-after')]).toEqual([503, '5']);
    const coming = await follow(runId, undefined, first.url);
    events.push(...(await rest(asking)));
    expect(kinds(events)).toBe('run recall token error');
    expect(events.at(-1)?.data).toMatchObject({ status: 503, code: 'interrupted', run_id: runId });
    expect(rawOf(await rest(coming))).toBe(rawOf(events));
    expect(await ended).toBe(0);

    const second = await place.start();
    expect(await told(runId, undefined, second.url)).toBe(rawOf(events));
    script({ content: 'One two.' });
    const retried = await rest(await open(`/runs/${runId}/retry`, { url: second.url, method: 'POST' }));
    expect(retried.at(-1)?.data).toMatchObject({ status: 'completed', response: 'One two.' });
    await expectToGoOn(events, retried, second.url);
  });
});
