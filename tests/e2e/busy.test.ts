import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestApp, TEST_USER_HEADER, type TestApp } from '../support/app.ts';
import { createClient } from '../support/client.ts';
import { openEvents } from '../support/event-stream.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../support/fake-openai.ts';
import type { ChatReply } from '../support/fake-openai-replies.ts';

const QUEUE_LENGTH = 8;
const SHORT_QUEUE_TIMEOUT_MS = 1_000;
/** A waiting run looks by itself this often, so that it notices its time limit so much too late at most. */
const LOOK_MS = 1_000;
/** How soon the server finds out that a run was erased: it renews its leases three times as often. */
const LEASE_MS = 9_000;
/** What a busy machine may add to any of these times. */
const SLACK_MS = 5_000;
const SOON = { timeout: 15_000, interval: 20 };
/** So long the model takes, so that two calls which could overlap would. */
const MODEL_MS = 10;
const HALF = 'Half of the answer';
const CUT_OFF = ['user: One?', `assistant: ${HALF}`];
/** A message that begins with this is stored slowly, so that others begin to be stored before it is there. */
const SLOWLY = 'Slowly';

let fake: FakeOpenAI;
let server: TestApp;
/** Each test is a user of its own. */
let app: ReturnType<typeof createClient>;
let headers: Record<string, string>;
let users = 0;
/** The questions as they came to the model, each with all that the model was shown. */
let calls: { question: string; shown: string }[];
/** Replies to certain questions, at their time; other questions are answered with `Re: <question>`. */
let planned: Map<string, ChatReply | Promise<ChatReply>>;
let letGo: (() => void)[];
/** The most calls that were at the model at once. */
let most: number;

beforeAll(async () => {
  fake = await startFakeOpenAI();
  server = await startTestApp({ env: settings({ DATABASE_POOL_SIZE: '20' }) });
  await server.runSql(`create function take_a_moment() returns trigger language plpgsql as
    'begin perform pg_sleep(0.1); return new; end'`);
  await server.runSql(`create trigger slowly before insert on messages
    for each row when (new.content like '${SLOWLY}%') execute function take_a_moment()`);
});
afterAll(async () => {
  await server.stop();
  await fake.close();
});
beforeEach(() => {
  users += 1;
  headers = { [TEST_USER_HEADER]: `user-${users}` };
  app = createClient(server.url, headers);
  [calls, planned, letGo, most] = [[], new Map(), [], 0];
  fake.onChat(modelOf(calls, planned));
});
afterEach(() => {
  for (const release of letGo) release();
});

function settings(more: Record<string, string> = {}) {
  return {
    OPENAI_API_KEY: 'test-key',
    OPENAI_BASE_URL: fake.baseUrl,
    CHAT_MODEL: 'fake-chat',
    EMBEDDING_MODEL: 'fake-embed',
    MODEL_MAX_RETRIES: '0',
    SESSION_QUEUE_LENGTH: String(QUEUE_LENGTH),
    RUN_LEASE_MS: String(LEASE_MS),
    ...more,
  };
}

/** The model of one test: what is still under way when the test is over touches nothing of the next one. */
function modelOf(seen: typeof calls, replies: typeof planned): Parameters<FakeOpenAI['onChat']>[0] {
  let underWay = 0;
  return async ({ messages }) => {
    const question = String(messages.at(-1)?.content);
    seen.push({ question, shown: JSON.stringify(messages) });
    underWay += 1;
    most = Math.max(most, underWay);
    // The request that is being answered was recorded last.
    fake.requests.at(-1)?.left.finally(() => {
      underWay -= 1;
    });
    await sleep(MODEL_MS);
    return await (replies.get(question) ?? { content: `Re: ${question}` });
  };
}

const many = (count: number) => Array.from({ length: count }, (_, place) => `${SLOWLY}, number ${place}?`);
const asked = () => calls.map(({ question }) => question);
const shownFor = (question: string) => calls.find((call) => call.question === question)?.shown;
const isChatOn = (question: string) => (request: { path: string; body: unknown }) =>
  request.path.includes('chat') && JSON.stringify(request.body).includes(question);
