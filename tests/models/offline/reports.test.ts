import { HumanMessage } from '@langchain/core/messages';
import { describe, expect, it } from 'vitest';
import { fileAdmin, supervisor, withResults } from './offline-model.ts';

async function reportOn(task: string, result: string | Error): Promise<string> {
  const asked = [new HumanMessage(task)];
  const called = await fileAdmin.invoke(asked);
  expect(called.tool_calls).toHaveLength(1);
  const reply = await fileAdmin.invoke(withResults(asked, called, [result]));
  expect(reply.tool_calls).toEqual([]);
  return reply.text;
}

const DIFF = '--- a.txt\n+++ b.txt\n@@ -1 +1 @@\n-one\n+two';

describe('what a tool answers is told in the language of the command, as the tool gave it', () => {
  it.each([
    [
      'search for milk in my files',
      'a.md:1: milk\n(1 line found.)',
      'Search for “milk”:\na.md:1: milk\n(1 line found.)',
    ],
    ['busca leche en mis archivos', 'Nothing found.', 'Búsqueda de «leche»:\nNothing found.'],
    [
      'list everything in notes',
      'notes holds:\n  a/\n    b.md',
      'Here is the list:\nnotes holds:\n  a/\n    b.md',
    ],
    ['lista todo lo que hay en notas', 'notas holds:\n  a/', 'Esta es la lista:\nnotas holds:\n  a/'],
    ['read lines 1 to 2 of a.md', 'a.md, lines 1 to 2.\nx\ny', 'Content of a.md:\na.md, lines 1 to 2.\nx\ny'],
    ['compare a.txt and b.txt', DIFF, `Comparison of a.txt and b.txt:\n${DIFF}`],
    ['compara a.txt con b.txt', DIFF, `Comparación de a.txt y b.txt:\n${DIFF}`],
    ['move a.txt to b/', 'a.txt: moved to b/a.txt.', 'Moved. a.txt: moved to b/a.txt.'],
    ['mueve a.txt a b/', 'a.txt: moved to b/a.txt.', 'Movido. a.txt: moved to b/a.txt.'],
    ['copy a.txt to b/', 'a.txt: copied.', 'Copied. a.txt: copied.'],
    ['crea una carpeta planes', 'planes/: made.', 'Hecho. planes/: made.'],
    ['zip notes into x.zip', 'x.zip: made.', 'Packed. x.zip: made.'],
    ['descomprime x.zip', 'x/: unpacked.', 'Descomprimido. x/: unpacked.'],
    ['show the last changes', 'one\ntwo', 'The last changes:\none\ntwo'],
    ['undo', 'a.md: is back.', 'Undone. a.md: is back.'],
    ['deshaz eso', 'a.md: is back.', 'Deshecho. a.md: is back.'],
  ])('%s', async (task, result, answer) => {
    expect(await reportOn(task, result)).toBe(answer);
  });
});

describe('what failed is said to have failed', () => {
  it.each([
    ['search for milk in notes', 'I could not search for “milk”: there is no notes.'],
    ['compara a.txt con b.txt', 'No pude comparar a.txt y b.txt: there is no notes.'],
    ['move a.txt to b/', 'I could not move a.txt: there is no notes.'],
    ['copia a.txt en b/', 'No pude copiar a.txt: there is no notes.'],
    ['create a folder called plans', 'I could not make the folder plans: there is no notes.'],
    ['zip notes and plans into x.zip', 'I could not pack notes, plans: there is no notes.'],
    ['unzip x.zip', 'I could not unpack x.zip: there is no notes.'],
    ['muestra los últimos cambios', 'No pude listar los cambios: there is no notes.'],
    ['undo that', 'I could not undo it: there is no notes.'],
  ])('%s', async (task, answer) => {
    expect(await reportOn(task, new Error('there is no notes.'))).toBe(answer);
  });

  it.each([
    ['delete the folder notes', 'say: delete the folder notes with everything in it'],
    ['borra la carpeta notas', 'di: borra la carpeta notas con todo lo que hay dentro'],
  ])('and how to say it otherwise: %s', async (task, advice) => {
    const answer = await reportOn(task, new Error('Error folder_not_empty: The folder is not empty.'));
    expect(answer).toContain('Error folder_not_empty: The folder is not empty.\n');
    expect(answer.endsWith(advice)).toBe(true);
    const followed = await fileAdmin.invoke([new HumanMessage(advice.replace(/^\w+: /, ''))]);
    expect(followed.tool_calls).toMatchObject([{ name: 'delete_file', args: { recursive: true } }]);
  });
});

describe('what is almost a command', () => {
  it.each([
    ['move the furniture', 'move notes/todo.md to archive/'],
    ['find happiness', 'search for milk in my files'],
    ['deshaz la maleta', 'deshaz el último cambio'],
  ])('"%s" gets only examples of its own verb', async (message, example) => {
    const { text } = await supervisor.invoke([new HumanMessage(message)]);
    expect(text).toContain(`\n- ${example}`);
    expect(text).not.toContain('buy milk');
    expect(text.match(/^- /gm)?.length).toBeLessThan(4);
  });
});

describe('commands that depend on each other', () => {
  it.each([
    ['move a.txt to b/ and read b/a.txt', 'move_file'],
    ['unzip x.zip into fresh and list the files in fresh', 'unzip_file'],
    ['zip notes into x.zip and delete notes/', 'zip_files'],
    ['mueve a.txt a b/ y lee b/a.txt', 'move_file'],
  ])('are called one after the other: %s', async (message, first) => {
    const reply = await fileAdmin.invoke([new HumanMessage(message)]);
    expect(reply.tool_calls?.map(({ name }) => name)).toEqual([first]);
  });
});
