import { AIMessageChunk, HumanMessage, SystemMessage, type UsageMetadata } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import { OfflineChatModel } from '../../../src/models/offline/chat.ts';
import { DELEGATIONS, fileAdmin, supervisor } from './offline-model.ts';

const COMMAND = 'create a.md with «quotes" and\nlines»';

async function streamed(message: string, model = fileAdmin): Promise<AIMessageChunk[]> {
  const chunks: AIMessageChunk[] = [];
  for await (const chunk of await model.stream([new HumanMessage(message)])) chunks.push(chunk);
  return chunks;
}

function joined(chunks: AIMessageChunk[]): AIMessageChunk {
  return chunks.slice(1).reduce((whole, chunk) => whole.concat(chunk), chunks[0] ?? new AIMessageChunk(''));
}

/** LangChain's own type of the field is lost on the way through `Runnable`. */
function usageOf(reply: { usage_metadata?: UsageMetadata | undefined }): UsageMetadata | undefined {
  return reply.usage_metadata;
}

describe('what it can be given as tools', () => {
  const read = (path: string) => path;
  it.each([
    [
      'a LangChain tool',
      tool(({ path }) => read(path), { name: 'read_file', schema: z.object({ path: z.string() }) }),
    ],
    ['structured tool parameters', { name: 'read_file', schema: z.object({ path: z.string() }) }],
    [
      'an OpenAI definition',
      { type: 'function', function: { name: 'read_file', parameters: { type: 'object', properties: {} } } },
    ],
  ])('%s', async (_what, definition) => {
    const reply = await new OfflineChatModel().bindTools([definition]).invoke('read a.md');
    expect(reply.tool_calls).toMatchObject([
      { name: 'read_file', args: { path: 'a.md' }, type: 'tool_call' },
    ]);
  });

  test('not the format of another provider', () => {
    expect(() => new OfflineChatModel().bindTools([{ name: 'read_file', input_schema: {} }])).toThrow(
      TypeError,
    );
  });

  test('and they are left alone when no tool is to be chosen', async () => {
    const model = new OfflineChatModel().bindTools(DELEGATIONS, { tool_choice: 'none' });
    expect((await model.invoke('read a.md')).tool_calls).toEqual([]);
  });
});

describe('a reply', () => {
  test('says which model gave it, and what it used', async () => {
    const question = 'What can you do? '.repeat(10);
    const reply = await supervisor.invoke([new SystemMessage('x'.repeat(400)), new HumanMessage(question)]);
    expect(reply.response_metadata.model_name).toBe('offline');
    const usage = usageOf(reply);
    expect(usage?.input_tokens).toBeGreaterThan(100);
    expect(usage?.output_tokens).toBeGreaterThan(10);
    expect(usage?.total_tokens).toBe((usage?.input_tokens ?? 0) + (usage?.output_tokens ?? 0));
  });

  test('has call ids that never repeat', async () => {
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => fileAdmin.invoke('read a.md and b.md')),
    );
    const ids = replies.flatMap(({ tool_calls: calls }) => (calls ?? []).map(({ id }) => id));
    expect(ids).toHaveLength(40);
    expect(new Set(ids).size).toBe(40);
  });

  it.each(['', '   ', '?', '!!!', '\n'])('to %j has text', async (message) => {
    expect((await supervisor.invoke([new HumanMessage(message)])).text).not.toBe('');
  });

  test('to no message at all has text', async () => {
    expect((await supervisor.invoke([new SystemMessage('x')])).text).not.toBe('');
  });

  test('to a message in blocks is the same', async () => {
    const blocks = new HumanMessage({ content: [{ type: 'text', text: 'read a.md' }] });
    expect((await fileAdmin.invoke([blocks])).tool_calls).toMatchObject([{ args: { path: 'a.md' } }]);
  });
});

describe('a streamed reply', () => {
  it.each(['help', 'My dog is called Luna.', '¿Quién eres?', 'what is the capital of France?'])(
    'to "%s" comes word by word and is what invoke gives',
    async (message) => {
      const chunks = await streamed(message, supervisor);
      const words = chunks.map(({ text }) => text).filter(Boolean);
      expect(words.length).toBeGreaterThan(5);
      expect(Math.max(...words.map((word) => word.trim().split(/\s+/).length))).toBe(1);
      expect(joined(chunks).text).toBe((await supervisor.invoke([new HumanMessage(message)])).text);
    },
  );

  test('carries its calls as chunks, its usage and its model once', async () => {
    const chunks = await streamed(COMMAND);
    expect(chunks.flatMap(({ tool_call_chunks: calls }) => calls ?? [])).toHaveLength(1);
    const whole = joined(chunks);
    const direct = await fileAdmin.invoke([new HumanMessage(COMMAND)]);
    expect(whole.tool_calls).toMatchObject([
      { name: 'write_file', args: { path: 'a.md', content: 'quotes" and\nlines' } },
    ]);
    expect(direct.tool_calls?.map(({ args }) => args)).toEqual(whole.tool_calls?.map(({ args }) => args));
    expect(whole.response_metadata.model_name).toBe('offline');
    expect(usageOf(whole)).toMatchObject({ ...usageOf(direct) });
  });

  test('of several calls keeps them apart', async () => {
    const whole = joined(await streamed('read a.md and b.md'));
    expect(whole.tool_calls?.map(({ args }) => args.path)).toEqual(['a.md', 'b.md']);
  });

  test('tells callbacks of each word', async () => {
    const words: string[] = [];
    const callbacks = [{ handleLLMNewToken: (word: string) => void words.push(word) }];
    for await (const _ of await supervisor.stream([new HumanMessage('help')], { callbacks }));
    expect(words.join('')).toBe((await supervisor.invoke([new HumanMessage('help')])).text);
  });

  test('of a long text comes in a bounded number of pieces', async () => {
    const told = `My dog is called Luna. ${'word '.repeat(50)}`;
    const question = Array.from({ length: 30 }, (_, number) => `${told}${number}`).join('\n');
    const chunks = await streamed(question, supervisor);
    expect(chunks.length).toBeLessThan(450);
  });
});

describe('an aborted signal', () => {
  test('refuses a call', async () => {
    const signal = AbortSignal.abort(new Error('no more'));
    await expect(supervisor.invoke([new HumanMessage('help')], { signal })).rejects.toThrow();
    await expect(supervisor.stream([new HumanMessage('help')], { signal })).rejects.toThrow();
  });

  test('ends a stream in the middle', async () => {
    const controller = new AbortController();
    const seen: string[] = [];
    const reading = (async () => {
      const stream = await supervisor.stream([new HumanMessage('help')], { signal: controller.signal });
      for await (const chunk of stream) {
        seen.push(chunk.text);
        if (seen.length === 3) setImmediate(() => controller.abort());
      }
    })();
    await expect(reading).rejects.toThrow();
    expect(seen.length).toBeGreaterThanOrEqual(3);
    expect(seen.length).toBeLessThan(20);
  });
});