const requestOf = (question: string) => fake.requests.findLast(isChatOn(question));

const history = async (client = app): Promise<{ role: string; content: string; run_id: string }[]> =>
  (await client.get('/assistant/history?order=asc&limit=200')).body;
const spoken = async (client = app) =>
  (await history(client)).map(({ role, content }) => `${role}: ${content}`);
const inTurn = (...questions: string[]) =>
  questions.flatMap((text) => [`user: ${text}`, `assistant: Re: ${text}`]);
const runOf = async (question: string, client = app) =>
  String((await history(client)).find(({ content }) => content === question)?.run_id);
const stateOf = async (question: string) => (await app.get(`/runs/${await runOf(question)}`)).body.status;

/** Asks and, once the question is stored, goes on without its answer. */
async function askAndGo(question: string, client = app) {
  const answer = client.ask(question);
  await expect.poll(() => spoken(client), SOON).toContain(`user: ${question}`);
  return { answer };
}

/** Asks a question that stays at the model until it is released. */
async function occupy(question: string, client = app) {
  const held = Promise.withResolvers<ChatReply>();
  planned.set(question, held.promise);
  const release = () => held.resolve({ content: `Re: ${question}` });
  letGo.push(release);
  const { answer } = await askAndGo(question, client);
  await expect.poll(asked, SOON).toContain(question);
  return { answer, release };
}

/** Asks a question of which the model says the first words only, and returns when these can be seen. */
async function askAndHear(question: string) {
  planned.set(question, { content: HALF, stallAfter: true });
  const { answer } = await askAndGo(question);
  const live = await openEvents(`${server.url}/runs/${await runOf(question)}/events`, { headers });
  let heard = '';
  for await (const { event, data } of live.events) {
    if (event === 'token') heard += data.text;
    if (heard === HALF) break;
  }
  expect(heard).toBe(HALF);
  await live.close();
  const gone = requestOf(question)?.left;
  const left = () => Promise.race([gone, sleep(1_000, 'not within a second')]);
  return { answer, left };
}

