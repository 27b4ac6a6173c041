import { bigint, index, integer, jsonb, pgTable, primaryKey, sql, text, uuid } from './drizzle.ts';
import { time } from './schema.ts';

/** The GitHub token of each user, sealed; what else is here is what GitHub said of it. */
export const githubTokens = pgTable('github_tokens', {
  userId: text('user_id').primaryKey(),
  /** Nonce, ciphertext and tag of AES-256-GCM as base64url; good only for this user. */
  sealed: text('sealed').notNull(),
  /** Tells which key it is sealed with, and nothing of the key. */
  keyVersion: text('key_version').notNull(),
  login: text('login').notNull(),
  /** Empty for the kinds of tokens that have permissions instead. */
  scopes: jsonb('scopes').$type<string[]>().notNull(),
  expiresAt: time('expires_at'),
  createdAt: time('created_at').notNull().defaultNow(),
});

/** Whose memory gets the events of which repositories. */
export const githubFollows = pgTable(
  'github_follows',
  {
    userId: text('user_id').notNull(),
    /** GitHub's number, which stays when the repository is renamed. */
    repositoryId: bigint('repository_id', { mode: 'number' }).notNull(),
    /** "owner/name", as it is called now. */
    fullName: text('full_name').notNull(),
    /** When the user's token could last read it. */
    checkedAt: time('checked_at').notNull().defaultNow(),
    createdAt: time('created_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.repositoryId] }),
    index('github_follows_repository').on(table.repositoryId),
  ],
);

/**
 * What GitHub has sent by webhook, for everybody who follows the repository. A row waits as long as it has its payload; afterwards
 * it only stands for the delivery, so that the same one is not taken again.
 */
export const githubDeliveries = pgTable(
  'github_deliveries',
  {
    /** GitHub's own. */
    id: text('id').primaryKey(),
    /** The order of arrival. */
    place: bigint('place', { mode: 'number' }).notNull().generatedAlwaysAsIdentity(),
    event: text('event').notNull(),
    repositoryId: bigint('repository_id', { mode: 'number' }),
    payload: text('payload'),
    /** The process that works on it, and until when; or until when nothing is tried after a failure. */
    owner: uuid('owner'),
    waitsUntil: time('waits_until'),
    attempts: integer('attempts').notNull().default(0),
    /** The code of the failure after which it was given up. */
    fault: text('fault'),
    receivedAt: time('received_at').notNull().defaultNow(),
  },
  (table) => [
    index('github_deliveries_work').on(table.repositoryId, table.place).where(sql`payload is not null`),
    index('github_deliveries_age').on(table.receivedAt),
  ],
);
