import type { TestApp } from '../support/app.ts';

/** How many topics there are: each message has one, so that a word of a question is in one of so many messages. */
const TOPICS = 50;
const MESSAGES_PER_SESSION = 40;
/** So many different vectors serve all: what they say does not change how many are read. */
const VECTORS = 50;

/**
 * Stores numbered messages with their vectors, as if they had been said one after the other long ago. `userOf` is SQL that says
 * whose `number` is; messages of several users lie in the tables as they were said, side by side.
 */
export async function storeRemarks(
  { runSql }: TestApp,
  { from, to, userOf }: { from: number; to: number; userOf: string },
): Promise<void> {
  const hex = `lpad(to_hex(number), 12, '0')`;
  const id = `'0190' || substr(${hex}, 1, 4) || '-' || substr(${hex}, 5, 4) || '-7' || substr(${hex}, 9, 3) || '-8'
    || substr(${hex}, 10, 3) || '-' || ${hex}`;
  // Of version 4, because what a request names must be a UUID by RFC 9562.
  const hash = `md5(user_id || '/' || ${from} || '/' || place / ${MESSAGES_PER_SESSION})`;
  const session = `overlay(overlay(${hash} placing '4' from 13) placing '8' from 17)::uuid`;
  await runSql(`
    with owned as (
      select number, ${userOf} as user_id from generate_series(${from}, ${to}) as number
    ), said as materialized (
      select *, row_number() over (partition by user_id order by number) as place from owned
    ), placed as materialized (
      select *, ${session} as session_id from said
    ), opened as (
      insert into chat_sessions (user_id, id) select distinct user_id, session_id from placed
    )
    insert into messages (user_id, id, session_id, role, content, token_count)
    select user_id, (${id})::uuid, session_id, 'user', 'Remark ' || number || ' is about ${topic(`' || place % ${TOPICS} || '`)}.', 10
    from placed`);
  await runSql(`
    with pool as materialized (
      select place, array_agg(sin(place * 37 + axis * axis * 0.013))::real[]::halfvec as vector
      from generate_series(0, ${VECTORS - 1}) as place, generate_series(1, 1536) as axis group by place
    )
    insert into message_vectors (user_id, message_id, model, vector)
    select q.user_id, q.message_id, e.name, pool.vector
    from embedding_queue as q join pool on pool.place = abs(hashtext(q.message_id::text)) % ${VECTORS}
      cross join embedding_models as e where e.role = 'serving'`);
  await runSql('truncate embedding_queue');
  // So that the plan, and what an index alone can answer, does not depend on when the database last did it by itself.
  for (const table of ['messages', 'message_vectors']) await runSql(`vacuum (analyze) ${table}`);
}

/** The word for a topic. */
export function topic(number: number | string): string {
  return `topic${number}`;
}
