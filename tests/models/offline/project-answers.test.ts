import { AIMessage, HumanMessage } from '@langchain/core/messages';
import { describe, expect, it, test } from 'vitest';
import { withResults } from './offline-model.ts';
import { callsOf, projectCreator, projectSupervisor } from './project-model.ts';

/** What was asked back, in the words of the agent that failed to create it. */
async function questionAfter(command: string): Promise<string> {
  const asked = [new HumanMessage(command)];
  const called = await projectCreator.invoke(asked);
  const failure = new Error('Error project_unclear: Those words do not say which kind of project.');
  return (await projectCreator.invoke(withResults(asked, called, [failure]))).text;
}

async function callsAfter(command: string, answer: string) {
  const messages = [
    new HumanMessage(command),
    new AIMessage(await questionAfter(command)),
    new HumanMessage(answer),
  ];
  return callsOf(await projectCreator.invoke(messages));
}

describe('the answer to which kind of project is meant', () => {
  it.each([
    ['create a project called foo', 'a Python package', { brief: 'Python package', name: 'foo' }],
    ['create a project', 'the React one', { brief: 'project with React' }],
    ['crea un proyecto llamado foo', 'una API en Go', { brief: 'API en Go', name: 'foo' }],
    ['create a project', 'static site, called rosa', { brief: 'static site', name: 'rosa' }],
    [
      'create a project called foo in apps/',
      'python',
      { brief: 'project with python', name: 'foo', folder: 'apps' },
    ],
    ['create a project called foo', 'a CLI called bar, please', { brief: 'CLI', name: 'bar' }],
    ['crea un proyecto', 'la de React', { brief: 'proyecto con React' }],
    ['crea un proyecto llamado x', 'quiero una página web', { brief: 'página web', name: 'x' }],
    ['create a project', 'make it a website for my bakery', { brief: 'website for my bakery' }],
    ['create a project called foo', 'I want a Python package', { brief: 'Python package', name: 'foo' }],
    ['create a project', 'fastify-api', { brief: 'project', template: 'fastify-api' }],
    ['crea un proyecto', 'que sea una web', { brief: 'web' }],
  ])('"%s": "%s"', async (command, answer, args) => {
    expect(await callsAfter(command, answer)).toEqual([['create_project', args]]);
  });

  test('holds for a proposal, too', async () => {
    expect(await callsAfter('propose a project called foo', 'a CLI')).toEqual([
      ['propose_project', { brief: 'CLI', name: 'foo' }],
    ]);
  });

  test('is handed on as a whole command', async () => {
    const reply = await projectSupervisor.invoke([
      new HumanMessage('create a project called foo and then read a.md'),
      new AIMessage(await questionAfter('create a project called foo')),
      new HumanMessage('a Python package'),
    ]);
    expect(callsOf(reply)).toEqual([
      ['delegate_to_project_creator', { task: 'create a Python package called "foo"' }],
    ]);
  });

  test('is reported on in the same turn', async () => {
    const asked = [
      new HumanMessage('create a project called foo'),
      new AIMessage(await questionAfter('create a project called foo')),
      new HumanMessage('a Python package'),
    ];
    const called = await projectCreator.invoke(asked);
    const reply = await projectCreator.invoke(withResults(asked, called, ['foo/']));
    expect(reply.text).toBe('The project:\nfoo/');
  });
});

describe('anything else is taken for what it is', () => {
  it.each([
    'no',
    'forget it',
    'never mind',
    'what do you mean?',
    'Python is great',
    'I like React',
    'The library opens at nine',
    'my website is down',
    'thanks',
    'none of them',
    'go to the shop',
  ])('%s', async (answer) => {
    expect(await callsAfter('create a project called foo', answer)).toEqual([]);
  });

  it.each([
    ['which templates do you have?', [['list_templates', {}]]],
    ['create a Go service called bar', [['create_project', { brief: 'Go service', name: 'bar' }]]],
  ])('another command: %s', async (answer, calls) => {
    expect(await callsAfter('create a project called foo', answer)).toEqual(calls);
  });

  test('nothing was asked', async () => {
    const reply = await projectCreator.invoke([
      new HumanMessage('create a project called foo'),
      new AIMessage('The project:\nfoo/'),
      new HumanMessage('a Python package'),
    ]);
    expect(reply.tool_calls).toEqual([]);
  });

  test('no project was asked for', async () => {
    const reply = await projectCreator.invoke([
      new HumanMessage('what did you say?'),
      new AIMessage(await questionAfter('create a project')),
      new HumanMessage('a Python package'),
    ]);
    expect(reply.tool_calls).toEqual([]);
  });
});
