import {
  type AIMessage,
  type AIMessageChunk,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ProblemError } from '../../src/errors.ts';
import { createChatModel } from '../../src/models/chat.ts';
import { toModelProblem } from '../../src/models/failures.ts';
import { createServerChatModel } from '../../src/models/server-chat.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../support/fake-openai.ts';
import type { ChatReply } from '../support/fake-openai-replies.ts';
import { openGate } from '../support/limits.ts';

const QUESTION = [new SystemMessage('Be brief.'), new HumanMessage('What is my dog called?')];
const weather = tool(async () => 'sunny', {
  name: 'get_weather',
  description: 'The weather in a city',
  schema: z.object({ city: z.string(), days: z.array(z.number()).optional() }),
});

let fake: FakeOpenAI;
beforeEach(async () => {
  fake = await startFakeOpenAI();
});
afterEach(() => fake.close());

function chat(
  settings: Partial<{
    apiKey: string | undefined;
    model: string;
    timeoutMs: number;
    maxRetries: number;
    maxConcurrency: number;
    baseUrl: string;
  }> = {},
) {
  const preset = {
    apiKey: 'test-key',
    baseUrl: fake.baseUrl,
    model: 'fake-chat',
    timeoutMs: 5_000,
    maxRetries: 0,
  };
  const { maxConcurrency = 4, ...server } = settings;
  return createServerChatModel({ provider: 'openai', ...preset, ...server }, openGate(maxConcurrency)).model;
}

/** The model with a tool; every chat model here is one that can bind tools. */
function chatWithTool(settings: Parameters<typeof chat>[0] = {}) {
  const bound = chat(settings).bindTools?.([weather]);
  if (!bound) throw new Error('The model binds no tools.');
  return bound;
}

async function collect(
  stream: AsyncIterable<AIMessageChunk>,
): Promise<{ pieces: string[]; whole: AIMessageChunk }> {
  const pieces: string[] = [];
  let whole: AIMessageChunk | undefined;
  for await (const chunk of stream) {
    if (chunk.text) pieces.push(chunk.text);
    whole = whole ? whole.concat(chunk) : chunk;
  }
  if (!whole) throw new Error('The stream was empty.');
  return { pieces, whole };
}

/** The problem that a failing call becomes, asked for whole or streamed. */
async function problemOf(call: Promise<unknown>): Promise<ProblemError> {
  const error = await call.then(
    () => new Error('The call did not fail.'),
    (reason: unknown) => reason,
  );
  const problem = toModelProblem(error);
  expect(problem).toBeInstanceOf(ProblemError);
  expect(problem.message).not.toMatch(/test-key|Bearer|127\.0\.0\.1|\n/);
  return problem;
}

async function stream(model = chat()): Promise<{ pieces: string[]; whole: AIMessageChunk }> {
  // ChatOpenAICompletions streams AIMessageChunk; BaseChatModel's type does not say so.
  return collect((await model.stream(QUESTION)) as AsyncIterable<AIMessageChunk>);
}

describe('an answer', () => {
  test('comes whole, with its usage and reason for ending', async () => {
    fake.chat.enqueue({ content: 'Luna.' });
    const answer = await chat().invoke(QUESTION);
    expect(answer.text).toBe('Luna.');
    expect(answer.response_metadata.finish_reason).toBe('stop');
    expect(answer).toMatchObject({ usage_metadata: { input_tokens: expect.any(Number) } });
    expect(fake.refusals).toEqual([]);
  });

  test('comes in pieces, with its usage', async () => {
    fake.chat.enqueue({ content: 'Your dog is Luna.' });
    const { pieces, whole } = await stream();
    expect(pieces).toEqual(['Your', ' dog', ' is', ' Luna.']);
    expect(whole).toMatchObject({ usage_metadata: { output_tokens: expect.any(Number) } });
    expect(fake.requests[0]?.body).toMatchObject({ stream: true, stream_options: { include_usage: true } });
    expect(fake.refusals).toEqual([]);
  });

  test('is offline without a provider', async () => {
    expect(await createChatModel({ provider: 'offline' }, openGate(1))).toMatchObject({
      name: 'offline',
      model: expect.anything(),
    });
  });

  test('comes from a server that wants no key', async () => {
    const open = await startFakeOpenAI({ apiKey: null });
    open.chat.enqueue({ content: 'hello' });
    const answer = await chat({ apiKey: undefined, baseUrl: open.baseUrl }).invoke(QUESTION);
    expect(answer.text).toBe('hello');
    await open.close();
  });

  test.each(['gpt-5.6', 'some-codex', 'gpt-5.2-pro'])(
    'is asked of the chat completions API for the model %s too',
    async (model) => {
      await chat({ model })
        .invoke(QUESTION)
        .catch(() => undefined);
      expect(fake.requests.map(({ path }) => path)).toEqual(['/v1/chat/completions']);
    },
  );
});

