import { setTimeout as sleep } from 'node:timers/promises';
import { TEST_USER_HEADER, type TestApp } from './app.ts';

/** A message of the past, as `/memory/import` takes it; what is left out is filled in. */
interface Told {
  session?: string;
  role?: 'user' | 'assistant';
  name?: string;
  content: string;
  created_at?: string;
}

/** What a search brings of a message. */
export interface Hit {
  message: { id: string; session_id: string; content: string; name: string | null; created_at: string };
  via: string[];
  score: number;
  legs: Record<string, { rank: number; score?: number }>;
  explanation?: {
    terms: { term: string; language: string; frequency: number; weight: number }[];
    own: number;
    context: number;
    session: number;
    time: number;
    took_ms: Record<string, number>;
  };
}

/** The background starts on an import a second after it; a whole batch on the embedded database takes less than the rest. */
const EMBEDDED_WITHIN_MS = 30_000;
const FIRST_DAY = Date.parse('2025-01-07T09:00:00Z');
const DAY_MS = 86_400_000;

/** Someone with a memory of their own, so that many tests share a server. */
export function createPerson(app: TestApp, id: string) {
  const headers = { [TEST_USER_HEADER]: id };

  /**
   * Imports messages, by default each in a session of its own and a day after the one before, and waits until the background has
   * given each its vector.
   */
  async function tell(...told: (Told | string)[]): Promise<void> {
    const lines = told.map((one, index) =>
      JSON.stringify({
        session: `session ${index}`,
        role: 'user',
        created_at: new Date(FIRST_DAY + index * DAY_MS).toISOString(),
        ...(typeof one === 'string' ? { content: one } : one),
      }),
    );
    const { body } = await app.call('POST', '/memory/import', {
      body: Buffer.from(lines.join('\n')),
      headers: { ...headers, 'content-type': 'application/x-ndjson' },
    });
    if (body.imported !== told.length) throw new Error(`not all was imported: ${JSON.stringify(body)}`);
    await embedded(app);
  }

  const search = (query: string, more: object = {}) =>
    app.post('/memory/search', { query, ...more }, headers);

  async function hits(query: string, more: object = {}): Promise<Hit[]> {
    const { status, body } = await search(query, more);
    if (status !== 200) throw new Error(`the search failed: ${JSON.stringify(body)}`);
    return body;
  }

  async function found(query: string, more: object = {}): Promise<string[]> {
    return (await hits(query, more)).map(({ message }) => message.content);
  }

  return {
    tell,
    search,
    hits,
    found,
    ask: (query: string, more: object = {}) => app.ask(query, more, headers),
    get: (path: string) => app.get(path, headers),
  };
}

export type Person = ReturnType<typeof createPerson>;

/** Waits until no message waits for its vector any more. */
async function embedded(app: TestApp): Promise<void> {
  const deadline = performance.now() + EMBEDDED_WITHIN_MS;
  while (performance.now() < deadline) {
    const [left] = await app.runSql('select count(*)::int as waiting from embedding_queue');
    if (left?.waiting === 0) return;
    await sleep(25);
  }
  throw new Error('messages still wait for their vectors');
}

/** What someone said and was told, by its id. */
export async function contentsById(person: Person): Promise<Map<string, string>> {
  const { body } = await person.get('/assistant/history?limit=200');
  return new Map(body.map(({ id, content }: { id: string; content: string }) => [id, content]));
}
