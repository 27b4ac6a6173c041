import { describe, expect, it } from 'vitest';
import { callsFor } from './offline-model.ts';

type Arguments = Record<string, unknown>;

describe('searching commands', () => {
  it.each<[string, Arguments]>([
    ['search for milk in notes', { query: 'milk', path: 'notes' }],
    ['Search for "oat milk" in the folder notes.', { query: 'oat milk', path: 'notes' }],
    ['please search my files for milk', { query: 'milk' }],
    ['search in notes/ for milk, please', { query: 'milk', path: 'notes/' }],
    ['can you search for the word milk in notes/todo.md?', { query: 'milk', path: 'notes/todo.md' }],
    ['find milk in my files', { query: 'milk' }],
    ['find "milk" in notes', { query: 'milk', path: 'notes' }],
    ['find every mention of the word milk in all my notes', { query: 'milk' }],
    ['look for milk in the notes folder', { query: 'milk', path: 'notes' }],
    ['search for TODO in *.ts files', { query: 'TODO', pattern: '**/*.ts' }],
    ['search for TODO in all .ts files in src', { query: 'TODO', path: 'src', pattern: '**/*.ts' }],
    ['which files contain milk?', { query: 'milk' }],
    ['What files mention the dentist?', { query: 'the dentist' }],
    ['which of my files mention "oat milk"?', { query: 'oat milk' }],
    ['which files mention dinner in Rome?', { query: 'dinner in Rome' }],
    ['which files in notes mention milk?', { query: 'milk', path: 'notes' }],
    ['which documents contain milk in notes/?', { query: 'milk', path: 'notes/' }],
    ['in which files does milk appear?', { query: 'milk' }],
    ['where does milk appear in my files?', { query: 'milk' }],
    ['tell me which files mention milk', { query: 'milk' }],
    ['search for milk everywhere', { query: 'milk' }],
    ['is there any file that mentions milk?', { query: 'milk' }],
    ['list the files containing milk', { query: 'milk' }],
    ['find all files with the word milk', { query: 'milk' }],
    ['grep milk', { query: 'milk' }],
    ['grep "oat milk" src/', { query: 'oat milk', path: 'src/' }],
    ['grep milk in notes', { query: 'milk', path: 'notes' }],
    [
      'could you search for milk, bread and butter in notes',
      { query: 'milk, bread and butter', path: 'notes' },
    ],
    ['busca leche en notas', { query: 'leche', path: 'notas' }],
    ['Buscá «leche de avena» en la carpeta notas', { query: 'leche de avena', path: 'notas' }],
    ['busque leche en notas/compra.md', { query: 'leche', path: 'notas/compra.md' }],
    ['¿puedes buscar la palabra leche en mis archivos?', { query: 'leche' }],
    ['búscame leche en todos mis archivos, por favor', { query: 'leche' }],
    ['quiero que busques leche en mis notas', { query: 'leche' }],
    ['busca en mis archivos leche de avena', { query: 'leche de avena' }],
    ['busca en notas la palabra leche', { query: 'leche', path: 'notas' }],
    ['busca TODO en los archivos *.ts de src', { query: 'TODO', path: 'src', pattern: '**/*.ts' }],
    ['encuentra leche en mis archivos', { query: 'leche' }],
    ['encuentra "leche" en notas', { query: 'leche', path: 'notas' }],
    ['¿qué archivos contienen leche?', { query: 'leche' }],
    ['que archivos mencionan al dentista', { query: 'al dentista' }],
    ['¿qué ficheros de notas/ hablan de leche?', { query: 'leche', path: 'notas/' }],
    ['¿en qué archivos aparece leche?', { query: 'leche' }],
    ['¿cuáles de mis archivos mencionan "leche"?', { query: 'leche' }],
    ['dime qué archivos contienen leche', { query: 'leche' }],
    ['busca leche en todas partes', { query: 'leche' }],
    ['¿hay algún archivo que mencione la leche?', { query: 'la leche' }],
    ['lista los archivos que contienen leche', { query: 'leche' }],
    ['¿dónde aparece leche en mis archivos?', { query: 'leche' }],
  ])('%s', async (message, args) => {
    expect(await callsFor(message)).toEqual([['search_text', args]]);
  });
});

describe('commands for the whole tree', () => {
  it.each<[string, string?]>([
    ['show the tree'],
    ['show me the folder tree, please'],
    ['display the full tree'],
    ['tree'],
    ['list everything'],
    ['list all files recursively'],
    ['show the tree of notes', 'notes'],
    ['can you show me the tree of the folder notes?', 'notes'],
    ['list everything in notes recursively', 'notes'],
    ['list everything in notes/', 'notes/'],
    ['list the files in notes recursively', 'notes'],
    ['list notes/ recursively', 'notes/'],
    ['show me everything in the notes folder', 'notes'],
    ['recursively list the files in notes', 'notes'],
    ['list my files in notes, including subfolders', 'notes'],
    ['muestra el árbol de carpetas'],
    ['muéstrame el árbol, por favor'],
    ['lista todo'],
    ['dibuja el árbol de archivos'],
    ['lista todos los archivos recursivamente'],
    ['¿puedes mostrarme el árbol de carpetas?'],
    ['lista todo lo que hay en notas', 'notas'],
    ['muestra todo lo que hay en la carpeta notas', 'notas'],
    ['muestra el árbol de notas/', 'notas/'],
    ['lista los archivos de notas recursivamente', 'notas'],
    ['lista los archivos de notas y sus subcarpetas', 'notas'],
    ['listame todo en notas', 'notas'],
  ])('%s', async (message, path) => {
    const args = { ...(path === undefined ? {} : { path }), recursive: true };
    expect(await callsFor(message)).toEqual([['list_files', args]]);
  });
});

