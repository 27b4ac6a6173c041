import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestApp, TEST_USER_HEADER, type TestApp } from '../support/app.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../support/fake-openai.ts';

const as = (user: string) => ({ [TEST_USER_HEADER]: user });
/** Long enough for a machine that does many things at once. */
const SOON = { timeout: 30_000 };
/** Questions of one user; the gate's own test has more. */
const MANY = 40;
const apart = { session_id: 'new' };

let fake: FakeOpenAI;
let app: TestApp;
let refused: string[];
afterEach(async () => {
  await app.stop();
  await fake.close();
});

async function start(env: Record<string, string>) {
  refused = [];
  fake = await startFakeOpenAI();
  app = await startTestApp({
    env: {
      OPENAI_API_KEY: 'test-key',
      OPENAI_BASE_URL: fake.baseUrl,
      CHAT_MODEL: 'fake-chat',
      EMBEDDING_MODEL: 'fake-embed',
      ...env,
    },
    onRefused: (limit) => refused.push(limit),
  });
}

/** Has the model hold its answers until `release` is called. */
function holdAnswers() {
  const { promise, resolve: release } = Promise.withResolvers<void>();
  fake.onChat(async () => {
    await promise;
    return { content: 'done' };
  });
  return release;
}

const chatCalls = () => fake.requests.filter(({ path }) => path.includes('chat')).length;
const history = async (user: string) => (await app.get('/assistant/history?limit=200', as(user))).body;

