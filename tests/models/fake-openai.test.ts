import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FakeOpenAI, startFakeOpenAI } from '../support/fake-openai.ts';

let fake: FakeOpenAI;
beforeEach(async () => {
  fake = await startFakeOpenAI({ contextTokens: 1_000, nativeDimensions: 8, maxInputTokens: 20 });
});
afterEach(() => fake.close());

interface Sent {
  path?: string;
  headers?: Record<string, string>;
  body?: unknown;
}

async function post({ path = '/chat/completions', headers = {}, body }: Sent) {
  const response = await fetch(`${fake.baseUrl}${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer test-key', 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

const user = { role: 'user', content: 'hello' };
const called = (...ids: string[]) => ({
  role: 'assistant',
  content: null,
  tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: 'look', arguments: '{}' } })),
});
const result = (id: string) => ({ role: 'tool', tool_call_id: id, content: 'seen' });
const chat = (fields: object = {}) => ({ body: { model: 'fake-chat', messages: [user], ...fields } });
const messages = (...list: object[]) => chat({ messages: list });
const withTool = (described: object) => chat({ tools: [{ type: 'function', function: described }] });
const embeddings = (fields: object) => ({
  path: '/embeddings',
  body: { model: 'fake-embed', input: 'one', ...fields },
});

describe('the fake takes', () => {
  test.each<[string, Sent]>([
    ['a plain question', chat()],
    [
      'every role in order',
      messages({ role: 'system', content: 's' }, user, called('a', 'b'), result('b'), result('a'), user),
    ],
    [
      'content in parts and a name',
      messages({ role: 'user', name: 'Ana_1', content: [{ type: 'text', text: 'hi' }] }),
    ],
    [
      'a tool with a nested schema',
      withTool({
        name: 'look',
        parameters: { type: 'object', properties: { at: { type: 'array', items: {} } } },
      }),
    ],
    ['stream options with a stream', chat({ stream: true, stream_options: { include_usage: true } })],
  ])('%s', async (_, sent) => {
    fake.chat.enqueue({ content: 'fine' });
    const { status, text } = await post(sent);
    expect(text).toContain('fine');
    expect(status).toBe(200);
    expect(fake.refusals).toEqual([]);
  });

  test('a request for the list of models', async () => {
    const response = await fetch(`${fake.baseUrl}/models`, { headers: { authorization: 'Bearer test-key' } });
    expect(await response.json()).toMatchObject({ data: [{ id: 'fake-chat' }, { id: 'fake-embed' }] });
  });

  test('embeddings in both encodings, cut if asked', async () => {
    const plain = JSON.parse(
      (await post(embeddings({ input: ['one', 'two'], encoding_format: 'float' }))).text,
    );
    const packed = JSON.parse((await post(embeddings({ encoding_format: 'base64' }))).text);
    const short = JSON.parse((await post(embeddings({ dimensions: 4 }))).text);
    const bytes = Buffer.from(packed.data[0].embedding, 'base64');
    expect(bytes.readFloatLE(0)).toBeCloseTo(plain.data[0].embedding[0], 5);
    expect(bytes).toHaveLength(32);
    expect(plain.data).toHaveLength(2);
    expect(short.data[0].embedding).toHaveLength(4);
  });
});

describe('the fake refuses', () => {
  const long = 'x'.repeat(41);
  test.each<[string, number, Sent]>([
    ['no key', 401, { ...chat(), headers: { authorization: '' } }],
    ['a key that is no bearer', 401, { ...chat(), headers: { authorization: 'test-key' } }],
    ['a wrong key', 401, { ...chat(), headers: { authorization: 'Bearer other' } }],
    ['another content type', 400, { ...chat(), headers: { 'content-type': 'text/plain' } }],
    ['another path', 404, { ...chat(), path: '/responses' }],
    ['a body that is not JSON', 400, { body: '{"model"' }],
    ['a body that is no object', 400, { body: [] }],
    ['no model', 400, { body: { messages: [user] } }],
    ['an unknown model', 404, chat({ model: 'gpt-9' })],
    ['an unknown parameter', 400, chat({ temprature: 1 })],
    ['no messages', 400, messages()],
    ['an unknown role', 400, messages({ role: 'human', content: 'hi' })],
    ['no content', 400, messages({ role: 'user', content: null })],
    ['an unknown field in a message', 400, messages({ ...user, mood: 'good' })],
    ['a name with a space', 400, messages({ ...user, name: 'Ana Ruiz' })],
    ['an assistant that says nothing', 400, messages(user, { role: 'assistant', content: null })],
    ['an empty list of tool calls', 400, messages(user, called())],
    ['a tool result without a call', 400, messages(user, result('a'))],
    ['a tool result for another call', 400, messages(user, called('a'), result('b'))],
    ['a second result for one call', 400, messages(user, called('a'), result('a'), result('a'))],
    ['a call without a result at the end', 400, messages(user, called('a'))],
    [
      'a call without a result before the next message',
      400,
      messages(user, called('a', 'b'), result('a'), user),
    ],
    ['two calls with one id', 400, messages(user, called('a', 'a'), result('a'))],
    ['an id that is too long', 400, messages(user, called(long), result(long))],
    [
      'arguments that are an object',
      400,
      messages(
        user,
        {
          ...called('a'),
          tool_calls: [{ id: 'a', type: 'function', function: { name: 'look', arguments: {} } }],
        },
        result('a'),
      ),
    ],
    ['a tool name with a dot', 400, withTool({ name: 'files.read' })],
    ['parameters that are no object schema', 400, withTool({ name: 'look', parameters: { type: 'string' } })],
    ['an object schema without properties', 400, withTool({ name: 'look', parameters: { type: 'object' } })],
    [
      'an array schema without items',
      400,
      withTool({ name: 'look', parameters: { type: 'object', properties: { at: { type: 'array' } } } }),
    ],
    ['no tools in a list of tools', 400, chat({ tools: [] })],
    ['a tool choice without tools', 400, chat({ tool_choice: 'auto' })],
    ['stream options without a stream', 400, chat({ stream_options: { include_usage: true } })],
    ['more than the context holds', 400, messages({ role: 'user', content: 'word '.repeat(1_000) })],
    ['a call that no test planned', 400, chat()],
    ['an empty text to embed', 400, embeddings({ input: '' })],
    ['an empty text among others', 400, embeddings({ input: ['one', ''] })],
    ['no text to embed', 400, embeddings({ input: [] })],
    ['too many texts', 400, embeddings({ input: new Array(2049).fill('x') })],
    ['a text that is too long', 400, embeddings({ input: 'word '.repeat(20) })],
    ['more dimensions than the model has', 400, embeddings({ dimensions: 9 })],
    ['an unknown parameter with texts', 400, embeddings({ truncate: true })],
  ])('%s', async (_, status, sent) => {
    const answer = await post(sent);
    expect(answer.status).toBe(status);
    const { error } = JSON.parse(answer.text);
    expect(error).toMatchObject({ message: expect.any(String), type: 'invalid_request_error' });
    expect(Object.keys(error).sort()).toEqual(['code', 'message', 'param', 'type']);
    expect(fake.refusals).toMatchObject([{ status, message: error.message }]);
  });
});

describe('the script', () => {
  test('answers from the queue, then from the handler, which sees the request', async () => {
    fake.onChat(({ messages: list }) => ({ content: `heard ${list.length}` }));
    fake.chat.enqueue({ content: 'first' }, async () => ({ content: 'second' }));
    const texts = [await post(chat()), await post(chat()), await post(messages(user, user))].map(
      ({ text }) => text,
    );
    for (const [index, word] of ['first', 'second', 'heard 2'].entries())
      expect(texts[index]).toContain(word);
  });

  test('streams tool calls by index, a few characters at a time, and ends with [DONE]', async () => {
    fake.chat.enqueue({
      toolCalls: ['a', 'b'].map((id) => ({ name: 'look', arguments: { where: `place ${id}` }, id })),
    });
    const { text } = await post(chat({ stream: true, stream_options: { include_usage: true } }));
    const events = text
      .trim()
      .split('\n\n')
      .map((line) => line.slice('data: '.length));
    expect(events.pop()).toBe('[DONE]');
    const chunks = events.map((data) => JSON.parse(data));
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) } });
    const pieces = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
    const argumentsOf = (index: number) =>
      pieces
        .filter((piece) => piece.index === index)
        .map((piece) => piece.function.arguments)
        .join('');
    expect(pieces.filter(({ id }) => id).map(({ id }) => id)).toEqual(['a', 'b']);
    expect(JSON.parse(argumentsOf(0))).toEqual({ where: 'place a' });
    expect(JSON.parse(argumentsOf(1))).toEqual({ where: 'place b' });
  });
});
