import type { SQL } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { sql } from '../db/drizzle.ts';
import type { ImportLine } from './import-lines.ts';

/** The most messages of one session and millisecond whose order is kept, five hexadecimal digits of their ids. */
const LAST_PLACE = 0xf_ffff;

/** The id of a user's last erasure of everything; null where there was none. */
export function lastErasure(userId: string): SQL {
  return sql`(select id from memory_erasures where user_id = ${userId})`;
}

/**
 * One statement for a batch; it stores nothing when everything was erased since. A message's id is a UUIDv7 of its time, its place among
 * those of the same session and millisecond (20 bits, so that the order of the lines is kept), and a hash of the line (52 bits), by which
 * it is known again. A line of an export brings its id along.
 */
export function storeStatement(userId: string, lines: ImportLine[], since: string | null): SQL {
  // By a flag of its own: of "id is null" the planner believes that hardly any line is so, and then compares each with all.
  const rows = lines.map((one) => ({ ...one, hasId: one.id !== null }));
  return sql`
    with state as (
      select ${lastErasure(userId)} is not distinct from ${since}::uuid as is_current
    ), lines as materialized (
      select row_number() over () as number, coalesce(l.id::text, l.moment || l.hash) as key, l.*
      from state cross join jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as l(session text, id uuid, "hasId" boolean, role text, name text,
        agent text, partial boolean, content text, "createdAt" timestamptz, tokens int, moment text, hash text)
      where state.is_current
    ), ${sessionsOf(userId, lines)} distinct_lines as (
      select distinct on (session, key) * from lines order by session, key, number
    ), fresh as (
      select l.*, found.id as session_id, left(l.moment, 8) || '-' || right(l.moment, 4) as prefix
      from distinct_lines as l join found on found.name = l.session
      where not l."hasId" and not exists (
        select from messages as m
        where m.user_id = ${userId} and m.id >= (l.moment || '70008000' || repeat('0', 12))::uuid
          and m.id <= (l.moment || '7fff8fff' || repeat('f', 12))::uuid
          and substr(m.id::text, 23, 1) || substr(m.id::text, 25) = l.hash)
    ), last_places as (
      select f.session_id, f.moment, max(('x' || lpad(substr(m.id::text, 16, 3) || substr(m.id::text, 21, 2), 8, '0'))::bit(32)::int) as place
      from (select distinct session_id, moment from fresh) as f
      join messages as m on m.user_id = ${userId} and m.session_id = f.session_id and m.run_id is null
        and m.id >= (f.moment || '70008000' || repeat('0', 12))::uuid and m.id <= (f.moment || '7fff8fff' || repeat('f', 12))::uuid
      group by f.session_id, f.moment
    ), placed as (
      select f.*, lpad(to_hex(least(coalesce(last_places.place, -1)
          + row_number() over (partition by f.session_id, f.moment order by f.number), ${LAST_PLACE}::int)::int), 5, '0') as place
      from fresh as f left join last_places using (session_id, moment)
    ), named as (
      select number, (prefix || '-7' || left(place, 3) || '-8' || right(place, 2) || left(hash, 1) || '-' || substr(hash, 2))::uuid as id,
        session_id, role, name, agent, partial, content, tokens, "createdAt" from placed
      union all
      select l.number, l.id, found.id, l.role, l.name, l.agent, l.partial, l.content, l.tokens, l."createdAt"
      from distinct_lines as l join found on found.name = l.session where l."hasId"
    ), stored as (
      insert into messages (user_id, id, session_id, role, name, agent, partial, content, token_count, created_at)
      select ${userId}, id, session_id, role, name, agent, coalesce(partial, false), content, tokens, "createdAt"
      from named order by number
      on conflict do nothing
      returning 1
    )
    select (select count(*)::int from stored) as imported, is_current as "isCurrent" from state`;
}

/**
 * The sessions of the lines, as `found`: one that is known by its importer's name, one that was opened here and comes back from an
 * export, or a new one, which is the same one again where the export says which.
 */
function sessionsOf(userId: string, lines: ImportLine[]): SQL {
  const sessions = [...Map.groupBy(lines, ({ session }) => session)].map(([session, [first]]) => ({
    session,
    title: first?.isExported ? first.title : (first?.title ?? session),
    id: uuidv7({ msecs: Date.parse(first?.createdAt ?? '') }),
    given: first?.sessionId ?? null,
  }));
  return sql`
    wanted as (
      select n.session, n.title, own.id as own_id, case when taken.id is null then coalesce(n.given, n.id) else n.id end as id
      from jsonb_to_recordset(${JSON.stringify(sessions)}::jsonb) as n(session text, title text, id uuid, given uuid)
      left join chat_sessions as taken on taken.user_id = ${userId} and taken.id = n.given
      left join chat_sessions as own on own.user_id = ${userId} and own.id = n.given and own.imported_as is null
        and own.id::text = n.session
    ), opened as (
      insert into chat_sessions as s (user_id, id, title, imported_as, created_at, last_message_at)
      select ${userId}, n.id, n.title, n.session, min(l."createdAt"), max(l."createdAt")
      from wanted as n join lines as l on l.session = n.session where n.own_id is null group by n.id, n.title, n.session
      on conflict (user_id, imported_as) where imported_as is not null do update
        set created_at = least(s.created_at, excluded.created_at),
          -- What was asked here says which session is the latest one, not what comes from elsewhere.
          last_message_at = case when exists (select from runs as r where r.user_id = s.user_id and r.session_id = s.id)
            then s.last_message_at else greatest(s.last_message_at, excluded.last_message_at) end
      returning id, imported_as
    ), found as (
      select id, imported_as as name from opened union all select own_id, session from wanted where own_id is not null
    ),`;
}
