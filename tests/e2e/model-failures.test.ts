import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../support/fake-openai.ts';

let fake: FakeOpenAI;
let app: TestApp;

beforeEach(async () => {
  fake = await startFakeOpenAI();
  app = await startTestApp({ env: fakeModel(fake) });
});
afterEach(async () => {
  await app.stop();
  await fake.close();
});

function fakeModel({ baseUrl }: FakeOpenAI): Record<string, string> {
  return {
    OPENAI_API_KEY: 'test-key',
    OPENAI_BASE_URL: baseUrl,
    CHAT_MODEL: 'fake-chat',
    EMBEDDING_MODEL: 'fake-embed',
    MODEL_TIMEOUT_MS: '1500',
    MODEL_MAX_RETRIES: '1',
    EMBEDDING_TIMEOUT_MS: '1500',
  };
}

async function contents(): Promise<string[]> {
  const { body } = await app.get('/assistant/history?limit=50&order=asc');
  return body.map((one: { role: string; content: string }) => `${one.role}: ${one.content}`);
}

describe('a model over the OpenAI protocol', () => {
  it('answers, and is shown what was said before', async () => {
    fake.chat.enqueue({ content: 'Noted.' }, { content: 'Luna.' });
    await app.ask('My dog is called Luna');
    const { body } = await app.ask('What is my dog called?');
    expect(body).toMatchObject({ response: 'Luna.', status: 'completed', model: 'fake-chat', degraded: [] });
    expect(body.usage.input_tokens).toBeGreaterThan(0);
    const chats = fake.requests.filter(({ path }) => path.endsWith('/chat/completions'));
    expect(JSON.stringify(chats.at(-1)?.body)).toContain('My dog is called Luna');
    expect(fake.refusals).toEqual([]);
  });

  it('delegates to several agents at once and runs their tools', async () => {
    const write = (path: string) => ({
      toolCalls: [{ name: 'write_file', arguments: { path, content: path } }],
    });
    fake.onChat((request) => {
      const text = JSON.stringify(request.messages);
      const last = request.messages.at(-1);
      const isAgent = request.tools?.some((tool) => tool.function.name === 'write_file');
      if (isAgent && last?.role === 'tool') return { content: `wrote ${last.content}` };
      if (isAgent) return write(text.includes('the first file') ? 'first.md' : 'second.md');
      if (last?.role === 'tool') return { content: 'Both are written.' };
      return {
        toolCalls: ['first', 'second'].map((task) => ({
          name: 'delegate_to_file_admin',
          arguments: { task: `write the ${task} file` },
        })),
      };
    });
    const { body } = await app.ask('Write two files');
    expect(body).toMatchObject({
      status: 'completed',
      response: 'Both are written.',
      agents: ['file-admin'],
    });
    expect((await app.get('/file-admin/files/first.md')).body).toBe('first.md');
    expect((await app.get('/file-admin/files/second.md')).body).toBe('second.md');
    const run = await app.get(`/runs/${body.run_id}`);
    expect(run.body.tool_calls).toHaveLength(2);
    expect(fake.refusals).toEqual([]);
  });
});

describe('a model that fails', () => {
  it.each([
    ['is too slow', { delayMs: 6_000, content: 'late' }, 504, 'model_timeout', /within 1.5 s/],
    ['stalls in its answer', { stall: true as const }, 504, 'model_timeout', /within 1.5 s/],
    ['answers 500', { status: 500 }, 502, 'model_failed', /500/],
    ['answers 401', { status: 401 }, 502, 'model_failed', /OPENAI_API_KEY/],
    [
      'answers 429 for too long',
      { status: 429, headers: { 'retry-after': '3600' } },
      502,
      'model_failed',
      /rate limited/,
    ],
    ['cuts the connection', 'cut' as const, 502, 'model_failed', /./],
    ['does not answer in JSON', 'malformed' as const, 502, 'model_failed', /JSON/],
    ['answers with nothing', { content: '' }, 502, 'model_failed', /nothing/],
  ])('keeps the question and says what happened when it %s', async (_name, reply, status, code, detail) => {
    fake.onChat(() => reply);
    const failed = await app.ask('Where is the key?');
    expect(failed.body).toMatchObject({
      status,
      code,
      run_id: expect.any(String),
      session_id: expect.any(String),
    });
    expect(failed.body.detail).toMatch(detail);
    expect(await contents()).toEqual(['user: Where is the key?']);
    const run = await app.get(`/runs/${failed.body.run_id}`);
    expect(run.body).toMatchObject({ status: 'failed', error: { code } });

    fake.onChat(() => ({ content: 'Under the mat.' }));
    const next = await app.ask('And the umbrella?');
    expect(next.body).toMatchObject({ status: 'completed', session_id: failed.body.session_id });
    const retried = await app.post(`/runs/${failed.body.run_id}/retry`, undefined);
    expect(retried.body).toMatchObject({
      status: 'completed',
      run_id: failed.body.run_id,
      response: 'Under the mat.',
    });
    expect(await contents()).toHaveLength(4);
    expect((await app.post(`/runs/${failed.body.run_id}/retry`, undefined)).body.code).toBe(
      'run_not_retryable',
    );
  });

  it('waits as long as Retry-After says, and then works', async () => {
    fake.chat.enqueue({ status: 429, headers: { 'retry-after': '1' } }, { content: 'Here I am.' });
    const started = performance.now();
    const { body } = await app.ask('Are you there?');
    expect(body.response).toBe('Here I am.');
    expect(performance.now() - started).toBeGreaterThanOrEqual(1_000);
  });
});

