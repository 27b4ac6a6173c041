import { bigint, date, index, pgTable, primaryKey, sql, text } from './drizzle.ts';

/**
 * What a user's turns have used of the model on each day (UTC). It says nothing of what was asked, and erasing a memory leaves it:
 * otherwise erasing would give the day's tokens back.
 */
export const tokenUsage = pgTable(
  'token_usage',
  {
    userId: text('user_id').notNull(),
    day: date('day').notNull().default(sql`(now() at time zone 'utc')::date`),
    inputTokens: bigint('input_tokens', { mode: 'number' }).notNull(),
    outputTokens: bigint('output_tokens', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.day] }), index('token_usage_age').on(table.day)],
);
