import type { SQL } from 'drizzle-orm';
import { sql } from '../../db/drizzle.ts';
import { halfvecOf } from '../../db/halfvec.ts';
import type { QuestionWord } from '../../memory/question-words.ts';
import { askedWords, asQuery, inverseFrequency, languageTerms, wordScores } from '../../memory/text-leg.ts';
import type { Format } from '../document.ts';

/** So many words of a question, the longest, are looked for as misspelt ones. */
const MISSPELT_WORDS = 8;
/** A misspelt word is taken for at most so many words of the documents, which are as like it as that. */
const SPELLINGS = 3;
const LEAST_LIKENESS = 0.35;
/** How like a word is one from which it differs by a slip: two letters swapped, one too many, or one of a pair left out. */
const SLIP_LIKENESS = 0.7;
/** Among so many passages the likest words are looked for. */
const SPELLING_PASSAGES = 200;
/** How many of the nearest passages take part in a fusion, and what nearness counts beside words. */
const FUSED = 50;
const NEURAL_SHARE = 0.5;
/** What a passage gets of the scores of those beside it, of its document's best one, and of its path and title. */
const BESIDE_SHARE = 0.2;
const DOCUMENT_SHARE = 0.1;
const PATH_SHARE = 0.3;
/** What a passage gains of its own score by being its document's first one, which mostly says what the document is about. */
const LEAD_SHARE = 0.3;
/** So many blank lines are kept between joined passages. */
const BLANK_LINES = 3;
/** So many times the asked number of passages are looked at for copies and neighbours, and so many copies of them more. */
const SPARE = 3;
const COPIES = 200;
/** Texts whose hashes differ in so few of 64 bits are copies (Manku, Jain, Das Sarma: Detecting near-duplicates, 2007). */
const COPY_BITS = 3;

/** What the one search statement is asked. */
export interface KnowledgeQuestion {
  userId: string;
  words: QuestionWord[];
  /** Identifiers of the question, in parts and as a whole. */
  codes: { word: string; isCompound: boolean }[];
  /** What the vector leg compares with; null leaves it out. */
  vector: { model: string; values: number[] } | null;
  /** A PostgreSQL regular expression for the whole path. */
  pathPattern: string | null;
  formats: readonly Format[];
  modifiedFrom: Date | null;
  modifiedTo: Date | null;
  limit: number;
}

/**
 * The search of one question as one statement, every part of it under the user filter and exact. Words count by BM25 in three
 * readings (English, Spanish, and identifiers), a word that no document has by those that are spelt like it; vectors by an exact
 * scan. Then copies are folded and what stands side by side is joined. Rows come best first, as `PassageRow`.
 */
export function searchQuery(question: KnowledgeQuestion): SQL {
  const { userId, limit } = question;
  return sql`
with library as materialized (
  select d.id, d.search_path, ${isInScope(question)} as is_in_scope from documents as d where d.user_id = ${userId} and d.chunks > 0
),
${terms(question)},
corpus as materialized (
  select p.chunk_id as id, p.document_id, p.position, p.token_count, d.is_in_scope
  from chunk_places as p full join library as d on d.id = p.document_id
  where p.user_id = ${userId} and d.is_in_scope is not null
),
totals as materialized (select count(*)::float8 as messages, greatest(avg(token_count), 1)::float8 as length from corpus),
matches as materialized (
  select c.id, c.token_count, c.search_english, c.search_spanish, c.search_code
  from chunks as c cross join wanted
  where c.user_id = ${userId} and ${searched} @@ wanted.query
),
${wordScores({
  read: sql`case l.language when 'english' then m.search_english when 'spanish' then m.search_spanish else m.search_code end`,
  factor: sql`(select max(l.likeness) from lexemes as l where l.language = occurrences.language and l.lexeme = occurrences.lexeme)`,
})},
${nearest(question)},
${scored},
pool as materialized (
  select b.*, c.hash, c.simhash, row_number() over (partition by c.hash order by b.score desc, b.id desc) as copy
  from (select * from scored where own > 0 or by_path > 0 order by score desc, id desc limit ${limit * SPARE + COPIES}::int) as b
  join chunks as c on c.user_id = ${userId} and c.document_id = b.document_id and c.id = b.id
),
best as materialized (
  select b.*, c.text, c.trail, p.start_line, p.end_line, p.page
  from pool as b
  join chunks as c on c.user_id = ${userId} and c.document_id = b.document_id and c.id = b.id
  join chunk_places as p on p.user_id = ${userId} and p.document_id = b.document_id and p.position = b.position
  where b.hash in (select hash from pool where copy = 1 order by score desc, id desc limit ${limit * SPARE}::int)
),
${passages(question)}
select d.id as "documentId", d.path, d.title, d.format, d.modified_at as "modifiedAt", p.text, p.trail, p.start_line as "startLine",
  p.end_line as "endLine", p.page, p.score, p.text_place::int as "textRank", p.text_score as "textScore",
  p.similar_place::int as "similarRank", p.similarity, ${coverage} as coverage, ${copies} as copies
from joined as p join documents as d on d.user_id = ${userId} and d.id = p.document_id
order by p.score desc, p.first_id limit ${limit}::int`;
}