describe('tool calls', () => {
  const twoCalls: ChatReply = {
    toolCalls: [
      { name: 'get_weather', arguments: { city: 'Cádiz' }, id: 'call_a' },
      { name: 'get_weather', arguments: { city: 'Lugo', days: [1, 2] }, id: 'call_b' },
    ],
  };
  const expected = [
    { name: 'get_weather', args: { city: 'Cádiz' }, id: 'call_a' },
    { name: 'get_weather', args: { city: 'Lugo', days: [1, 2] }, id: 'call_b' },
  ];

  test('come in parallel, whole and streamed, and their results go back', async () => {
    fake.chat.enqueue(twoCalls, twoCalls, { content: 'Sunny in both.' });
    const model = chatWithTool();
    const whole = await model.invoke(QUESTION);
    const { whole: streamed } = await collect(
      (await model.stream(QUESTION)) as AsyncIterable<AIMessageChunk>,
    );
    expect((whole as AIMessage).tool_calls).toMatchObject(expected);
    expect(streamed.tool_calls).toMatchObject(expected);
    const results = ['call_a', 'call_b'].map((id) => new ToolMessage({ tool_call_id: id, content: 'sunny' }));
    const answer = await model.invoke([...QUESTION, streamed, ...results]);
    expect(answer.text).toBe('Sunny in both.');
    expect(fake.refusals).toEqual([]);
  });

  test('with arguments that are not JSON are kept apart as invalid', async () => {
    const broken: ChatReply = {
      toolCalls: [{ name: 'get_weather', arguments: 'city: Cádiz', id: 'call_a' }],
    };
    fake.chat.enqueue(broken, broken);
    const model = chatWithTool();
    const whole = await model.invoke(QUESTION);
    const { whole: streamed } = await collect(
      (await model.stream(QUESTION)) as AsyncIterable<AIMessageChunk>,
    );
    for (const answer of [whole as AIMessage, streamed]) {
      expect(answer.tool_calls).toEqual([]);
      expect(answer.invalid_tool_calls).toMatchObject([
        { name: 'get_weather', args: 'city: Cádiz', id: 'call_a' },
      ]);
    }
  });

  test('that break off are repaired by LangChain when streamed, but their own text is kept', async () => {
    const half = '{"city": "Cá';
    fake.chat.enqueue({
      toolCalls: [{ name: 'get_weather', arguments: half, id: 'call_a' }],
      finishReason: 'length',
    });
    const { whole } = await collect((await chatWithTool().stream(QUESTION)) as AsyncIterable<AIMessageChunk>);
    expect(whole.tool_calls).toMatchObject([{ args: { city: 'Cá' } }]);
    expect(whole.response_metadata.finish_reason).toBe('length');
    expect(whole.additional_kwargs.tool_calls?.[0]?.function.arguments).toBe(half);
  });
});