describe('a model that calls tools badly', () => {
  const delegate = { toolCalls: [{ name: 'delegate_to_file_admin', arguments: { task: 'write it' } }] };

  it.each([
    ['a tool that does not exist', { name: 'launch_rocket', arguments: {} }, /no tool launch_rocket/],
    ['arguments that are not JSON', { name: 'write_file', arguments: '{"path": oops' }, /not a JSON object/],
    ['arguments that are no object', { name: 'write_file', arguments: '["path"]' }, /not a JSON object/],
    ['arguments that do not fit', { name: 'write_file', arguments: { path: 7 } }, /do not fit write_file/],
    [
      'a path outside the workspace',
      { name: 'write_file', arguments: { path: '../x', content: 'x' } },
      /path_outside_workspace|invalid_path/,
    ],
  ])('hands back to it %s, and the turn goes on', async (_name, call, told) => {
    let answerToCall = '';
    fake.chat.enqueue(
      delegate,
      { toolCalls: [call] },
      (request) => {
        answerToCall = String(request.messages.at(-1)?.content);
        return { content: 'I could not.' };
      },
      { content: 'It did not work.' },
    );
    const { body } = await app.ask('Write it');
    expect(body).toMatchObject({ status: 'completed', response: 'It did not work.' });
    expect(answerToCall).toMatch(told);
    expect(fake.refusals).toEqual([]);
  });

  it('stores a turn whatever characters the model sends', async () => {
    const odd = { name: 'read_file', arguments: { path: 'a\0b\ud800.md' } };
    fake.chat.enqueue(
      delegate,
      { toolCalls: [odd] },
      { content: 'odd \0 \ud800' },
      { content: 'answer \0 \ud800' },
    );
    const { body } = await app.ask('Read it');
    expect(body).toMatchObject({ status: 'completed' });
    expect((await app.get(`/runs/${body.run_id}`)).body).toMatchObject({
      status: 'completed',
      response: body.response,
    });
  });

  it('does nothing with arguments that were cut off at the model’s length limit', async () => {
    let told = '';
    const half = { name: 'write_file', arguments: '{"path": "half.md", "content": "only half"}' };
    fake.chat.enqueue(
      delegate,
      { toolCalls: [half], finishReason: 'length' },
      (request) => {
        told = String(request.messages.at(-1)?.content);
        return { content: 'Too long.' };
      },
      { content: 'It was too long.' },
    );
    await app.ask('Write it');
    expect(told).toMatch(/cut off/);
    expect((await app.get('/file-admin/files/half.md')).body.code).toBe('file_not_found');
  });

  it('tells the supervisor too when it names an agent that is not there', async () => {
    fake.chat.enqueue(
      { toolCalls: [{ name: 'delegate_to_cook', arguments: { task: 'soup' } }] },
      (request) => ({ content: String(request.messages.at(-1)?.content) }),
    );
    const { body } = await app.ask('Make soup');
    expect(body.response).toMatch(/no tool delegate_to_cook/);
  });
});

describe('an embedder that fails', () => {
  it.each([
    ['is too slow', { delayMs: 6_000 }, 'embedder_timeout'],
    ['answers 500', { status: 500 }, /embedder_(failed|timeout)/],
    ['gives vectors of the wrong size', { dimensions: 4_000 }, 'embedder_failed'],
    ['gives no numbers', { spoil: 'not-a-number' as const }, 'embedder_failed'],
  ])('degrades the turn, within the deadline, when it %s', async (_name, reply, named) => {
    fake.onChat(() => ({ content: 'Fine.' }));
    await app.ask('The spare key is under the flowerpot');
    fake.onEmbeddings(() => reply);
    const started = performance.now();
    const search = await app.post('/memory/search', { query: 'Where is the spare key?' });
    expect(performance.now() - started).toBeLessThan(app.config.recall.deadlineMs * 3);
    expect(search.headers.get('degraded')).toMatch(named);
    expect(search.body[0].message.content).toContain('flowerpot');

    const { body } = await app.ask('Where is the spare key?', { session_id: 'new', memory: 'similar' });
    expect(body).toMatchObject({ status: 'completed', degraded: [expect.stringMatching(named)] });
    expect(body.recalled[0].via).toContain('text');
  });

  it('is made up for when it works again', async () => {
    fake.onChat(() => ({ content: 'Noted.' }));
    fake.onEmbeddings(() => ({ status: 400 }));
    await app.ask('The attic smells of cedar');
    await app.services.embedder.settled();
    fake.onEmbeddings(() => ({}));
    app.services.embedder.start();
    await app.services.embedder.settled();
    const { body } = await app.post('/memory/search', {
      query: 'The attic smells of cedar',
      memory: 'similar',
    });
    expect(body[0]).toMatchObject({ via: ['similar'], message: { content: 'The attic smells of cedar' } });
  });
});
