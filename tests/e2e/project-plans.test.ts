import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestApp, TEST_USER_HEADER, type TestApp } from '../support/app.ts';
import { createClient } from '../support/client.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../support/fake-openai.ts';
import type { ChatReply } from '../support/fake-openai-replies.ts';
import { FAULTY_PLANS, GOOD_PLAN } from '../support/faulty-plans.ts';

let fake: FakeOpenAI;
let server: TestApp;
let app: ReturnType<typeof createClient>;
let users = 0;

beforeAll(async () => {
  fake = await startFakeOpenAI({ contextTokens: 4_000_000 });
  const model = { OPENAI_API_KEY: 'test-key', OPENAI_BASE_URL: fake.baseUrl };
  const publisher = {
    name: 'github-admin',
    description: 'publishes.',
    instructions: 'You are github-admin.',
    tools: [],
  };
  server = await startTestApp({
    moreAgents: [publisher],
    env: { ...model, CHAT_MODEL: 'fake-chat', EMBEDDING_MODEL: 'fake-embed', MODEL_MAX_RETRIES: '0' },
  });
});
afterAll(async () => {
  await server.stop();
  await fake.close();
});
beforeEach(async () => {
  users += 1;
  app = createClient(server.url, { [TEST_USER_HEADER]: `planner-${users}` });
  for (const name of await readdir(server.workspace)) {
    if (name !== '.tertulia-history') await rm(join(server.workspace, name), { recursive: true });
  }
  fake.requests.length = 0;
  fake.refusals.length = 0;
});

const make = (body: object) => app.post('/project-creator/projects', body);
const text = (path: string) => readFile(join(server.workspace, path), 'utf8');
const submit = (plan: unknown): ChatReply => ({
  toolCalls: [{ name: 'submit_plan', arguments: plan as object | string }],
});

/** What the model was told last of its own calls. */
function told(): string {
  const asked = fake.requests.filter(({ path }) => path.includes('chat')).map(({ body }) => body) as {
    messages: { role: string; content: unknown }[];
  }[];
  return `${asked.at(-1)?.messages.at(-1)?.content}`;
}

/** Nothing but what the workspace keeps for itself. */
async function expectNothingWritten(): Promise<void> {
  expect((await readdir(server.workspace)).filter((name) => name !== '.tertulia-history')).toEqual([]);
  expect((await app.get('/file-admin/changes')).body).toEqual([]);
}

const SENT = FAULTY_PLANS.filter(([, plan]) => typeof plan === 'object');

describe('a plan that a program sends', () => {
  it('is written as it stands, and told as it was', async () => {
    const { status, body } = await make({ name: 'counter', plan: GOOD_PLAN });
    expect({ status, detail: body.detail }).toEqual({ status: 201, detail: undefined });
    expect(body).toMatchObject({ template: null, title: GOOD_PLAN.summary, run: ['npm test'] });
    expect(body.assumptions).toEqual(['It counts upwards.']);
    for (const { path, content } of GOOD_PLAN.files) expect(await text(`counter/${path}`)).toBe(content);
    const { body: undone } = await app.post(`/file-admin/changes/${body.change.id}/undo`, {});
    expect(undone.undone).toHaveLength(1);
    expect((await readdir(server.workspace)).filter((name) => name !== '.tertulia-history')).toEqual([]);
  });

  it('has its own placeholders filled in, and no others', async () => {
    const plan = {
      ...GOOD_PLAN,
      variables: { title: 'The {{name}}' },
      folders: ['data'],
      files: [{ path: 'src/page.vue', content: '<h1>{{title}}</h1><p>{{ title }}</p>{{slug}}' }],
    };
    const { body } = await make({ name: 'Counter One', plan });
    expect(await text('counter-one/src/page.vue')).toBe('<h1>The Counter One</h1><p>{{ title }}</p>{{slug}}');
    expect(await readdir(join(server.workspace, 'counter-one/data'))).toEqual([]);
    expect(body.folders).toEqual(['data']);
  });

  it('is written with what is wrong in its files told, because a program may want it so', async () => {
    const plan = { ...GOOD_PLAN, files: [{ path: 'fixture.json', content: '{ "a": }' }] };
    const { status, body } = await make({ name: 'counter', plan });
    expect(status).toBe(201);
    expect(body.checks).toEqual([
      { name: 'json', state: 'failed', files: 1, detail: expect.stringContaining('fixture.json: ') },
    ]);
  });

  it.each(SENT)('is refused for %s, and nothing is written', async (_what, plan, detail) => {
    const { status, body } = await make({ name: 'counter', plan });
    expect({ status, code: body.code }).toEqual({ status: 422, code: 'invalid_plan' });
    expect(body.detail).toMatch(detail);
    await expectNothingWritten();
  });
});

