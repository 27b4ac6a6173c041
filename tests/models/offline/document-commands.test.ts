import { HumanMessage } from '@langchain/core/messages';
import { describe, expect, it, test } from 'vitest';
import {
  anyCallsFor,
  consultantAnswer,
  consultantCalls,
  consultingSupervisor,
  DOCUMENT_TOOLS,
  fileConsultant,
  pairsOf,
} from './consultant-model.ts';
import { callsFor, fileAdmin, supervisor } from './offline-model.ts';

describe('documents are added', () => {
  it.each([
    ['index docs/', 'docs/'],
    ['index docs', 'docs'],
    ['please index my notes', 'notes'],
    ['read in the folder docs', 'docs'],
    ['read in docs/', 'docs/'],
    ['ingest notes/handbook.pdf', 'notes/handbook.pdf'],
    ['add docs to the library', 'docs'],
    ['add docs/plan.md to the index', 'docs/plan.md'],
    ['add the folder docs to your knowledge', 'docs'],
    ['learn the files in docs', 'docs'],
    ['index all files in docs', 'docs'],
    ['index all my files', '.'],
    ['could you read and index the folder docs?', 'docs'],
    ['make docs/plan.md searchable', 'docs/plan.md'],
    ['add the documents in docs to the library', 'docs'],
    ['añade los documentos de docs a la biblioteca', 'docs'],
    ['indexa docs/', 'docs/'],
    ['indexa la carpeta docs', 'docs'],
    ['lee e indexa la carpeta docs', 'docs'],
    ['añade docs al índice', 'docs'],
    ['añade docs a la biblioteca', 'docs'],
    ['agrega notas/manual.pdf a la biblioteca', 'notas/manual.pdf'],
    ['aprende los documentos de docs', 'docs'],
    ['¿puedes indexar docs/?', 'docs/'],
    ['indexa todos mis archivos', '.'],
  ])('%s', async (message, path) => {
    expect(await anyCallsFor(message)).toEqual([['add_documents', { path }]]);
  });

  test('several at once', async () => {
    expect(await anyCallsFor('index docs/ and notes/')).toEqual([
      ['add_documents', { path: 'docs/' }],
      ['add_documents', { path: 'notes/' }],
    ]);
  });
});

describe('documents are listed', () => {
  it.each([
    ['which documents are indexed?', {}],
    ['what documents do you know?', {}],
    ['what documents do you have?', {}],
    ['which files have been read in?', {}],
    ['what is in the index?', {}],
    ['what is indexed?', {}],
    ['how many documents are indexed?', {}],
    ['list the indexed documents', {}],
    ['show me the documents in the library', {}],
    ['which documents in docs/ are indexed?', { path: 'docs/' }],
    ['is docs/plan.md indexed?', { path: 'docs/plan.md' }],
    ['¿qué documentos están indexados?', {}],
    ['qué documentos conoces', {}],
    ['¿qué has indexado?', {}],
    ['lista los documentos indexados', {}],
    ['¿qué hay en la biblioteca?', {}],
    ['¿está docs/plan.md indexado?', { path: 'docs/plan.md' }],
  ])('%s', async (message, args) => {
    expect(await anyCallsFor(message)).toEqual([['list_documents', args]]);
  });
});

