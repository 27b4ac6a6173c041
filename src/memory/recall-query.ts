import type { SQL } from 'drizzle-orm';
import { sql } from '../db/drizzle.ts';
import { inContext } from './context.ts';
import { messageOf } from './message-of.ts';
import type { RecallQuestion } from './recall-question.ts';
import { given, wholeNumber } from './recall-values.ts';
import { similarLeg } from './similar-leg.ts';
import { textLeg } from './text-leg.ts';

/** How many messages of a time that the question names are found by it alone: the newest. */
const TIME_CANDIDATES = 20;
/** What a message gains by being from the time that the question names: a part of its score, and a little without any. */
const TIME_FACTOR = 0.5;
const TIME_BONUS = 0.05;
/** No single message takes more of the budget; what is longer is shown cut. */
export const MESSAGE_TOKENS = 400;

/**
 * The recall of one question as one statement, every part of it under the user filter: words and vectors are looked up in all of the
 * user's own messages, never in an index that others' rows are in the way of. To a message's score by words, vectors and context comes
 * more for the time that the question names. Rows come best first, as `RecallRow`. The question's values are placeholders
 * (`recall-values.ts`), so that questions of one shape share a plan: whatever a user has, lookups are one by one and bounded.
 */
export function recallQuery(question: RecallQuestion): SQL {
  const isEarlier = (id: SQL) =>
    question.beforeId === null
      ? sql`true`
      : sql`(${id} < ${given.beforeId} and ${id} <> all ((select ids from waiting)::uuid[]))`;
  return sql`
with waiting as materialized (
  select array(select m.id from runs as r cross join lateral (
                 select m.id from messages as m where m.user_id = ${given.userId} and m.run_id = r.id offset 0) as m
               where r.user_id = ${given.userId} and r.status = 'queued') as ids
),
${textLeg(isEarlier(sql`m.id`))},
${similarLeg(question, isEarlier)},
${inContext(question, isEarlier(sql`id`))},
recent as materialized (${recentLeg(question, isEarlier(sql`m.id`))}),
during as materialized (${duringLeg(question, isEarlier(sql`m.id`))}),
scored as (
  select *, relevance + during as score
  from (select *, case when is_during then relevance * ${TIME_FACTOR}::float8 + ${TIME_BONUS}::float8 else 0 end as during
        from (select id, coalesce(f.fingerprint, r.fingerprint, d.fingerprint) as fingerprint, f.text_score, f.text_place,
                f.similarity, f.similar_place, f.own, f.context, f.session, coalesce(f.score, 0) as relevance,
                r.place as recent_place, ${isDuring(question)} as is_during
              from (${foundBy(question)}) as f full join recent as r using (id) full join during as d using (id)) as found) as timed
),
folded as (
  select *, case when recent_place is null then max(score) over copies else score end as best_score,
    row_number() over (copies order by recent_place is not null desc, id desc) as copy
  from scored window copies as (partition by fingerprint)
),
hits as materialized (
  select m.id, m.session_id, m.run_id, m.role, m.name, m.agent, m.content, m.partial, m.token_count, m.created_at,
    h.text_score, h.text_place, h.similarity, h.similar_place, h.own, h.context, h.session, h.during, h.recent_place, h.is_during,
    h.best_score as score
  from (select * from folded where copy = 1 or recent_place is not null
        order by recent_place is not null desc, best_score desc, id desc limit ${wholeNumber(question.limit)}) as h
  cross join lateral ${messageOf(sql`h.id`)} as m
)
${question.tokenBudget === null ? bareHits : wholeExchanges(question, isEarlier(sql`p.id`))}
select s.id, s.session_id as "sessionId", s.run_id as "runId", s.role, s.name, s.agent, s.content, s.partial,
  s.created_at as "createdAt", s.score, s.own, s.context, s.session, s.during, s.recent_place::int as "recentRank",
  s.text_score as "textScore", s.text_place::int as "textRank", s.similarity, s.similar_place::int as "similarRank",
  coalesce(s.is_during, false) as "isDuring", s.is_kept as "isKept", s.needed_tokens::int as "neededTokens",
  (select exists (select from documents as d where d.user_id = ${given.userId} and d.chunks > 0)) as "hasDocuments",
  pg_relation_size('messages')::float8 as "storedBytes",
  ${question.explain ? matchedTerms : sql`null`} as matched
from shown as s
order by s.score desc, s.id desc`;
}

/** What words and vectors find, in its context; what vectors alone find is taken as it is. */
function foundBy({ legs }: RecallQuestion): SQL {
  if (legs.includes('text')) return sql`select * from in_context`;
  const columns = (value: {
    similarity: SQL;
    place: SQL;
  }) => sql`null::float8 as text_score, null::bigint as text_place,
    ${value.similarity} as similarity, ${value.place} as similar_place, ${value.similarity} as own, 0::float8 as context,
    0::float8 as session, ${value.similarity} as score`;
  return legs.includes('similar')
    ? sql`select n.id, m.fingerprint, ${columns({ similarity: sql`n.similarity`, place: sql`n.place` })}
      from nearest as n cross join lateral ${messageOf(sql`n.id`)} as m`
    : sql`select null::uuid as id, null::bigint as fingerprint,
      ${columns({ similarity: sql`null::float8`, place: sql`null::bigint` })} where false`;
}

