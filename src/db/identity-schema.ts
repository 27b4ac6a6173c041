import { check, index, pgTable, primaryKey, sql, text, uuid } from './drizzle.ts';
import { time } from './schema.ts';

/** What a caller may do: own things; act for end users; manage the server. */
export const ROLES = ['user', 'service', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** The API keys of each user. Rows stay when keys are revoked: as soon as there is one row, nobody is served without a key. */
export const apiKeys = pgTable(
  'api_keys',
  {
    userId: text('user_id').notNull(),
    id: uuid('id').notNull(),
    role: text('role', { enum: ROLES }).notNull(),
    name: text('name'),
    /** SHA-256 of the key's secret part, hexadecimal. The secret has 256 random bits, so that a slow hash would add nothing. */
    hash: text('hash').notNull(),
    createdAt: time('created_at').notNull().defaultNow(),
    expiresAt: time('expires_at'),
    /** To the minute, about. */
    lastUsedAt: time('last_used_at'),
    /** A time to come while a key that was replaced may still be used. */
    revokedAt: time('revoked_at'),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.id] }),
    // A request names its key's id and nothing else.
    index('api_keys_id').on(table.id),
    check('api_keys_role', sql`${table.role} in ('user', 'service', 'admin')`),
  ],
);