describe('documents are taken out of the index, and no file is deleted', () => {
  it.each([
    ['remove docs from the index', 'docs'],
    ['remove docs/ from the library', 'docs/'],
    ['delete docs/plan.md from the index', 'docs/plan.md'],
    ['delete the folder docs from my library', 'docs'],
    ['forget the document notes/a.md', 'notes/a.md'],
    ['forget notes/a.md', 'notes/a.md'],
    ['unindex docs', 'docs'],
    ['quita docs del índice', 'docs'],
    ['borra docs/plan.md del índice', 'docs/plan.md'],
    ['elimina la carpeta docs de la biblioteca', 'docs'],
    ['olvida el documento notes/a.md', 'notes/a.md'],
    ['desindexa docs/', 'docs/'],
  ])('%s', async (message, path) => {
    expect(await anyCallsFor(message)).toEqual([['remove_documents', { path }]]);
    // Without a file-consultant it is never taken for the other thing that can be done with a file.
    expect(await callsFor(message)).toEqual([]);
  });

  it.each([
    ['delete docs/plan.md', 'delete_file'],
    ['remove docs/plan.md', 'delete_file'],
    ['borra docs/plan.md', 'delete_file'],
    ['quita docs/plan.md', 'delete_file'],
  ])('%s still deletes', async (message, tool) => {
    expect((await anyCallsFor(message)).map(([name]) => name)).toEqual([tool]);
    expect(await consultantCalls(message)).toEqual([]);
  });

  it.each([
    'delete docs/a.md and delete docs/b.md from the index',
    'borra docs/a.md y borra docs/b.md del índice',
    'I want to remove docs from the index',
    'remove docs from the index?',
    'forget the file todo',
  ])('in doubt nothing is lost: %s', async (message) => {
    const reply = await consultingSupervisor.invoke([new HumanMessage(message)]);
    expect(reply.tool_calls).toEqual([]);
    expect(reply.text).toMatch(/I have not done anything|No he hecho nada/);
    expect(await anyCallsFor(message)).toEqual([]);
  });

  it.each([
    "don't remove docs from the index",
    'I removed docs from the index',
    'no quites docs del índice',
    'forget it',
    'forget what I said about the index',
    'olvida lo que dije',
    'saca el libro de la biblioteca',
    'remove everything from the index',
  ])('no command: %s', async (message) => {
    expect(await anyCallsFor(message)).toEqual([]);
  });
});

describe('documents are searched', () => {
  it.each([
    ['search my documents for invoices', { query: 'invoices' }],
    ['search documents for the notice period', { query: 'the notice period' }],
    ['look in my docs for the wifi password', { query: 'the wifi password' }],
    ['look up the rent in my documents', { query: 'the rent' }],
    ['find notice period in the documents', { query: 'notice period' }],
    ['search the library for boiler', { query: 'boiler' }],
    ['search my knowledge base for boiler', { query: 'boiler' }],
    ['search for boiler in the index', { query: 'boiler' }],
    ['search the handbook.pdf for holidays', { query: 'holidays', path: 'handbook.pdf' }],
    ['search the document notes/a.md for holidays', { query: 'holidays', path: 'notes/a.md' }],
    ['busca facturas en mis documentos', { query: 'facturas' }],
    ['busca en mis documentos la caldera', { query: 'la caldera' }],
    ['encuentra caldera en la biblioteca', { query: 'caldera' }],
    ['busca vacaciones en manual.pdf', { query: 'vacaciones', path: 'manual.pdf' }],
  ])('%s', async (message, args) => {
    expect(await anyCallsFor(message)).toEqual([['search_documents', args]]);
  });

  it.each([
    ['search for milk in my files', { query: 'milk' }],
    ['search my files for milk', { query: 'milk' }],
    ['busca leche en mis archivos', { query: 'leche' }],
    ['find milk in notes/todo.md', { query: 'milk', path: 'notes/todo.md' }],
    ['search for milk in docs', { query: 'milk', path: 'docs' }],
    ['which documents contain milk in notes/?', { query: 'milk', path: 'notes/' }],
  ])('%s stays with the files', async (message, args) => {
    expect(await anyCallsFor(message)).toEqual([['search_text', args]]);
  });

  test('by file-admin where there is no file-consultant', async () => {
    expect(await callsFor('search my documents for milk')).toEqual([['search_text', { query: 'milk' }]]);
    const reply = await supervisor.invoke([new HumanMessage('search my documents for milk')]);
    expect(pairsOf(reply)).toEqual([['delegate_to_file_admin', { task: 'search my documents for milk' }]]);
  });
});

