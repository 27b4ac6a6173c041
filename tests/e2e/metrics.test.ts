import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../support/fake-openai.ts';

let fake: FakeOpenAI;
let app: TestApp;
beforeAll(async () => {
  fake = await startFakeOpenAI();
  app = await startTestApp({
    env: {
      OPENAI_API_KEY: 'test-key',
      OPENAI_BASE_URL: fake.baseUrl,
      CHAT_MODEL: 'fake-chat',
      EMBEDDING_MODEL: 'fake-embed',
      MODEL_MAX_RETRIES: '0',
      DATABASE_POOL_SIZE: '1',
    },
  });
});
afterAll(async () => {
  await app.stop();
  await fake.close();
});

/** The value of each series, by its line without the value. */
async function scrape(server = app): Promise<Map<string, number>> {
  const { status, body } = await server.get('/metrics');
  expect(status).toBe(200);
  const lines = String(body)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [
      line.slice(0, line.lastIndexOf(' ')),
      Number(line.slice(line.lastIndexOf(' ') + 1)),
    ]),
  );
}

/** The status of a request whose headers are chosen freely. */
async function statusWith(headers: Record<string, string>): Promise<number | undefined> {
  return await new Promise((resolve) => {
    const port = Number(new URL(app.url).port);
    request({ port, host: '127.0.0.1', path: '/metrics', headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).end();
  });
}

describe('the metrics', () => {
  it('count turns, phases, model calls, tokens, tool calls and requests', async () => {
    fake.chat.enqueue(
      { toolCalls: [{ name: 'delegate_to_file_admin', arguments: { task: 'list' } }] },
      {
        toolCalls: [
          { name: 'list_files', arguments: {} },
          { name: 'invented_by_the_model', arguments: {} },
        ],
      },
      { content: 'There are none.' },
      { content: 'None.' },
    );
    const { status, body } = await app.ask('Which files are there?');
    expect(status).toBe(200);
    await app.services.embedder.settled();
    const found = await scrape();
    expect(found.get('tertulia_turns_total{status="completed",entry="assistant"}')).toBe(1);
    expect(found.get('tertulia_turn_seconds_count')).toBe(1);
    for (const phase of ['accept', 'recall', 'orchestrate', 'finish', 'embed'])
      expect(found.get(`tertulia_phase_seconds_count{phase="${phase}"}`), phase).toBe(1);
    expect(found.get('tertulia_model_calls_total{kind="chat",outcome="ok"}')).toBe(4);
    expect(found.get('tertulia_model_calls_total{kind="embedding",outcome="ok"}')).toBe(2);
    expect(found.get('tertulia_model_call_seconds_count{kind="chat"}')).toBe(4);
    expect(found.get('tertulia_model_tokens_total{direction="input"}')).toBe(body.usage.input_tokens);
    expect(found.get('tertulia_model_tokens_total{direction="output"}')).toBe(body.usage.output_tokens);
    const tools = (name: string) => found.get(`tertulia_tool_calls_total{${name}}`);
    expect(tools('tool="list_files",effect="read",outcome="returned"')).toBe(1);
    expect(tools('tool="unknown",effect="none",outcome="refused"')).toBe(1);
    expect(found.get('tertulia_http_requests_total{method="POST",route="/assistant/ask",status="200"}')).toBe(
      1,
    );
    expect(found.get('tertulia_queue_depth{queue="embedding"}')).toBe(0);
    expect(found.get('tertulia_database_pool{state="total"}')).toBeGreaterThan(0);
    expect(found.get('process_resident_memory_bytes')).toBeGreaterThan(0);
    expect([...found.keys()].some((key) => key.startsWith('tertulia_redis_up'))).toBe(false);
  });

  it('count what failed, what was cancelled in time, and what recall did without', async () => {
    fake.chat.enqueue({ status: 500 });
    fake.embeddings.enqueue({ status: 400 });
    expect((await app.ask('Fail', { session_id: 'new' })).status).toBe(502);
    const found = await scrape();
    expect(found.get('tertulia_turns_total{status="failed",entry="assistant"}')).toBe(1);
    expect(found.get('tertulia_model_calls_total{kind="chat",outcome="failed"}')).toBe(1);
    expect(found.get('tertulia_recall_degraded_total{leg="embedder_failed"}')).toBe(1);
  });

  it('have no label that a person chose', async () => {
    const chosen = 'somebodys-own-word';
    const headers = { 'x-test-user': chosen, 'x-request-id': chosen };
    await app.get(`/${chosen}?${chosen}=${chosen}`, headers);
    await app.get(`/file-admin/files/${chosen}`, headers);
    await app.call(chosen, '/health', { headers }).catch(() => undefined);
    await app.call('PROPFIND', `/${chosen}`, { headers }).catch(() => undefined);
    const keys = [...(await scrape()).keys()];
    expect(keys.join('\n')).not.toContain(chosen);
    expect(keys).toContain('tertulia_http_requests_total{method="GET",route="none",status="404"}');
  });

  it('are for this machine only while there is no token, and not for those for whom a proxy asks', async () => {
    expect(await statusWith({})).toBe(200);
    expect(await statusWith({ 'x-forwarded-for': '203.0.113.9' })).toBe(403);
    expect(await statusWith({ forwarded: 'for=203.0.113.9' })).toBe(403);
    expect(await statusWith({ host: 'evil.example' })).toBe(403);
  });

  it('take the token where there is one, from wherever', async () => {
    const METRICS_TOKEN = 'a-long-enough-token';
    const closed = await startTestApp({ env: { METRICS_TOKEN } });
    const refused = await closed.get('/metrics');
    expect(refused.status).toBe(401);
    expect(refused.body).toMatchObject({ code: 'unauthorized' });
    expect(refused.headers.get('www-authenticate')).toBe('Bearer');
    const wrong = { authorization: `Bearer ${METRICS_TOKEN}x` };
    expect((await closed.get('/metrics', wrong)).status).toBe(401);
    const right = { authorization: `Bearer ${METRICS_TOKEN}`, 'x-forwarded-for': '203.0.113.9' };
    const { status, headers, body } = await closed.get('/metrics', right);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(body).toMatch(/^# TYPE tertulia_turns_total counter$/m);
    await closed.stop();
  });

  it('answer while the database is busy with something else, without what it would have to say', async () => {
    // The believed numbers of an earlier scrape would hide it.
    const busy = await startTestApp({ env: { DATABASE_POOL_SIZE: '1' } });
    const sleeping = busy.runSql('select pg_sleep(4)');
    const began = performance.now();
    const found = await scrape(busy);
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(found.get('tertulia_queue_depth{queue="embedding"}')).toBeUndefined();
    await sleeping;
    await busy.stop();
  });
});
