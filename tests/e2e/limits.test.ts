import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../support/fake-openai.ts';

let fake: FakeOpenAI;
let app: TestApp;

beforeEach(async () => {
  fake = await startFakeOpenAI();
  app = await startTestApp({
    env: {
      OPENAI_API_KEY: 'test-key',
      OPENAI_BASE_URL: fake.baseUrl,
      CHAT_MODEL: 'fake-chat',
      EMBEDDING_MODEL: 'fake-embed',
      TURN_MAX_STEPS: '3',
      TURN_MAX_TOOL_CALLS: '4',
      TURN_TIMEOUT_MS: '1500',
    },
  });
});
afterEach(async () => {
  await app.stop();
  await fake.close();
});

const delegate = { toolCalls: [{ name: 'delegate_to_file_admin', arguments: { task: 'list' } }] };
const list = { name: 'list_files', arguments: {} };
const isAgent = (request: { tools?: { function: { name: string } }[] | undefined }) =>
  request.tools?.some((tool) => tool.function.name === 'list_files') ?? false;

describe('the limits of a turn end it with an answer that says so', () => {
  it('steps of the supervisor', async () => {
    fake.onChat((request) => (isAgent(request) ? { content: 'done' } : delegate));
    const { body } = await app.ask('Go on for ever');
    expect(body).toMatchObject({ status: 'completed', degraded: ['step_limit'] });
    expect(body.response).toMatch(/limit of 3 steps/);
  });

  it('steps of an agent', async () => {
    fake.onChat((request) => {
      if (isAgent(request)) return { toolCalls: [list] };
      return request.messages.at(-1)?.role === 'tool'
        ? { content: String(request.messages.at(-1)?.content) }
        : delegate;
    });
    const { body } = await app.ask('Go on for ever');
    expect(body).toMatchObject({ status: 'completed', degraded: ['step_limit'] });
    expect(body.response).toMatch(/limit of 3 steps[\s\S]*list_files returned/);
  });

  it('tool calls', async () => {
    fake.onChat((request) =>
      isAgent(request) ? { toolCalls: Array.from({ length: 9 }, () => list) } : delegate,
    );
    const { body } = await app.call('POST', '/file-admin/ask', { body: { query: 'List it nine times' } });
    expect(body).toMatchObject({ status: 'completed', degraded: ['tool_call_limit'] });
    expect(body.response).toMatch(/limit of 4 tool calls/);
    expect((await app.get(`/runs/${body.run_id}`)).body.tool_calls).toHaveLength(4);
  });

  it('time', async () => {
    fake.onChat(() => ({ delayMs: 10_000, content: 'too late' }));
    const started = performance.now();
    const { body } = await app.ask('Think for ever');
    expect(performance.now() - started).toBeLessThan(6_000);
    expect(body).toMatchObject({ status: 'completed', degraded: ['time_limit'] });
    expect(body.response).toMatch(/time was over/);
  });
});

describe('a busy session', () => {
  it('refuses a second turn that would not wait, while other sessions go on', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    fake.chat.enqueue(async () => {
      await released;
      return { content: 'first' };
    });
    const { body: session } = await app.post('/sessions', { title: 'Busy' });
    const first = app.ask('One', { session_id: session.id });
    await expect.poll(() => fake.requests.filter(({ path }) => path.includes('chat')).length).toBe(1);
    const second = await app.ask('Two', { session_id: session.id, on_busy: 'reject' });
    expect(second.body).toMatchObject({ status: 409, code: 'session_busy' });
    expect(second.headers.get('retry-after')).toBe('1');
    fake.chat.enqueue({ content: 'elsewhere' });
    expect((await app.ask('Three', { session_id: 'new' })).body.response).toBe('elsewhere');
    release();
    expect((await first).body.response).toBe('first');
    const { body: history } = await app.get(`/assistant/history?session_id=${session.id}`);
    expect(history.map((one: { content: string }) => one.content)).toEqual(['first', 'One']);
  });
});