describe('a document is opened', () => {
  it.each([
    ['read page 3 of handbook.pdf', { path: 'handbook.pdf', page: 3 }],
    ['open handbook.pdf at page 12', { path: 'handbook.pdf', page: 12 }],
    ['what is docs/plan.md about?', { path: 'docs/plan.md' }],
    ['¿de qué trata docs/plan.md?', { path: 'docs/plan.md' }],
    ['lee la página 3 de manual.pdf', { path: 'manual.pdf', page: 3 }],
  ])('%s', async (message, args) => {
    expect(await anyCallsFor(message)).toEqual([['open_document', args]]);
  });

  test('as a whole by whoever cannot read files', async () => {
    expect(await consultantCalls('read notes/todo.md')).toEqual([
      ['open_document', { path: 'notes/todo.md' }],
    ]);
    expect(await consultantCalls('list my documents')).toEqual([['list_documents', {}]]);
    expect(await anyCallsFor('read notes/todo.md')).toEqual([['read_file', { path: 'notes/todo.md' }]]);
    expect(await anyCallsFor('list my documents')).toEqual([['list_files', {}]]);
  });
});

describe('what only sounds like it is no command', () => {
  it.each([
    'the index of the book is long',
    'add milk to the list',
    'I want to learn React.js',
    'learn to swim',
    'check the oven at six',
    'put music on in the library',
    'pon música en la biblioteca',
    'include my brother in the plan',
    'read in bed',
    'the folder docs is indexed',
    'no indexes docs/',
    "don't index docs/",
    'I indexed docs/ yesterday',
  ])('%s', async (message) => {
    expect(await anyCallsFor(message)).toEqual([]);
  });

  it.each(['learn to swim', 'check the oven at six', 'olvida lo que dije'])(
    '%s is noted',
    async (message) => {
      const reply = await consultingSupervisor.invoke([new HumanMessage(message)]);
      expect(reply.text).toMatch(/^(Noted|Anotado)/);
    },
  );
});

describe('the supervisor', () => {
  it.each([
    'index docs/',
    'which documents are indexed?',
    'remove docs from the index',
    'search my documents for invoices',
    'quita docs del índice',
  ])('delegates to file-consultant: %s', async (message) => {
    const reply = await consultingSupervisor.invoke([new HumanMessage(message)]);
    expect(pairsOf(reply)).toEqual([['delegate_to_file_consultant', { task: message }]]);
  });

  test('leaves files to file-admin', async () => {
    const reply = await consultingSupervisor.invoke([new HumanMessage('read notes/todo.md')]);
    expect(pairsOf(reply)).toEqual([['delegate_to_file_admin', { task: 'read notes/todo.md' }]]);
  });
});

describe('file-consultant', () => {
  it.each([
    [
      'index docs/',
      'docs/: 12 documents are being read.',
      'Adding docs/:\ndocs/: 12 documents are being read.',
    ],
    ['¿qué documentos están indexados?', 'docs/a.md: ready', 'Los documentos indexados:\ndocs/a.md: ready'],
    ['remove docs from the index', 'docs: forgotten.', 'Taken out of the index. docs: forgotten.'],
  ])('reports on "%s"', async (message, result, answer) => {
    expect(await consultantAnswer(message, result)).toBe(answer);
  });

  it.each(['help', 'ayuda', 'how do I index documents?', '¿cómo indexo una carpeta?'])(
    'gives examples that work: %s',
    async (message) => {
      const { text } = await fileConsultant.invoke([new HumanMessage(message)]);
      const examples = [...text.matchAll(/^- (.+)$/gm)].map(([, example]) => example ?? '');
      expect(examples).toHaveLength(DOCUMENT_TOOLS.length);
      const called = await Promise.all(examples.map(consultantCalls));
      expect(called.map(([first]) => first?.[0]).toSorted()).toEqual(
        DOCUMENT_TOOLS.map(({ name }) => name).toSorted(),
      );
      for (const example of examples) {
        const reply = await fileAdmin.invoke([new HumanMessage(example)]);
        expect((reply.tool_calls ?? []).map(({ name }) => name)).not.toContain('delete_file');
      }
    },
  );
});
