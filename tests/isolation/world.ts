import { randomBytes } from 'node:crypto';
import { openGitHub } from '../../src/github/github.ts';
import { startTestApp } from '../support/app.ts';
import { createClient } from '../support/client.ts';
import { startFakeGitHub } from '../support/fake-github/fake-github.ts';
import { startFakeOpenAI } from '../support/fake-openai.ts';

/** Is in everything of Ana's, and in no answer that anybody else ever gets. */
export const MARK = 'anas-marker-7f3a9c51';
/** Stands beside the mark: what others can ask for without saying the mark themselves. */
export const WORD = 'rhododendron';

const TOKENS = {
  ana: 'ghp_isolationTokenOfAnaThatNobodyMaySee1',
  bob: 'ghp_isolationTokenOfBobThatNobodyMaySee2',
  root: 'ghp_isolationTokenOfRootThatNobodyMaySe3',
};
/** GitHub's pauses between requests, which nobody has to keep towards the fake. */
const AT_ONCE = { secondMs: 10, writeGapMs: 0, notificationGapMs: 0, searchGapMs: 0 };
/** Long enough that nothing happens in the background by itself. */
const NEVER_MS = '3600000';

/** A server with keys, on which Ana has everything that one can have, and Bob has a little. */
export async function openWorld() {
  const model = await startFakeOpenAI();
  const hub = await startFakeGitHub({
    tokens: Object.fromEntries(
      Object.entries(TOKENS).map(([login, token]) => [
        token,
        { login, scopes: ['repo', 'delete_repo', 'read:org', 'workflow'] },
      ]),
    ),
  });
  const app = await startTestApp({
    identity: 'real',
    github: openGitHub({ apiUrl: hub.baseUrl, timeoutMs: 5_000, pace: AT_ONCE }),
    env: {
      OPENAI_API_KEY: 'test-key',
      OPENAI_BASE_URL: model.baseUrl,
      CHAT_MODEL: 'fake-chat',
      EMBEDDING_MODEL: 'fake-embed',
      MODEL_MAX_RETRIES: '0',
      // More is asked here in a minute than anybody asks.
      RATE_LIMIT_PER_USER: '0',
      RATE_LIMIT_PER_ADDRESS: '0',
      MAX_EVENT_LOOP_DELAY_MS: '0',
      KNOWLEDGE_SCAN_INTERVAL_MS: NEVER_MS,
      EMBEDDING_SWEEP_INTERVAL_MS: NEVER_MS,
      TOKEN_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    },
  });
  const root = await app.makeKey({ user: 'root', role: 'admin' });
  const ana = await app.makeKey({ user: 'ana', role: 'user' });
  const bob = await app.makeKey({ user: 'bob', role: 'user' });
  const service = await app.makeKey({ user: 'service', role: 'service' });
  let made = 0;

  // Whatever of Ana's reaches a prompt comes back in the answer.
  model.onChat(({ messages }) => {
    const said = `${messages.findLast(({ role }) => role === 'user')?.content}`;
    if (said.includes('FAIL')) return { status: 500 };
    const path = /DELETE (\S+)/.exec(said)?.[1];
    if (path && messages.at(-1)?.role !== 'tool')
      return { toolCalls: [{ name: 'delete_file', arguments: { path } }] };
    return { content: JSON.stringify(messages).includes(MARK) ? `I know ${MARK}` : 'I know nothing.' };
  });

  const clients = {
    root: createClient(app.url, root.headers),
    ana: createClient(app.url, ana.headers),
    bob: createClient(app.url, bob.headers),
    serviceForBob: createClient(app.url, { ...service.headers, 'x-user-id': 'bob' }),
    serviceForAna: createClient(app.url, { ...service.headers, 'x-user-id': 'ana' }),
    bobNamingAna: createClient(app.url, { ...bob.headers, 'x-user-id': 'ana' }),
    rootNamingAna: createClient(app.url, { ...root.headers, 'x-user-id': 'ana' }),
    nobody: createClient(app.url),
  };
  const giveToken = async (user: keyof typeof TOKENS) => {
    const { status } = await clients[user].call('PUT', '/github-admin/token', {
      body: { token: TOKENS[user] },
    });
    if (status !== 200) throw new Error(`${user} has no token: ${status}`);
  };
  for (const user of ['ana', 'bob', 'root'] as const) await giveToken(user);

  return {
    ...{ app, hub, model, clients, keys: { ana, bob, root, service }, tokens: TOKENS, giveToken },
    /** A name that nothing of Ana's has yet. */
    newName: (): string => {
      made += 1;
      return `anas-${made}`;
    },
    stop: async () => {
      await app.stop();
      await Promise.all([model.close(), hub.close()]);
    },
  };
}

export type World = Awaited<ReturnType<typeof openWorld>>;
