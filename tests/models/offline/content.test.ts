import { describe, expect, it, test } from 'vitest';
import { callsFor } from './offline-model.ts';

async function contentOf(message: string): Promise<unknown> {
  const [call, ...others] = await callsFor(message);
  expect(others).toEqual([]);
  expect(call?.[0]).toBe('write_file');
  return call?.[1].content;
}

describe('the text of a file', () => {
  it.each([
    ['case, accents and marks', 'create a.md with ¡Qué Niño! — Œuvre.', '¡Qué Niño! — Œuvre.'],
    ['decomposed accents', 'create a.md with cafe\u0301', 'cafe\u0301'],
    ['emoji', 'create a.md with 👩‍👩‍👧 ok', '👩‍👩‍👧 ok'],
    ['inner quotation marks', 'create a.md with he said "hi" loudly', 'he said "hi" loudly'],
    ['quotations inside a quotation', 'create a.md with "he said "hi" loudly"', 'he said "hi" loudly'],
    ['two quotations', 'create a.md with "x" and "y"', '"x" and "y"'],
    ['an apostrophe', "create a.md with 'it's fine'", "it's fine"],
    [
      'words of other commands',
      'create a.md with bread, butter and milk to share',
      'bread, butter and milk to share',
    ],
    ['the word with', 'create a.md with tea with milk', 'tea with milk'],
    ['polite words', 'create a.md with yes please', 'yes please'],
    ['polite words behind a quotation', 'create a.md with "yes", please', 'yes'],
    ['a question', 'create a.md with how are you?', 'how are you?'],
    ['the text of something', 'create a.md with the text of the song', 'the text of the song'],
    ['content as a topic', 'create a.md with content marketing ideas', 'content marketing ideas'],
    ['JSON', 'create a.json with {"a": "b, and delete c.md"}', '{"a": "b, and delete c.md"}'],
    ['lines', 'create a.md with one\n\n  two\n\tthree', 'one\n\n  two\n\tthree'],
    ['lines behind a colon', 'create a.md with the following:\n  - one\n  - two', '  - one\n  - two'],
    ['Windows lines', 'crea a.md con:\r\nuno\r\ndos', 'uno\r\ndos'],
    ['a quotation of lines', 'create a.md with the text "one\ntwo"', 'one\ntwo'],
    ['a fence', 'create a.py with:\n```python\ndef f():\n    return "x"\n```', 'def f():\n    return "x"\n'],
    ['an empty quotation', 'create a.md with ""', ''],
    ['remembered lines', 'create a.md with - [2020-01-01 00:00Z] user: hi', '- [2020-01-01 00:00Z] user: hi'],
    [
      'commands in lines',
      'create a.md with:\n- milk\ndelete b.md\nread c.md',
      '- milk\ndelete b.md\nread c.md',
    ],
  ])('keeps %s', async (_what, message, content) => {
    expect(await contentOf(message)).toBe(content);
  });

  test('may be long', async () => {
    const long = 'Once upon a time, and then again. '.repeat(900).trim();
    expect(await contentOf(`create a.md with ${long}`)).toBe(long);
  });
});

describe('several commands in one message', () => {
  it.each([
    'create a.md with x and create b.md with y',
    'create a.md with x, then create b.md with y',
    'create a.md with x; create b.md with y',
    'create a.md with x\ncreate b.md with y',
    'please create a.md with x and also create b.md with "y"',
    'crea a.md con x y crea b.md con y',
    'crea a.md con x, luego crea b.md con y',
  ])('%s', async (message) => {
    const calls = await callsFor(message);
    expect(calls[0]).toEqual(['write_file', { path: 'a.md', content: 'x' }]);
    // What comes "then" is called when the first result is there.
    if (!/then|luego/.test(message)) expect(calls[1]).toEqual(['write_file', { path: 'b.md', content: 'y' }]);
  });

  it.each([
    ['bread and butter', 'bread and butter'],
    ['to read and to write', 'to read and to write'],
    ['milk and list my files', 'milk and list my files'],
    ['"milk and create b.md with eggs"', 'milk and create b.md with eggs'],
    ['«pan y borra b.md»', 'pan y borra b.md'],
  ])('are not found in: create a.md with %s', async (text, content) => {
    expect(await contentOf(`create a.md with ${text}`)).toBe(content);
  });

  test('are read where a quotation ends', async () => {
    expect(await callsFor('create a.md with "x" and delete b.md')).toEqual([
      ['write_file', { path: 'a.md', content: 'x' }],
      ['delete_file', { path: 'b.md' }],
    ]);
  });

  test('inherit that they were asked for politely', async () => {
    expect(await callsFor('could you read a.md and delete b.md?')).toEqual([
      ['read_file', { path: 'a.md' }],
      ['delete_file', { path: 'b.md' }],
    ]);
    expect(await callsFor('read a.md and delete b.md?')).toEqual([]);
  });
});