describe('turns of one user at one time', () => {
  beforeEach(() => start({ TURNS_PER_USER: '2' }));

  it('are so many, also when they arrive in the same moment; the others leave nothing behind', async () => {
    const release = holdAnswers();
    const asked = Array.from({ length: 8 }, (_, index) => app.ask(`Question ${index}`, apart, as('ana')));
    await expect.poll(() => refused.length, SOON).toBe(6);
    expect(refused).toEqual(Array.from({ length: 6 }, () => 'turns_per_user'));
    release();
    const answers = await Promise.all(asked);
    const refusals = answers.filter(({ status }) => status === 429);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(2);
    expect(refusals).toHaveLength(6);
    for (const { headers, body } of refusals) {
      expect(body).toMatchObject({
        code: 'too_many_turns',
        detail: expect.stringContaining('TURNS_PER_USER'),
      });
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect(await history('ana')).toHaveLength(4);
    expect((await app.ask('Once more', apart, as('ana'))).status).toBe(200);
  });

  it('count those that wait in a session, and are counted apart for each user', async () => {
    const release = holdAnswers();
    const { body: session } = await app.post('/sessions', {}, as('ana'));
    const both = ['One', 'Two'].map((text) => app.ask(text, { session_id: session.id }, as('ana')));
    const stored = async () => (await app.runSql('select id from runs')).length;
    await expect.poll(stored, SOON).toBe(2);
    expect((await app.ask('Three', apart, as('ana'))).body.code).toBe('too_many_turns');
    const other = app.ask('Mine', {}, as('eva'));
    await expect.poll(chatCalls, SOON).toBe(2);
    release();
    expect((await Promise.all([...both, other])).map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it('hold for retries too, which work as soon as there is room', async () => {
    fake.chat.enqueue({ status: 400 });
    const failed = await app.ask('Fails', apart, as('ana'));
    const release = holdAnswers();
    const both = ['One', 'Two'].map((text) => app.ask(text, apart, as('ana')));
    await expect.poll(chatCalls, SOON).toBe(3);
    const retry = () => app.post(`/runs/${failed.body.run_id}/retry`, undefined, as('ana'));
    expect((await retry()).body.code).toBe('too_many_turns');
    release();
    await Promise.all(both);
    expect((await retry()).body).toMatchObject({ status: 'completed', response: 'done' });
  });

  it('never keep a decision from taking effect, and count the turn that goes on', async () => {
    await app.call('PUT', '/file-admin/files/old.txt', { body: Buffer.from('x'), headers: as('ana') });
    fake.chat.enqueue({ toolCalls: [{ name: 'delete_file', arguments: { path: 'old.txt' } }] });
    const paused = await app.call('POST', '/file-admin/ask', {
      body: { query: 'Delete it' },
      headers: as('ana'),
    });
    expect(paused.body.status).toBe('awaiting_approval');
    const before = chatCalls();
    const release = holdAnswers();
    const both = ['One', 'Two'].map((text) => app.ask(text, apart, as('ana')));
    await expect.poll(chatCalls, SOON).toBe(before + 2);
    const { run_id, approvals } = paused.body;
    const decided = app.post(
      `/runs/${run_id}/approvals/${approvals[0].id}`,
      { decision: 'approve' },
      as('ana'),
    );
    await expect.poll(chatCalls, SOON).toBe(before + 3);
    expect((await app.ask('Three', apart, as('ana'))).body.code).toBe('too_many_turns');
    release();
    expect((await decided).body.status).toBe('completed');
    await Promise.all(both);
  });
});

describe('tokens of one user in one day', () => {
  beforeEach(() => start({ TOKENS_PER_USER_PER_DAY: '50' }));

  const spent = async (user: string) =>
    (await app.runSql(`select * from token_usage where user_id = '${user}'`))[0];

  it('are added up as turns end; once they are used, questions are refused until midnight UTC', async () => {
    fake.onChat(() => ({ content: 'A short answer' }));
    const first = await app.ask('Hello', apart, as('ana'));
    const { input_tokens, output_tokens } = first.body.usage;
    expect(input_tokens + output_tokens).toBeGreaterThan(50);
    expect(await spent('ana')).toMatchObject({
      input_tokens: expect.toSatisfy((value) => Number(value) === input_tokens),
      output_tokens: expect.toSatisfy((value) => Number(value) === output_tokens),
    });
    const { status, headers, body } = await app.ask('And again', apart, as('ana'));
    expect([status, body.code]).toEqual([429, 'token_budget_used']);
    expect(body.detail).toContain('TOKENS_PER_USER_PER_DAY');
    const midnight = new Date().setUTCHours(24, 0, 0, 0);
    expect(Math.abs(Date.now() + 1_000 * Number(headers.get('retry-after')) - midnight)).toBeLessThan(10_000);
    expect(refused).toEqual(['tokens_per_day']);
    expect(await history('ana')).toHaveLength(2);
    expect((await app.ask('Mine', apart, as('eva'))).status).toBe(200);
    await app.runSql("update token_usage set day = day - 1 where user_id = 'ana'");
    expect((await app.ask('A new day', apart, as('ana'))).status).toBe(200);
  });

  it('are counted once for a turn that pauses and goes on, also when none are left', async () => {
    await app.call('PUT', '/file-admin/files/old.txt', { body: Buffer.from('x'), headers: as('ana') });
    fake.chat.enqueue(
      { toolCalls: [{ name: 'delete_file', arguments: { path: 'old.txt' } }] },
      { content: 'Gone.' },
    );
    const paused = await app.call('POST', '/file-admin/ask', {
      body: { query: 'Delete it' },
      headers: as('ana'),
    });
    expect((await app.ask('More', apart, as('ana'))).body.code).toBe('token_budget_used');
    const { run_id, approvals } = paused.body;
    const path = `/runs/${run_id}/approvals/${approvals[0].id}`;
    const { body } = await app.post(path, { decision: 'approve' }, as('ana'));
    expect(body).toMatchObject({ status: 'completed', response: 'Gone.' });
    const { input_tokens, output_tokens } = (await spent('ana')) ?? {};
    expect([Number(input_tokens), Number(output_tokens)]).toEqual([
      body.usage.input_tokens,
      body.usage.output_tokens,
    ]);
  });

  it('hold for retries, and are not given back by erasing a session', async () => {
    fake.chat.enqueue({ status: 400 });
    const failed = await app.ask('Fails', apart, as('ana'));
    fake.onChat(() => ({ content: 'A short answer' }));
    const answered = await app.ask('Hello', apart, as('ana'));
    await app.call('DELETE', `/sessions/${answered.body.session_id}`, { headers: as('ana') });
    const retried = await app.post(`/runs/${failed.body.run_id}/retry`, undefined, as('ana'));
    expect([retried.status, retried.body.code]).toEqual([429, 'token_budget_used']);
  });

  it.each(['cancelled', 'erased'])(
    'are counted, too, for an answer that is %s while it comes',
    async (end) => {
      fake.onChat(() => ({ content: 'An answer that never ends', stallAfter: true }));
      const { body: session } = await app.post('/sessions', {}, as('ana'));
      const asked = app.ask('Hello', { session_id: session.id }, as('ana'));
      const heard = async () =>
        (await app.runSql("select run_id from run_events where user_id = 'ana' and type = 'token'"))[0]
          ?.run_id;
      await expect.poll(heard, SOON).toBeTruthy();
      if (end === 'cancelled') await app.post(`/runs/${await heard()}/cancel`, undefined, as('ana'));
      else await app.call('DELETE', `/sessions/${session.id}`, { headers: as('ana') });
      await asked;
      const { input_tokens, output_tokens } = (await spent('ana')) ?? {};
      expect(Number(input_tokens)).toBeGreaterThan(0);
      expect(Number(output_tokens)).toBeGreaterThan(0);
    },
  );

  it('are forgotten after a month', async () => {
    await app.runSql(
      "insert into token_usage values ('ana', current_date - 40, 1, 1), ('ana', current_date - 20, 1, 1)",
    );
    await app.services.retention.clear();
    expect(await app.runSql('select count(*)::int as days from token_usage')).toEqual([{ days: 1 }]);
  });
});

describe('calls of the model that wait', () => {
  it('are answered user by user: many questions of one hold up nobody else', {
    timeout: 120_000,
  }, async () => {
    await start({ MODEL_MAX_CONCURRENCY: '1', MODEL_QUEUE_TIMEOUT_MS: '120000' });
    const order: string[] = [];
    const { promise, resolve: release } = Promise.withResolvers<void>();
    fake.onChat(async ({ messages }) => {
      order.push(String(messages.at(-1)?.content));
      await promise;
      return { content: 'done' };
    });
    const hog = Array.from({ length: MANY }, (_, index) => app.ask(`hog ${index}`, apart, as('hog')));
    const { gates } = app.services.limits;
    await expect.poll(() => gates.chat.waiting(), { timeout: 60_000 }).toBe(MANY - 1);
    const ana = app.ask('ana', apart, as('ana'));
    await expect.poll(() => gates.chat.waiting(), { timeout: 60_000 }).toBe(MANY);
    release();
    expect((await ana).status).toBe(200);
    expect(order.indexOf('ana')).toBeLessThanOrEqual(2);
    await Promise.all(hog);
    expect([gates.chat.inFlight(), gates.chat.waiting()]).toEqual([0, 0]);
    // Who calls is nothing for the model's server to know.
    expect(
      fake.requests.filter(({ headers }) => Object.keys(headers).some((name) => name.includes('tertulia'))),
    ).toEqual([]);
  });

  it('are refused when that takes too long; the question is kept and can be asked again', async () => {
    await start({ MODEL_MAX_CONCURRENCY: '1', MODEL_QUEUE_TIMEOUT_MS: '100' });
    const release = holdAnswers();
    const first = app.ask('One', apart, as('ana'));
    await expect.poll(chatCalls, SOON).toBe(1);
    const { status, headers, body } = await app.ask('Two', apart, as('eva'));
    expect([status, body.code]).toEqual([503, 'model_busy']);
    expect(body.detail).toContain('MODEL_MAX_CONCURRENCY');
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused).toEqual(['model_calls']);
    release();
    await first;
    const retried = await app.post(`/runs/${body.run_id}/retry`, undefined, as('eva'));
    expect(retried.body).toMatchObject({ status: 'completed', response: 'done' });
  });
});
