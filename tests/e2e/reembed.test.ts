import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestApp, TEST_USER_HEADER, type TestApp } from '../support/app.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createDocumentReader, type DocumentReader } from '../support/document-reader.ts';
import { createPerson, type Person } from '../support/person.ts';
import { NEW, OLD, startTwoEmbedders, type TwoEmbedders } from '../support/two-embedders.ts';

const SOON = { timeout: 45_000, interval: 30 };
const OFFLINE = { EMBEDDING_API_KEY: '', EMBEDDING_BASE_URL: '' };
const THINGS = [
  'piano',
  'canoe',
  'ladder',
  'teapot',
  'saddle',
  'anchor',
  'kettle',
  'violin',
  'hammer',
  'mirror',
];

let models: TwoEmbedders;
let database: TestDatabase;
let workspace: string;
let app: TestApp;
let person: Person;
let reader: DocumentReader;

beforeEach(async () => {
  models = await startTwoEmbedders();
  database = await createTestDatabase();
  workspace = await mkdtemp(join(tmpdir(), 'tertulia-reembed-'));
});
afterEach(async () => {
  // First the fake, so that nothing waits for what it still holds back.
  await models.close();
  await app.stop();
  await database.drop();
  await rm(workspace, { recursive: true, force: true });
});

async function start(model: string, env: Record<string, string> = {}): Promise<void> {
  app = await startTestApp({ database, env: { ...models.env(model), WORKSPACE_DIR: workspace, ...env } });
  person = createPerson(app, 'someone');
  reader = createDocumentReader({ url: app.url, workspace });
}
async function restart(model: string, env: Record<string, string> = {}): Promise<void> {
  await app.stop();
  await start(model, env);
}

async function jobs() {
  const { status, body } = await app.get('/admin/jobs', {
    [TEST_USER_HEADER]: 'operator',
    'x-test-role': 'admin',
  });
  expect(status).toBe(200);
  return body;
}
const untilDone = () => expect.poll(jobs, SOON).toMatchObject([{ state: 'done' }]);

/** How many vectors each model has of messages, and of passages. */
async function vectors(): Promise<Record<string, number>> {
  const rows = await app.runSql(`
    select model, count(*)::int as count from (
      select model from message_vectors union all select model from chunk_vectors) as v group by model order by model`);
  return Object.fromEntries(rows.map(({ model, count }) => [model, count]));
}

const sayOfThings = () => person.tell(...THINGS.map((thing) => `The ${thing} stands in the attic`));

