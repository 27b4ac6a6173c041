import type { SQL } from 'drizzle-orm';
import { sql } from '../db/drizzle.ts';
import type { QuestionWord } from './question-words.ts';
import type { RecallQuestion } from './recall-question.ts';

/** BM25 (Robertson, Zaragoza: The Probabilistic Relevance Framework, 2009), with the parameters that fit short messages. */
const SATURATION = 0.9;
const LENGTH_SHARE = 0.4;
/** A word that a message has more often counts as this often. */
const MOST_OCCURRENCES = 64;

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

/** The question's words as CTEs: `asked`, and `telling`, those that are no stop words. */
export function askedWords(words: QuestionWord[]): SQL {
  return sql`
asked as materialized (
  select word, axes, values, "ofEvent" as of_event,
    to_tsvector('tertulia_english', word) as english, to_tsvector('tertulia_spanish', word) as spanish
  from jsonb_to_recordset(${JSON.stringify(words)}::jsonb) as w(word text, axes int[], values float8[], "ofEvent" boolean)
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

interface WordScores {
  /** Of a row of `matches` as `m` and a lexeme as `l`: the lexemes that the row has in the lexeme's reading. */
  read: SQL;
  /** What the weight of a lexeme is multiplied by. */
  factor: SQL;
}

/**
 * BM25 as CTEs over `lexemes` (language, lexeme, query), `totals` (messages, length) and `matches` (id, token_count): `occurrences`,
 * `weights` and `by_words` (id, score, place).
 */
export function wordScores({ read, factor }: WordScores): SQL {
  return sql`
occurrences as materialized (
  select id, token_count, language, lexeme,
    width_bucket(rank::float8, ${`{${OCCURRENCE_BOUNDS.join(',')}}`}::float8[]) as frequency
  from (select m.id, m.token_count, l.language, l.lexeme, ts_rank('{1,1,1,1}', ${read}, l.query) as rank
        from matches as m cross join lexemes as l) as ranked
  where rank > 0
),
weights as materialized (
  select language, lexeme, count(*) as messages, ${factor} * ${inverseFrequency(sql`count(*)`)} as weight
  from occurrences cross join totals group by language, lexeme, totals.messages
),
by_words as materialized (
  select id, score, row_number() over (order by score desc, id desc) as place
  from (select o.id, sum(${termScore}) as score
        from occurrences as o full join weights as w using (language, lexeme) cross join totals group by o.id) as scored
)`;
}

/**
 * The parts of the recall statement that score by words: BM25 over the lexemes of both languages, counted in the user's own
 * messages. Gives `asked` (the question's words), `telling` (those that are no stop words), `terms` (their lexemes), `corpus` (all
 * messages, numbered session by session), `totals`, `occurrences`, `weights` and `by_words` (id, score, place).
 */
export function textLeg({ userId, words }: RecallQuestion, isEarlier: SQL): SQL {
  return sql`
${askedWords(words)},
terms as materialized (select *, ${asQuery(sql`lexeme`)} as query from (${languageTerms}) as read),
lexemes as materialized (select distinct language, lexeme, query from terms),
wanted as materialized (select string_agg(distinct query::text, ' | ')::tsquery as query from lexemes),
corpus as materialized (
  select m.id, m.session_id, m.token_count, m.fingerprint, row_number() over (order by m.session_id, m.id) as place
  from messages as m where m.user_id = ${userId} and ${isEarlier}
),
totals as materialized (select count(*)::float8 as messages, greatest(avg(token_count), 1)::float8 as length from corpus),
matches as materialized (
  select m.id, m.token_count, m.search_english, m.search_spanish
  from messages as m cross join wanted
  where m.user_id = ${userId} and ${isEarlier} and (m.search_english || m.search_spanish) @@ wanted.query
),
${wordScores({ read: sql`case l.language when 'english' then m.search_english else m.search_spanish end`, factor: sql`1` })}`;
}

/** How telling a word is that so many of the user's messages have. Never negative, unlike the first form of BM25. */
export function inverseFrequency(having: SQL): SQL {
  return sql`ln(1 + (totals.messages - ${having} + 0.5) / (${having} + 0.5))`;
}

const termScore = sql`w.weight * o.frequency / (o.frequency + ${SATURATION}::float8
          * (1 - ${LENGTH_SHARE}::float8 + ${LENGTH_SHARE}::float8 * o.token_count / totals.length))`;