describe('a failure', () => {
  const failures: [string, ChatReply, RegExp][] = [
    ['a cut connection', 'cut', /was cut/],
    ['a connection closed before any answer', 'hang-up', /was cut/],
    ['malformed JSON', 'malformed', /not JSON/],
    [
      'a page instead of JSON',
      { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' },
      /not JSON|broke off/,
    ],
    ['JSON that is no answer', { status: 200, body: {} }, /does not follow the OpenAI protocol|broke off/],
    ['a 500', { status: 500 }, /failed \(500\)/],
    ['a 401', { status: 401 }, /refused the API key \(401\). Check OPENAI_API_KEY/],
    ['a 403', { status: 403 }, /\(403\)/],
    ['a 404', { status: 404 }, /Check CHAT_MODEL/],
    ['a 422', { status: 422 }, /refused the request \(422, server_error\)/],
    ['a 429 without Retry-After', { status: 429 }, /rate limited \(429\). Ask again later/],
    [
      'a 429 that asks for too long a wait',
      { status: 429, headers: { 'retry-after': '120' } },
      /Ask again in 120 s/,
    ],
    [
      'a 429 for want of credit',
      {
        status: 429,
        body: {
          error: { message: 'Quota.', type: 'insufficient_quota', param: null, code: 'insufficient_quota' },
        },
      },
      /no credit left/,
    ],
  ];

  test.each(failures)('%s is a model_failed that says so', async (_, reply, sentence) => {
    fake.chat.enqueue(reply, reply);
    for (const call of [chat().invoke(QUESTION), stream()]) {
      const problem = await problemOf(call);
      expect(problem.code).toBe('model_failed');
      expect(problem.message).toMatch(sentence);
      expect(problem.cause ?? problem).toBeDefined();
    }
  });

  test('of a refused connection says so', async () => {
    const gone = await startFakeOpenAI();
    await gone.close();
    const problem = await problemOf(chat({ baseUrl: gone.baseUrl }).invoke(QUESTION));
    expect(problem.message).toContain('the connection was refused');
  });

  test('of a wrong key repeats no part of it', async () => {
    const problem = await problemOf(chat({ apiKey: 'sk-secret-123456' }).invoke(QUESTION));
    expect(problem.message).toContain('OPENAI_API_KEY');
    expect(problem.message).not.toMatch(/sk-s/);
  });

  test('of an over-long conversation says so', async () => {
    const small = await startFakeOpenAI({ contextTokens: 10 });
    const problem = await problemOf(chat({ baseUrl: small.baseUrl }).invoke(QUESTION));
    expect(problem.message).toMatch(/longer than the model can take/);
    await small.close();
  });

  test('after half a streamed answer is told from its end, also when the server closes politely', async () => {
    fake.chat.enqueue('unfinished');
    const problem = await problemOf(stream());
    expect(problem.code).toBe('model_failed');
    expect(problem.message).toContain('broke off');
  });

  test('of a stream that falls silent in the middle is a model_timeout', async () => {
    fake.chat.enqueue({ content: 'Half an answer', stallAfter: true });
    const problem = await problemOf(stream(chat({ timeoutMs: 250, maxRetries: 2 })));
    expect(problem.code).toBe('model_timeout');
    expect(fake.requests).toHaveLength(1);
  });

  const silences: [string, ChatReply][] = [
    ['is silent', { delayMs: 2_000 }],
    ['sends headers and then nothing', { stall: true }],
  ];
  test.each(silences)('of a server that %s is a model_timeout', async (_, reply) => {
    fake.chat.enqueue(reply, reply);
    for (const call of [chat({ timeoutMs: 250 }).invoke(QUESTION), stream(chat({ timeoutMs: 250 }))]) {
      const problem = await problemOf(call);
      expect(problem.code).toBe('model_timeout');
      expect(problem.message).toContain('0.25 s');
    }
    expect(await Promise.all(fake.requests.map(({ left }) => left))).toEqual([true, true]);
  });
});

describe('trying again', () => {
  test('waits as long as Retry-After asks, then works', async () => {
    fake.chat.enqueue({ status: 429, headers: { 'retry-after': '1' } }, { content: 'Luna.' });
    const startedAt = performance.now();
    const answer = await chat({ maxRetries: 1 }).invoke(QUESTION);
    expect(answer.text).toBe('Luna.');
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(990);
  });

  test.each<[string, ChatReply]>([
    ['a 429 without Retry-After', { status: 429 }],
    ['a 500', { status: 500 }],
    ['a closed connection', 'hang-up'],
  ])('follows %s, streamed too', async (_, failure) => {
    fake.chat.enqueue(failure, { content: 'Luna.' });
    const { whole } = await stream(chat({ maxRetries: 1 }));
    expect(whole.text).toBe('Luna.');
    expect(fake.requests).toHaveLength(2);
  });

  test('ends after the last retry', async () => {
    fake.onChat(() => ({ status: 503 }));
    const problem = await problemOf(chat({ maxRetries: 1 }).invoke(QUESTION));
    expect(problem.message).toContain('(503)');
    expect(fake.requests).toHaveLength(2);
  });

  test.each([400, 401, 403, 404, 422])('does not follow a %i', async (status) => {
    fake.onChat(() => ({ status }));
    await problemOf(chat({ maxRetries: 3 }).invoke(QUESTION));
    expect(fake.requests).toHaveLength(1);
  });

  test('does not follow a Retry-After that is too long, and says how long it is', async () => {
    fake.onChat(() => ({ status: 429, headers: { 'retry-after': '31' } }));
    const problem = await problemOf(chat({ maxRetries: 3 }).invoke(QUESTION));
    expect(problem.retryAfterSeconds).toBe(31);
    expect(fake.requests).toHaveLength(1);
  });
});

describe('an abort', () => {
  test('ends the request, whole and streamed', async () => {
    for (const ask of ['invoke', 'stream'] as const) {
      const controller = new AbortController();
      fake.chat.enqueue(() => {
        controller.abort();
        return { delayMs: 2_000 };
      });
      const model = chat();
      const call =
        ask === 'invoke'
          ? model.invoke(QUESTION, { signal: controller.signal })
          : model.stream(QUESTION, { signal: controller.signal });
      await expect(call).rejects.toThrow(/abort/i);
      expect(await fake.requests.at(-1)?.left).toBe(true);
    }
  });

  test('ends a stream in the middle', async () => {
    fake.chat.enqueue({ content: 'Half an answer', stallAfter: true });
    const controller = new AbortController();
    const chunks = await chat().stream(QUESTION, { signal: controller.signal });
    const read = async () => {
      for await (const chunk of chunks) if (chunk.text) controller.abort();
    };
    await expect(read()).rejects.toThrow(/abort/i);
    expect(await fake.requests[0]?.left).toBe(true);
  });

  test('ends the wait between two attempts', async () => {
    const controller = new AbortController();
    fake.chat.enqueue({ status: 429, headers: { 'retry-after': '20' } });
    const call = chat({ maxRetries: 1 }).invoke(QUESTION, { signal: controller.signal });
    await expect.poll(() => fake.requests.length).toBe(1);
    await fake.requests[0]?.left;
    controller.abort();
    const problem = await problemOf(call);
    expect(problem.message).toContain('cancelled');
  });
});

describe('the cap on calls in flight', () => {
  test('holds over bound models, whole and streamed, and lets everyone through', async () => {
    fake.onChat(() => ({ content: 'one two three', delayMs: 5 }));
    const model = chat({ maxConcurrency: 3 });
    const bound = [model, ...Array.from({ length: 3 }, () => model.bindTools?.([weather]) ?? model)];
    const calls = Array.from({ length: 24 }, (_, index) => {
      const one = bound[index % bound.length] ?? model;
      return index % 2 === 0
        ? one.invoke(QUESTION)
        : one.stream(QUESTION).then((chunks) => Array.fromAsync(chunks));
    });
    await Promise.all(calls);
    expect(fake.requests).toHaveLength(24);
    expect(fake.mostInFlight).toBe(3);
  });

  test('frees the place of a stream that is given up, aborted, cut or stalled', async () => {
    const model = chat({ maxConcurrency: 1, timeoutMs: 400 });
    fake.chat.enqueue({ content: 'one two three' }, 'cut', { stall: true });
    fake.chat.enqueue({ content: 'half', stallAfter: true }, { content: 'done' });
    for await (const _ of await model.stream(QUESTION)) break;
    for (let failures = 0; failures < 3; failures += 1) await problemOf(stream(model));
    expect((await model.invoke(QUESTION)).text).toBe('done');
  });
});
