import { describe, expect, it } from 'vitest';
import { readAll, writeFiles, writeHistory, zipOf } from './read-lines.ts';

interface Written {
  id: string;
  parent?: string | null;
  role?: string;
  time?: number | null;
  type?: string;
  parts?: unknown[];
  recipient?: string;
  metadata?: object;
}

const T0 = 1_700_000_000;
const at = (milliseconds: number) => new Date(T0 * 1_000 + milliseconds).toISOString();

/** A conversation as the export has it, with a root that has no message. */
function conversation(title: string, messages: Written[], more: object = {}) {
  const mapping: Record<string, object> = { root: { id: 'root', message: null, parent: null, children: [] } };
  for (const { id, parent = 'root', role = 'user', time = T0, type = 'text', parts, ...rest } of messages) {
    const content = { content_type: type, ...(parts ? { parts } : {}) };
    const message = {
      id,
      author: { role, name: null, metadata: {} },
      create_time: time,
      content,
      weight: 1,
      ...rest,
    };
    mapping[id] = { id, message, parent, children: [] };
  }
  return {
    title,
    create_time: T0,
    update_time: T0 + 60.5,
    mapping,
    moderation_results: [],
    current_node: messages.at(-1)?.id,
    conversation_id: `id-of-${title}`,
    id: `id-of-${title}`,
    ...more,
  };
}

const BOAT = conversation('The boat', [
  {
    id: 's',
    role: 'system',
    time: null,
    parts: [''],
    metadata: { is_visually_hidden_from_conversation: true },
  },
  { id: 'old', parent: 's', parts: ['Where is the bot?'], time: T0 + 1 },
  { id: 'old-answer', parent: 'old', role: 'assistant', parts: ['Which bot?'], time: T0 + 2 },
  { id: 'q', parent: 's', parts: ['Where is the boat?'], time: T0 + 10.25 },
  { id: 'think', parent: 'q', role: 'assistant', type: 'thoughts', time: T0 + 11 },
  { id: 'call', parent: 'think', role: 'assistant', type: 'code', recipient: 'python', time: T0 + 12 },
  { id: 'tool', parent: 'call', role: 'tool', type: 'execution_output', time: T0 + 13 },
  { id: 'bio', parent: 'tool', role: 'assistant', recipient: 'bio', parts: ['Has a boat.'], time: T0 + 14 },
  { id: 'a', parent: 'bio', role: 'assistant', parts: ['In the harbour. ⛵'], time: null },
  { id: 'empty', parent: 'a', role: 'assistant', parts: [''], time: T0 + 15 },
  {
    id: 'photo',
    parent: 'empty',
    type: 'multimodal_text',
    parts: [
      { content_type: 'image_asset_pointer', asset_pointer: 'file-service://x' },
      'Is it this one?',
      'The red one?',
    ],
    time: T0 + 20,
  },
  { id: 'last', parent: 'photo', role: 'assistant', parts: ['Yes.'], time: T0 + 19 },
]);

async function readConversations(...conversations: unknown[]) {
  return await readAll(await writeHistory('conversations.json', JSON.stringify(conversations)));
}

