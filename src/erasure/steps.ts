import type { SQL } from 'drizzle-orm';
import type { Execute } from '../db/database.ts';
import { sql } from '../db/drizzle.ts';

/** Messages that are erased in one go, so that no statement comes near its time limit however many there are. */
const MESSAGES_AT_A_TIME = 1_000;
/** The same for rows on which nothing hangs. */
const ROWS_AT_A_TIME = 10_000;

/** A run that was taken hold of. */
export type HeldRun = { id: string; sessionId: string; isOpen: boolean };

/** Takes hold of runs, so that none of them ends or goes on meanwhile; `which` is about `runs` as `r`. */
export async function holdRuns(execute: Execute, userId: string, which: SQL): Promise<HeldRun[]> {
  const { rows } = await execute<HeldRun>(sql`
    select r.id, r.session_id as "sessionId", r.status in ('queued', 'running', 'awaiting_approval') as "isOpen"
    from runs as r where r.user_id = ${userId} and ${which} order by r.id for update`);
  return rows;
}

/**
 * Erases messages with vectors and queue entries; `which` is about `messages` as `m`. Who embeds one of them holds the message first and
 * stores then: so is it here, or the two would wait for each other.
 */
export async function eraseMessages(
  execute: Execute,
  userId: string,
  which: SQL,
): Promise<{ messages: number; embeddings: number }> {
  const erased = { messages: 0, embeddings: 0 };
  for (;;) {
    const { rows } = await execute<{ id: string }>(sql`
      select m.id from messages as m where m.user_id = ${userId} and ${which}
      order by m.id limit ${MESSAGES_AT_A_TIME}::int for update`);
    if (rows.length === 0) return erased;
    const ids = sql`any(${`{${rows.map(({ id }) => id).join(',')}}`}::uuid[])`;
    const vectors = await execute(
      sql`delete from message_vectors where user_id = ${userId} and message_id = ${ids}`,
    );
    await execute(sql`delete from embedding_queue where user_id = ${userId} and message_id = ${ids}`);
    const messages = await execute(sql`delete from messages where user_id = ${userId} and id = ${ids}`);
    erased.messages += messages.rowCount ?? 0;
    erased.embeddings += vectors.rowCount ?? 0;
  }
}

/** Erases rows of a table of the user's, and counts them. */
export async function eraseRows(
  execute: Execute,
  userId: string,
  { table, which = sql`true` }: { table: string; which?: SQL },
): Promise<number> {
  for (let erased = 0; ; ) {
    const { rowCount } = await execute(sql`
      delete from ${sql.raw(table)} where user_id = ${userId} and ctid = any(array(
        select ctid from ${sql.raw(table)} where user_id = ${userId} and ${which} limit ${ROWS_AT_A_TIME}::int))`);
    if (!rowCount) return erased;
    erased += rowCount;
  }
}

/** A condition on a column: that it is one of these ids. */
export function isAmong(column: string, ids: readonly string[]): SQL {
  return sql`${sql.raw(column)} = any(${`{${ids.join(',')}}`}::uuid[])`;
}