const searched = sql`(c.search_english || c.search_spanish || c.search_code)`;

function isInScope({ pathPattern, formats, modifiedFrom, modifiedTo }: KnowledgeQuestion): SQL {
  const conditions = [sql`true`];
  if (pathPattern !== null) conditions.push(sql`d.path ~ ${pathPattern}`);
  if (formats.length > 0)
    conditions.push(
      sql`d.format in (${sql.join(
        formats.map((format) => sql`${format}`),
        sql`, `,
      )})`,
    );
  if (modifiedFrom) conditions.push(sql`d.modified_at >= ${modifiedFrom.toISOString()}::timestamptz`);
  if (modifiedTo) conditions.push(sql`d.modified_at < ${modifiedTo.toISOString()}::timestamptz`);
  return sql.join(conditions, sql` and `);
}

/** The question's lexemes; for a word that is in no chunk of the user's, those of the words that are spelt like it. */
function terms({ userId, words, codes }: KnowledgeQuestion): SQL {
  return sql`
${askedWords(sql`${JSON.stringify(words)}::jsonb`)},
codes as materialized (
  select word, "isCompound" as is_compound from jsonb_to_recordset(${JSON.stringify(codes)}::jsonb) as c(word text, "isCompound" boolean)
),
written as materialized (
  select *, ${asQuery(sql`lexeme`)} as query
  from (select * from (${languageTerms}) as read where ${isAskedIn}
        union select c.word, false, 'code', c.word from codes as c
        where c.is_compound or exists (select from telling as t where t.word = c.word)) as read
),
misspelt as materialized (
  select word from written where exists (select from telling where telling.word = written.word) group by word
  having length(word) > 3 and not bool_or(exists (
    select from chunks as c where c.user_id = ${userId} and ${searched} @@ written.query))
  order by length(word) desc, word limit ${MISSPELT_WORDS}::int
),
likely as materialized (
  select m.word, s.found, s.likeness
  from misspelt as m cross join lateral (
    select found, similarity(found, m.word)::float8 as likeness
    from (select distinct unnest(string_to_array(near.words, ' ')) as found
          from (select c.words from chunks as c where c.user_id = ${userId} and m.word <% c.words limit ${SPELLING_PASSAGES}::int) as near) as known
    where similarity(found, m.word) >= ${LEAST_LIKENESS}::float4) as s
  union
  select m.word, slip.found, ${SLIP_LIKENESS}::float8
  from misspelt as m cross join lateral (select distinct found from generate_series(1, length(m.word)) as i cross join lateral (values
      (left(m.word, i - 1) || substr(m.word, i + 1, 1) || substr(m.word, i, 1) || substr(m.word, i + 2)),
      (left(m.word, i - 1) || substr(m.word, i + 1)), (left(m.word, i) || substr(m.word, i))) as v(found)) as slip
  where exists (select from chunks as c where c.user_id = ${userId} and ${searched} @@ ${asQuery(sql`slip.found`)})
),
spelt as materialized (
  select word, found, power(likeness / max(likeness) over (partition by word), 2) as likeness
  from (select word, found, max(likeness) as likeness, row_number() over (partition by word order by max(likeness) desc, found) as place
        from likely group by word, found) as placed
  where place <= ${SPELLINGS}::int
),
terms as materialized (
  select word, language, lexeme, query, 1::float8 as likeness from written
  union all select word, 'code', found, ${asQuery(sql`found`)}, likeness from spelt
  union all select word, language, lexeme, ${asQuery(sql`lexeme`)}, likeness
  from spelt cross join lateral (select 'english' as language, unnest(tsvector_to_array(to_tsvector('tertulia_english', found))) as lexeme
    union all select 'spanish', unnest(tsvector_to_array(to_tsvector('tertulia_spanish', found)))) as read where ${isAskedIn}
),
lexemes as materialized (select language, lexeme, query, max(likeness) as likeness from terms group by language, lexeme, query),
wanted as materialized (select string_agg(distinct query::text, ' | ')::tsquery as query from lexemes)`;
}

