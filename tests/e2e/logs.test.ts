import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { defineTool } from '../../src/agents/tool.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../support/fake-openai.ts';
import { errorBody } from '../support/fake-openai-replies.ts';
import { createLogSink } from '../support/logged.ts';

const sink = createLogSink();
const marks: string[] = [];
/** A text that is nowhere else, and must not be in the log. */
function mark(): string {
  const made = `mark${randomUUID().replaceAll('-', '')}`;
  marks.push(made);
  return made;
}
const apiKey = `sk-${mark()}`;
const metricsToken = `scraper-${mark()}`;
const UUID = /^[0-9a-f]{8}-/;

const clumsy = {
  name: 'clumsy',
  description: 'fails.',
  instructions: 'You are clumsy.',
  tools: [
    defineTool({
      name: 'stumble',
      description: 'Fails with what it was given.',
      schema: z.object({ over: z.string() }),
      effect: 'read',
      run: async ({ over }) => {
        throw Object.assign(new Error(`fell over ${over}`), { over, cause: new SyntaxError(over) });
      },
    }),
  ],
};

let fake: FakeOpenAI;
let app: TestApp;
beforeAll(async () => {
  fake = await startFakeOpenAI({ apiKey });
  app = await startTestApp({
    moreAgents: [clumsy],
    logTo: sink,
    env: {
      LOG_LEVEL: 'trace',
      OPENAI_API_KEY: apiKey,
      OPENAI_BASE_URL: fake.baseUrl,
      CHAT_MODEL: 'fake-chat',
      EMBEDDING_MODEL: 'fake-embed',
      MODEL_MAX_RETRIES: '0',
      METRICS_TOKEN: metricsToken,
      GITHUB_API_URL: 'http://127.0.0.1:9',
      GITHUB_TIMEOUT_MS: '500',
      TOKEN_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
    },
  });
});
afterAll(async () => {
  await app.stop();
  await fake.close();
  // After the end as well: what a stop logs is part of it.
  expect(marks.filter((one) => sink.text().includes(one))).toEqual([]);
});

/** The lines of one request. */
const linesOf = (requestId: string) => sink.lines().filter((line) => line.request_id === requestId);

