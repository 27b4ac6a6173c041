import { AIMessage, HumanMessage } from '@langchain/core/messages';
import { describe, expect, it, test } from 'vitest';
import { SKILLS } from '../../../src/models/offline/skills.ts';
import { anyCalls, githubAdmin, wholeSupervisor } from './github-model.ts';
import { withResults } from './offline-model.ts';
import { callsOf } from './project-model.ts';

/** What a supervisor delegates in the end when each delegation answers with these. */
async function delegationsOf(message: string, results: string[]) {
  let messages = [new HumanMessage(message)] as Parameters<typeof withResults>[0];
  const delegated = [];
  for (const result of [...results, 'Done.']) {
    const reply = await wholeSupervisor.invoke(messages);
    delegated.push(...callsOf(reply).map(([name, { task }]) => [name, task]));
    messages = withResults(messages, reply, [result]);
  }
  return delegated;
}

describe('a project is published', () => {
  it.each([
    ['publish date-tools on GitHub', { path: 'date-tools' }],
    ['publish the project shop on GitHub', { path: 'shop' }],
    ['push apps/shop to GitHub as tools', { path: 'apps/shop', name: 'tools' }],
    ['publish My Shop on GitHub', { path: 'my-shop' }],
    ['publish shop on GitHub as a private repository', { path: 'shop', private: true }],
    ['publish shop to a new private repository called store', { path: 'shop', name: 'store', private: true }],
    ['publica la tienda en GitHub', { path: 'tienda' }],
    ['sube mi proyecto tienda a GitHub', { path: 'tienda' }],
    ['publica el proyecto "Mi Tienda" en GitHub', { path: 'mi-tienda' }],
    ['publica la tienda en GitHub como repositorio público', { path: 'tienda', private: false }],
  ])('%s', async (message, args) => {
    expect(await anyCalls(message)).toEqual([['publish_project', args]]);
  });
});

describe('what "it" is', () => {
  it.each([
    [
      'crea una API llamada tienda y publícala en GitHub',
      'crea una API llamada tienda',
      'publica el proyecto tienda en GitHub',
      { path: 'tienda' },
    ],
    [
      'create an API called "My Shop" in apps/ and push it to GitHub as a private repository',
      'create an API called "My Shop" in apps/',
      'publish the project apps/my-shop on GitHub as a private repository',
      { path: 'apps/my-shop', private: true },
    ],
    [
      'crea una biblioteca de TypeScript llamada fechas y luego publica el proyecto en GitHub',
      'crea una biblioteca de TypeScript llamada fechas',
      'publica el proyecto fechas en GitHub',
      { path: 'fechas' },
    ],
    [
      'create a Python package called words, publish words on GitHub',
      'create a Python package called words',
      'publish the project words on GitHub',
      { path: 'words' },
    ],
  ])('%s', async (message, first, second, args) => {
    expect(await delegationsOf(message, ['Created.'])).toEqual([
      ['delegate_to_project_creator', first],
      ['delegate_to_github_admin', second],
    ]);
    expect(callsOf(await githubAdmin.invoke([new HumanMessage(second)]))).toEqual([
      ['publish_project', args],
    ]);
  });

  test('is in the report, where the project was given no name', async () => {
    const message = 'create a landing page for my bakery and publish it on GitHub';
    const report = 'The project:\nstatic-site/: made from the template static-site (Static site), 3 files.';
    expect(await delegationsOf(message, [report])).toEqual([
      ['delegate_to_project_creator', 'create a landing page for my bakery'],
      ['delegate_to_github_admin', 'publish the project static-site on GitHub'],
    ]);
  });

  test('is left undone where no report tells', async () => {
    const asked = [new HumanMessage('create a landing page for my bakery and publish it on GitHub')];
    const reply = await wholeSupervisor.invoke(asked);
    const answer = await wholeSupervisor.invoke(withResults(asked, reply, ['Created.']));
    expect(callsOf(answer)).toEqual([]);
    expect(answer.text).toBe('Created.\n\nI stopped there; not done:\n- publish it on GitHub');
  });

  test('is the project that the answer before tells of', async () => {
    const reply = await wholeSupervisor.invoke([
      new HumanMessage('crea una API llamada tienda'),
      new AIMessage('El proyecto:\ntienda/: made from the template fastify-api (Fastify API), 9 files.'),
      new HumanMessage('publícala en GitHub como repositorio privado'),
    ]);
    expect(callsOf(reply)).toEqual([
      ['delegate_to_github_admin', { task: 'publica el proyecto tienda en GitHub como repositorio privado' }],
    ]);
  });

  test('is nothing where the answer before tells of none', async () => {
    const reply = await wholeSupervisor.invoke([
      new HumanMessage('read notes/plan.md'),
      new AIMessage('Content of notes/plan.md:\nbuy milk'),
      new HumanMessage('publish it on GitHub'),
    ]);
    expect(callsOf(reply)).toEqual([]);
    expect(reply.text).toContain('publish the project shop on GitHub');
  });
});

