import { HumanMessage } from '@langchain/core/messages';
import { describe, expect, it, test } from 'vitest';
import { consultantCalls, consultingSupervisor, pairsOf } from './consultant-model.ts';
import { fileAdmin, supervisor } from './offline-model.ts';

const ABOUT_FILES: [message: string, args: Record<string, string>][] = [
  ['what does docs/plan.md say about the deadline?', { query: 'the deadline', path: 'docs/plan.md' }],
  ['What do my files say about holidays?', { query: 'holidays' }],
  ['tell me what my documents say about the boiler', { query: 'the boiler' }],
  ['what does the folder docs say about the boiler?', { query: 'the boiler', path: 'docs' }],
  ['does my library say anything about the boiler?', { query: 'the boiler' }],
  ['according to my files, when is the deadline?', { query: 'when is the deadline?' }],
  ['According to docs/plan.md, who is the owner?', { query: 'who is the owner?', path: 'docs/plan.md' }],
  ['in my documents, what is the notice period?', { query: 'what is the notice period?' }],
  ['In my notes, who is Ana?', { query: 'who is Ana?' }],
  ['based on the docs, how many days off do we get?', { query: 'how many days off do we get?' }],
  ['when is the deadline, according to my notes?', { query: 'when is the deadline?' }],
  [
    'what is the notice period in docs/contract.pdf?',
    {
      query: 'what is the notice period?',
      path: 'docs/contract.pdf',
    },
  ],
  ['who is the owner in my pdf files?', { query: 'who is the owner?', path: '**/*.pdf' }],
  ['is the boiler mentioned in my documents?', { query: 'is the boiler mentioned?' }],
  ['¿qué dice docs/plan.md sobre el plazo?', { query: 'el plazo', path: 'docs/plan.md' }],
  ['¿qué dicen mis archivos sobre las vacaciones?', { query: 'las vacaciones' }],
  ['dime qué dicen mis documentos de la caldera', { query: 'la caldera' }],
  ['¿qué pone en mis documentos sobre la caldera?', { query: 'la caldera' }],
  ['según mis documentos, ¿cuándo es la entrega?', { query: 'cuándo es la entrega?' }],
  ['según docs/plan.md, quién es el responsable', { query: 'quién es el responsable', path: 'docs/plan.md' }],
  ['en mis documentos, cuál es el plazo de preaviso', { query: 'cuál es el plazo de preaviso' }],
  ['¿cuál es el plazo de preaviso según mis notas?', { query: 'cuál es el plazo de preaviso?' }],
  [
    '¿cuántos días de vacaciones hay en docs/manual.pdf?',
    {
      query: 'cuántos días de vacaciones hay?',
      path: 'docs/manual.pdf',
    },
  ],
];

describe('a question that names files or documents', () => {
  it.each(ABOUT_FILES)('is searched for by file-consultant: %s', async (message, args) => {
    expect(await consultantCalls(message)).toEqual([['search_documents', args]]);
  });

  it.each(ABOUT_FILES)('is delegated by a supervisor: %s', async (message) => {
    const reply = await consultingSupervisor.invoke([new HumanMessage(message)]);
    expect(pairsOf(reply)).toEqual([['delegate_to_file_consultant', { task: message }]]);
  });

  it.each(ABOUT_FILES)('is left to memory where nobody can search: %s', async (message) => {
    for (const model of [supervisor, fileAdmin]) {
      const reply = await model.invoke([new HumanMessage(message)]);
      expect(reply.tool_calls).toEqual([]);
      expect(reply.text).toMatch(/^(I don't know|No lo sé|Anotado)/);
    }
  });
});

describe('any other question', () => {
  const OTHERS = [
    'what is the notice period?',
    'what does my doctor say about my knee?',
    '¿qué dice el médico de mi rodilla?',
    'when is the deadline',
    'who sings in AC/DC?',
    'what is new in Node.js?',
    'what time is it in Madrid?',
    'what is my dog called?',
    'did you put the list in my files?',
    'what files did you create?',
    'should I remove a.md?',
    'why did you delete a.md?',
    '¿cuál es el plazo de preaviso?',
    '¿qué hay de nuevo en Vue.js?',
    '¿cómo se llama mi perra?',
    '¿debería borrar a.md?',
  ];

  it.each(OTHERS)('is not delegated: %s', async (message) => {
    const reply = await consultingSupervisor.invoke([new HumanMessage(message)]);
    expect(reply.tool_calls).toEqual([]);
    expect(reply.text).toMatch(/^(I don't know|No lo sé)/);
  });

  it.each(OTHERS)('is searched for once by file-consultant: %s', async (message) => {
    expect(await consultantCalls(message)).toEqual([['search_documents', { query: message }]]);
  });

  test('is searched for without what was told beside it, and not at any length', async () => {
    expect(await consultantCalls('I am preparing a meeting. When is the deadline?')).toEqual([
      ['search_documents', { query: 'When is the deadline?' }],
    ]);
    const [[, args] = ['', {}]] = await consultantCalls(`what is ${'the plan '.repeat(400)}?`);
    expect(String(args.query).length).toBeLessThanOrEqual(400);
  });
});

describe('what asks nothing is not searched for', () => {
  it.each([
    'hello',
    'thanks!',
    'what can you do?',
    'My dog is called Luna.',
    'according to my doctor, I am fine',
    'according to my notes, the dog is called Luna.',
    'in my notes there is a typo',
    'in docs/plan.md there is a typo',
    'en mis documentos hay un error',
    'según mi médico, estoy bien',
    'gracias',
    'what do my files say about it?',
    'what is in my files?',
  ])('%s', async (message) => {
    for (const [tool, { query = '' }] of await consultantCalls(message)) {
      expect([tool, query]).toEqual(['search_documents', message]);
      expect(message).toMatch(/^what/);
    }
    const reply = await consultingSupervisor.invoke([new HumanMessage(message)]);
    expect(pairsOf(reply).filter(([, { task }]) => task !== message)).toEqual([]);
    expect(pairsOf(reply).map(([name]) => name)).not.toContain('delegate_to_file_consultant');
  });
});
