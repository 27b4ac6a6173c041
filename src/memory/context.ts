import { sql } from '../db/drizzle.ts';

/** What a message gets of the scores of those one and two places beside it in its session, and of its session's best one. */
const BESIDE_SHARE = 0.3;
const SECOND_SHARE = 0.15;
const SESSION_SHARE = 0.2;

/**
 * The parts of the recall statement that put the legs together: a message's own score is `(1 - share) * words / best words +
 * share * nearness` (a convex combination of normalised scores: Bruch, Gai, Ingber, 2022, https://arxiv.org/abs/2210.11934); to
 * it comes what is said beside it and in its session. Gives `in_context` (id, fingerprint, what the legs say of it, own, context, session,
 * score); a message that has nothing itself and nothing beside it is left out, but never the farthest of those that are near.
 *
 * Its joins are full ones although nothing is left over on either side, because those are never nested loops: of a user whose
 * messages are newer than the table's statistics the planner expects one row.
 */
export const inContext = sql`
own as materialized (
  select id, w.score as text_score, w.place as text_place, n.similarity, n.place as similar_place,
    (1 - (select value from share)) * coalesce(w.score / (select max(score) from by_words), 0)
      + (select value from share) * coalesce(n.nearness, 0) as score
  from by_words as w full join nearest as n using (id)
),
placed as materialized (
  select own.*, c.place, c.session_id from corpus as c full join own using (id) where coalesce(own.score, -1) >= 0
),
-- Each score at its own place and at those beside it; what falls into another session finds no message there.
spread as (
  select p.place + d.distance as place, p.session_id, sum(p.score) filter (where d.distance = 0) as own,
    sum(p.score * d.share) filter (where d.distance <> 0) as context, max(p.text_score) filter (where d.distance = 0) as text_score,
    max(p.text_place) filter (where d.distance = 0) as text_place, max(p.similarity) filter (where d.distance = 0) as similarity,
    max(p.similar_place) filter (where d.distance = 0) as similar_place
  from placed as p cross join (values (-2, ${SECOND_SHARE}::float8), (-1, ${BESIDE_SHARE}::float8), (0, 0),
    (1, ${BESIDE_SHARE}::float8), (2, ${SECOND_SHARE}::float8)) as d(distance, share)
  group by p.place + d.distance, p.session_id
),
best_of_session as (select session_id, ${SESSION_SHARE}::float8 * max(score) as session from placed group by session_id),
in_context as materialized (
  select *, own + context + session as score
  from (select c.id, c.fingerprint, s.text_score, s.text_place, s.similarity, s.similar_place, coalesce(s.own, 0) as own,
          coalesce(s.context, 0) as context, coalesce(b.session, 0) as session
        from corpus as c full join spread as s on s.place = c.place and s.session_id = c.session_id
          full join best_of_session as b on b.session_id = c.session_id
        where coalesce(c.place, 0) > 0 and coalesce(s.place, 0) > 0) as beside
  where own + context > 0 or similarity is not null
)`;
