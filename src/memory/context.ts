import type { SQL } from 'drizzle-orm';
import { sql } from '../db/drizzle.ts';
import { messageOf } from './message-of.ts';
import type { RecallQuestion } from './recall-question.ts';
import { given, wholeNumber } from './recall-values.ts';

/** What a message gets of the scores of those one and two places beside it in its session, and of its session's best one. */
const BESIDE_SHARE = 0.3;
const SECOND_SHARE = 0.15;
const SESSION_SHARE = 0.2;

/**
 * So many messages, the best by themselves, are found, and say something for those beside them; what is worth less does neither. More of
 * them where letters are compared, of which many messages have some.
 */
const SPEAKING = { neural: 100, lexical: 200 } as const;
/** So many copies of a message are among them, so that something said over and over leaves room for others. */
const COPIES = 10;

/**
 * The parts of the recall statement that put the legs together: a message's own score is `(1 - share) * words / best words +
 * share * nearness` (a convex combination of normalised scores: Bruch, Gai, Ingber, 2022, https://arxiv.org/abs/2210.11934); to
 * it comes what is said beside it and in its session. Gives `in_context` (id, fingerprint, what the legs say of it, own, context, session,
 * score) of the best by themselves and of those beside them. What each costs is bounded, however many messages have one of the
 * words: lookups by a key, which `limit` and `lateral` have the planner do one by one, whatever it expects of a user.
 */
export function inContext({ vector }: RecallQuestion, isEarlier: SQL): SQL {
  return sql`
near_by as (
  select n.*, m.session_id, m.fingerprint
  from nearest as n cross join lateral ${messageOf(sql`n.id`)} as m
),
own as (
  select id, coalesce(w.session_id, n.session_id) as session_id, coalesce(w.fingerprint, n.fingerprint) as fingerprint,
    w.score as text_score, w.place as text_place, n.similarity, n.place as similar_place,
    (1 - (select value from share)) * coalesce(w.score / (select max(score) from by_words), 0)
      + (select value from share) * coalesce(n.nearness, 0) as score
  from by_words as w full join near_by as n using (id)
),
placed as materialized (
  select *, ${SESSION_SHARE}::float8 * max(score) over (partition by session_id) as session
  from (select * from (select *, row_number() over (partition by fingerprint order by score desc, id desc) as copy from own) as numbered
        where copy <= ${COPIES}::int order by score desc, id desc limit ${wholeNumber(SPEAKING[vector?.kind ?? 'lexical'])}) as best
),
-- Each score at its own message and at those beside it in its session.
spread as (
  select id, fingerprint, session, score as own, 0 as context, text_score, text_place, similarity, similar_place from placed
  union all
  select m.id, m.fingerprint, p.session, 0, p.score * (array[${BESIDE_SHARE}, ${SECOND_SHARE}]::float8[])[m.distance], null, null, null, null
  from placed as p cross join lateral (
    select * from (${besideOf(sql`>`, sql`asc`)}) as after where ${isEarlier}
    union all
    select * from (${besideOf(sql`<`, sql`desc`)}) as before where ${isEarlier}) as m
),
in_context as materialized (
  select *, own + context + session as score
  from (select id, fingerprint, max(text_score) as text_score, max(text_place) as text_place, max(similarity) as similarity,
          max(similar_place) as similar_place, sum(own) as own, sum(context) as context, max(session) as session
        from spread group by id, fingerprint) as beside
  where own + context > 0 or similarity is not null
)`;
}

/** The two messages before or after a row `p` in its session: id, fingerprint, distance (1 or 2). */
function besideOf(side: SQL, order: SQL): SQL {
  return sql`
      select m.id, m.fingerprint, row_number() over (order by m.id ${order}) as distance
      from messages as m where m.user_id = ${given.userId} and m.session_id = p.session_id and m.id ${side} p.id
      order by m.id ${order} limit 2`;
}