/** Whether a lexeme is of the language of the question: the one whose reading drops more stop words, or either. */
const isAskedIn = sql`case
  when (select count(*) filter (where length(english) > 0) < count(*) filter (where length(spanish) > 0) from asked) then language = 'english'
  when (select count(*) filter (where length(spanish) > 0) < count(*) filter (where length(english) > 0) from asked) then language = 'spanish'
  else true end`;

function nearest({ userId, vector }: KnowledgeQuestion): SQL {
  if (!vector) {
    return sql`
nearest as (select null::uuid as id, null::float8 as similarity, null::float8 as nearness, null::bigint as place where false)`;
  }
  return sql`
nearest as materialized (
  select id, 1 - distance as similarity, row_number() over (order by distance, id desc) as place,
    coalesce((max(distance) over () - distance) / nullif(max(distance) over () - min(distance) over (), 0), 1) as nearness
  from (select id, distance
        from (select v.chunk_id as id, v.vector <=> ${halfvecOf(vector.values)} as distance
              from chunk_vectors as v where v.user_id = ${userId} and v.model = ${vector.model} offset 0) as measured
          full join corpus as c using (id)
        where c.is_in_scope and distance is not null
        order by distance limit ${FUSED}::int) as compared
)`;
}

/**
 * Joins are full ones although nothing is left over on either side, because those are never nested loops: of a user whose
 * documents are newer than the tables' statistics the planner expects one row.
 *
 * A passage's own score is a convex combination of what words and vectors say of it; to it comes a part of the scores of those
 * beside it, of the best one of its document, and what of the question its document's path and title have.
 */
const scored = sql`
share as materialized (select case when exists (select from nearest) then ${NEURAL_SHARE}::float8 else 0 end as value),
named as materialized (
  select d.id as document_id, sum(w.weight) / (select sum(weight) from weights where language = 'english') as by_path
  from library as d cross join lexemes as l join weights as w using (language, lexeme)
  where d.is_in_scope and l.language = 'english' and d.search_path @@ l.query group by d.id
),
own as materialized (
  select id, document_id, position, text_score, text_place, similarity, similar_place, by_path,
    (1 - (select value from share)) * coalesce(text_score / max(text_score) over (), 0) + (select value from share) * nearness as own
  from (select c.id, document_id, c.position, w.score as text_score, w.place as text_place, n.similarity, n.place as similar_place,
          coalesce(p.by_path, 0) as by_path, coalesce(n.nearness, 0) as nearness
        from corpus as c full join by_words as w using (id) full join nearest as n using (id) full join named as p using (document_id)
        where c.is_in_scope and coalesce(w.score, n.nearness, p.by_path) is not null) as put_together
),
scored as materialized (
  select own.*, own.own + ${BESIDE_SHARE}::float8
      * (case when lag(position) over beside = position - 1 then lag(own.own) over beside else 0 end
        + case when lead(position) over beside = position + 1 then lead(own.own) over beside else 0 end)
    + ${LEAD_SHARE}::float8 * (position = 0)::int * own.own
    + ${DOCUMENT_SHARE}::float8 * max(own.own) over (partition by document_id) + ${PATH_SHARE}::float8 * by_path as score
  from own window beside as (partition by document_id order by position)
)`;