describe('questions that arrive while a turn runs', () => {
  it('wait, and are answered in the order in which they were accepted', async () => {
    const first = await occupy('One?');
    const waiting = ['Two?', 'Three?', 'Four?'];
    const answers = [first.answer];
    for (const question of waiting) answers.push((await askAndGo(question)).answer);
    for (const question of waiting) {
      const { body: run } = await app.get(`/runs/${await runOf(question)}`);
      expect(run).toMatchObject({ status: 'queued', response: null, finished_at: null });
    }
    expect(asked()).toEqual(['One?']);
    first.release();
    const bodies = (await Promise.all(answers)).map(({ body }) => body);
    expect(bodies.map(({ status, response }) => [status, response])).toEqual(
      ['One?', ...waiting].map((question) => ['completed', `Re: ${question}`]),
    );
    expect(asked()).toEqual(['One?', ...waiting]);
    expect(most).toBe(1);
    expect(await spoken()).toEqual(inTurn('One?', ...waiting));
    for (const [place, { shown }] of calls.entries()) {
      for (const earlier of asked().slice(0, place)) expect(shown).toContain(`Re: ${earlier}`);
      for (const later of asked().slice(place + 1)) expect(shown).not.toContain(later);
    }
  });

  it('keep their order also where an earlier one is tried again', async () => {
    planned.set('One?', { status: 500 });
    const { body: failed } = await app.ask('One?');
    planned.delete('One?');
    const { answer, release } = await occupy('Two?');
    const { answer: third } = await askAndGo('Three?');
    const retried = app.post(`/runs/${failed.run_id}/retry`, undefined);
    await expect.poll(() => stateOf('One?'), SOON).toBe('queued');
    release();
    const answers = await Promise.all([retried, answer, third]);
    expect(answers.map(({ body }) => body.response)).toEqual(['Re: One?', 'Re: Two?', 'Re: Three?']);
    expect(asked()).toEqual(['One?', 'Two?', 'One?', 'Three?']);
    expect(await spoken()).toEqual(inTurn('One?', 'Two?', 'Three?'));
  });

  it('are answered one at a time when many arrive at once', async () => {
    const { body: session } = await app.post('/sessions', { title: 'Many' });
    const questions = many(QUEUE_LENGTH);
    const answers = await Promise.all(questions.map((text) => app.ask(text, { session_id: session.id })));
    expect(answers.map(({ status, body }) => [status, body.response])).toEqual(
      questions.map((question) => [200, `Re: ${question}`]),
    );
    expect(most).toBe(1);
    expect(asked().toSorted()).toEqual(questions.toSorted());
    expect(await spoken()).toEqual(inTurn(...asked()));
    for (const [place, { shown }] of calls.entries()) {
      for (const later of asked().slice(place + 1)) expect(shown).not.toContain(later);
    }
  });

  it('open one session together when they are a new user’s first ones', async () => {
    const questions = many(QUEUE_LENGTH);
    const answers = await Promise.all(questions.map((text) => app.ask(text)));
    expect(answers.map(({ status }) => status)).toEqual(questions.map(() => 200));
    expect(new Set(answers.map(({ body }) => body.session_id)).size).toBe(1);
    expect((await app.get('/sessions')).body).toHaveLength(1);
  });

  it('hold up no other session and no other user', async () => {
    const { answer, release } = await occupy('One?');
    const { answer: second } = await askAndGo('Two?');
    const { body: session } = await app.post('/sessions', { title: 'Elsewhere' });
    const elsewhere = ['Three?', 'And three more?'].map((text) => app.ask(text, { session_id: session.id }));
    expect((await Promise.all(elsewhere)).map(({ status }) => status)).toEqual([200, 200]);
    const other = createClient(server.url, { [TEST_USER_HEADER]: `neighbour of user-${users}` });
    expect((await other.ask('Four?')).body).toMatchObject({ status: 'completed', response: 'Re: Four?' });
    expect(await Promise.all(['One?', 'Two?'].map(stateOf))).toEqual(['running', 'queued']);
    release();
    expect((await answer).body.response).toBe('Re: One?');
    expect((await second).body.response).toBe('Re: Two?');
  });
});

