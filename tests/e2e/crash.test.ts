import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../support/fake-openai.ts';
import { startProcess } from '../support/process.ts';

const LEASE_MS = 2_000;

let fake: FakeOpenAI;
let database: TestDatabase;
let workspace: string;

beforeEach(async () => {
  fake = await startFakeOpenAI();
  database = await createTestDatabase();
  workspace = await mkdtemp(join(tmpdir(), 'tertulia-workspace-'));
});
afterEach(async () => {
  await fake.close();
  await database.drop();
  await rm(workspace, { recursive: true, force: true });
});

async function startServer() {
  const server = await startProcess({
    ...database.env,
    WORKSPACE_DIR: workspace,
    OPENAI_API_KEY: 'test-key',
    OPENAI_BASE_URL: fake.baseUrl,
    CHAT_MODEL: 'fake-chat',
    EMBEDDING_MODEL: 'fake-embed',
    RUN_LEASE_MS: String(LEASE_MS),
  });
  expect(server.url, server.output.text).toMatch(/^http:/);
  return server;
}

describe('a server that is killed in the middle of a turn', () => {
  it('still has the question, shows the run as interrupted, and answers it on retry', async () => {
    const never = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    fake.chat.enqueue(async () => {
      asked.resolve();
      await never.promise;
      return { content: 'never sent' };
    });
    const first = await startServer();
    const lost = first.ask('Where is the boat?').catch((error: unknown) => error);
    await asked.promise;
    await first.kill('SIGKILL');
    expect(await lost).toBeInstanceOf(Error);
    never.resolve();

    const second = await startServer();
    const { body: history } = await second.get('/assistant/history');
    expect(history).toMatchObject([{ role: 'user', content: 'Where is the boat?' }]);
    const runPath = `/runs/${history[0].run_id}`;
    await expect
      .poll(async () => (await second.get(runPath)).body, { timeout: LEASE_MS * 5 })
      .toMatchObject({ status: 'failed', error: { code: 'interrupted' } });

    fake.chat.enqueue({ content: 'In the harbour.' });
    const retried = await second.post(`${runPath}/retry`, undefined);
    expect(retried.body).toMatchObject({ status: 'completed', response: 'In the harbour.' });
    const { body: whole } = await second.get('/assistant/history?order=asc');
    expect(whole.map((one: { role: string; content: string }) => `${one.role}: ${one.content}`)).toEqual([
      'user: Where is the boat?',
      'assistant: In the harbour.',
    ]);
    expect((await second.get(runPath)).body).toMatchObject({ status: 'completed', attempt: 2, error: null });
    expect(await second.kill('SIGTERM')).toBe(0);
  });

  it('lets the next question have the session as soon as the dead turn’s lease is over', async () => {
    const asked = Promise.withResolvers<void>();
    fake.chat.enqueue(async () => {
      asked.resolve();
      return { delayMs: 60_000, content: 'never sent' };
    });
    const first = await startServer();
    const lost = first.ask('One').catch((error: unknown) => error);
    await asked.promise;
    await first.kill('SIGKILL');
    await lost;
    const second = await startServer();
    fake.onChat(() => ({ content: 'two' }));
    await expect
      .poll(async () => (await second.ask('Two')).status, { timeout: LEASE_MS * 5, interval: 200 })
      .toBe(200);
    expect(await second.kill('SIGTERM')).toBe(0);
  });
});

describe('a server that is stopped', () => {
  it('lets the running turn end first', async () => {
    const asked = Promise.withResolvers<void>();
    fake.chat.enqueue(async () => {
      asked.resolve();
      return { delayMs: 700, content: 'just in time' };
    });
    const server = await startServer();
    const answer = server.ask('Quick?');
    await asked.promise;
    const ended = server.kill('SIGTERM');
    expect((await answer).body.response).toBe('just in time');
    expect(await ended).toBe(0);
  });
});
