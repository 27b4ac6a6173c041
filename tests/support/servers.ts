import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { createTestDatabase } from './database.ts';
import { startFakeOpenAI } from './fake-openai.ts';
import { startProcess } from './process.ts';

interface ServerOptions {
  env?: Record<string, string>;
  program?: string;
  preload?: string;
}

/** A database, a workspace and a fake model, and as many real server processes on them as a test starts. */
export async function startPlace() {
  const fake = await startFakeOpenAI();
  const database = await createTestDatabase();
  const workspace = await mkdtemp(join(tmpdir(), 'tertulia-workspace-'));
  const running: { kill: (signal: NodeJS.Signals) => Promise<unknown> }[] = [];

  async function start({ env = {}, ...how }: ServerOptions = {}) {
    const server = await startProcess(
      {
        ...database.env,
        WORKSPACE_DIR: workspace,
        OPENAI_API_KEY: 'test-key',
        OPENAI_BASE_URL: fake.baseUrl,
        CHAT_MODEL: 'fake-chat',
        EMBEDDING_MODEL: 'fake-embed',
        ...env,
      },
      how,
    );
    running.push(server);
    expect(server.url, server.output.text).toMatch(/^http:/);
    return server;
  }

  async function remove(): Promise<void> {
    await Promise.all(running.map((server) => server.kill('SIGKILL')));
    await fake.close();
    await database.drop();
    await rm(workspace, { recursive: true, force: true });
  }

  return { fake, database, workspace, start, remove };
}

export type Place = Awaited<ReturnType<typeof startPlace>>;
