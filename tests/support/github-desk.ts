import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createGitHubAdmin } from '../../src/agents/github-admin.ts';
import { type GitHub, openGitHub } from '../../src/github/github.ts';
import { createPushFolder } from '../../src/repositories/push-folder.ts';
import type { Workspaces } from '../../src/workspace/workspace.ts';
import { startTestApp, TEST_USER_HEADER, type TestApp } from './app.ts';
import { createClient } from './client.ts';
import { startFakeGitHub } from './fake-github/fake-github.ts';
import type { FakeGitHub } from './fake-github/scene.ts';
import { startFakeOpenAI } from './fake-openai.ts';

export type ToolCall = readonly [name: string, given: Record<string, unknown>];
/** What the agent's model does next: calls of one message, or something that happens before it makes them. */
type Step = ToolCall[] | (() => Promise<ToolCall[]>);
type Paused = { run_id: string; approvals: { id: string }[] };

/** Ana's token: as long as a real one, so that it would be recognised wherever it turned up. */
const TOKEN = 'ghp_q7Zr2LkV9xTb4NcW8yHd3JmS6fPa1GuE5oXi';
/** GitHub's pauses between requests, which nobody has to keep towards the fake. */
const AT_ONCE = { secondMs: 10, writeGapMs: 0, notificationGapMs: 0, searchGapMs: 0 };

/** A server with github-admin, a strict fake model that does as it is told, and a fake GitHub that can be put in a fresh state. */
export async function startGitHubDesk() {
  const model = await startFakeOpenAI();
  const logged: string[] = [];
  let hub: FakeGitHub = await startFakeGitHub({ tokens: {} });
  let github: GitHub;
  let steps: Step[] = [];
  let app: ReturnType<typeof createClient>;
  let user = '';
  let users = 0;

  const account = async () => github.for(TOKEN);
  const workspaces: Pick<Workspaces, 'for'> = { for: (...given) => server.services.workspaces.for(...given) };
  const pushFolder = createPushFolder({ workspaces, account });
  const agent = createGitHubAdmin({ repositories: { account, pushFolder }, workspaces });
  const server: TestApp = await startTestApp({
    env: {
      OPENAI_API_KEY: 'test-key',
      OPENAI_BASE_URL: model.baseUrl,
      CHAT_MODEL: 'fake-chat',
      EMBEDDING_MODEL: 'fake-embed',
      LOG_LEVEL: 'trace',
    },
    moreAgents: [agent],
    logTo: { write: (line: string) => void logged.push(line) },
  });

  model.onChat(async ({ messages }) => {
    if (!`${messages[0]?.content}`.startsWith('You are github-admin')) {
      const reported = messages.at(-1)?.role === 'tool';
      if (reported) return { content: 'Reported.' };
      return { toolCalls: [{ name: 'delegate_to_github_admin', arguments: { task: 'Do it' } }] };
    }
    const step = steps.shift() ?? [];
    const calls = typeof step === 'function' ? await step() : step;
    return calls.length === 0
      ? { content: 'Done.' }
      : { toolCalls: calls.map(([name, given]) => ({ name, arguments: given })) };
  });

  /** A GitHub in which nobody has anything yet, and a user who has asked for nothing yet. */
  async function reset(): Promise<FakeGitHub> {
    await hub.close();
    const scopes = ['repo', 'delete_repo', 'read:org', 'workflow'];
    hub = await startFakeGitHub({ tokens: { [TOKEN]: { login: 'ana', scopes } } });
    github = openGitHub({ apiUrl: hub.baseUrl, timeoutMs: 5_000, pace: AT_ONCE });
    users += 1;
    user = `user-${users}`;
    app = createClient(server.url, { [TEST_USER_HEADER]: user });
    model.requests.length = 0;
    return hub;
  }

  /** What the tools told the agent's model in the last run. */
  function told(): string[] {
    const asked = model.requests
      .filter(({ path }) => path.includes('chat'))
      .map(({ body }) => body as { messages: { role: string; content: unknown }[] });
    const last = asked.findLast(({ messages }) =>
      `${messages[0]?.content}`.startsWith('You are github-admin'),
    );
    return (last?.messages ?? []).filter(({ role }) => role === 'tool').map(({ content }) => `${content}`);
  }

  async function decide(decision: 'approve' | 'reject', { run_id, approvals }: Paused) {
    return (await app.post(`/runs/${run_id}/approvals/${approvals[0]?.id}`, { decision })).body;
  }

  /** Everything that is kept or was sent anywhere but to GitHub itself, as text. */
  async function everything(): Promise<string> {
    const tables = await server.runSql(
      "select format('%I.%I', table_schema, table_name) as name from information_schema.tables where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')",
    );
    const rows: unknown[] = [];
    for (const { name } of tables) rows.push(await server.runSql(`select one::text from ${name} as one`));
    return JSON.stringify([rows, model.requests, logged]);
  }

  return {
    token: TOKEN,
    agent,
    server,
    model,
    reset,
    told,
    everything,
    /** A question that the agent's model answers with these calls, message by message, and then with "Done.". */
    ask: async (...script: Step[]) => {
      steps = script;
      return (await app.ask('Do it', { session_id: 'new' })).body;
    },
    approve: (paused: Paused) => decide('approve', paused),
    reject: (paused: Paused) => decide('reject', paused),
    get: (path: string) => app.get(path),
    put: async (path: string, content: string) => {
      const file = join(server.workspace, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
    },
    stop: async () => {
      await server.stop();
      await Promise.all([model.close(), hub.close()]);
    },
  };
}

export type GitHubDesk = Awaited<ReturnType<typeof startGitHubDesk>>;