describe('a project that a model designs', () => {
  it('is what its plan says, with what was assumed', async () => {
    fake.chat.enqueue(submit(GOOD_PLAN));
    const { status, body } = await make({ name: 'counter', brief: 'something that counts' });
    expect(status).toBe(201);
    expect(body).toMatchObject({ path: 'counter', template: null, assumptions: ['It counts upwards.'] });
    expect(await text('counter/src/count.js')).toContain('count + 1');
    const [asked] = fake.requests.filter(({ path }) => path.includes('chat'));
    expect(JSON.stringify(asked?.body)).toContain('something that counts');
    expect(JSON.stringify(asked?.body)).toContain('go-service');
    expect(fake.refusals).toEqual([]);
  });

  it('can be seen first, and is then written exactly as it was shown', async () => {
    fake.chat.enqueue(submit(GOOD_PLAN));
    const shown = await make({ name: 'counter', brief: 'something that counts', dry_run: true });
    expect(shown.status).toBe(200);
    await expectNothingWritten();
    const written = await make({ name: 'counter', plan: shown.body.plan });
    expect(written.body.files).toEqual(shown.body.files);
    expect(fake.requests.filter(({ path }) => path.includes('chat'))).toHaveLength(1);
  });

  it('comes from a template where the model chooses one', async () => {
    fake.chat.enqueue(
      { toolCalls: [{ name: 'use_template', arguments: { template: 'cobol' } }] },
      {
        toolCalls: [
          { name: 'use_template', arguments: { template: 'static-site', variables: { colour: 'red' } } },
        ],
      },
      { toolCalls: [{ name: 'use_template', arguments: { template: 'static-site' } }] },
    );
    const { status, body } = await make({ name: 'rosa', brief: 'a page for my bakery' });
    expect(status).toBe(201);
    expect(body.template).toBe('static-site');
    expect(await text('rosa/index.html')).toContain('rosa');
  });

  it.each(FAULTY_PLANS)('is told exactly what is wrong with %s, and mends it', async (_what, plan, fault) => {
    fake.chat.enqueue(submit(plan), async () => {
      await expectNothingWritten();
      expect(told()).toMatch(fault);
      return submit(GOOD_PLAN);
    });
    const { status, body } = await make({ name: 'counter', brief: 'something that counts' });
    expect({ status, detail: body.detail }).toEqual({ status: 201, detail: undefined });
    expect(body.files).toHaveLength(GOOD_PLAN.files.length);
    expect(fake.refusals).toEqual([]);
  });

  it('is given up after four attempts, and nothing is written', async () => {
    const [, plan] = FAULTY_PLANS.find(([what]) => what === 'a path that climbs') ?? [];
    fake.chat.enqueue(submit(plan), { content: 'Here is the code: …' }, submit(plan), submit('{'));
    const { status, body } = await make({ name: 'counter', brief: 'something that counts' });
    expect({ status, code: body.code }).toEqual({ status: 502, code: 'plan_failed' });
    expect(body.detail).toMatch(/4 attempts; nothing was written.*JSON/);
    expect(fake.requests.filter(({ path }) => path.includes('chat'))).toHaveLength(4);
    expect(fake.refusals).toEqual([]);
    await expectNothingWritten();
  });

  it('is not taken from an answer that was cut off', async () => {
    fake.chat.enqueue({ ...(submit(GOOD_PLAN) as object), finishReason: 'length' }, async () => {
      expect(told()).toMatch(/cut off/);
      return submit(GOOD_PLAN);
    });
    expect((await make({ name: 'counter', brief: 'something that counts' })).status).toBe(201);
  });

  it('says so when the model fails, and nothing is written', async () => {
    fake.chat.enqueue({ status: 500 });
    const { status, body } = await make({ name: 'counter', brief: 'something that counts' });
    expect({ status, code: body.code }).toEqual({ status: 502, code: 'model_failed' });
    await expectNothingWritten();
  });
});