describe('commands for files by their names', () => {
  it.each<[string, string, string?]>([
    ['find all .md files', '**/*.md'],
    ['find the *.md files', '**/*.md'],
    ['ls *.md', '**/*.md'],
    ['list *.ts files in src', '**/*.ts', 'src'],
    ['list the markdown files in notes', '**/*.md', 'notes'],
    ['show me all pdf files', '**/*.pdf'],
    ['find my PDFs', '**/*.pdf'],
    ['which .md files do I have?', '**/*.md'],
    ['what pdf files are there in the folder papers?', '**/*.pdf', 'papers'],
    ['are there any csv files in data/?', '**/*.csv', 'data/'],
    ['find files ending in .md in notes', '**/*.md', 'notes'],
    ['search for files named "to do.md"', '**/to do.md'],
    ['find files called todo', '**/todo*'],
    ['find src/**/*.ts', 'src/**/*.ts'],
    ['find todo.md', '**/todo.md'],
    ['where is todo.md?', '**/todo.md'],
    ['can you find the file todo.md for me?', '**/todo.md'],
    ['find todo.md in notes/', '**/todo.md', 'notes/'],
    ['busca los archivos pdf', '**/*.pdf'],
    ['lista los archivos *.md', '**/*.md'],
    ['encuentra todos los archivos .md', '**/*.md'],
    ['muéstrame los archivos markdown de notas', '**/*.md', 'notas'],
    ['¿qué archivos pdf hay en la carpeta papeles?', '**/*.pdf', 'papeles'],
    ['¿qué archivos .md tengo?', '**/*.md'],
    ['busca archivos que terminan en .csv en datos/', '**/*.csv', 'datos/'],
    ['lista los archivos de texto', '**/*.txt'],
    ['busca los ficheros con extensión txt', '**/*.txt'],
    ['busca archivos llamados compra.md', '**/compra.md'],
    ['¿dónde está compra.md?', '**/compra.md'],
    ['encuentra el archivo compra.md', '**/compra.md'],
    ['busca compra.md', '**/compra.md'],
  ])('%s', async (message, pattern, path) => {
    const args = { ...(path === undefined ? {} : { path }), pattern };
    expect(await callsFor(message)).toEqual([['list_files', args]]);
  });
});

describe('commands for some lines of a file', () => {
  it.each<[string, number, number?]>([
    ['read lines 10 to 20 of a.txt', 10, 20],
    ['show me lines 10-20 of a.txt', 10, 20],
    ['Please read lines 20 through 10 of the file a.txt.', 10, 20],
    ['can you read from line 10 to line 20 of a.txt?', 10, 20],
    ['read a.txt lines 10 to 20', 10, 20],
    ['read a.txt, lines 10–20', 10, 20],
    ['read line 7 of a.txt', 7, 7],
    ['show the first 5 lines of a.txt', 1, 5],
    ['read the first ten lines of a.txt', 1, 10],
    ["what's on line 7 of a.txt?", 7, 7],
    ['read a.txt from line 10', 10],
    ['read a.txt from line 10 on', 10],
    ['read a.txt from line 10 to line 20', 10, 20],
    ['lee las líneas 10 a 20 de a.txt', 10, 20],
    ['léeme las líneas 10-20 de a.txt, por favor', 10, 20],
    ['lee de la línea 10 a la 20 de a.txt', 10, 20],
    ['muéstrame las líneas entre la 10 y la 20 de a.txt', 10, 20],
    ['¿puedes leer la línea 7 de a.txt?', 7, 7],
    ['lee las primeras 5 líneas de a.txt', 1, 5],
    ['lee las primeras diez líneas del archivo a.txt', 1, 10],
    ['lee a.txt de la línea 10 a la 20', 10, 20],
    ['lee a.txt desde la línea 10', 10],
    ['lee a.txt a partir de la línea 10', 10],
    ['¿qué dice la línea 7 de a.txt?', 7, 7],
    ['¿qué hay en las líneas 10 a 20 de a.txt?', 10, 20],
  ])('%s', async (message, start, end) => {
    const range = { start_line: start, ...(end === undefined ? {} : { end_line: end }) };
    expect(await callsFor(message)).toEqual([['read_file', { path: 'a.txt', ...range }]]);
  });
});

describe('comparing commands', () => {
  it.each([
    'compare a.txt and b.txt',
    'Compare a.txt with b.txt, please.',
    'can you compare the file a.txt to b.txt?',
    'diff a.txt b.txt',
    'what is the difference between a.txt and b.txt?',
    "what's the difference between a.txt and b.txt",
    'what are the differences between a.txt and b.txt?',
    'show me the differences between a.txt and b.txt',
    'how do a.txt and b.txt differ?',
    'how does a.txt differ from b.txt?',
    'are a.txt and b.txt the same?',
    'compara a.txt con b.txt',
    'compará a.txt y b.txt',
    '¿puedes comparar a.txt con b.txt?',
    '¿en qué se diferencian a.txt y b.txt?',
    'en que se diferencia a.txt de b.txt',
    '¿cuál es la diferencia entre a.txt y b.txt?',
    '¿qué diferencias hay entre a.txt y b.txt?',
    'muéstrame las diferencias entre a.txt y b.txt',
    '¿son iguales a.txt y b.txt?',
  ])('%s', async (message) => {
    expect(await callsFor(message)).toEqual([['compare_files', { from: 'a.txt', to: 'b.txt' }]]);
  });
});