describe('a ChatGPT export', () => {
  it('gives each conversation as it stands, in order', async () => {
    const { format, lines, places, faults, share } = await readConversations(BOAT);
    expect(format).toBe('chatgpt');
    const common = { session: 'chatgpt:id-of-The boat', title: 'The boat' };
    expect(lines()).toEqual([
      { ...common, role: 'user', content: 'Where is the boat?', created_at: at(10_250) },
      { ...common, role: 'assistant', content: 'In the harbour. ⛵', created_at: at(14_001) },
      { ...common, role: 'user', content: 'Is it this one?\n\nThe red one?', created_at: at(20_000) },
      { ...common, role: 'assistant', content: 'Yes.', created_at: at(20_001) },
    ]);
    expect(places[2]).toBe('conversation "The boat", message 3');
    expect(faults.count).toBe(0);
    expect(share).toBeCloseTo(1, 1);
  });

  it('says what was left out', async () => {
    const { leftOut } = await readConversations(BOAT);
    expect(leftOut).toEqual({
      'messages on abandoned branches': 2,
      'system messages': 1,
      'tool messages': 1,
      thoughts: 1,
      'tool calls': 2,
      'empty messages': 1,
      images: 1,
    });
  });

  it('keeps what was spoken, and leaves hidden messages and pictures alone out', async () => {
    const { lines, leftOut } = await readConversations(
      conversation('Voice', [
        {
          id: 'a',
          type: 'multimodal_text',
          parts: [
            { content_type: 'audio_transcription', text: 'Can you hear me?', direction: 'in' },
            { content_type: 'audio_asset_pointer', asset_pointer: 'x' },
          ],
        },
        { id: 'b', parent: 'a', parts: ['secret'], metadata: { is_visually_hidden_from_conversation: true } },
        { id: 'c', parent: 'b', type: 'multimodal_text', parts: [{ content_type: 'image_asset_pointer' }] },
        { id: 'd', parent: 'c', type: 'user_editable_context' },
      ]),
    );
    expect(lines().map(({ content }) => content)).toEqual(['Can you hear me?']);
    expect(leftOut).toEqual({
      recordings: 1,
      'hidden messages': 1,
      images: 1,
      'messages of the type "user_editable_context"': 1,
    });
  });

  it('times a message without time by the conversation, and the next by the one before', async () => {
    const { lines } = await readConversations(
      conversation('Untimed', [
        { id: 'a', parts: ['one'], time: null },
        { id: 'b', parent: 'a', parts: ['two'], time: null },
      ]),
    );
    expect(lines().map(({ created_at }) => created_at)).toEqual([at(0), at(1)]);
  });

  it('follows the newest end of a conversation that does not say where it stands', async () => {
    const messages = [
      { id: 'a', parts: ['question'] },
      { id: 'new', parent: 'a', role: 'assistant', parts: ['new answer'], time: T0 + 9 },
      { id: 'old', parent: 'a', role: 'assistant', parts: ['old answer'], time: T0 + 5 },
    ];
    const { lines, leftOut } = await readConversations(
      conversation('Lost', messages, { current_node: null }),
    );
    expect(lines().map(({ content }) => content)).toEqual(['question', 'new answer']);
    expect(leftOut).toEqual({ 'messages on abandoned branches': 1 });
  });

  it('reports a broken conversation by its title, and reads the others', async () => {
    const circle = conversation('Circle', [
      { id: 'a', parent: 'b', parts: ['one'] },
      { id: 'b', parent: 'a', parts: ['two'] },
    ]);
    const untimed = conversation('No time', [{ id: 'a', parts: ['x'], time: null }], { create_time: null });
    const nameless = conversation('No id', [{ id: 'a', parts: ['x'] }], { conversation_id: null, id: null });
    const { lines, faults } = await readConversations(
      { title: 'No mapping' },
      circle,
      untimed,
      nameless,
      [1, 2],
      conversation('Whole', [{ id: 'a', parts: ['fine'] }]),
    );
    expect(lines().map(({ content }) => content)).toEqual(['fine']);
    expect(faults.count).toBe(5);
    expect(faults.first).toEqual([
      { place: 'conversation "No mapping"', detail: expect.stringContaining('mapping') },
      { place: 'conversation "Circle"', detail: expect.stringContaining('circle') },
      { place: 'conversation "No time"', detail: 'has no time' },
      { place: 'conversation "No id"', detail: 'has no id' },
      { place: 'a conversation without title', detail: expect.any(String) },
    ]);
  });

  it('is read from its zip file, in one part or several', async () => {
    const one = JSON.stringify([conversation('One', [{ id: 'a', parts: ['first'] }])]);
    const two = JSON.stringify([conversation('Two', [{ id: 'a', parts: ['second'] }])]);
    const parts = zipOf({
      'conversations-001.json': two,
      'conversations-000.json': one,
      'shared_conversations.json': '[{}]',
      'user.json': '{}',
      'chat.html': '<html>',
      '__MACOSX/._conversations-000.json': 'x',
    });
    const several = await readAll(await writeHistory('export.zip', parts));
    expect(several.lines().map(({ content }) => content)).toEqual(['first', 'second']);
    expect(several.faults.count).toBe(0);
    const single = await readAll(await writeHistory('export.zip', zipOf({ 'conversations.json': one })));
    expect(single.lines().map(({ content }) => content)).toEqual(['first']);
  });

  it('is read from the folder that it was unpacked to', async () => {
    const text = JSON.stringify([conversation('One', [{ id: 'a', parts: ['first'] }])]);
    const { format, lines } = await readAll(
      await writeFiles({ 'conversations.json': text, 'user.json': '{}' }),
    );
    expect(format).toBe('chatgpt');
    expect(lines()).toHaveLength(1);
  });

  it('is not misled by brackets and quotation marks in texts', async () => {
    const odd = 'a "] } quote \\" and a backslash \\';
    const { lines } = await readConversations(
      conversation('Odd', [{ id: 'a', parts: [odd] }]),
      conversation('Next', [{ id: 'a', parts: ['next'] }]),
    );
    expect(lines().map(({ content }) => content)).toEqual([odd, 'next']);
  });

  it('says so when it ends in the middle', async () => {
    const text = JSON.stringify([BOAT, BOAT]).slice(0, -40);
    const path = await writeHistory('conversations.json', text);
    await expect(readAll(path)).rejects.toThrow('conversations.json ends in the middle');
  });
});
