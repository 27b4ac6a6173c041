import { performance } from 'node:perf_hooks';
import { expect, vi } from 'vitest';
import { startTestApp } from '../support/app.ts';
import { collectEvents } from '../support/event-stream.ts';
import { startFakeOpenAI } from '../support/fake-openai.ts';
import { type Sent, watchRequests } from '../support/request-statements.ts';

/** The statements that a turn is made of, each told by something that no other one has. */
const KINDS = {
  'any key looked for': /^\s*select exists \(select 1 from api_keys\)/,
  'key looked up': /select user_id as "userId", role, hash,[\s\S]* from api_keys/,
  'use of key noted': /update api_keys set last_used_at/,
  accept: /insert into runs\b/,
  recall: /as "isKept"/,
  'search of documents': /^\s*with library as/,
  'events written': /insert into run_events[\s\S]*from ours/,
  'events read': /e\.seq, e\.type, e\.data\s+from runs/,
  end: /finished_at = now\(\), lease_owner = null/,
  vectors: /insert into message_vectors/,
} as const;

export type Kind = keyof typeof KINDS;

/** What is written while a turn goes on is written this often, so that a slow machine may need more of it: src/turns/run-log.ts. */
export const UNFOLLOWED_INTERVAL_MS = 200;
export const FOLLOWED_INTERVAL_MS = 50;

const SETTINGS = {
  OPENAI_API_KEY: 'test-key',
  CHAT_MODEL: 'fake-chat',
  EMBEDDING_MODEL: 'fake-embed',
  // However busy the machine is, no turn goes on without its recall, or asks its model again.
  RECALL_DEADLINE_MS: '60000',
  MODEL_MAX_RETRIES: '0',
};

interface SceneOptions {
  env?: Record<string, string>;
  identity?: 'real';
}

/** A turn that was carried out, and what it sent to the database until the vectors of its messages were stored. */
interface WatchedTurn<Outcome> {
  outcome: Outcome;
  sent: Sent[];
  /** In the order in which they were sent; of an unknown statement the text, so that a failing test shows it. */
  kinds: string[];
  elapsedMs: number;
}

/** A server with a neural model, and the statements of its turns. */
export async function startScene({ env = {}, identity }: SceneOptions = {}) {
  const fake = await startFakeOpenAI();
  fake.onChat(() => ({ content: 'Noted.' }));
  const app = await startTestApp({
    env: { ...SETTINGS, OPENAI_BASE_URL: fake.baseUrl, ...env },
    identity,
  });
  const watch = watchRequests();

  async function watched<Outcome>(work: () => Promise<Outcome>): Promise<WatchedTurn<Outcome>> {
    await app.services.embedder.settled();
    watch.forget();
    const started = performance.now();
    const outcome = await work();
    // A follower can have heard from the database that the turn has ended before this process has.
    const hasVectors = () =>
      watch.statementsOf('/assistant/ask').some(({ text }) => KINDS.vectors.test(text));
    await vi.waitUntil(hasVectors, { timeout: 20_000, interval: 5 });
    await app.services.embedder.settled();
    const elapsedMs = performance.now() - started;
    const sent = watch.statementsOf('/assistant/ask');
    return { outcome, sent, kinds: sent.map(kindOf), elapsedMs };
  }

  /** A turn whose answer is taken whole. */
  const turn = (query: string, more: object = {}, headers: Record<string, string> = {}) =>
    watched(async () => {
      const { status, body } = await app.ask(query, more, headers);
      expect({ status, body }).toMatchObject({ status: 200, body: { status: 'completed', degraded: [] } });
      return body;
    });

  /** A turn whose answer is streamed; its events. */
  const streamedTurn = (query: string, more: object = {}, headers: Record<string, string> = {}) =>
    watched(async () => {
      const events = await collectEvents(`${app.url}/assistant/ask`, { body: { query, ...more }, headers });
      expect(events.at(-1)).toMatchObject({ event: 'done', data: { status: 'completed', degraded: [] } });
      return events;
    });

  async function stop(): Promise<void> {
    watch.stop();
    await app.stop();
    await fake.close();
  }

  return { app, fake, turn, streamedTurn, stop };
}

export type Scene = Awaited<ReturnType<typeof startScene>>;

function kindOf({ text }: Sent): string {
  const found = Object.entries(KINDS).filter(([, pattern]) => pattern.test(text));
  return found.length === 1 ? String(found[0]?.[0]) : text;
}

/** How often a turn sent statements of a kind. */
export function count(turn: { kinds: string[] }, kind: Kind): number {
  return turn.kinds.filter((one) => one === kind).length;
}

/** What a turn sent without what it sends the more often the longer it lasts. */
export function without(turn: { kinds: string[] }, ...left: Kind[]): string[] {
  return turn.kinds.filter((kind) => !left.some((one) => one === kind));
}
