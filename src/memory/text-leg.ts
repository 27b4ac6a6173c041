import type { SQL } from 'drizzle-orm';
import { sql } from '../db/drizzle.ts';
import { isSampled, SAMPLED_OF } from '../db/memory-schema.ts';
import { given } from './recall-values.ts';

/** BM25 (Robertson, Zaragoza: The Probabilistic Relevance Framework, 2009), with the parameters that fit short messages. */
const SATURATION = 0.9;
const LENGTH_SHARE = 0.4;
/** A word that a message has more often counts as this often. */
const MOST_OCCURRENCES = 64;

/** Messages are counted one in so many where there are more in the sample than this; else all. */
const LEAST_SAMPLE = 256;

/**
 * `ts_rank` of a single lexeme under weights of 1 is the sum of 1/j² over its occurrences j, divided by π²/6 (`calc_rank_or` in
 * https://github.com/postgres/postgres/blob/master/src/backend/utils/adt/tsrank.c). These bounds, between one sum and the next,
 * turn it back into the number of occurrences.
 */
const OCCURRENCE_BOUNDS = (() => {
  let sum = 0;
  return Array.from({ length: MOST_OCCURRENCES }, (_, index) => {
    const next = 1 / (index + 1) ** 2;
    sum += next;
    return (sum - next / 2) / 1.64493406685;
  });
})();

/** The question's words, given as JSON of `QuestionWord`s, as CTEs: `asked`, and `telling`, those that are no stop words. */
export function askedWords(words: SQL): SQL {
  return sql`
asked as materialized (
  select word, axes, values, "ofEvent" as of_event,
    to_tsvector('tertulia_english', word) as english, to_tsvector('tertulia_spanish', word) as spanish
  from jsonb_to_recordset(${words}) as w(word text, axes int[], values float8[], "ofEvent" boolean)
),
-- The reading that drops more stop words is in the question's language; where both drop as many, a word stays that either keeps.
telling as materialized (
  select asked.*
  from asked cross join (select count(*) filter (where length(english) > 0) as english,
    count(*) filter (where length(spanish) > 0) as spanish from asked) as kept
  where case when kept.english < kept.spanish then length(asked.english) > 0
             when kept.spanish < kept.english then length(asked.spanish) > 0
             else length(asked.english) + length(asked.spanish) > 0 end
)`;
}

/** The lexemes of the telling words in both languages: word, of_event, language, lexeme. */
export const languageTerms = sql`
  select word, of_event, language, lexeme
  from telling cross join lateral (
    select 'english' as language, unnest(tsvector_to_array(english)) as lexeme
    union all select 'spanish', unnest(tsvector_to_array(spanish))) as reading`;

/** A lexeme as a query for it alone. */
export function asQuery(lexeme: SQL): SQL {
  return sql`('''' || replace(replace(${lexeme}, '\\', '\\\\'), '''', '''''') || '''')::tsquery`;
}

/** What a message has of a lexeme, from what `ts_rank` says of that lexeme alone. */
function frequencyOf(rank: SQL): SQL {
  return sql`width_bucket(${rank}::float8, ${`{${OCCURRENCE_BOUNDS.join(',')}}`}::float8[])`;
}

interface WordScores {
  /** Of a row of `matches` as `m` and a lexeme as `l`: the lexemes that the row has in the lexeme's reading. */
  read: SQL;
  /** What the weight of a lexeme is multiplied by. */
  factor: SQL;
}

/** `occurrences` (id, token_count, language, lexeme, frequency) of `lexemes` in `matches` (id, token_count), then BM25 over them. */
export function wordScores({ read, factor }: WordScores): SQL {
  return sql`
occurrences as materialized (
  select id, token_count, language, lexeme, ${frequencyOf(sql`rank`)} as frequency
  from (select m.id, m.token_count, l.language, l.lexeme, ts_rank('{1,1,1,1}', ${read}, l.query) as rank
        from matches as m cross join lexemes as l) as ranked
  where rank > 0
),
${bm25(factor, sql``)}`;
}