describe('a plan in conversation', () => {
  const create = (plan: unknown): ChatReply => ({
    toolCalls: [{ name: 'create_project', arguments: { name: 'counter', plan } }],
  });
  const ask = async () =>
    (await app.post('/project-creator/ask', { query: 'Make something that counts', session_id: 'new' })).body;

  it('is told exactly what is wrong, mends it, and its project is undone as one', async () => {
    fake.chat.enqueue(
      create({ ...GOOD_PLAN, files: [{ path: '../evil.txt', content: 'x' }] }),
      async () => {
        expect(told()).toMatch(/invalid_plan.*climbs/s);
        await expectNothingWritten();
        return create({ ...GOOD_PLAN, files: [{ path: 'a.txt' }] });
      },
      async () => {
        expect(told()).toMatch(/plan\.files\[0\]\.content/);
        await expectNothingWritten();
        return create(GOOD_PLAN);
      },
      () => {
        expect(told()).toMatch(/counter\/: made as planned .*3 files/);
        return { content: 'Made.' };
      },
    );
    const body = await ask();
    expect(body).toMatchObject({ status: 'completed', response: 'Made.', agents: ['project-creator'] });
    const { body: changes } = await app.get(`/file-admin/changes?run_id=${body.run_id}`);
    expect(changes).toMatchObject([{ path: 'counter', operation: 'created', agent: 'project-creator' }]);
    await app.post('/file-admin/changes/undo', { run_id: body.run_id });
    expect((await readdir(server.workspace)).filter((name) => name !== '.tertulia-history')).toEqual([]);
  });

  it('with files that do not parse is given back twice, and then written with what is wrong told', async () => {
    const wrong = { ...GOOD_PLAN, files: [{ path: 'data.json', content: '{ "a": }' }] };
    fake.chat.enqueue(
      create(wrong),
      async () => {
        expect(told()).toMatch(/Nothing was written.*data\.json/s);
        await expectNothingWritten();
        return create(wrong);
      },
      create(wrong),
      () => {
        expect(told()).toMatch(/made as planned.*wrong:\s+data\.json/s);
        return { content: 'Made, with a fault.' };
      },
    );
    expect(await ask()).toMatchObject({ status: 'completed', response: 'Made, with a fault.' });
    expect(await text('counter/data.json')).toBe('{ "a": }');
  });

  it('is handed over to github-admin when the person wants it published', async () => {
    fake.chat.enqueue(
      {
        toolCalls: [
          { name: 'delegate_to_project_creator', arguments: { task: 'Make a counter and publish it' } },
        ],
      },
      create(GOOD_PLAN),
      {
        toolCalls: [{ name: 'delegate_to_github_admin', arguments: { task: 'Publish the folder counter' } }],
      },
      () => {
        expect(JSON.stringify(fake.requests.at(-1)?.body)).toContain('Publish the folder counter');
        return { content: 'Published ana/counter.' };
      },
      () => {
        expect(told()).toBe('Published ana/counter.');
        return { content: 'Made counter/ and published it as ana/counter.' };
      },
      { content: 'It is made and published.' },
    );
    const { body } = await app.ask('Make a counter and publish it', { session_id: 'new' });
    expect(body).toMatchObject({
      status: 'completed',
      response: 'It is made and published.',
      agents: ['project-creator', 'github-admin'],
    });
    expect(await text('counter/src/count.js')).toContain('count + 1');
  });

  it('that would come into a folder with something in it waits for approval, and shows the tree', async () => {
    await app.call('PUT', '/file-admin/files/counter/README.md', { body: Buffer.from('mine\n') });
    const merge = {
      toolCalls: [{ name: 'create_project', arguments: { name: 'counter', plan: GOOD_PLAN, merge: true } }],
    };
    fake.chat.enqueue(create(GOOD_PLAN), () => {
      expect(told()).toMatch(/already_exists/);
      return merge;
    });
    const paused = await ask();
    expect(paused).toMatchObject({ status: 'awaiting_approval', approvals: [{ effect: 'destroy' }] });
    expect(paused.approvals[0].preview).toMatch(/counter\/.*package\.json.*left as they are: README\.md/s);
    expect(await readdir(join(server.workspace, 'counter'))).toEqual(['README.md']);
    fake.chat.enqueue({ content: 'Merged.' });
    const approval = `/runs/${paused.run_id}/approvals/${paused.approvals[0].id}`;
    expect((await app.post(approval, { decision: 'approve' })).body).toMatchObject({ status: 'completed' });
    expect(await text('counter/README.md')).toBe('mine\n');
    expect(await text('counter/src/count.js')).toContain('count + 1');
  });
});
