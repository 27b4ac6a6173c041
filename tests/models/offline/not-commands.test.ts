import { HumanMessage } from '@langchain/core/messages';
import { describe, expect, it, test } from 'vitest';
import { callsFor, fileAdmin, supervisor } from './offline-model.ts';

async function replyTo(message: string) {
  const reply = await fileAdmin.invoke([new HumanMessage(message)]);
  const delegated = await supervisor.invoke([new HumanMessage(message)]);
  return { calls: [...(reply.tool_calls ?? []), ...(delegated.tool_calls ?? [])], text: reply.text };
}

describe('what only speaks of files is no command', () => {
  it.each([
    'how do I create notes/todo.md?',
    "don't delete notes/todo.md",
    'do not read a.md',
    "please don't delete a.md",
    'never delete a.md',
    'I deleted notes/todo.md yesterday',
    'I read notes/todo.md every day',
    'we change milk to bread in recipes.md',
    'I have to delete a.md',
    'he told me to delete a.md',
    'you should delete a.md',
    'my sister will create a.md with me',
    'the file a.md was created by Ana',
    'my favourite file is a.md',
    'what happens if I delete a.md?',
    'should I remove a.md?',
    'did you create notes/todo.md?',
    'why did you delete a.md?',
    'when was a.md created?',
    'can you believe he deleted a.md?',
    "I don't want you to delete a.md",
    "let's not delete a.md",
    'maybe delete a.md',
    'if it rains, delete a.md',
    'unless I say so, delete a.md',
    'before you delete a.md, ask me',
    'delete a.md if it rains',
    'delete a.md tomorrow',
    'delete a.md or b.md',
    'delete a.md and everything in it',
    'my wife said: delete everything',
    "the command 'delete a.md' is dangerous",
    '"delete a.md"',
    'the recipe says: create a.md with milk',
    'note: delete a.md',
    '- delete a.md',
    'is delete a.md reversible?',
    'I want to know how to delete a.md',
    'remember that I have to change the oil in the car',
    'in a.md there is a typo',
    'delete everything',
    'delete all my files',
    'delete *.md',
    'delete it',
    'delete that file',
    'delete the file tomorrow',
    'delete the file I made yesterday',
    'delete my account',
    'rm -rf /',
    'delete ..',
    'delete',
    'read https://example.com/a.md',
    'write to bob@example.com: hello',
    'add milk to notes/todo.md',
    'create a file tomorrow',
    'create a note about cats',
    'show me the pros/cons',
    'delete the pros/cons',
    'what files did you create?',
  ])('%s', async (message) => {
    expect((await replyTo(message)).calls).toEqual([]);
  });

  it.each([
    '¿cómo creo un archivo?',
    '¿cómo puedo borrar a.md?',
    'no borres notes/todo.md',
    'por favor no borres a.md',
    'nunca borres a.md',
    'no quiero que borres a.md',
    'no crees a.md con nada',
    'ni borres ni cambies a.md',
    'ayer borré a.md',
    'borré a.md',
    'creé a.md con leche',
    'cambié leche por pan en a.md',
    'he borrado a.md',
    'voy a borrar a.md',
    'tengo que borrar a.md',
    'recuerda que mañana tengo que borrar el disco',
    'mi jefe borra a.md',
    'borro a.md todos los días',
    'creo que a.md está vacío',
    'leo notes/todo.md cada noche',
    'el archivo a.md es importante',
    '¿debería borrar a.md?',
    '¿qué pasa si borro a.md?',
    '¿por qué borraste a.md?',
    '¿te acuerdas de a.md?',
    '¿quién creó a.md?',
    'si llueve, borra a.md',
    'si borras a.md me enfado',
    'cuando borres a.md, avísame',
    'mi mujer dijo: borra todo',
    'borra todo',
    'borra eso',
    'borra el archivo de ayer',
    'borra a.md mañana',
    'en a.md hay un error',
    'en a.md cambia el tono a veces',
  ])('%s', async (message) => {
    expect((await replyTo(message)).calls).toEqual([]);
  });
});

describe('what only sounds like a command is none', () => {
  it.each([
    'I want to read more books',
    'create a good impression',
    'read between the lines',
    'write to my mother',
    'list the reasons why you like it',
    'show me the money',
    'change my mind',
    'change of plans: dinner is at 8',
    'replace the battery in the clock',
    'remove the dent from my car',
    'make coffee with milk',
    'save the date: 4 May',
    'open the door',
    'list price is 20 euros',
    "what's in a name?",
    'Lee is my brother',
    'quiero leer más',
    'quiero cambiar de trabajo',
    'quiero crear una empresa con mi hermano',
    'cambia mucho el tiempo en mayo',
    'lista de la compra: leche y pan',
    'pon música en la cocina',
    'haz la cama con cuidado',
    'abre la ventana',
    '¿qué hay de nuevo?',
    '¿qué dice el periódico?',
    'dime la verdad',
    'guarda silencio en la biblioteca',
  ])('%s', async (message) => {
    expect((await replyTo(message)).calls).toEqual([]);
  });
});

describe('in doubt nothing is lost', () => {
  it.each([
    ['delete a.md?', 'say: delete a.md'],
    ['I want to delete a.md', 'say: delete a.md'],
    ['will you delete a.md?', 'say: delete a.md'],
    ['delete the file todo', 'say: delete "todo"'],
    ['quiero borrar a.md', 'di: borra a.md'],
    ['borra el archivo viejas', 'di: borra "viejas"'],
    ['create a.md with milk and delete b.md', 'quotation marks'],
    ['crea a.md con leche y borra b.md', 'entre comillas'],
    ['change go to school to go to work in a.md', 'quotation marks'],
    ['cambia voy por pan por voy por leche en a.md', 'entre comillas'],
    ['change milk in a.md', 'Say it like this: change milk to bread in a.md'],
    ['in a.md change milk', 'Say it like this: change milk to bread in a.md'],
    ['save this in a.md', 'which text'],
    ['guarda esto en a.md', 'qué texto'],
    ['save a.md to b.md', 'which text'],
    ['write a poem about the sea to poem.md', 'not a language model'],
    ['create poem.md with a short poem', 'not a language model'],
    ['escribe un poema en poema.md', 'no un modelo de lenguaje'],
  ])('%s', async (message, explanation) => {
    const { calls, text } = await replyTo(message);
    expect(calls).toEqual([]);
    expect(text).toContain(explanation);
    expect(text).toMatch(/^(I have not done anything|No he hecho nada): /);
  });

  test('and what the answer suggests then works', async () => {
    expect(await callsFor('delete "todo"')).toEqual([['delete_file', { path: 'todo' }]]);
  });

  it.each([
    ['8 at once', Array.from({ length: 12 }, (_, number) => `delete ${number}.md`).join(' and ')],
    ['20 at once', `delete ${Array.from({ length: 21 }, (_, number) => `${number}.md`).join(', ')}`],
  ])('more than %s is not run', async (limit, message) => {
    const { calls, text } = await replyTo(message);
    expect(calls).toEqual([]);
    expect(text).toContain(`more than ${limit}`);
  });
});
