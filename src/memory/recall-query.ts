import type { SQL } from 'drizzle-orm';
import { sql } from '../db/drizzle.ts';
import { inContext } from './context.ts';
import type { RecallQuestion } from './recall-question.ts';
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
 * The recall of one question as one statement, every part of it under the user filter and exact: words and vectors are looked
 * up in all of the user's own messages, never in an approximate index. To a message's score by words, vectors and context comes
 * more for the time that the question names. Rows come best first, as `RecallRow`.
 */
export function recallQuery(question: RecallQuestion): SQL {
  const { userId, beforeId } = question;
  const isEarlier = (id: SQL) =>
    beforeId === null
      ? sql`true`
      : sql`(${id} < ${beforeId}::uuid and ${id} <> all ((select ids from waiting)::uuid[]))`;
  return sql`
with waiting as materialized (
  select array(select m.id from runs as r join messages as m on m.user_id = r.user_id and m.run_id = r.id
               where r.user_id = ${userId} and r.status = 'queued') as ids
),
${textLeg(question, isEarlier(sql`m.id`))},
${similarLeg(question, isEarlier)},
${inContext},
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
        order by recent_place is not null desc, best_score desc, id desc limit ${question.limit}::int) as h
  join messages as m on m.user_id = ${userId} and m.id = h.id
)
${question.tokenBudget === null ? bareHits : wholeExchanges(question, question.tokenBudget, isEarlier(sql`p.id`))}
select s.id, s.session_id as "sessionId", s.run_id as "runId", s.role, s.name, s.agent, s.content, s.partial,
  s.created_at as "createdAt", s.score, s.own, s.context, s.session, s.during, s.recent_place::int as "recentRank",
  s.text_score as "textScore", s.text_place::int as "textRank", s.similarity, s.similar_place::int as "similarRank",
  coalesce(s.is_during, false) as "isDuring", s.is_kept as "isKept", s.needed_tokens::int as "neededTokens",
  (select exists (select from documents as d where d.user_id = ${userId} and d.chunks > 0)) as "hasDocuments",
  ${question.explain ? matchedTerms : sql`null`} as matched
from shown as s
order by s.score desc, s.id desc`;
}

/** What words and vectors find, in its context; what vectors alone find is taken as it is. */
function foundBy({ userId, legs }: RecallQuestion): SQL {
  if (legs.includes('text')) return sql`select * from in_context`;
  const columns = (value: {
    similarity: SQL;
    place: SQL;
  }) => sql`null::float8 as text_score, null::bigint as text_place,
    ${value.similarity} as similarity, ${value.place} as similar_place, ${value.similarity} as own, 0::float8 as context,
    0::float8 as session, ${value.similarity} as score`;
  return legs.includes('similar')
    ? sql`select n.id, m.fingerprint, ${columns({ similarity: sql`n.similarity`, place: sql`n.place` })}
      from nearest as n join messages as m on m.user_id = ${userId} and m.id = n.id`
    : sql`select null::uuid as id, null::bigint as fingerprint,
      ${columns({ similarity: sql`null::float8`, place: sql`null::bigint` })} where false`;
}

function recentLeg(question: RecallQuestion, isEarlier: SQL): SQL {
  const inSession = question.sessionId ? sql`and m.session_id = ${question.sessionId}::uuid` : sql``;
  return sql`
  select m.id, m.fingerprint, row_number() over (order by m.id desc) as place
  from messages as m
  where ${question.legs.includes('recent')}::boolean and m.user_id = ${question.userId} and ${isEarlier} ${inSession}
  order by m.id desc limit ${question.recentLimit}::int`;
}

/** What of the time that the question names would not be found by its words: the newest of it. */
function duringLeg(question: RecallQuestion, isEarlier: SQL): SQL {
  if (question.ranges.length === 0)
    return sql`select null::uuid as id, null::bigint as fingerprint where false`;
  return sql`
  select m.id, m.fingerprint from messages as m
  where m.user_id = ${question.userId} and ${isEarlier} and ${isInRanges(question, sql`m.id`)}
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
  const conditions = ranges.map(({ from, to }) => {
    const begun = from ? sql`${id} >= ${firstIdOf(from)}::uuid` : sql`true`;
    return to ? sql`(${begun} and ${id} < ${firstIdOf(to)}::uuid)` : sql`(${begun})`;
  });
  return sql`(${sql.join(conditions, sql` or `)})`;
}

/** The smallest UUIDv7 of a moment: https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-7 */
function firstIdOf(time: Date): string {
  const milliseconds = Math.max(0, time.getTime()).toString(16).padStart(12, '0');
  return `${milliseconds.slice(0, 8)}-${milliseconds.slice(8)}-0000-0000-000000000000`;
}

const bareHits = sql`, shown as (select *, true as is_kept, 0 as needed_tokens from hits)`;

/**
 * Completes each hit by words to the exchange that it is part of (a turn's messages, or, where they came from elsewhere, a user's
 * message and the assistant's after it), then keeps the best exchanges whole, as far as the budget goes.
 */
function wholeExchanges({ userId, legs }: RecallQuestion, tokenBudget: number, isEarlier: SQL): SQL {
  const hasPartners = legs.includes('text') ? sql`true` : sql`false`;
  const beside = (side: SQL, order: SQL) => sql`
      (select p.* from messages as p
       where h.run_id is null and p.user_id = ${userId} and p.session_id = h.session_id and p.id ${side} h.id and ${isEarlier}
       order by p.id ${order} limit 1)`;
  return sql`,
answered as (
  select h.id, p.id as partner_id
  from hits as h cross join lateral (
    select p.id from messages as p
    where h.run_id is not null and p.user_id = ${userId} and p.run_id = h.run_id and p.id <> h.id and ${isEarlier}
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
  join messages as p on p.user_id = ${userId} and p.id = a.partner_id
),
exchanges as (
  select exchange, sum(tokens) over (order by is_recent desc, score desc, exchange desc rows unbounded preceding) as tokens
  from (select exchange, bool_or(recent_place is not null) as is_recent, max(score) as score,
          sum(least(token_count, ${MESSAGE_TOKENS}::int)) as tokens
        from members group by exchange) as whole
),
shown as (
  select members.*, exchanges.tokens <= ${tokenBudget}::int as is_kept, exchanges.tokens as needed_tokens from members join exchanges using (exchange)
)`;
}

/** Which words of the question a hit has, how often, and what one occurrence weighs. */
const matchedTerms = sql`(
  select jsonb_agg(jsonb_build_object('term', o.lexeme, 'language', o.language, 'frequency', o.frequency, 'weight', w.weight)
                   order by w.weight desc, o.lexeme, o.language)
  from occurrences as o join weights as w using (language, lexeme) where o.id = s.id)`;