/** Whether the lines are the file's own: there, what begins on the line on which another chunk ends goes on with it. */
const hasLines = sql`d.format in ('markdown', 'text', 'code', 'csv', 'json', 'yaml')`;

/** Folds what says the same as something better, and joins what stands side by side on a page or a sheet; lines that begin anew are those of another one. */
function passages({ userId, limit }: KnowledgeQuestion): SQL {
  return sql`
folded as materialized (
  select one.*, (
    select better.id from best as better
    where (better.score, better.id) > (one.score, one.id)
      and (better.hash = one.hash or bit_count((better.simhash # one.simhash)::bit(64)) <= ${COPY_BITS}::int)
    order by better.score desc, better.id desc limit 1) as copy_of
  from best as one
),
-- The best ones, and the best one of each other run of neighbours: where many are joined, others take their places.
top as materialized (
  select * from (select *, min(rank) over (partition by document_id, page, run) as best_rank
    from (select *, position - row_number() over (partition by document_id, page order by position) as run
          from (select *, row_number() over (order by score desc, id desc) as rank from folded where copy_of is null) as ranked) as runs) as led
  where rank <= ${limit}::int or rank = best_rank
),
kept as materialized (
  select top.*, start_line - lag(end_line) over beside as gap, ${hasLines} as has_lines, position - lag(position) over beside is distinct from 1
      or start_line < lag(end_line) over beside or (d.format = 'xlsx' and trail -> 0 is distinct from lag(trail -> 0) over beside) as is_apart
  from top
  join documents as d on d.user_id = ${userId} and d.id = top.document_id
  window beside as (partition by document_id, top.page order by position)
),
islands as materialized (
  select *, count(*) filter (where is_apart) over (partition by document_id, page order by position) as island,
    case when is_apart then '' when gap = 0 and has_lines then '' else repeat(E'\\n', least(greatest(gap, 1), ${BLANK_LINES} + 1)) end as glue
  from kept
),
joined as materialized (
  select document_id, page, island, string_agg(glue || text, '' order by position) as text, (array_agg(trail order by position))[1] as trail,
    min(start_line) as start_line, max(end_line) as end_line, max(score) as score, min(text_place) as text_place, max(text_score) as text_score,
    min(similar_place) as similar_place, max(similarity) as similarity, array_agg(id) as ids, min(id::text) as first_id
  from islands group by document_id, page, island
)`;
}

/** Which part of the question, weighed, the passage has. */
const coverage = sql`(
  select coalesce(sum(weight) filter (where is_there) / sum(weight), 0)
  from (select t.word, coalesce(max(w.weight), (select ${inverseFrequency(sql`0`)} from totals)) as weight,
          coalesce(bool_or(exists (select from occurrences as o
            where o.id = any(p.ids) and o.language = t.language and o.lexeme = t.lexeme)), false) as is_there
        from terms as t left join weights as w using (language, lexeme)
        where exists (select from telling where telling.word = t.word)
        group by t.word) as words)`;

const copies = sql`(
  select coalesce(jsonb_agg(distinct jsonb_build_object('path', other.path, 'startLine', f.start_line, 'endLine', f.end_line, 'page', f.page)), '[]')
  from folded as f join documents as other on other.user_id = d.user_id and other.id = f.document_id
  where f.copy_of = any(p.ids))`;
