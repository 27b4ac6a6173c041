import { describe, expect, it, test } from 'vitest';
import { callsFor } from './offline-model.ts';

const T = 'notes/todo.md';

describe('reading commands', () => {
  it.each([
    ['read notes/todo.md', T],
    ['Read notes/todo.md.', T],
    ['please read notes/todo.md', T],
    ['Could you please read notes/todo.md?', T],
    ['Hi! Can you open notes/todo.md for me?', T],
    ['show me notes/todo.md', T],
    ['SHOW ME notes/todo.md', T],
    ['show me the file notes/todo.md, please', T],
    ["what's in notes/todo.md?", T],
    ['what’s in notes/todo.md?', T],
    ['What is in notes/todo.md', T],
    ['what does notes/todo.md say?', T],
    ['show me the contents of notes/todo.md', T],
    ['tell me what is in notes/todo.md', T],
    ['let me see notes/todo.md', T],
    ['I want to see notes/todo.md', T],
    ['read the file Makefile', 'Makefile'],
    ['show me the README.md file', 'README.md'],
    ['read "my notes/to do.md"', 'my notes/to do.md'],
    ['read `src/app.ts`', 'src/app.ts'],
    ['open .env', '.env'],
    ['read docs/LICENSE', 'docs/LICENSE'],
    ['lee notes/todo.md', T],
    ['Leé notes/todo.md', T],
    ['lea notes/todo.md, por favor', T],
    ['por favor, léeme notes/todo.md', T],
    ['muéstrame notes/todo.md', T],
    ['muestrame notes/todo.md', T],
    ['enséñame notes/todo.md', T],
    ['¿qué hay en notes/todo.md?', T],
    ['que hay en notes/todo.md', T],
    ['¿Qué dice notes/todo.md?', T],
    ['¿puedes leer notes/todo.md?', T],
    ['¿Podrías enseñarme el archivo notes/todo.md?', T],
    ['quiero que leas notes/todo.md', T],
    ['dime el contenido de notes/todo.md', T],
    ['abre el fichero Makefile', 'Makefile'],
    ['lee «mis notas/lista de hoy.md»', 'mis notas/lista de hoy.md'],
    ['lee año/niños.md', 'año/niños.md'],
  ])('%s', async (message, path) => {
    expect(await callsFor(message)).toEqual([['read_file', { path }]]);
  });

  test('names several files at once', async () => {
    expect(await callsFor('read a.md, b.md and "c d.md"')).toEqual([
      ['read_file', { path: 'a.md' }],
      ['read_file', { path: 'b.md' }],
      ['read_file', { path: 'c d.md' }],
    ]);
  });
});

describe('listing commands', () => {
  it.each<[string, string?]>([
    ['list my files'],
    ['list files'],
    ['List all of my files, please.'],
    ['what files do I have?'],
    ['which files are there?'],
    ['show me my files'],
    ['can you list the files?'],
    ['list the files in notes', 'notes'],
    ['what files are in notes?', 'notes'],
    ['list the files in the archive folder', 'archive'],
    ["what's in the folder notes?", 'notes'],
    ['list notes/', 'notes/'],
    ['ls src/models', 'src/models'],
    ['show me the files in "my notes"', 'my notes'],
    ['lista mis archivos'],
    ['listame los ficheros'],
    ['¿qué archivos tengo?'],
    ['que archivos hay'],
    ['muéstrame mis archivos'],
    ['enséñame todos los ficheros, por favor'],
    ['¿puedes listar mis archivos?'],
    ['lista los archivos de notas', 'notas'],
    ['¿qué archivos hay en la carpeta notas?', 'notas'],
    ['¿qué hay en la carpeta notas?', 'notas'],
    ['lista la carpeta notas', 'notas'],
  ])('%s', async (message, path) => {
    expect(await callsFor(message)).toEqual([['list_files', path === undefined ? {} : { path }]]);
  });
});

