import type { Logger } from 'pino';
import type { Executor } from '../db/database.ts';
import { sql } from '../db/drizzle.ts';
import type { Role } from '../db/identity-schema.ts';
import { ProblemError } from '../errors.ts';
import { fitsHash, parseKey } from './key-text.ts';

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
}

/** Finds out whose an API key is: in the database each time, so that a key that was revoked anywhere is of no use at once. */
export function createKeyVerifier({ executor, log }: VerifierNeeds) {
  const noting = new Map<string, Promise<void>>();

  /**
   * The holder of a key. A key that does not exist, is malformed or has another secret gets the same answer.
   * @throws ProblemError `unauthorized`.
   */
  async function verify(text: string): Promise<KeyHolder> {
    const parts = parseKey(text);
    const row = parts && (await read(parts.id));
    const fits = fitsHash(parts?.secret ?? '', row?.hash);
    if (!parts || !row || !fits) {
      throw new ProblemError('unauthorized', 'The API key is none of this server’s.');
    }
    if (row.isRevoked) throw new ProblemError('unauthorized', 'The API key was revoked.');
    if (row.isExpired) throw new ProblemError('unauthorized', 'The API key has expired.');
    if (!row.isNoted) noteUse(row.userId, parts.id);
    return { id: row.userId, role: row.role, keyId: parts.id };
  }

  async function read(id: string): Promise<KeyRow | undefined> {
    const { rows } = await executor.execute<KeyRow>(sql`
      select user_id as "userId", role, hash,
        coalesce(expires_at <= now(), false) as "isExpired", coalesce(revoked_at <= now(), false) as "isRevoked",
        coalesce(last_used_at > now() - interval '1 minute', false) as "isNoted"
      from api_keys where id = ${id}::uuid`);
    return rows[0];
  }

  /** Stores that a key was used, while its request goes on. What fails is tried again with the key's next request. */
  function noteUse(userId: string, id: string): void {
    if (noting.has(id)) return;
    const note = executor
      .execute(sql`update api_keys set last_used_at = now() where user_id = ${userId} and id = ${id}::uuid`)
      .then(
        () => undefined,
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
