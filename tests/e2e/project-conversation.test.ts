import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestApp, TEST_USER_HEADER, type TestApp } from '../support/app.ts';
import { createClient } from '../support/client.ts';

let server: TestApp;
let app: ReturnType<typeof createClient>;
let users = 0;

beforeAll(async () => {
  server = await startTestApp();
});
afterAll(async () => {
  await server.stop();
});
beforeEach(async () => {
  users += 1;
  app = createClient(server.url, { [TEST_USER_HEADER]: `talker-${users}` });
  for (const name of await shown()) await rm(join(server.workspace, name), { recursive: true });
});

const shown = async () =>
  (await readdir(server.workspace)).filter((name) => name !== '.tertulia-history').toSorted();
const text = (path: string) => readFile(join(server.workspace, path), 'utf8');
const say = async (query: string) => (await app.ask(query)).body;

describe('in conversation, offline', () => {
  it.each([
    ['Create a TypeScript library called date-tools', 'date-tools', 'typescript-library'],
    ['Crea una API con Fastify llamada tienda', 'tienda', 'fastify-api'],
    ['hazme un paquete de Python que se llame medidas, por favor', 'medidas', 'python-package'],
    ['create a project called orders from the template fastify-api', 'orders', 'fastify-api'],
    ['crea un proyecto con la plantilla python-package llamado sexto', 'sexto', 'python-package'],
    ['build me a React page called "Rosa Bakery"', 'rosa-bakery', 'react-vite'],
  ])('“%s” makes %s, and “undo that” takes it away', async (request, folder, template) => {
    const made = await say(request);
    expect(made).toMatchObject({ status: 'completed', agents: ['project-creator'], approvals: [] });
    expect(await shown()).toEqual([folder]);
    expect(made.response).toContain(`from the template ${template}`);
    expect(made.response).toMatch(/(?:├──|└──) README\.md/);
    expect(made.response).toContain('To start:');
    await say('undo that');
    expect(await shown()).toEqual([]);
  });

  it('a request that does not say which kind is asked about once, and the answer is enough', async () => {
    const asked = await say('create a project called rosa');
    expect(asked.response).toContain('?');
    expect(await shown()).toEqual([]);
    const made = await say('a static site');
    expect(made.response).toContain('from the template static-site');
    expect(await shown()).toEqual(['rosa']);
  });

  it('the question which kind is answered by the id of a template, too', async () => {
    await say('create a project called rosa');
    const made = await say('fastify-api');
    expect(made.response).toContain('from the template fastify-api');
    expect(await shown()).toEqual(['rosa']);
  });

  it('a question that is answered by something else makes nothing', async () => {
    await say('crea un proyecto');
    await say('¿cómo se llama mi perro?');
    await say('no, déjalo');
    expect(await shown()).toEqual([]);
  });

  it('what no template gives is not made of something else', async () => {
    const { response } = await say('create a Rust command line tool called fast');
    expect(response).toMatch(/rust/i);
    expect(await shown()).toEqual([]);
  });

  it('a project can be seen before it is written', async () => {
    const { response } = await say('show me what a Go service called pagos would look like');
    expect(response).toContain('Nothing is written yet');
    expect(response).toContain('go.mod');
    expect(await shown()).toEqual([]);
  });

  it('a project without a name gets one that is free, and says so', async () => {
    await say('create a static site');
    const { response } = await say('create a static site');
    expect(response).toContain('No name was given, so it is called static-site-2.');
    expect(await shown()).toEqual(['static-site', 'static-site-2']);
  });

  it('an existing project gets tests, CI and a licence in its own style, and all of it is undone at once', async () => {
    await say('create a TypeScript library called date-tools');
    const before = await text('date-tools/package.json');
    const added = await say('add CI and an MIT license to date-tools');
    expect(added).toMatchObject({ status: 'completed', agents: ['project-creator'] });
    expect(await text('date-tools/LICENSE')).toMatch(/MIT License[\s\S]*Copyright \(c\) 20\d\d/);
    expect((await readdir(join(server.workspace, 'date-tools/.github/workflows'))).length).toBe(1);
    expect(JSON.parse(await text('date-tools/package.json')).license).toBe('MIT');
    await say('undo that');
    expect(await text('date-tools/package.json')).toBe(before);
    expect(await readdir(join(server.workspace, 'date-tools'))).not.toContain('LICENSE');
    expect(await readdir(join(server.workspace, 'date-tools'))).not.toContain('.github');
  });

  it('a folder with something in it is not written into', async () => {
    await say('create shop/notes.md with buy milk');
    const { response } = await say('create a static site called shop');
    expect(response).toContain('already_exists');
    expect(await readdir(join(server.workspace, 'shop'))).toEqual(['notes.md']);
  });

  it('the templates can be asked for', async () => {
    const { response } = await say('¿qué plantillas hay?');
    for (const id of ['typescript-library', 'go-service', 'assistant-backend'])
      expect(response).toContain(id);
  });

  it('publishing is not claimed where there is no way to GitHub', async () => {
    const { response } = await say('crea una API llamada tienda y publícala en GitHub');
    expect(response).toMatch(/from the template fastify-api/);
    expect(response).toMatch(/github_not_configured.*GITHUB_TOKEN/s);
    expect(response).not.toMatch(/publicad[oa] en/i);
  });
});
