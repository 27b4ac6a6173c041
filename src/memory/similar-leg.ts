import type { SQL } from 'drizzle-orm';
import { EMBEDDING_DIMENSIONS, LEXICAL_DIMENSIONS } from '../config.ts';
import { sql } from '../db/drizzle.ts';
import type { RecallQuestion } from './recall-question.ts';
import { given, wholeNumber } from './recall-values.ts';
import { inverseFrequency } from './text-leg.ts';

/** How many of the nearest messages take part in a fusion; those that are equally near, as copies are, count as one. */
const FUSED_NEURAL = 50;
const FUSED_LEXICAL = 200;
/** Up to so many messages are all compared; of more, this many whose vectors point roughly where the question's does. */
const ALL_COMPARED = 1_000;
const CANDIDATES = 250;
/** What the nearness of a neural embedder counts beside the words. */
const NEURAL_SHARE = 0.5;
/** Few shared letters mean little: a lexical similarity counts by its cube. */
const LEXICAL_POWER = 3;

/**
 * The parts of the recall statement that compare vectors: `share` (what nearness counts for beside words, from 0 to 1) and `nearest`
 * (id, similarity, nearness from 0 to 1, place). A lexical embedder sees what words see, so it counts only as far as the question has
 * words that the user's messages do not: misspelt ones; its vectors are all compared. Of neural vectors the candidates are compared.
 */
export function similarLeg(question: RecallQuestion, isEarlier: (id: SQL) => SQL): SQL {
  const { vector, legs } = question;
  if (!legs.includes('similar') || !vector) {
    return sql`
share as (select 0::float8 as value),
nearest as (select null::uuid as id, null::float8 as similarity, null::float8 as nearness, null::bigint as place where false)`;
  }
  const isLexical = vector.kind === 'lexical';
  const fused = isLexical ? FUSED_LEXICAL : FUSED_NEURAL;
  const steps = wholeNumber(legs.length === 1 ? question.limit : Math.max(fused, question.limit));
  return sql`
share as materialized (${shareOf(question)}),
${isLexical ? comparedFeatures(isEarlier) : comparedVectors(isEarlier)},
nearest as materialized (
  select id, 1 - distance as similarity, row_number() over (order by distance, id desc) as place,
    ${isLexical ? lexicalNearness : neuralNearness} as nearness
  from (select id, distance, dense_rank() over (order by distance) as step
        from compared where distance < ${isLexical ? 1 : 2}::float8) as stepwise
  where step <= ${steps}
)`;
}

/**
 * `compared` (id, distance), neural: the cosine distance of all messages or, where there are many, of those whose vectors differ in the
 * fewest signs from the question's. The nearest ones are among them (bench/recall/growth.ts compares with an exact scan), unless there
 * are more copies of what is nearer than there are candidates.
 */
function comparedVectors(isEarlier: (id: SQL) => SQL): SQL {
  const isLarge = sql`(select messages from totals) > ${ALL_COMPARED}::int`;
  return sql`
question_vector as materialized (
  select value, binary_quantize(value)::bit(${wholeNumber(EMBEDDING_DIMENSIONS)}) as bits
  from (select ${given.vector} as value) as given
),
-- "Lateral" keeps parallel workers out: to start them takes longer than the scan. Later messages are few, and left out after it.
candidates as (
  select nearby.id
  from question_vector as q cross join lateral (
    select v.message_id as id from message_vectors as v
    where ${isLarge} and v.user_id = ${given.userId} and v.model = ${given.model} and v.vector is not null
    order by v.bits <~> q.bits limit ${CANDIDATES}::int) as nearby
),
compared as (
  (select v.message_id as id, v.vector <=> (select value from question_vector) as distance
   from message_vectors as v
   where not ${isLarge} and v.user_id = ${given.userId} and v.model = ${given.model} and ${isEarlier(sql`v.message_id`)}
   -- So that no distance is computed twice.
   offset 0)
  union all
  select c.id, found.distance
  from candidates as c cross join lateral (
    select v.vector <=> (select value from question_vector) as distance
    from message_vectors as v where v.user_id = ${given.userId} and v.message_id = c.id and v.model = ${given.model} limit 1) as found
  where ${isEarlier(sql`c.id`)}
)`;
}

/** `compared`, lexical. Of vectors of length 1: the cosine distance, for the price of an inner product. */
function comparedFeatures(isEarlier: (id: SQL) => SQL): SQL {
  return sql`
question_vector as materialized (${weighedWords}),
compared as (
  select v.message_id as id, 1 + (v.features <#> (select value from question_vector)) as distance
  from message_vectors as v
  where (select value from share) > 0 and v.user_id = ${given.userId} and v.model = ${given.model} and ${isEarlier(sql`v.message_id`)}
  -- So that no distance is computed twice.
  offset 0
)`;
}

/** Between the nearest and the farthest that take part; how far apart neural vectors lie differs from model to model. */
const neuralNearness = sql`coalesce(
      (max(distance) over () - distance) / nullif(max(distance) over () - min(distance) over (), 0), 1)`;

/** Without anything in common the similarity is 0, whatever the question. */
const lexicalNearness = sql`power((1 - distance) / (1 - min(distance) over ()), ${LEXICAL_POWER}::float8)`;

function shareOf({ vector, legs }: RecallQuestion): SQL {
  if (legs.length === 1) return sql`select 1::float8 as value`;
  if (vector?.kind === 'neural') return sql`select ${NEURAL_SHARE}::float8 as value`;
  return sql`
  select coalesce(avg(case when is_known then 0 else 1 end), 0)::float8 as value
  from (select bool_or(w.lexeme is not null) as is_known
        from terms as t left join weights as w using (language, lexeme) group by t.word) as words`;
}

/** The question's vector, of length 1, from those of its words, rarer ones weighing more; of stop words alone, all as one. */
const weighedWords = sql`
  select ('{' || string_agg(axis || ':' || value / length, ',') || '}/' || ${LEXICAL_DIMENSIONS}::int)::sparsevec as value
  from (select feature.axis, sum(feature.value * weighed.weight) as value,
          sqrt(sum(sum(feature.value * weighed.weight) ^ 2) over ()) as length
        from (select t.axes, t.values, ${inverseFrequency(sql`coalesce(found.messages, 0)`)} as weight
              from telling as t cross join totals left join (
                select t.word, max(w.messages) as messages
                from terms as t join weights as w using (language, lexeme) group by t.word) as found using (word)
              union all
              select axes, values, 1 from asked where not exists (select from telling)) as weighed
          cross join lateral unnest(weighed.axes, weighed.values) as feature(axis, value)
        group by feature.axis) as summed`;