describe('writing commands', () => {
  it.each([
    ['create notes/todo.md with buy milk', T, 'buy milk'],
    ['Create a file notes/todo.md with the content: buy milk', T, 'buy milk'],
    ['create a new file called notes/todo.md with the text buy milk', T, 'buy milk'],
    ['please create notes/todo.md with "buy milk"', T, 'buy milk'],
    ['create notes/todo.md containing buy milk', T, 'buy milk'],
    ['create notes/todo.md that says buy milk', T, 'buy milk'],
    ['create notes/todo.md: buy milk', T, 'buy milk'],
    ['I want you to create notes/todo.md with buy milk', T, 'buy milk'],
    ['could you create notes/todo.md with buy milk', T, 'buy milk'],
    ['write buy milk to notes/todo.md', T, 'buy milk'],
    ['write "buy milk" into notes/todo.md', T, 'buy milk'],
    ['write to notes/todo.md: buy milk', T, 'buy milk'],
    ['save buy milk in notes/todo.md', T, 'buy milk'],
    ['put buy milk in the file notes/todo.md', T, 'buy milk'],
    ['create notes/todo.md and write buy milk in it', T, 'buy milk'],
    ['create a file with buy milk in notes/todo.md', T, 'buy milk'],
    ['create the file Makefile with all: build', 'Makefile', 'all: build'],
    ['create a file called ideas with sell lemonade', 'ideas', 'sell lemonade'],
    ['create notes/todo.md', T, ''],
    ['create an empty file notes/todo.md', T, ''],
    ['crea notes/todo.md con comprar leche', T, 'comprar leche'],
    ['Creá notes/todo.md con comprar leche', T, 'comprar leche'],
    ['cree notes/todo.md con comprar leche', T, 'comprar leche'],
    ['crear notes/todo.md con comprar leche', T, 'comprar leche'],
    ['crea un archivo notes/todo.md con el texto «comprar leche»', T, 'comprar leche'],
    ['crea el fichero notes/todo.md con el contenido: comprar leche', T, 'comprar leche'],
    ['crea notes/todo.md que diga comprar leche', T, 'comprar leche'],
    ['¿puedes crear notes/todo.md con comprar leche', T, 'comprar leche'],
    ['quiero que crees notes/todo.md con comprar leche', T, 'comprar leche'],
    ['me gustaría que guardaras comprar leche en notes/todo.md', T, 'comprar leche'],
    ['guarda comprar leche en notas/x.md', 'notas/x.md', 'comprar leche'],
    ['escribe "comprar leche" en notas/x.md', 'notas/x.md', 'comprar leche'],
    ['poné comprar leche en notas/x.md', 'notas/x.md', 'comprar leche'],
    ['escribe en notas/x.md: comprar leche', 'notas/x.md', 'comprar leche'],
    ['crea notes/todo.md y escribe comprar leche', T, 'comprar leche'],
    ['crea un archivo llamado ideas con vender limonada', 'ideas', 'vender limonada'],
    ['crea un archivo vacío notes/todo.md', T, ''],
  ])('%s', async (message, path, content) => {
    expect(await callsFor(message)).toEqual([['write_file', { path, content }]]);
  });
});

describe('changing commands', () => {
  it.each([
    ['change milk to bread in notes/todo.md', 'milk', 'bread'],
    ['please change "milk" to "bread" in notes/todo.md', 'milk', 'bread'],
    ['replace milk with bread in notes/todo.md.', 'milk', 'bread'],
    ['in notes/todo.md change milk to bread', 'milk', 'bread'],
    ['In notes/todo.md, change milk to bread.', 'milk', 'bread'],
    ['edit notes/todo.md and replace milk with bread', 'milk', 'bread'],
    ['can you change milk to bread in the file notes/todo.md?', 'milk', 'bread'],
    ['change "go to bed" to "go to school" in notes/todo.md', 'go to bed', 'go to school'],
    ['change bread to "go to school in Rome" in notes/todo.md', 'bread', 'go to school in Rome'],
    ['replace "milk" with "" in notes/todo.md', 'milk', ''],
    ['change Milk -> “Oat Milk” in notes/todo.md', 'Milk', 'Oat Milk'],
    ['cambia leche por pan en notes/todo.md', 'leche', 'pan'],
    ['cambiá leche por pan en notes/todo.md', 'leche', 'pan'],
    ['cambie «leche» por «pan» en notes/todo.md', 'leche', 'pan'],
    ['reemplaza leche por pan en notes/todo.md', 'leche', 'pan'],
    ['sustituye leche por pan en notes/todo.md', 'leche', 'pan'],
    ['¿podrías cambiar leche por pan en notes/todo.md?', 'leche', 'pan'],
    ['en notes/todo.md cambia leche por pan', 'leche', 'pan'],
    ['cambia "voy por pan" por "voy por leche" en notes/todo.md', 'voy por pan', 'voy por leche'],
  ])('%s', async (message, find, replace) => {
    expect(await callsFor(message)).toEqual([['edit_file', { path: T, edits: [{ find, replace }] }]]);
  });

  it.each([
    ['replace all milk with bread in notes/todo.md', 'milk', 'bread'],
    ['replace all occurrences of "milk" with "bread" in notes/todo.md', 'milk', 'bread'],
    ['change milk to bread everywhere in notes/todo.md', 'milk', 'bread'],
    ['reemplaza todas las apariciones de leche por pan en notes/todo.md', 'leche', 'pan'],
    ['cambia todos los perros por gatos en notes/todo.md', 'perros', 'gatos'],
  ])('%s: everywhere', async (message, find, replace) => {
    expect(await callsFor(message)).toEqual([
      ['edit_file', { path: T, edits: [{ find, replace, all: true }] }],
    ]);
  });
});

describe('deleting commands', () => {
  it.each([
    ['delete notes/todo.md', T],
    ['Delete notes/todo.md!', T],
    ['remove the file notes/todo.md', T],
    ['please delete notes/todo.md', T],
    ['could you please delete notes/todo.md?', T],
    ['I want you to remove notes/todo.md', T],
    ['delete the file Makefile', 'Makefile'],
    ['delete "old notes.md"', 'old notes.md'],
    ['delete the folder notes/old', 'notes/old'],
    ['borra notes/todo.md', T],
    ['borrá notes/todo.md', T],
    ['borre notes/todo.md', T],
    ['elimina el archivo notes/todo.md', T],
    ['por favor borra notes/todo.md', T],
    ['¿puedes borrar notes/todo.md?', T],
    ['quiero que borres notes/todo.md', T],
    ['borra el fichero Makefile', 'Makefile'],
  ])('%s', async (message, path) => {
    expect(await callsFor(message)).toEqual([['delete_file', { path }]]);
  });
});