/** BM25 as CTEs over `occurrences` as `o` and `totals` (messages, length): `weights` and `by_words` (id, score, place, and what is carried along). */
function bm25(factor: SQL, carried: SQL): SQL {
  return sql`
weights as materialized (
  select language, lexeme, count(*) as messages, ${factor} * ${inverseFrequency(sql`count(*)`)} as weight
  from occurrences cross join totals group by language, lexeme, totals.messages
),
by_words as materialized (
  select *, row_number() over (order by score desc, id desc) as place
  from (select o.id${carried}, sum(${termScore}) as score
        from occurrences as o full join weights as w using (language, lexeme) cross join totals group by o.id${carried}) as scored
)`;
}

/**
 * The parts of the recall statement that score by words: BM25 over the lexemes of both languages, counted in the user's own
 * messages. Gives `asked` (the question's words), `telling` (those that are no stop words), `terms` (their lexemes), `totals`,
 * `occurrences`, `weights` and `by_words` (id, session_id, fingerprint, score, place).
 */
export function textLeg(isEarlier: SQL): SQL {
  return sql`
${askedWords(given.words)},
terms as materialized (select *, ${asQuery(sql`lexeme`)} as query from (${languageTerms}) as read),
lexemes as materialized (select distinct language, lexeme, query from terms),
wanted as materialized (select string_agg(distinct query::text, ' | ')::tsquery as query from lexemes),
${totals},
-- Word by word as the messages are read, so that no lexemes of theirs are kept; "offset 0" has the messages come first.
occurrences as materialized (
  select m.id, m.session_id, m.fingerprint, m.token_count, found.language, found.lexeme, ${frequencyOf(sql`found.rank`)} as frequency
  from (select m.id, m.session_id, m.fingerprint, m.token_count, m.search_english, m.search_spanish
        from messages as m cross join wanted
        where m.user_id = ${given.userId} and ${isEarlier} and (m.search_english || m.search_spanish) @@ wanted.query
        offset 0) as m
  cross join lateral (
    select l.language, l.lexeme, ts_rank('{1,1,1,1}', ${readIn}, l.query) as rank
    from lexemes as l where ${readIn} @@ l.query offset 0) as found
),
${bm25(sql`1`, sql`, o.session_id, o.fingerprint`)}`;
}

const readIn = sql`case l.language when 'english' then m.search_english else m.search_spanish end`;

/**
 * How many messages the user has, and how long they are on average. Of many the index `messages_sample` tells it closely enough: a
 * count that is wrong by a twentieth adds 0.05 to the weight of each word alike, and a word that is ten times as rare weighs 2.3 more.
 */
const totals = sql`
sampled as materialized (
  select count(*)::float8 as messages, avg(token_count)::float8 as length
  from messages where user_id = ${given.userId} and ${isSampled}
),
totals as materialized (
  select messages * ${SAMPLED_OF}::float8 as messages, greatest(length, 1) as length from sampled where messages >= ${LEAST_SAMPLE}::float8
  union all
  select count(*)::float8, greatest(avg(token_count), 1)::float8
  from messages where user_id = ${given.userId} and (select messages from sampled) < ${LEAST_SAMPLE}::float8
  having (select messages from sampled) < ${LEAST_SAMPLE}::float8
)`;

/** How telling a word is that so many of the user's messages have. Never negative, unlike the first form of BM25. */
export function inverseFrequency(having: SQL): SQL {
  return sql`ln(1 + (greatest(totals.messages, ${having}) - ${having} + 0.5) / (${having} + 0.5))`;
}

const termScore = sql`w.weight * o.frequency / (o.frequency + ${SATURATION}::float8
          * (1 - ${LENGTH_SHARE}::float8 + ${LENGTH_SHARE}::float8 * o.token_count / totals.length))`;
