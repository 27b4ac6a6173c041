import { setTimeout as sleep } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import type { Executor } from '../db/database.ts';
import { and, desc, eq, lt, sql } from '../db/drizzle.ts';
import { apiKeys, type Role } from '../db/identity-schema.ts';
import { ProblemError } from '../errors.ts';
import { makeKeyText } from './key-text.ts';
import type { Openness } from './openness.ts';
import { isUserId, USER_ID_RULE } from './user-id.ts';
import { KEY_MEMORY_MS } from './verify-key.ts';

/** What is known of a key; its secret is not. */
export type ApiKey = Omit<typeof apiKeys.$inferSelect, 'hash'>;

/** A key that was just made, with its text, which nobody can find out again. */
export interface NewKey extends ApiKey {
  key: string;
}

interface WantedKey {
  user: string;
  role: Role;
  name?: string | null | undefined;
  /** Undefined: until it is revoked. */
  lifetimeMinutes?: number | undefined;
}

interface Page {
  user?: string | undefined;
  limit: number;
  before?: string | undefined;
}

interface KeysNeeds {
  executor: Executor;
  openness: Pick<Openness, 'shut' | 'mayBeOpen'>;
  /** Whether an identity provider names admins, too. */
  hasOtherAdmins: boolean;
}

/** Revoking admin keys happens one by one, in all processes, so that the last two do not both see the other one. */
const ADMIN_LOCK = 'revoke an admin key';
const isUsableAdmin = sql`role = 'admin' and revoked_at is null and (expires_at is null or expires_at > now())`;

const columns = {
  userId: apiKeys.userId,
  id: apiKeys.id,
  role: apiKeys.role,
  name: apiKeys.name,
  createdAt: apiKeys.createdAt,
  expiresAt: apiKeys.expiresAt,
  lastUsedAt: apiKeys.lastUsedAt,
  revokedAt: apiKeys.revokedAt,
};

/** Makes, lists, replaces and revokes API keys. */
export function createKeys({ executor, openness, hasOtherAdmins }: KeysNeeds) {
  /** Makes a key. From the first one on nobody is served without. @throws ProblemError `invalid_request` for what is no user id. */
  async function create({ user, role, name = null, lifetimeMinutes }: WantedKey): Promise<NewKey> {
    if (!isUserId(user)) throw new ProblemError('invalid_request', `user ${USER_ID_RULE}.`);
    const id = uuidv7();
    const { key, hash } = makeKeyText(id);
    const expiresAt =
      lifetimeMinutes === undefined ? null : sql`now() + make_interval(mins => ${lifetimeMinutes}::int)`;
    const reopen = openness.shut();
    const wasOpen = openness.mayBeOpen();
    try {
      const [made] = await executor
        .insert(apiKeys)
        .values({ userId: user, id, role, name, hash, expiresAt })
        .returning(columns);
      if (!made) throw new Error('a stored key has no row');
      if (wasOpen) await allHaveForgotten();
      return { ...made, key };
    } catch (error) {
      reopen();
      throw error;
    }
  }

  /** A page of keys, the newest first; `more` when older ones follow. */
  async function list({ user, limit, before }: Page): Promise<{ keys: ApiKey[]; more: boolean }> {
    const rows = await executor
      .select(columns)
      .from(apiKeys)
      .where(
        and(
          user === undefined ? undefined : eq(apiKeys.userId, user),
          before === undefined ? undefined : lt(apiKeys.id, before),
        ),
      )
      .orderBy(desc(apiKeys.id))
      .limit(limit + 1);
    return { keys: rows.slice(0, limit), more: rows.length > limit };
  }

  /** @throws ProblemError `key_not_found`. */
  async function find(id: string): Promise<ApiKey> {
    const [found] = await executor.select(columns).from(apiKeys).where(eq(apiKeys.id, id));
    if (!found) throw new ProblemError('key_not_found', `There is no API key ${id}.`);
    return found;
  }

  /**
   * Revokes a key, from now on and everywhere; one that was revoked stays as it is.
   * @throws ProblemError `key_not_found`; `last_admin_key` when nobody could manage the server afterwards.
   */
  async function revoke(id: string): Promise<ApiKey> {
    const { userId } = await find(id);
    const { rows } = await executor.executeAlone(
      ADMIN_LOCK,
      sql`
      update api_keys as k set revoked_at = least(k.revoked_at, now())
      where user_id = ${userId} and id = ${id}::uuid
        and (${hasOtherAdmins}::boolean or not (${isUsableAdmin})
          or exists (select 1 from api_keys where id <> k.id and ${isUsableAdmin}))
      returning id`,
    );
    if (rows.length > 0) {
      await allHaveForgotten();
      return await find(id);
    }
    throw new ProblemError(
      'last_admin_key',
      'This is the last key of the role "admin" that can be used; make another one first.',
    );
  }

  /**
   * Makes a new key of the same user, role, name and lifetime in place of one, which can be used for so many minutes more.
   * @throws ProblemError `key_not_found`; `key_not_usable` when it was replaced or revoked before, or has expired.
   */
  async function rotate(id: string, overlapMinutes = 0): Promise<NewKey> {
    const { userId } = await find(id);
    const newId = uuidv7();
    const { key, hash } = makeKeyText(newId);
    const { rows } = await executor.execute(sql`
      with old as (
        update api_keys set revoked_at = now() + make_interval(mins => ${overlapMinutes}::int)
        where user_id = ${userId} and id = ${id}::uuid
          and revoked_at is null and (expires_at is null or expires_at > now())
        returning user_id, role, name, expires_at - created_at as lifetime
      )
      insert into api_keys (user_id, id, role, name, hash, expires_at)
      select user_id, ${newId}::uuid, role, name, ${hash}, now() + lifetime from old
      returning id`);
    if (rows.length === 0) {
      throw new ProblemError(
        'key_not_usable',
        'The key was revoked or replaced before, or has expired; make a new one.',
      );
    }
    if (overlapMinutes === 0) await allHaveForgotten();
    return { ...(await find(newId)), key };
  }

  /** Whether somebody can manage the server once it is closed. */
  async function hasAdmin(): Promise<boolean> {
    if (hasOtherAdmins) return true;
    const { rows } = await executor.execute<{ found: boolean }>(
      sql`select exists (select 1 from api_keys where ${isUsableAdmin}) as found`,
    );
    return rows[0]?.found === true;
  }

  return { create, list, revoke, rotate, hasAdmin };
}

/** Waits until no process goes by what it knew before a key was stored or revoked. */
async function allHaveForgotten(): Promise<void> {
  // A timer may come a moment early.
  await sleep(KEY_MEMORY_MS + 10);
}

export type Keys = ReturnType<typeof createKeys>;
