import { createHmac, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect } from 'vitest';
import { openDatabase } from '../../src/db/database.ts';
import { openGitHub } from '../../src/github/github.ts';
import { createImporter } from '../../src/memory/importer.ts';
import { createRepositories } from '../../src/repositories/repositories.ts';
import { createExplorer } from '../../src/workspace/explorer/explorer.ts';
import { createJournal } from '../../src/workspace/journal/journal.ts';
import { createWorkspaces } from '../../src/workspace/workspace.ts';
import { createTestDatabase } from '../support/database.ts';
import { startFakeGitHub } from '../support/fake-github/fake-github.ts';
import { ofTest } from '../support/statements/recorder.ts';

export const ANA_TOKEN = 'ghp_anasLongTokenThatNobodyMaySee0001';
export const BOB_TOKEN = 'ghp_bobsLongTokenThatNobodyMaySee0002';
const SECRET = 'the secret of the webhook';
export const KEY = Buffer.alloc(32, 7);
/** A second of GitHub's takes ten milliseconds, and nothing waits for its turn. */
const PACE = { secondMs: 10, writeGapMs: 0, notificationGapMs: 0, searchGapMs: 0 };

type Needs = Parameters<typeof createRepositories>[0];

/** A message as it is remembered. */
export interface Remembered extends Record<string, unknown> {
  name: string | null;
  content: string;
  createdAt: string;
}

/** Repositories over a real database, a real workspace for each user and a fake GitHub with ana and bob. */
export async function openScene() {
  const testDatabase = await createTestDatabase();
  const { DATA_DIR: dataDir, DATABASE_URL: url } = testDatabase.env;
  const database = await openDatabase({ dataDir, url, poolSize: 5, timeoutMs: 30_000 }, () => undefined);
  const { executor } = database;
  const root = await mkdtemp(join(tmpdir(), 'tertulia-workspace-'));
  const explorer = createExplorer();
  const { exclusively } = database;
  const journal = createJournal({ executor });
  const workspaces = createWorkspaces({
    ...{ root, perUser: true, undoDays: 90 },
    ...{ journal, exclusively, explorer },
  });
  const fake = await startFakeGitHub({
    tokens: {
      [ANA_TOKEN]: { login: 'ana', scopes: ['repo', 'read:org'], expires: '2100-01-02T03:04:05Z' },
      [BOB_TOKEN]: { login: 'bob' },
    },
  });
  const github = openGitHub({ apiUrl: fake.baseUrl, timeoutMs: 2_000, pace: PACE });
  const importer = createImporter({ executor, embedder: { wake: () => undefined } });
  const logged: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line) => void logged.push(line) });
  const opened: ReturnType<typeof createRepositories>[] = [];

  /** The repositories of one process; each call stands for another one. */
  function open({ config, ...more }: Partial<Needs> = {}) {
    const repositories = createRepositories({
      ...{ executor, github, workspaces, importer, log, leaseMs: 60_000, isAlone: false, ...more },
      config: { tokenKey: KEY, webhookSecret: SECRET, ...config },
    });
    opened.push(repositories);
    return repositories;
  }

  /** Runs SQL by hand. */
  async function runSql(statement: string): Promise<Record<string, unknown>[]> {
    return (await executor.execute(ofTest(statement))).rows;
  }

  /** What a user remembers, in the order of time. */
  async function remembered(userId: string): Promise<Remembered[]> {
    // The columns are those of a Remembered.
    return (await runSql(
      `select name, content, to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "createdAt"
       from messages where user_id = '${userId}' order by id`,
    )) as Remembered[];
  }

  /** Ends it all; nothing logged may hold a secret, and what went to GitHub and back must be as GitHub says. */
  async function close(): Promise<void> {
    await Promise.all(opened.map(({ deliveries }) => deliveries.close()));
    await explorer.close();
    await database.close();
    await testDatabase.drop();
    await fake.close();
    await rm(root, { recursive: true, force: true });
    expect(fake.violations).toEqual([]);
    expect(logged.filter((line) => /ghp_|the secret of/.test(line))).toEqual([]);
  }

  return { executor, fake, root, workspaces, importer, logged, open, runSql, remembered, close };
}

export type Scene = Awaited<ReturnType<typeof openScene>>;

/** A request to the webhook as GitHub sends it. */
export function signed(
  event: string,
  payload: unknown,
  { id = randomUUID() as string, secret = SECRET } = {},
) {
  const body = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
  return { id, event, body, signature: `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` };
}
