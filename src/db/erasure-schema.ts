import { boolean, pgTable, primaryKey, text, uuid } from './drizzle.ts';
import { time } from './schema.ts';

/**
 * That everything of a user was erased, and when last: what was on its way into memory from before stops there. It says nothing of
 * what was erased, and stays.
 */
export const memoryErasures = pgTable(
  'memory_erasures',
  {
    userId: text('user_id').notNull(),
    /** Another one with each erasure. */
    id: uuid('id').notNull(),
    /** Whether what was kept of the user's files, to undo changes, is still to be cleared away. */
    filesLeft: boolean('files_left').notNull().default(true),
    erasedAt: time('erased_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.userId] })],
);
