import type { SQL } from 'drizzle-orm';
import { sql } from '../db/drizzle.ts';
import type { MemoryMode, RecallLeg } from '../db/schema.ts';

/** Reciprocal rank fusion's constant (Cormack, Clarke, Büttcher, SIGIR 2009). */
const FUSION_CONSTANT = 60;
/** How many candidates the vector and the text leg each bring to the fusion. */
const CANDIDATES = 20;
/** How many of the best hits bring the messages beside them, and what a neighbour gets of its hit's score. */
const HITS_WITH_NEIGHBOURS = 5;
const NEIGHBOUR_SHARE = 0.3;
/** No single message takes more of the budget; what is longer is shown cut. */
export const MESSAGE_TOKENS = 400;

/** What the one recall statement is asked. */
export interface RecallQuestion {
  userId: string;
  /** The session whose last messages count as recent; null for the user's last messages anywhere. */
  sessionId: string | null;
  /** The question itself: only what was said before it is recalled, and no question that is to be answered after it. */
  beforeId: string | null;
  text: string;
  /** The question's vector and the model that made it; null leaves the vector leg out. */
  vector: { values: number[]; model: string } | null;
  legs: Exclude<RecallLeg, 'neighbour'>[];
  neighbours: boolean;
  recentLimit: number;
  /** The most messages that come back, and the most tokens they may have together. */
  limit: number;
  tokenBudget: number;
}

/** The legs that a mode asks for, before anything degrades. */
export const LEGS_OF_MODE = {
  recent: ['recent'],
  similar: ['similar'],
  hybrid: ['recent', 'similar', 'text'],
} as const satisfies Record<MemoryMode, readonly RecallLeg[]>;

/**
 * The recall of one question as one statement, every part of it under the user filter and exact: the nearest vectors are
 * found by a scan of the user's own messages, never by an approximate index. Rows come best first:
 * `id, session_id, run_id, role, agent, content, partial, created_at, via, score`.
 */
export function recallQuery(question: RecallQuestion): SQL {
  const { userId, beforeId } = question;
  const mine = sql`m.user_id = ${userId} and ${isEarlier(sql`m`, beforeId)}`;
  return sql`
with terms as (${termsOf(question.text)}),
waiting as (select array(select id from runs where user_id = ${userId} and status = 'queued') as runs),
recent as (${recentLeg(question, mine)}),
nearest as (${similarLeg(question, mine)}),
matching as (${textLeg(question, mine)}),
hits as (
  select id, sum(1.0::float8 / (${FUSION_CONSTANT}::int + place)) as score, array_agg(leg) as legs,
    bool_or(leg = 'recent') as is_recent
  from (select id, place, 'recent' as leg from recent
        union all select id, place, 'similar' from nearest
        union all select id, place, 'text' from matching) as candidates
  group by id
),
beside as (${neighbourLeg(question)}),
scored as (
  select id, sum(score) as score, array_agg(distinct leg) as via, bool_or(is_recent) as is_recent
  from (select id, score / cardinality(legs) as score, unnest(legs) as leg, is_recent from hits
        union all select id, score, 'neighbour', false from beside) as parts
  group by id
),
folded as (
  select m.id, m.session_id, m.run_id, m.role, m.agent, m.content, m.partial, m.token_count, m.created_at, s.via, s.score, s.is_recent,
    row_number() over (partition by m.role, md5(m.content) order by s.is_recent desc, m.id desc) as copy
  from scored as s join messages as m on m.user_id = ${userId} and m.id = s.id
),
budgeted as (
  select *, sum(least(token_count, ${MESSAGE_TOKENS}::int)) over best as tokens, row_number() over best as place
  from folded where copy = 1 or is_recent
  window best as (order by is_recent desc, score desc, id desc rows unbounded preceding)
)
select id, session_id as "sessionId", run_id as "runId", role, agent, content, partial, created_at as "createdAt", via, score
from budgeted
where tokens <= ${question.tokenBudget}::int and place <= ${question.limit}::int
order by score desc, id desc`;
}

/**
 * The OR of the question's lexemes. Of the two readings, the one that drops more stop words is in the question's language;
 * where both drop as many, both are used.
 */
function termsOf(text: string): SQL {
  return sql`
  select string_agg('''' || replace(replace(lexeme, '\\', '\\\\'), '''', '''''') || '''', ' | ')::tsquery as query
  from (select case when length(english) < length(spanish) then english
                    when length(spanish) < length(english) then spanish
                    else english || spanish end as lexemes
        from (select to_tsvector('tertulia_english', ${text}::text) as english,
                     to_tsvector('tertulia_spanish', ${text}::text) as spanish) as readings) as reading,
    unnest(lexemes)`;
}

/** Whether a message was there before the question, and does not itself wait to be answered after it. */
function isEarlier(message: SQL, beforeId: string | null): SQL {
  if (beforeId === null) return sql`true`;
  return sql`(${message}.id < ${beforeId}::uuid and not coalesce(${message}.run_id = any((select runs from waiting)::uuid[]), false))`;
}

const nothing = sql`select null::uuid as id, null::bigint as place where false`;

function recentLeg(question: RecallQuestion, mine: SQL): SQL {
  if (!question.legs.includes('recent')) return nothing;
  const inSession = question.sessionId ? sql`and m.session_id = ${question.sessionId}::uuid` : sql``;
  return sql`
  select m.id, row_number() over (order by m.id desc) as place
  from messages as m where ${mine} ${inSession}
  order by m.id desc limit ${question.recentLimit}::int`;
}

function similarLeg(question: RecallQuestion, mine: SQL): SQL {
  if (!question.legs.includes('similar') || !question.vector) return nothing;
  const distance = sql`m.embedding <=> ${JSON.stringify(question.vector.values)}::halfvec`;
  return sql`
  select id, row_number() over (order by distance, id desc) as place
  from (select m.id, ${distance} as distance
        from messages as m where ${mine} and m.embedding_model = ${question.vector.model} and m.embedding is not null
        order by distance, m.id desc limit ${legLimit(question)}::int) as closest`;
}

function textLeg(question: RecallQuestion, mine: SQL): SQL {
  if (!question.legs.includes('text')) return nothing;
  return sql`
  select id, row_number() over (order by rank desc, id desc) as place
  from (select m.id, ts_rank(m.search, terms.query) as rank
        from messages as m, terms where ${mine} and m.search @@ terms.query
        order by rank desc, m.id desc limit ${legLimit(question)}::int) as best`;
}

function legLimit(question: RecallQuestion): number {
  return question.legs.length === 1 ? question.limit : Math.max(CANDIDATES, question.limit);
}

function neighbourLeg(question: RecallQuestion): SQL {
  if (!question.neighbours) return sql`select null::uuid as id, null::float8 as score where false`;
  const { userId, beforeId } = question;
  const side = (direction: SQL, order: SQL) => sql`
    (select n.id from messages as n
     where n.user_id = ${userId} and n.session_id = m.session_id and n.id ${direction} m.id
       and ${isEarlier(sql`n`, beforeId)}
     order by n.id ${order} limit 1)`;
  return sql`
  select n.id, ${NEIGHBOUR_SHARE}::float8 * best.score as score
  from (select id, score from hits where legs && array['similar', 'text']
        order by score desc, id desc limit ${HITS_WITH_NEIGHBOURS}::int) as best
  join messages as m on m.user_id = ${userId} and m.id = best.id
  cross join lateral (${side(sql`<`, sql`desc`)} union all ${side(sql`>`, sql`asc`)}) as n`;
}