function recentLeg(question: RecallQuestion, isEarlier: SQL): SQL {
  const inSession = question.sessionId ? sql`and m.session_id = ${given.sessionId}` : sql``;
  const limit = wholeNumber(question.legs.includes('recent') ? question.recentLimit : 0);
  // Of these only the ids are read, which an index has in their order.
  return sql`
  select last.id, m.fingerprint, last.place
  from (select m.id, row_number() over (order by m.id desc) as place
        from messages as m where m.user_id = ${given.userId} and ${isEarlier} ${inSession}
        order by m.id desc limit ${limit}) as last
  cross join lateral ${messageOf(sql`last.id`)} as m`;
}

/** What of the time that the question names would not be found by its words: the newest of it. */
function duringLeg(question: RecallQuestion, isEarlier: SQL): SQL {
  if (question.ranges.length === 0)
    return sql`select null::uuid as id, null::bigint as fingerprint where false`;
  return sql`
  select m.id, m.fingerprint from messages as m
  where m.user_id = ${given.userId} and ${isEarlier} and ${isInRanges(question, sql`m.id`)}
  order by m.id desc limit ${TIME_CANDIDATES}::int`;
}

function isDuring(question: RecallQuestion): SQL {
  const inRanges = question.ranges.length === 0 ? sql`false` : isInRanges(question, sql`id`);
  if (!question.event) return inRanges;
  const side = question.event.relation === 'before' ? sql`<` : sql`>`;
  return sql`(${inRanges} or coalesce(id ${side} (${eventMessage}), false))`;
}

/** The message that says most of the event: "the trip". */
const eventMessage = sql`
  select o.id from occurrences as o join weights as w using (language, lexeme)
  where exists (select from terms as t where t.of_event and t.language = o.language and t.lexeme = o.lexeme)
  group by o.id order by sum(w.weight) desc, o.id limit 1`;

/** Ids are UUIDv7, so a time is a range of ids. */
function isInRanges({ ranges }: RecallQuestion, id: SQL): SQL {
  const conditions = ranges.map(({ from, to }, place) => {
    const begun = from ? sql`${id} >= ${given.from(place)}` : sql`true`;
    return to ? sql`(${begun} and ${id} < ${given.to(place)})` : sql`(${begun})`;
  });
  return sql`(${sql.join(conditions, sql` or `)})`;
}

const bareHits = sql`, shown as (select *, true as is_kept, 0 as needed_tokens from hits)`;

/**
 * Completes each hit by words to the exchange that it is part of (a turn's messages, or, where they came from elsewhere, a user's
 * message and the assistant's after it), then keeps the best exchanges whole, as far as the budget goes.
 */
function wholeExchanges({ legs }: RecallQuestion, isEarlier: SQL): SQL {
  const hasPartners = legs.includes('text') ? sql`true` : sql`false`;
  const beside = (side: SQL, order: SQL) => sql`
      (select p.* from messages as p
       where h.run_id is null and p.user_id = ${given.userId} and p.session_id = h.session_id and p.id ${side} h.id and ${isEarlier}
       order by p.id ${order} limit 1)`;
  return sql`,
answered as (
  select h.id, p.id as partner_id
  from hits as h cross join lateral (
    select p.id from messages as p
    where h.run_id is not null and p.user_id = ${given.userId} and p.run_id = h.run_id and p.id <> h.id and ${isEarlier}
    union all select next.id from ${beside(sql`>`, sql`asc`)} as next
    where h.role = 'user' and next.role = 'assistant' and next.run_id is null
    union all select previous.id from ${beside(sql`<`, sql`desc`)} as previous
    where h.role = 'assistant' and previous.role = 'user' and previous.run_id is null
  ) as p where ${hasPartners}
),
members as (
  select h.*, case when ${hasPartners} then coalesce(h.run_id, least(h.id, a.partner_id)) else h.id end as exchange
  from hits as h left join lateral (select min(partner_id::text)::uuid as partner_id from answered where answered.id = h.id) as a on true
  union all
  select p.id, p.session_id, p.run_id, p.role, p.name, p.agent, p.content, p.partial, p.token_count, p.created_at,
    null, null, null, null, null, null, null, null, null, false, a.score, coalesce(p.run_id, least(p.id, a.id))
  from (select partner_id, min(hits.id::text)::uuid as id, max(score) as score
        from answered join hits using (id)
        where not exists (select from hits as h where h.id = partner_id)
        group by partner_id) as a
  cross join lateral ${messageOf(sql`a.partner_id`)} as p
),
exchanges as (
  select exchange, sum(tokens) over (order by is_recent desc, score desc, exchange desc rows unbounded preceding) as tokens
  from (select exchange, bool_or(recent_place is not null) as is_recent, max(score) as score,
          sum(least(token_count, ${MESSAGE_TOKENS}::int)) as tokens
        from members group by exchange) as whole
),
shown as (
  select members.*, exchanges.tokens <= ${given.tokenBudget} as is_kept, exchanges.tokens as needed_tokens from members join exchanges using (exchange)
)`;
}

/** Which words of the question a hit has, how often, and what one occurrence weighs. */
const matchedTerms = sql`(
  select jsonb_agg(jsonb_build_object('term', o.lexeme, 'language', o.language, 'frequency', o.frequency, 'weight', w.weight)
                   order by w.weight desc, o.lexeme, o.language)
  from occurrences as o join weights as w using (language, lexeme) where o.id = s.id)`;