describe('the repository that was named before', () => {
  test('is meant in the same message', async () => {
    const message = 'read a.md, close issue 3 in ana/shop and comment on issue 4: thanks, done';
    const delegated = await delegationsOf(message, ['Read.', 'Closed.']);
    expect(delegated).toEqual([
      ['delegate_to_file_admin', 'read a.md'],
      ['delegate_to_github_admin', 'close issue 3 in ana/shop'],
      ['delegate_to_github_admin', 'in the repository "ana/shop", comment on issue 4: thanks, done'],
    ]);
    const task = String(delegated.at(-1)?.[1]);
    expect(callsOf(await githubAdmin.invoke([new HumanMessage(task)]))).toEqual([
      ['comment', { repository: 'ana/shop', number: 4, body: 'thanks, done' }],
    ]);
  });

  test('may be one that was just created', async () => {
    const asked = [new HumanMessage('create a repo called shop and open an issue in it titled "First"')];
    const reply = await githubAdmin.invoke(asked);
    expect(callsOf(reply)).toEqual([['create_repository', { name: 'shop' }]]);
    expect(callsOf(await githubAdmin.invoke(withResults(asked, reply, ['Created.'])))).toEqual([
      ['open_issue', { repository: 'shop', title: 'First' }],
    ]);
  });

  test.each([
    'create a repo called shop and push the folder apps/shop to it',
    'crea un repositorio llamado shop y sube la carpeta apps/shop al repositorio',
  ])('may take files: %s', async (message) => {
    const asked = [new HumanMessage(message)];
    const reply = await githubAdmin.invoke(asked);
    expect(callsOf(await githubAdmin.invoke(withResults(asked, reply, ['Created.'])))).toEqual([
      ['push_files', { repository: 'shop', folder: 'apps/shop' }],
    ]);
  });

  test('is left to one agent as a whole', async () => {
    const task = 'cierra la incidencia 3 de ana/tienda y luego reabre la incidencia 4';
    const reply = await wholeSupervisor.invoke([new HumanMessage(task)]);
    expect(callsOf(reply)).toEqual([['delegate_to_github_admin', { task }]]);
  });
});

describe('what comes of it', () => {
  async function reportOn(message: string, result: string | Error): Promise<string> {
    const asked = [new HumanMessage(message)];
    const called = await githubAdmin.invoke(asked);
    return (await githubAdmin.invoke(withResults(asked, called, [result]))).text;
  }

  it.each([
    ['list my repositories', 'ana/shop', 'The repositories:\nana/shop'],
    ['read issue 12 of ana/shop', 'Login fails', 'Issue 12 of ana/shop:\nLogin fails'],
    ['cierra la incidencia 12 de ana/tienda', 'Cerrada.', 'Cambiado #12 de ana/tienda:\nCerrada.'],
    [
      'publica la tienda en GitHub',
      'https://github.com/ana/tienda',
      'Publicado:\nhttps://github.com/ana/tienda',
    ],
  ])('"%s" is told', async (message, result, answer) => {
    expect(await reportOn(message, result)).toBe(answer);
  });

  it.each([
    ['list my repositories', 'github_not_configured', 'Set GITHUB_TOKEN'],
    ['publica la tienda en GitHub', 'github_not_configured', 'Pon en GITHUB_TOKEN'],
    ['list the issues of the api repo', 'ambiguous_repository', 'the owner in front of the name'],
    ['lista las ramas del repo api', 'ambiguous_repository', 'el dueño delante del nombre'],
    ['merge PR 5 of ana/shop', 'github_not_found', 'list my repositories'],
    ['borra el repositorio ana/tienda', 'github_not_found', 'lista mis repositorios'],
  ])('"%s" that fails with %s says how to go on', async (message, code, advice) => {
    const answer = await reportOn(message, new Error(`Error ${code}: no.`));
    expect(answer).toMatch(/^(?:I could not|No pude) .*Error/);
    expect(answer).toContain(advice);
  });

  it.each(['help', 'ayuda', 'how do I open an issue?', '¿cómo creo un repositorio?'])(
    'and "%s" gives examples that work',
    async (message) => {
      const { text } = await githubAdmin.invoke([new HumanMessage(message)]);
      const examples = [...text.matchAll(/^- (.+)$/gm)].map(([, example]) => example ?? '');
      expect(examples).toHaveLength(SKILLS.filter(({ agent }) => agent === 'github-admin').length);
      for (const example of examples) {
        expect(callsOf(await githubAdmin.invoke([new HumanMessage(example)]))).toHaveLength(1);
      }
    },
  );
});
