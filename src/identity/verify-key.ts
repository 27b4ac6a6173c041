import type { Logger } from 'pino';
import type { Executor } from '../db/database.ts';
import { sql } from '../db/drizzle.ts';
import type { Role } from '../db/identity-schema.ts';
import { ProblemError } from '../errors.ts';
import { fitsHash, parseKey } from './key-text.ts';

/** How long an answer of the database about a key counts, at the most. */
export const KEY_MEMORY_MS = 500;
const MOST_KNOWN = 1_000;

/** Whose key it is, and what they may do. */
interface KeyHolder {
  id: string;
  role: Role;
  keyId: string;
}

interface VerifierNeeds {
  executor: Executor;
  log: Pick<Logger, 'warn'>;
}

interface KeyRow extends Record<string, unknown> {
  userId: string;
  role: Role;
  hash: string;
  isExpired: boolean;
  isRevoked: boolean;
  isNoted: boolean;
  /** Until it expires or its replacement takes over; null for never. */
  endsInMs: number | null;
}

/** What was asked of the database about a key, and until when (of `performance.now()`) the answer counts. */
interface KnownKey {
  row: Promise<KeyRow | undefined>;
  until: number;
}

/**
 * Finds out whose an API key is. What the database says counts for `KEY_MEMORY_MS` from before it was asked, and whoever revokes a key
 * waits that long before saying so: a key that is said to be revoked is of no use any more, in any process.
 */
export function createKeyVerifier({ executor, log }: VerifierNeeds) {
  const noting = new Map<string, Promise<void>>();
  /** In the order in which they were asked for. */
  const known = new Map<string, KnownKey>();

  /**
   * The holder of a key. A key that does not exist, is malformed or has another secret gets the same answer.
   * @throws ProblemError `unauthorized`.
   */
  async function verify(text: string): Promise<KeyHolder> {
    const parts = parseKey(text);
    const row = parts && (await look(parts.id));
    const fits = fitsHash(parts?.secret ?? '', row?.hash);
    if (!parts || !row || !fits) {
      throw new ProblemError('unauthorized', 'The API key is none of this server’s.');
    }
    if (row.isRevoked) throw new ProblemError('unauthorized', 'The API key was revoked.');
    if (row.isExpired) throw new ProblemError('unauthorized', 'The API key has expired.');
    if (!row.isNoted) noteUse(row, parts.id);
    return { id: row.userId, role: row.role, keyId: parts.id };
  }

  async function look(id: string): Promise<KeyRow | undefined> {
    const remembered = known.get(id);
    if (remembered && performance.now() < remembered.until) return await remembered.row;
    const asked: KnownKey = { row: read(id), until: performance.now() + KEY_MEMORY_MS };
    known.delete(id);
    known.set(id, asked);
    const [oldest] = known.keys();
    if (known.size > MOST_KNOWN && oldest !== undefined) known.delete(oldest);
    try {
      const row = await asked.row;
      // One that does not exist is not remembered: it may be made at any moment.
      if (!row) asked.until = 0;
      else if (row.endsInMs !== null) asked.until = Math.min(asked.until, performance.now() + row.endsInMs);
      return row;
    } catch (error) {
      asked.until = 0;
      throw error;
    }
  }

  async function read(id: string): Promise<KeyRow | undefined> {
    const { rows } = await executor.executePrepared<KeyRow>(sql`
      select user_id as "userId", role, hash,
        coalesce(expires_at <= now(), false) as "isExpired", coalesce(revoked_at <= now(), false) as "isRevoked",
        coalesce(last_used_at > now() - interval '1 minute', false) as "isNoted",
        (extract(epoch from least(expires_at, revoked_at) - now()) * 1000)::float8 as "endsInMs"
      from api_keys where id = ${id}::uuid`);
    return rows[0];
  }

  /** Stores that a key was used, while its request goes on. What fails is tried again with the key's next request. */
  function noteUse(row: KeyRow, id: string): void {
    if (noting.has(id)) return;
    const { userId } = row;
    const note = executor
      .execute(sql`update api_keys set last_used_at = now() where user_id = ${userId} and id = ${id}::uuid`)
      .then(
        () => {
          row.isNoted = true;
        },
        (error: unknown) => log.warn({ err: error }, 'the last use of an API key could not be stored'),
      )
      .finally(() => noting.delete(id));
    noting.set(id, note);
  }

  /** Resolves when nothing is being stored any more. */
  async function settled(): Promise<void> {
    await Promise.all(noting.values());
  }

  return { verify, settled };
}
