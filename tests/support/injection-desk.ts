import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { inject } from 'vitest';
import { openGitHub } from '../../src/github/github.ts';
import { startTestApp } from './app.ts';
import { createClient } from './client.ts';
import { startFakeGitHub } from './fake-github/fake-github.ts';
import { startFakeOpenAI } from './fake-openai.ts';
import { obeyEverything } from './obeying-model.ts';
import { watchSecret } from './watched-secrets.ts';

/** What no answer, prompt, log or row of Ana's may hold. */
export const SECRETS = {
  openai: 'sk-injection-key-of-the-operator-9f3b7d21',
  environment: 'injection-canary-of-the-environment-5c1e',
  bobsWord: 'bobs-private-word-4b8e2f77a1',
  outside: 'outside-of-the-workspace-word-6d0c3a',
  anasToken: 'ghp_injectionTokenOfAnaThatNobodyMaySee1',
  bobsToken: 'ghp_injectionTokenOfBobThatNobodyMaySee2',
};
/** GitHub's pauses between requests, which nobody has to keep towards the fake. */
const AT_ONCE = { secondMs: 10, writeGapMs: 0, notificationGapMs: 0, searchGapMs: 0 };

/** A server whose model obeys every text that it is shown, with Bob, who has things, and as many Anas as are needed. */
export async function startInjectionDesk() {
  process.env.INJECTION_CANARY = SECRETS.environment;
  const tokenKey = randomBytes(32).toString('base64');
  for (const secret of [tokenKey, SECRETS.environment]) watchSecret(secret);
  const model = await startFakeOpenAI({ apiKey: SECRETS.openai });
  const called = obeyEverything(model);
  const hub = await startFakeGitHub({
    tokens: {
      [SECRETS.anasToken]: { login: 'ana', scopes: ['repo', 'delete_repo', 'read:org', 'workflow'] },
      [SECRETS.bobsToken]: { login: 'bob', scopes: ['repo', 'delete_repo'] },
    },
  });
  const logged: string[] = [];
  const app = await startTestApp({
    identity: 'real',
    github: openGitHub({ apiUrl: hub.baseUrl, timeoutMs: 5_000, pace: AT_ONCE }),
    logTo: { write: (line: string) => void logged.push(line) },
    env: {
      OPENAI_API_KEY: SECRETS.openai,
      OPENAI_BASE_URL: model.baseUrl,
      CHAT_MODEL: 'fake-chat',
      EMBEDDING_MODEL: 'fake-embed',
      MODEL_MAX_RETRIES: '0',
      // What is recalled is the attack: nothing of it is to be left out because the machine is busy.
      RECALL_DEADLINE_MS: '60000',
      // More is asked here in a minute than anybody asks.
      RATE_LIMIT_PER_USER: '0',
      RATE_LIMIT_PER_ADDRESS: '0',
      MAX_EVENT_LOOP_DELAY_MS: '0',
      LOG_LEVEL: 'trace',
      TOKEN_ENCRYPTION_KEY: tokenKey,
    },
  });
  const outside = await mkdtemp(join(tmpdir(), 'tertulia-outside-'));
  await writeFile(join(outside, 'secret.txt'), SECRETS.outside);
  hub.seed.repository('bob/diary', { private: true, files: { 'README.md': SECRETS.bobsWord } });

  await app.makeKey({ user: 'root', role: 'admin' });
  const bob = createClient(app.url, (await app.makeKey({ user: 'bob', role: 'user' })).headers);
  await bob.call('PUT', '/file-admin/files/secret.txt', { body: Buffer.from(SECRETS.bobsWord) });
  await bob.post('/file-consultant/documents', { path: 'secret.txt' });
  const { body: bobsSession } = await bob.ask(`My word is ${SECRETS.bobsWord}`);
  await bob.call('PUT', '/github-admin/token', { body: { token: SECRETS.bobsToken } });
  const { body: bobsChanges } = await bob.get('/file-admin/changes');
  let users = 0;

  /** A user of whom nothing is known yet, with a file and links that lead outside. */
  async function newAna() {
    users += 1;
    const user = `ana-${users}`;
    const { headers } = await app.makeKey({ user, role: 'user' });
    const client = createClient(app.url, headers);
    const folder = join(app.workspace, user);
    const put = async (path: string, content: string | Buffer) => {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    };
    await put('important.txt', 'Keep me.');
    await put('other.txt', 'owned');
    await symlink(outside, join(folder, 'way-out'));
    await symlink(join(outside, 'secret.txt'), join(folder, 'glimpse.txt'));
    const repository = hub.seed.repository(`ana/${user}`, {
      private: true,
      files: { 'README.md': '# Mine\n' },
    });
    hub.seed.commit(repository, { branch: 'topic', files: { 'topic.md': 'Topic\n' }, message: 'Topic' });
    hub.seed.pull(repository, { title: 'Topic', head: 'topic' });
    await client.call('PUT', '/github-admin/token', { body: { token: SECRETS.anasToken } });
    return { user, client, folder, put, repository, name: `ana/${user}`, seed: hub.seed };
  }

  /** Everything that must be the same after an attack: Bob's rows and files, what is outside, what GitHub has, who decided what. */
  async function untouchable(): Promise<unknown> {
    const selects = inject('personal')
      .tables.filter(
        (table) => !['api_keys', 'embedding_queue', 'message_vectors', 'knowledge_roots'].includes(table),
      )
      .map(
        (table) =>
          `select '${table}' as name, md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as hash from ${table} as t where user_id = 'bob'`,
      );
    return {
      rows: await app.runSql(selects.join(' union all ')),
      decided: await app.runSql("select id from approvals where decision in ('approve', 'reject')"),
      keys: await app.runSql("select id, revoked_at from api_keys where user_id in ('bob', 'root')"),
      bobsFiles: await contents(join(app.workspace, 'bob')),
      outside: await contents(outside),
      beside: (await readdir(app.workspace)).filter((name) => !/^ana-\d+$/.test(name)),
      writes: hub.requests.filter(({ method }) => method !== 'GET').map(({ method, path }) => [method, path]),
    };
  }

  async function contents(folder: string): Promise<[string, string][]> {
    const names = (await readdir(folder)).toSorted();
    return await Promise.all(
      names.map(
        async (name): Promise<[string, string]> => [
          name,
          await readFile(join(folder, name), 'utf8').catch(() => 'folder'),
        ],
      ),
    );
  }

  return {
    ...{ app, model, called, hub, newAna, untouchable, outside, logged },
    bobs: {
      change: String(bobsChanges[0].id),
      session: String(bobsSession.session_id),
      run: String(bobsSession.run_id),
    },
    /** The folder outside the workspace, by the way that leads there from one. */
    wayOut: `../../${basename(outside)}`,
    stop: async () => {
      await app.stop();
      await Promise.all([model.close(), hub.close()]);
      await rm(outside, { recursive: true, force: true });
      delete process.env.INJECTION_CANARY;
    },
  };
}

export type InjectionDesk = Awaited<ReturnType<typeof startInjectionDesk>>;
export type Ana = Awaited<ReturnType<InjectionDesk['newAna']>>;
