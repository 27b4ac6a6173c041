import type { SQL } from 'drizzle-orm';
import { sql } from '../db/drizzle.ts';
import { given } from './recall-values.ts';

/**
 * The user's message with an id, to be joined by `cross join lateral`. A plan serves all users, and is made for one who has said little; of such a
 * user all messages are as soon read as one. `limit` keeps the planner from that, and `role`, which no index has, from
 * looking for an id in an index of sessions.
 */
export function messageOf(id: SQL): SQL {
  return sql`(select m.* from messages as m where m.user_id = ${given.userId} and m.id = ${id} and m.role <> '' limit 1)`;
}