describe('changing the embedding model of a running installation', () => {
  it('answers as before until all is embedded, then by the new model alone, for messages and for documents', async () => {
    await start(OLD);
    await sayOfThings();
    await reader.write({
      'docs/a.md': 'The adder suns itself on the wall.',
      'docs/b.md': 'The toad waits in the pond.',
    });
    await reader.follow('docs');
    await reader.become('docs', ['docs/a.md', 'docs/b.md']);
    const ask = async () => ({
      messages: (await person.hits('piano stands', { memory: 'similar' })).map(({ message, score }) => [
        message.content,
        score,
      ]),
      passages: (await reader.search('toad pond')).map(({ path, via }: { path: string; via: string[] }) => [
        path,
        via,
      ]),
    });
    const before = await ask();
    expect(before.messages[0]?.[0]).toBe('The piano stands in the attic');
    expect(before.passages[0]).toEqual(['docs/b.md', expect.arrayContaining(['similar'])]);

    models.hold(1);
    await restart(NEW);
    await expect.poll(async () => (await vectors())[NEW], SOON).toBe(4);
    expect(await ask()).toEqual(before);
    expect(await jobs()).toMatchObject([
      {
        kind: 'reembed',
        state: 'running',
        done: 4,
        total: 12,
        detail: `From ${OLD} to ${NEW}.`,
        ended_at: null,
      },
    ]);
    expect(models.inputs[NEW]).not.toContain('piano stands');
    expect(await app.runSql('select role, name from embedding_models order by role')).toEqual([
      { role: 'coming', name: NEW },
      { role: 'serving', name: OLD },
    ]);

    models.release();
    await untilDone();
    expect(await vectors()).toEqual({ [NEW]: 12 });
    expect(await jobs()).toMatchObject([{ done: 12, total: 12, ended_at: expect.any(String) }]);
    models.inputs[OLD] = [];
    const after = await ask();
    expect(after.messages.map(([content]) => content).toSorted()).toEqual(
      before.messages.map(([content]) => content).toSorted(),
    );
    expect(after.passages[0]).toEqual(['docs/b.md', expect.arrayContaining(['similar'])]);
    expect(models.inputs[NEW]).toContain('piano stands');
    expect(models.inputs[OLD]).toEqual([]);
    await reader.become('docs', ['docs/a.md', 'docs/b.md']);
    expect(new Set(models.inputs[NEW]).size).toBe(models.inputs[NEW]?.length);
  });

  it('gives what is said meanwhile the vectors of both, and forgets both of what is erased', async () => {
    await start(OLD);
    await sayOfThings();
    models.hold(1);
    await restart(NEW);
    await expect.poll(async () => (await vectors())[NEW], SOON).toBe(4);
    const { body: sessions } = await person.get('/sessions?limit=100');
    const erased = await app.call('DELETE', `/sessions/${sessions[0].id}`, {
      headers: { [TEST_USER_HEADER]: 'someone' },
    });
    expect(erased.body).toMatchObject({ messages: 1 });
    models.release();
    await person.tell({ session: 'meanwhile', content: 'The lantern hangs in the shed' });
    expect((await person.found('lantern shed', { memory: 'similar' }))[0]).toBe(
      'The lantern hangs in the shed',
    );
    await untilDone();
    expect(await vectors()).toEqual({ [NEW]: 10 });
    expect((await person.found('lantern shed', { memory: 'similar' }))[0]).toBe(
      'The lantern hangs in the shed',
    );
  });

  it('gives a change up when the configuration goes back in the middle, and embeds nothing again', async () => {
    await start(OLD);
    await sayOfThings();
    models.hold(1);
    await restart(NEW);
    await expect.poll(async () => (await vectors())[NEW], SOON).toBe(4);
    models.release();
    models.hold();
    const stopping = app.stop();
    models.release();
    await stopping;
    models.inputs[OLD] = [];
    await start(OLD);
    await expect.poll(vectors, SOON).toEqual({ [OLD]: 10 });
    expect(await jobs()).toMatchObject([
      { state: 'interrupted', detail: expect.stringContaining('given up'), ended_at: expect.any(String) },
    ]);
    expect(models.inputs[OLD]).toEqual([]);
    expect((await person.found('piano stands', { memory: 'similar' }))[0]).toBe(
      'The piano stands in the attic',
    );
  });

  it('changes from the built-in model to a neural one and back', async () => {
    await start(OLD, OFFLINE);
    await sayOfThings();
    await reader.write({ 'docs/b.md': 'The toad waits in the pond.' });
    await reader.follow('docs');
    await reader.become('docs', ['docs/b.md']);
    models.hold();
    await restart(NEW);
    expect((await person.search('the pianno', { memory: 'similar' })).headers.get('degraded')).toBeNull();
    expect((await person.found('the pianno', { memory: 'similar' }))[0]).toBe(
      'The piano stands in the attic',
    );
    models.release();
    await untilDone();
    expect(await vectors()).toEqual({ [NEW]: 11 });
    expect((await person.hits('piano stands'))[0]).toMatchObject({
      message: { content: 'The piano stands in the attic' },
      via: ['similar', 'text'],
    });
    expect((await reader.search('toad pond'))[0]).toMatchObject({ via: ['similar', 'text'] });

    await restart(OLD, OFFLINE);
    await expect.poll(jobs, SOON).toMatchObject([{ state: 'done', done: 10, total: 10 }, { state: 'done' }]);
    expect(await vectors()).toEqual({ 'offline-grams-v1': 10 });
    expect((await person.found('the pianno', { memory: 'similar' }))[0]).toBe(
      'The piano stands in the attic',
    );
  });
});

describe('a change that meets trouble', () => {
  it('waits for a model that is down, says why, and goes on by itself', async () => {
    await start(OLD);
    await sayOfThings();
    models.refuse(() => 503);
    await restart(NEW);
    await expect
      .poll(async () => (await jobs())[0].detail, SOON)
      .toContain('It waits and tries again: The embedding model');
    models.refuse(undefined);
    await untilDone();
    expect(await vectors()).toEqual({ [NEW]: 10 });
    expect((await jobs())[0].detail).toBe(`From ${OLD} to ${NEW}.`);
  });

  it('leaves out a text that the model does not take, and says so', async () => {
    await start(OLD);
    await sayOfThings();
    models.refuse((text) => (text.includes('teapot') ? 400 : undefined));
    await restart(NEW);
    await untilDone();
    expect(await vectors()).toEqual({ [NEW]: 9 });
    expect(await jobs()).toMatchObject([
      {
        done: 9,
        total: 10,
        detail: expect.stringContaining('1 text was not taken by the model and is found'),
      },
    ]);
    expect(await person.found('teapot')).toContain('The teapot stands in the attic');
  });

  it('answers without vectors, and says so, while the old model cannot be reached any more', async () => {
    await start(OLD);
    await sayOfThings();
    models.hold();
    const elsewhere = { EMBEDDING_PREVIOUS_BASE_URL: 'http://127.0.0.1:9/v1' };
    await restart(NEW, elsewhere);
    const { headers, body } = await person.search('piano stands');
    expect(headers.get('degraded')).toBe('embedder_failed');
    expect(body[0]).toMatchObject({ message: { content: 'The piano stands in the attic' }, via: ['text'] });
    models.release();
    await untilDone();
    expect((await person.search('piano stands')).headers.get('degraded')).toBeNull();
  });

  it('begins at once where nothing was embedded yet', async () => {
    await start(OLD);
    await restart(NEW);
    expect(await jobs()).toEqual([]);
    await person.tell('The piano stands in the attic');
    expect(await vectors()).toEqual({ [NEW]: 1 });
  });
});
