import type { SQL } from 'drizzle-orm';
import { LEXICAL_DIMENSIONS } from '../config.ts';
import { sql } from '../db/drizzle.ts';
import type { RecallQuestion } from './recall-question.ts';
import { inverseFrequency } from './text-leg.ts';

/** How many of the nearest messages take part in a fusion; those that are equally near, as copies are, count as one. */
const FUSED_NEURAL = 50;
const FUSED_LEXICAL = 200;
/** What the nearness of a neural embedder counts beside the words. */
const NEURAL_SHARE = 0.5;
/** Few shared letters mean little: a lexical similarity counts by its cube. */
const LEXICAL_POWER = 3;

/**
 * The parts of the recall statement that compare vectors, by an exact scan of the user's own: `share` (what nearness counts for
 * beside words, from 0 to 1) and `nearest` (id, similarity, nearness from 0 to 1, place). A lexical embedder sees what words
 * see, so it counts only as far as the question has words that the user's messages do not: misspelt ones.
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
  const steps = legs.length === 1 ? question.limit : Math.max(fused, question.limit);
  return sql`
share as materialized (${shareOf(question)}),
question_vector as materialized (
  ${isLexical ? weighedWords : sql`select ${JSON.stringify(vector.values)}::halfvec as value`}
),
nearest as materialized (
  select id, 1 - distance as similarity, row_number() over (order by distance, id desc) as place,
    ${isLexical ? lexicalNearness : neuralNearness} as nearness
  from (select id, distance, dense_rank() over (order by distance) as step
        from (select v.message_id as id, ${isLexical ? lexicalDistance : neuralDistance} as distance
              from message_vectors as v
              where (select value from share) > 0 and v.user_id = ${question.userId} and v.model = ${vector.model}
                and ${isEarlier(sql`v.message_id`)}
              -- So that no distance is computed twice.
              offset 0) as compared
        where distance < ${isLexical ? 1 : 2}::float8) as stepwise
  where step <= ${steps}::int
)`;
}

const neuralDistance = sql`v.vector <=> (select value from question_vector)`;
/** Of vectors of length 1: the cosine distance, for the price of an inner product. */
const lexicalDistance = sql`1 + (v.features <#> (select value from question_vector))`;

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