describe('every line of a request', () => {
  it('names the request, the user and the run, and the answer names the request', async () => {
    fake.chat.enqueue({ content: 'fine' });
    const id = 'trace-me.1:a';
    const answer = await app.ask('How are you?', {}, { 'x-request-id': id, 'x-test-user': 'ana' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-request-id')).toBe(id);
    await vi.waitFor(() => expect(linesOf(id)).not.toEqual([]));
    expect(linesOf(id)).toMatchObject([
      {
        ...{ method: 'POST', route: '/assistant/ask', status: 200, ms: expect.any(Number), msg: 'answered' },
        ...{ user_id: 'ana', run_id: answer.body.run_id },
      },
    ]);
    const seen = await app.get(`/runs/${answer.body.run_id}`, {
      'x-request-id': 'look',
      'x-test-user': 'ana',
    });
    expect(seen.status).toBe(200);
    await vi.waitFor(() =>
      expect(linesOf('look')).toMatchObject([{ route: '/runs/:id', run_id: answer.body.run_id }]),
    );
  });

  it('names them where a turn fails deep below, and the failure is told apart from others at once', async () => {
    fake.chat.enqueue({ status: 500 });
    const { status, body } = await app.ask('Fail', {}, { 'x-request-id': 'deep', 'x-test-user': 'bea' });
    expect(status).toBe(502);
    await vi.waitFor(() => expect(linesOf('deep').length).toBeGreaterThan(1));
    expect(linesOf('deep')[0]).toMatchObject({
      ...{ msg: 'a turn failed', user_id: 'bea', run_id: body.run_id },
      err: { code: 'model_failed' },
    });
  });

  it('has an id of ours where the caller’s is none that can be logged', async () => {
    for (const odd of [`with blanks ${mark()}`, 'x'.repeat(129), `"${mark()}"`]) {
      const { headers } = await app.get('/agents', { 'x-request-id': odd });
      expect(headers.get('x-request-id')).toMatch(UUID);
    }
  });

  it('goes with refusals too: no such address, a body that is no JSON, an address that cannot be read', async () => {
    const answers = await Promise.all([
      app.get(`/nowhere/${mark()}?token=${mark()}`),
      app.call('POST', '/assistant/ask', {
        body: Buffer.from(`{"query": "${mark()}`),
        headers: { 'content-type': 'application/json' },
      }),
      app.get('/file-admin/files/%E0%A4%A'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([404, 400, 400]);
    for (const { headers } of answers) expect(headers.get('x-request-id')).toMatch(UUID);
  });

  it('is there when the client leaves before the answer', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    fake.chat.enqueue(async () => {
      await released;
      return { content: 'late' };
    });
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
    const body = JSON.stringify({ query: 'Wait', session_id: 'new' });
    socket.write(
      `POST /assistant/ask HTTP/1.1\r\nhost: 127.0.0.1\r\nx-request-id: gone\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await vi.waitFor(() => expect(JSON.stringify(fake.requests)).toContain('Wait'));
    socket.destroy();
    await once(socket, 'close');
    await vi.waitFor(() => expect(linesOf('gone')).toMatchObject([{ status: 499, route: '/assistant/ask' }]));
    release();
  });

  it('is kept for debugging only where a probe asks', async () => {
    await app.get('/health', { 'x-request-id': 'probe' });
    await vi.waitFor(() => expect(linesOf('probe')).toMatchObject([{ level: 20, route: '/health' }]));
  });
});

describe('no line at the level trace has content or a secret', () => {
  it('of questions, answers, titles, searches, files, cookies and keys', async () => {
    fake.onChat(() => ({ content: mark() }));
    const { status, body } = await app.ask(
      mark(),
      {},
      { cookie: `session=${mark()}`, authorization: `Bearer ${mark()}` },
    );
    expect(status).toBe(200);
    await app.call('PATCH', `/sessions/${body.session_id}`, { body: { title: mark() } });
    await app.post('/memory/search', { query: mark() });
    const path = `/file-admin/files/${mark()}.md`;
    expect((await app.call('PUT', path, { body: Buffer.from(mark()) })).status).toBe(201);
    await app.get(`${path}?recursive=${mark()}`);
    await app.call('PATCH', path, { body: { edits: [{ find: mark(), replace: mark() }] } });
    await app.call('POST', '/file-admin/move', { body: { from: `${mark()}.md`, to: mark() } });
    await app.post('/assistant/ask', { query: 'ok', session_id: mark(), [mark()]: mark() });
    await app.post('/memory/import', `${mark()}`, { 'content-type': 'application/x-ndjson' });
    await app.services.embedder.settled();
  });

  it('of tools: their arguments, and what they throw', async () => {
    fake.onChat(({ messages, tools }) => {
      if (tools?.some(({ function: { name } }) => name === 'stumble') && messages.at(-1)?.role !== 'tool')
        return { toolCalls: [{ name: 'stumble', arguments: { over: mark() } }] };
      if (messages.at(-1)?.role === 'tool') return { content: 'so it is' };
      return { toolCalls: [{ name: 'delegate_to_clumsy', arguments: { task: mark() } }] };
    });
    const { status, body } = await app.ask(mark());
    expect(status).toBe(200);
    expect(
      sink.lines().filter(({ msg, run_id }) => msg === 'a tool failed' && run_id === body.run_id),
    ).toMatchObject([
      { tool: 'stumble', err: { type: 'Error', stack: expect.stringContaining('logs.test.ts') } },
    ]);
  });

  it('of models that repeat the prompt when they fail', async () => {
    const replies = [400, 401, 404, 413, 429, 500].map((status) => ({ status }));
    for (const { status } of replies) {
      fake.onChat(({ messages }) => ({
        status,
        body: errorBody(`You said: ${JSON.stringify(messages)}`, { code: String(messages.at(-1)?.content) }),
      }));
      expect((await app.ask(mark(), { session_id: 'new' })).status).toBeGreaterThanOrEqual(500);
    }
    for (const reply of ['cut', 'hang-up', 'malformed'] as const) {
      fake.onChat(() => reply);
      expect((await app.ask(mark(), { session_id: 'new' })).status).toBeGreaterThanOrEqual(500);
    }
    fake.onChat(() => ({ content: 'fine' }));
    fake.onEmbeddings(({ input }) => ({ status: 400, body: errorBody(JSON.stringify(input)) }));
    expect((await app.ask(mark(), { session_id: 'new' })).body.degraded).toContain('embedder_failed');
    await app.services.embedder.settled();
    expect(sink.lines().some(({ msg }) => /could not be embedded/.test(msg))).toBe(true);
  });

  it('of statements that the database refuses, with their parameters', async () => {
    await app.runSql(`alter table messages add constraint no_marks check (content !~ 'forbidden')`);
    const { status } = await app.ask(`forbidden ${mark()}`, {}, { 'x-request-id': 'refused-statement' });
    expect(status).toBe(500);
    expect(JSON.stringify(linesOf('refused-statement'))).toMatch(/"code":"23514".*"constraint":"no_marks"/);
    fake.onChat(() => ({ content: `forbidden ${mark()}` }));
    expect((await app.ask('Answer what cannot be stored')).status).toBe(500);
    await app.runSql('alter table messages drop constraint no_marks');
  });

  it('of tokens for GitHub and for the metrics', async () => {
    expect(
      (await app.call('PUT', '/github-admin/token', { body: { token: `ghp_${mark()}` } })).status,
    ).toBeGreaterThan(399);
    expect((await app.get('/metrics', { authorization: `Bearer ${mark()}` })).status).toBe(401);
    expect((await app.get('/metrics', { authorization: `Bearer ${metricsToken}` })).status).toBe(200);
  });

  it('as the whole log shows, which is not empty', () => {
    expect(sink.lines().length).toBeGreaterThan(30);
    expect(marks.length).toBeGreaterThan(40);
    expect(marks.filter((one) => sink.text().includes(one))).toEqual([]);
  });
});