describe('the queue of a session', () => {
  it('is bounded: one question too many is refused, and nothing of it is stored', async () => {
    const { answer, release } = await occupy('One?');
    const waiting = Array.from({ length: QUEUE_LENGTH }, (_, place) => `Waiting ${place}?`);
    const answers = [answer];
    for (const question of waiting) answers.push((await askAndGo(question)).answer);
    const [before, { body: sessions }] = [await spoken(), await app.get('/sessions')];
    const refused = await app.ask('One too many?');
    expect(refused.body).toMatchObject({ status: 409, code: 'session_busy' });
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await spoken()).toEqual(before);
    expect((await app.get('/sessions')).body).toEqual(sessions);
    release();
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(await spoken()).toEqual(inTurn('One?', ...waiting));
  });

  it('is bounded also when all arrive at once', async () => {
    const { answer, release } = await occupy('One?');
    let refused = 0;
    const askOrCount = async (question: string) => {
      const { status } = await app.ask(question);
      if (status === 409) refused += 1;
      return status;
    };
    const statuses = Promise.all(many(2 * QUEUE_LENGTH).map(askOrCount));
    // Nothing is answered, and so no place gets free, before each of them is stored or refused.
    await expect.poll(async () => (await spoken()).length + refused, SOON).toBe(1 + 2 * QUEUE_LENGTH);
    release();
    expect((await answer).status).toBe(200);
    const expected = [...Array(QUEUE_LENGTH).fill(200), ...Array(QUEUE_LENGTH).fill(409)];
    expect((await statuses).toSorted()).toEqual(expected);
  });

  it('refuses at once the question that would rather not wait, and nothing of it is stored', async () => {
    const { answer, release } = await occupy('One?');
    const refused = await app.ask('Two?', { on_busy: 'reject' });
    expect(refused.body).toMatchObject({ status: 409, code: 'session_busy' });
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await spoken()).toEqual(['user: One?']);
    release();
    await answer;
    expect((await app.ask('Two?', { on_busy: 'reject' })).body.response).toBe('Re: Two?');
    expect(await spoken()).toEqual(inTurn('One?', 'Two?'));
  });

  it('gives up a question that waited too long, and a retry answers it in its place', async () => {
    const hasty = await startTestApp({ env: settings({ QUEUE_TIMEOUT_MS: String(SHORT_QUEUE_TIMEOUT_MS) }) });
    try {
      const client = createClient(hasty.url, headers);
      const { answer, release } = await occupy('One?', client);
      const began = performance.now();
      const late = await client.ask('Two?');
      const waited = performance.now() - began;
      expect(late.body).toMatchObject({ status: 503, code: 'queue_timeout', run_id: expect.any(String) });
      expect(late.headers.get('retry-after')).toBe('5');
      expect(waited).toBeGreaterThanOrEqual(SHORT_QUEUE_TIMEOUT_MS);
      expect(waited).toBeLessThan(SHORT_QUEUE_TIMEOUT_MS + LOOK_MS + SLACK_MS);
      const path = `/runs/${late.body.run_id}`;
      const { body: run } = await client.get(path);
      expect(run).toMatchObject({ status: 'failed', error: { code: 'queue_timeout' } });
      expect(await spoken(client)).toEqual(['user: One?', 'user: Two?']);
      release();
      expect((await answer).body.response).toBe('Re: One?');
      await client.ask('Three?');
      expect(asked()).toEqual(['One?', 'Three?']);
      const retried = await client.post(`${path}/retry`, undefined);
      expect(retried.body).toMatchObject({ response: 'Re: Two?', run_id: late.body.run_id });
      expect(await spoken(client)).toEqual(inTurn('One?', 'Two?', 'Three?'));
    } finally {
      for (const release of letGo) release();
      await hasty.stop();
    }
  });
});

describe('a question that interrupts', () => {
  it('cancels the running turn and goes before those that wait, which are answered after it', async () => {
    const first = await askAndHear('One?');
    const waiting = [await askAndGo('Two?'), await askAndGo('Three?')];
    const urgent = app.ask('Urgent?', { on_busy: 'interrupt' });
    const cut = (await first.answer).body;
    expect(cut).toMatchObject({ status: 'cancelled', response: HALF, run_id: await runOf('One?') });
    expect(await first.left()).toBe(true);
    expect((await urgent).body).toMatchObject({ status: 'completed', response: 'Re: Urgent?' });
    const answers = await Promise.all(waiting.map(({ answer }) => answer));
    expect(answers.map(({ body }) => body.response)).toEqual(['Re: Two?', 'Re: Three?']);
    expect(asked()).toEqual(['One?', 'Urgent?', 'Two?', 'Three?']);
    expect(most).toBe(1);
    expect(await spoken()).toEqual([...CUT_OFF, ...inTurn('Two?', 'Three?', 'Urgent?')]);
    expect((await history())[1]).toMatchObject({ partial: true });
    expect(await stateOf('One?')).toBe('cancelled');
    expect((await app.ask('Nobody is there?', { on_busy: 'interrupt' })).body.status).toBe('completed');
  });

  it('is not shown the questions that wait behind it', async () => {
    const first = await askAndHear('Where is the canoe?');
    const { answer: second } = await askAndGo('Where is the paddle?');
    await app.ask('Where is the anchor?', { on_busy: 'interrupt' });
    await Promise.all([first.answer, second]);
    expect(asked().slice(1)).toEqual(['Where is the anchor?', 'Where is the paddle?']);
    expect(shownFor('Where is the anchor?')).toContain(HALF);
    expect(shownFor('Where is the anchor?')).not.toContain('Where is the paddle?');
  });
});

