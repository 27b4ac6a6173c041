import { HumanMessage } from '@langchain/core/messages';
import { describe, expect, it, test } from 'vitest';
import { OfflineChatModel } from '../../../src/models/offline/chat.ts';
import { FILE_TOOLS, supervisor } from './offline-model.ts';
import { anyProjectCalls, PROJECT_TOOLS } from './project-model.ts';

async function say(message: string): Promise<string> {
  const reply = await supervisor.invoke([new HumanMessage(message)]);
  expect(reply.tool_calls ?? []).toEqual([]);
  return reply.text;
}

describe('a statement is noted in its language', () => {
  it.each([
    ['My dog is called Luna.', 'Noted: "My dog is called Luna."'],
    ['I want to read more books', 'Noted: "I want to read more books".'],
    ['Will is my brother', 'Noted: "Will is my brother".'],
    ['When I was a child I lived in Rome', 'Noted: "When I was a child I lived in Rome".'],
    ['Mi perra se llama Luna.', 'Anotado: «Mi perra se llama Luna.»'],
    ['Trabajo de enfermero', 'Anotado: «Trabajo de enfermero».'],
    ['Cuando era niño vivía en Roma', 'Anotado: «Cuando era niño vivía en Roma».'],
    ['recuerda que mañana viene Ana', 'Anotado: «recuerda que mañana viene Ana».'],
  ])('%s', async (message, start) => {
    expect(await say(message)).toContain(start);
    expect(await say(message)).not.toContain('command');
  });

  it.each([
    ["don't delete a.md", 'no file was touched'],
    ['I deleted a.md yesterday', 'no file was touched'],
    ['no borres a.md', 'no he tocado ningún archivo'],
  ])('%s: and nothing is done', async (message, aside) => {
    expect(await say(message)).toContain(aside);
  });
});

describe('the assistant says what it is', () => {
  it.each([
    'help',
    'what can you do?',
    'who are you?',
    'are you ChatGPT?',
    'how do I create a file?',
    'how do I move a file?',
    'how can I search for text in my files?',
    'how do I undo the last change?',
    'Hi, what can you do?',
  ])('%s', async (message) => {
    const answer = await say(message);
    expect(answer).toContain('the offline rule engine of Tertulia, not a language model');
    expect(answer).toContain('- create notes/todo.md with buy milk');
  });

  it.each([
    'ayuda',
    '¿qué puedes hacer?',
    '¿quién eres?',
    '¿eres una IA?',
    '¿cómo creo un archivo?',
    '¿cómo muevo una carpeta?',
    '¿cómo deshago el último cambio?',
  ])('%s', async (message) => {
    const answer = await say(message);
    expect(answer).toContain('motor de reglas sin conexión de Tertulia, no un modelo de lenguaje');
    expect(answer).toContain('- crea notes/todo.md con comprar leche');
  });

  it.each([
    ['hello', 'Hello!'],
    ['Good morning!', 'Hello!'],
    ['¡Hola!', '¡Hola!'],
    ['buenos días', '¡Hola!'],
    ['thanks a lot!', 'You are welcome.'],
    ['muchas gracias', 'De nada.'],
  ])('%s', async (message, start) => {
    expect((await say(message)).startsWith(start)).toBe(true);
  });

  test('and lists only commands that it can have carried out', async () => {
    const question = [new HumanMessage('help')];
    expect((await new OfflineChatModel().invoke(question)).text).toContain('no commands');
    expect((await new OfflineChatModel().invoke(question)).text).not.toContain('notes/todo.md');
    const some = new OfflineChatModel().bindTools(FILE_TOOLS.slice(1, 2));
    expect((await some.invoke(question)).text).toContain('read notes/todo.md');
    expect((await some.invoke(question)).text).not.toContain('delete');
  });
});

describe('each example that it gives', () => {
  it.each(['help', 'ayuda'])('of %s works', async (message) => {
    const examples = [...(await say(message)).matchAll(/^- (.+)$/gm)].map(([, example]) => example ?? '');
    expect(examples).toHaveLength(FILE_TOOLS.length + PROJECT_TOOLS.length);
    for (const example of examples) expect(await anyProjectCalls(example), example).toHaveLength(1);
  });
});
