import { expect } from 'vitest';
import { TEST_USER_HEADER } from './app.ts';
import { type Answer, createClient } from './client.ts';

/** A line as `POST /memory/import` takes it. */
export interface Line {
  session: string;
  title?: string;
  role: 'user' | 'assistant';
  name?: string;
  content: string;
  created_at: string;
}

/** A message as the history shows it. */
interface Shown {
  id: string;
  session_id: string;
  run_id: string | null;
  role: string;
  name: string | null;
  content: string;
  created_at: string;
}

const NDJSON = 'application/x-ndjson';
const EMBEDDED_WITHIN = { timeout: 20_000, interval: 50 };
let users = 0;

/** A line of the session "diary", said by the user in March 2024. */
export function line(content: string, more: Partial<Line> = {}): Line {
  return { session: 'diary', role: 'user', content, created_at: '2024-03-14T21:26:53.000Z', ...more };
}

/** So many lines, a second after one another. */
export function lines(count: number, more: Partial<Line> = {}): Line[] {
  return Array.from({ length: count }, (_, index) =>
    line(`Remark number ${index}`, {
      created_at: new Date(Date.UTC(2024, 2, 14) + index * 1_000).toISOString(),
      ...more,
    }),
  );
}

export function toNdjson(given: readonly (Line | string)[]): string {
  return given.map((one) => `${typeof one === 'string' ? one : JSON.stringify(one)}\n`).join('');
}

interface ImportTarget {
  url: string;
  runSql: (statement: string) => Promise<unknown[]>;
}

/** What a test calls as a user of its own, who brings history along; a given user may have sent something by other ways. */
export function createImportingUser({ url, runSql }: ImportTarget, given?: string) {
  users += 1;
  const user = given ?? `importer-${users}`;
  const client = createClient(url, { [TEST_USER_HEADER]: user });

  /** Sends these bytes as they are. */
  async function sendBytes(body: Uint8Array | string, type = NDJSON): Promise<Answer> {
    return await client.call('POST', '/memory/import', {
      body: typeof body === 'string' ? Buffer.from(body) : body,
      headers: { 'content-type': type },
    });
  }
  const send = async (given: readonly (Line | string)[]) => await sendBytes(toNdjson(given));

  /** Sends these lines, and wants just this many of them to be new. */
  async function expectImport(given: readonly Line[], imported: number): Promise<void> {
    const { status, body } = await send(given);
    expect({ status, body }).toEqual({
      status: 200,
      body: { imported, skipped: given.length - imported, failed: 0, errors: [] },
    });
  }

  /** All that is kept, oldest first, of one session or of all. */
  async function history(sessionId?: string): Promise<Shown[]> {
    const shown: Shown[] = [];
    const which = sessionId === undefined ? '' : `&session_id=${sessionId}`;
    let path: string | undefined = `/assistant/history?order=asc&limit=200${which}`;
    while (path) {
      const page: Answer = await client.get(path);
      shown.push(...page.body);
      path = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1];
    }
    return shown;
  }
  const contents = async (sessionId?: string) => (await history(sessionId)).map(({ content }) => content);

  /** The id of the session with this title. */
  async function sessionOf(title: string): Promise<string> {
    const { body: sessions } = await client.get('/sessions?limit=200');
    const found = sessions.filter((one: { title: string }) => one.title === title);
    expect(found, `one session "${title}"`).toHaveLength(1);
    return found[0].id;
  }

  /** What search finds, best first. */
  async function search(query: string, more: object = {}): Promise<{ message: Shown; via: string[] }[]> {
    return (await client.post('/memory/search', { query, ...more })).body;
  }

  /** Waits until every message has its vector. */
  async function embedded(): Promise<void> {
    const waiting = () => runSql(`select message_id from embedding_queue where user_id = '${user}'`);
    await expect.poll(async () => (await waiting()).length, EMBEDDED_WITHIN).toBe(0);
  }

  return { ...client, user, send, sendBytes, expectImport, history, contents, sessionOf, search, embedded };
}

export type ImportingUser = ReturnType<typeof createImportingUser>;
