import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { collectEvents } from '../support/event-stream.ts';
import { type CollectedSpan, startFakeCollector } from '../support/fake-collector.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../support/fake-openai.ts';
import { createLogSink } from '../support/logged.ts';

const QUESTION = 'Where is the key of the cellar?';
const ANSWER = 'Below the flower pot.';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const ROOT = 'POST /assistant/ask';
const CALLER = '00f067aa0ba902b7';

let fake: FakeOpenAI;
let collector: Awaited<ReturnType<typeof startFakeCollector>>;
let app: TestApp;
const modelEnv = () => ({
  OPENAI_API_KEY: 'test-key',
  OPENAI_BASE_URL: fake.baseUrl,
  CHAT_MODEL: 'fake-chat',
  EMBEDDING_MODEL: 'fake-embed',
  MODEL_MAX_RETRIES: '0',
});
beforeAll(async () => {
  [fake, collector] = await Promise.all([startFakeOpenAI(), startFakeCollector()]);
  app = await startTestApp({
    env: {
      ...modelEnv(),
      OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=blue%20sky,x-other=1',
      OTEL_SERVICE_NAME: 'tertulia-test',
    },
  });
});
afterAll(async () => {
  await app.stop();
  await Promise.all([fake.close(), collector.close()]);
});

/** The spans of a run's trace, once the span of its request is there. */
async function traceOf(runId: string, names = ['finish', 'embed']): Promise<CollectedSpan[]> {
  return await vi.waitFor(
    () => {
      const [last] = collector.spans.filter(
        ({ name, attributes }) => name === ROOT && attributes['tertulia.run_id'] === runId,
      );
      const spans = collector.spans.filter(({ traceId }) => traceId === last?.traceId);
      expect(spans.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
      return spans;
    },
    { timeout: 15_000, interval: 100 },
  );
}

/** Each span as `parent > name`, sorted. */
function tree(spans: CollectedSpan[]): string[] {
  const names = new Map(spans.map(({ spanId, name }) => [spanId, name]));
  return spans.map(({ name, parentSpanId }) => `${names.get(parentSpanId) ?? '-'} > ${name}`).toSorted();
}

describe('the trace of a question', () => {
  it('goes on with the caller’s, and has each phase and each call to a model below its request', async () => {
    fake.chat.enqueue({ content: ANSWER });
    const { status, body } = await app.ask(QUESTION, {}, { traceparent: `00-${TRACE}-${CALLER}-01` });
    expect(status).toBe(200);
    const spans = await traceOf(body.run_id);
    expect(tree(spans)).toEqual(
      [
        '- > POST /assistant/ask',
        'POST /assistant/ask > accept',
        'POST /assistant/ask > turn',
        'embed > embeddings fake-embed',
        'orchestrate > chat fake-chat',
        'recall > embeddings fake-embed',
        'finish > embed',
        'turn > finish',
        'turn > orchestrate',
        'turn > recall',
      ].toSorted(),
    );
    const root = spans.find(({ name }) => name === 'POST /assistant/ask');
    expect(root).toMatchObject({ traceId: TRACE, parentSpanId: CALLER, kind: 2, service: 'tertulia-test' });
    expect(root?.attributes).toMatchObject({
      'http.route': '/assistant/ask',
      'http.response.status_code': 200,
    });
    expect(spans.find(({ name }) => name === 'turn')?.attributes).toMatchObject({
      'tertulia.run_id': body.run_id,
      'tertulia.session_id': body.session_id,
      'tertulia.status': 'completed',
      'tertulia.entry': 'assistant',
    });
    expect(spans.find(({ name }) => name === 'chat fake-chat')?.attributes).toMatchObject({
      'gen_ai.request.model': 'fake-chat',
      'gen_ai.agent.name': 'assistant',
      'gen_ai.usage.output_tokens': body.usage.output_tokens,
    });
  });

  it('shows agents side by side, each with its own calls and tools, also of an answer that is streamed', async () => {
    fake.onChat(({ messages, tools }) => {
      const names = tools?.map(({ function: { name } }) => name) ?? [];
      if (messages.at(-1)?.role === 'tool') return { content: 'Done.', delayMs: 30 };
      if (names.includes('delegate_to_file_admin'))
        return {
          toolCalls: ['delegate_to_file_admin', 'delegate_to_file_consultant'].map((name) => ({
            name,
            arguments: { task: 'look' },
          })),
        };
      const tool = names.includes('list_files') ? 'list_files' : names.find((name) => /list/.test(name));
      return { toolCalls: [{ name: tool ?? 'none', arguments: {} }], delayMs: 30 };
    });
    const events = await collectEvents(`${app.url}/assistant/ask`, {
      body: { query: QUESTION, session_id: 'new', stream: true },
    });
    const { run_id } = JSON.parse(JSON.stringify(events.find(({ event }) => event === 'done')?.data));
    const spans = await traceOf(run_id);
    const lines = tree(spans);
    expect(lines).toEqual(
      expect.arrayContaining([
        '- > POST /assistant/ask',
        'orchestrate > invoke_agent file-admin',
        'orchestrate > invoke_agent file-consultant',
        'invoke_agent file-admin > execute_tool list_files',
      ]),
    );
    expect(lines.filter((line) => line === 'invoke_agent file-admin > chat fake-chat')).toHaveLength(2);
    expect(lines.filter((line) => line === 'invoke_agent file-consultant > chat fake-chat')).toHaveLength(2);
    expect(lines.filter((line) => line === 'orchestrate > chat fake-chat')).toHaveLength(2);
    const agents = spans
      .filter(({ name }) => name === 'chat fake-chat')
      .map(({ attributes }) => attributes['gen_ai.agent.name']);
    expect(agents.toSorted()).toEqual([
      ...['assistant', 'assistant', 'file-admin', 'file-admin', 'file-consultant', 'file-consultant'],
    ]);
    expect(spans.find(({ name }) => name === 'execute_tool list_files')?.attributes).toMatchObject({
      'tertulia.effect': 'read',
      'tertulia.outcome': 'returned',
    });
  });

  it('says what failed, and keeps two requests at a time apart', async () => {
    fake.onChat(({ messages }) =>
      String(messages.at(-1)?.content).includes('fails') ? { status: 500 } : { content: ANSWER, delayMs: 20 },
    );
    const [failed, fine] = await Promise.all([
      app.ask('It fails', { session_id: 'new' }),
      app.ask('It works', { session_id: 'new' }),
    ]);
    expect([failed.status, fine.status]).toEqual([502, 200]);
    const spans = await traceOf(fine.body.run_id, ['finish']);
    expect(spans.filter(({ name }) => name === 'turn')).toHaveLength(1);
    expect(spans.every(({ status }) => status === 0)).toBe(true);
    const broken = collector.spans.filter(({ attributes }) => attributes['error.type'] === 'model_failed');
    expect(broken.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['chat fake-chat', 'orchestrate', 'turn']),
    );
    expect(new Set(broken.map(({ traceId }) => traceId)).size).toBe(1);
    expect(broken[0]?.traceId).not.toBe(spans[0]?.traceId);
  });

  it('is sent with the headers that were asked for, and holds no content', () => {
    expect(collector.requests.length).toBeGreaterThan(0);
    for (const { path, headers, text } of collector.requests) {
      expect(path).toBe('/v1/traces');
      expect(headers).toMatchObject({ 'x-tenant': 'blue sky', 'x-other': '1' });
      for (const content of [QUESTION, ANSWER, 'cellar', 'flower', 'It works', '"look"'])
        expect(text).not.toContain(content);
    }
  });

  it('is not kept where the caller does not keep its own', async () => {
    fake.onChat(() => ({ content: ANSWER }));
    const unkept = TRACE.replaceAll('4', '5');
    await app.ask('Quietly', { session_id: 'new' }, { traceparent: `00-${unkept}-${CALLER}-00` });
    const loud = await app.ask('Aloud', { session_id: 'new' });
    await traceOf(loud.body.run_id);
    expect(collector.spans.filter(({ traceId }) => traceId === unkept)).toEqual([]);
  });
});

describe('a collector that is away', () => {
  it('harms no turn and no stop, and the log says that traces are lost', async () => {
    const sink = createLogSink();
    const lonely = await startTestApp({
      logTo: sink,
      env: { ...modelEnv(), LOG_LEVEL: 'warn', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' },
    });
    fake.onChat(() => ({ content: ANSWER }));
    expect((await lonely.ask('Are you there?')).status).toBe(200);
    const stopping = performance.now();
    await lonely.stop();
    expect(performance.now() - stopping).toBeLessThan(8_000);
    expect(sink.lines().some(({ msg }) => /traces could not be sent/.test(msg))).toBe(true);
  });

  it('takes what is left when the server stops', async () => {
    const ending = await startFakeCollector();
    const brief = await startTestApp({
      env: { ...modelEnv(), OTEL_EXPORTER_OTLP_ENDPOINT: ending.url },
    });
    await brief.ask('One question');
    await brief.stop();
    expect(ending.spans.map(({ name }) => name)).toContain('turn');
    await ending.close();
  });
});