describe('cancelling', () => {
  const cancel = async (question: string) =>
    await app.post(`/runs/${await runOf(question)}/cancel`, undefined);

  it('a run that waits answers its caller, and the others go on', async () => {
    const { answer, release } = await occupy('One?');
    const [second, third] = [await askAndGo('Two?'), await askAndGo('Three?')];
    const cancelled = await cancel('Two?');
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled', response: '' } });
    expect(await second.answer).toMatchObject({ status: 200, body: cancelled.body });
    const states = await Promise.all(['One?', 'Two?', 'Three?'].map(stateOf));
    expect(states).toEqual(['running', 'cancelled', 'queued']);
    release();
    expect((await answer).body.response).toBe('Re: One?');
    expect((await third.answer).body.response).toBe('Re: Three?');
    expect(asked()).toEqual(['One?', 'Three?']);
    expect(await spoken()).toEqual([...inTurn('One?'), 'user: Two?', ...inTurn('Three?')]);
  });

  it('a running one answers all who wait for it with what was said so far, also the second time', async () => {
    const { answer, left } = await askAndHear('One?');
    const cancelled = await cancel('One?');
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled', response: HALF } });
    expect(await left()).toBe(true);
    expect(await answer).toMatchObject({ status: 200, body: cancelled.body });
    expect(await cancel('One?')).toMatchObject({ status: 200, body: cancelled.body });
    expect(await spoken()).toEqual(CUT_OFF);
    expect((await app.ask('Two?')).body.response).toBe('Re: Two?');
  });

  it('one that has ended, or another user’s, is refused and changes nothing', async () => {
    await app.ask('One?');
    expect((await cancel('One?')).body).toMatchObject({ status: 409, code: 'run_ended' });
    expect(await stateOf('One?')).toBe('completed');
    const { answer, release } = await occupy('Two?');
    const path = `/runs/${await runOf('Two?')}/cancel`;
    const foreign = await app.post(path, undefined, { [TEST_USER_HEADER]: 'mallory' });
    expect(foreign.body).toMatchObject({ status: 404, code: 'run_not_found' });
    release();
    expect((await answer).body).toMatchObject({ status: 'completed', response: 'Re: Two?' });
  });
});

describe('erasing a session', () => {
  it('answers everyone whose turn runs or waits in it', async () => {
    const running = await askAndHear('One?');
    const waiting = [await askAndGo('Two?'), await askAndGo('Three?')];
    const { body: sessions } = await app.get('/sessions');
    const receipt = await app.call('DELETE', `/sessions/${sessions[0].id}`);
    expect(receipt).toMatchObject({ status: 200, body: { messages: 3, runs: 3 } });
    const answers = [running, ...waiting].map(({ answer }) => answer);
    const within = sleep(LEASE_MS + SLACK_MS, 'not in time', { ref: false });
    const told = await Promise.race([Promise.all(answers), within]);
    expect(told).toMatchObject(answers.map(() => ({ status: 404, body: { code: 'run_not_found' } })));
    expect(await running.left()).toBe(true);
    expect(asked()).toEqual(['One?']);
    expect(await spoken()).toEqual([]);
    expect((await app.ask('Four?')).body.response).toBe('Re: Four?');
  });

  it('works also in the moment in which a turn ends in it', async () => {
    planned.set('One?', { content: `${SLOWLY} said` });
    const { answer } = await askAndGo('One?');
    await expect.poll(asked, SOON).toEqual(['One?']);
    await requestOf('One?')?.left;
    const { body: sessions } = await app.get('/sessions');
    const erased = await app.call('DELETE', `/sessions/${sessions[0].id}`);
    expect(erased).toMatchObject({ status: 200, body: { runs: 1 } });
    expect([200, 404]).toContain((await answer).status);
    expect(await spoken()).toEqual([]);
  });
});
