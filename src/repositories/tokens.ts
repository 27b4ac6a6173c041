import type { Executor } from '../db/database.ts';
import { sql } from '../db/drizzle.ts';
import { ProblemError } from '../errors.ts';
import type { GitHub } from '../github/github.ts';
import { openToken, sealToken, versionOf } from './token-seal.ts';

/** Every form of GitHub's tokens, and those to come: one word of printable ASCII. */
const TOKEN = /^[\x21-\x7e]{1,1000}$/;

/** What is known of a token, which itself is never told again. */
export interface TokenStatus {
  login: string;
  /** Empty for a kind of token that has permissions instead. */
  scopes: string[];
  expiresAt: Date | null;
  /** When it was given; null for the one of the environment. */
  createdAt: Date | null;
}

interface TokensNeeds {
  executor: Executor;
  github: Pick<GitHub, 'for'>;
  /** 32 bytes; without it no token is stored or read. */
  key: Buffer | undefined;
}

interface StatusRow extends Record<string, unknown> {
  login: string;
  scopes: string[];
  /** Seconds since 1970: moments of plain statements come in a form of the driver's own. */
  expires: number | null;
  created: number;
}

const STATUS_COLUMNS = sql`login, scopes, extract(epoch from expires_at)::float8 as expires,
  extract(epoch from created_at)::float8 as created`;

/** Keeps a GitHub token for each user, sealed. */
export function createTokens({ executor, github, key }: TokensNeeds) {
  /**
   * Stores a token in place of the one before, after GitHub has said whose it is.
   * @throws ProblemError `github_not_configured` if this server has no key, or what GitHub refuses it with.
   */
  async function put(userId: string, token: string): Promise<TokenStatus> {
    const sealing = keyOrRefusal(key);
    const word = token.trim();
    if (!TOKEN.test(word)) {
      throw new ProblemError('invalid_request', 'A GitHub token is one word of letters, digits and signs.');
    }
    const { login, scopes, expiresAt } = await github.for(word).people.me();
    const { rows } = await executor.execute<StatusRow>(sql`
      insert into github_tokens (user_id, sealed, key_version, login, scopes, expires_at)
      values (${userId}, ${sealToken(word, { userId, key: sealing })}, ${versionOf(sealing)}, ${login},
        ${JSON.stringify(scopes)}::jsonb, ${expiresAt}::timestamptz)
      on conflict (user_id) do update
        set sealed = excluded.sealed, key_version = excluded.key_version, login = excluded.login, scopes = excluded.scopes,
          expires_at = excluded.expires_at, created_at = excluded.created_at
      returning ${STATUS_COLUMNS}`);
    const [row] = rows;
    if (!row) throw new Error('a stored token has no row');
    return toStatus(row);
  }

  /** What is known of the user's token; null if none is stored. */
  async function status(userId: string): Promise<TokenStatus | null> {
    const { rows } = await executor.execute<StatusRow>(sql`
      select ${STATUS_COLUMNS} from github_tokens where user_id = ${userId}`);
    return rows[0] ? toStatus(rows[0]) : null;
  }

  /** Forgets the user's token here; it is revoked at GitHub. */
  async function remove(userId: string): Promise<void> {
    await executor.execute(sql`delete from github_tokens where user_id = ${userId}`);
  }

  /**
   * The user's token, for GitHub alone; undefined if none is stored.
   * @throws ProblemError `github_not_configured` if it cannot be read any more.
   */
  async function read(userId: string): Promise<string | undefined> {
    const { rows } = await executor.execute<{ sealed: string; keyVersion: string }>(sql`
      select sealed, key_version as "keyVersion" from github_tokens where user_id = ${userId}`);
    const [row] = rows;
    if (!row) return undefined;
    const opening = keyOrRefusal(key);
    if (row.keyVersion !== versionOf(opening)) {
      throw unreadable('it was stored with another TOKEN_ENCRYPTION_KEY than the present one');
    }
    const token = openToken(row.sealed, { userId, key: opening });
    if (token === undefined) throw unreadable('what is stored was changed since');
    return token;
  }

  return { put, status, remove, read };
}

export type Tokens = ReturnType<typeof createTokens>;

function keyOrRefusal(key: Buffer | undefined): Buffer {
  if (key) return key;
  throw new ProblemError(
    'github_not_configured',
    'This server keeps no GitHub tokens, because TOKEN_ENCRYPTION_KEY is not set. Its operator has to set it.',
  );
}

function unreadable(reason: string): ProblemError {
  return new ProblemError(
    'github_not_configured',
    `The stored GitHub token cannot be read: ${reason}. Give the token again.`,
  );
}

function toStatus({ login, scopes, expires, created }: StatusRow): TokenStatus {
  const expiresAt = expires === null ? null : new Date(expires * 1000);
  return { login, scopes, expiresAt, createdAt: new Date(created * 1000) };
}
