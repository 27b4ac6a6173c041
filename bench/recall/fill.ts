import { EMBEDDING_DIMENSIONS, LEXICAL_DIMENSIONS } from '../../src/config.ts';
import type { Executor } from '../../src/db/database.ts';
import { sql } from '../../src/db/drizzle.ts';
import { embedText } from '../../src/models/offline/embeddings.ts';

export const NEURAL = 'bench-neural';
const BATCH = 5_000;
const MESSAGES_PER_SESSION = 40;
/** What the vectors are the sums of: how many of each there are, and how long each is. Two noises make a message's own share. */
const PARTS = { topic: [200, 0.6], subject: [4_000, 0.5], noise: [3_000, 0.45] } as const;
const SUBJECTS_PER_TOPIC = PARTS.subject[0] / PARTS.topic[0];
const OTHERS = 1_000;

interface Filling {
  /** The users who are measured: as many messages each. */
  sizes: number[];
  /** How many messages there are of all users together. */
  total: number;
  /** A text to say. */
  remark: () => string;
  /** A number from 0 up to this one. */
  random: (below: number) => number;
  lexicalModel: string;
}

export const userOf = (size: number) => `user of ${size}`;

/**
 * The rows of everybody, in the order of time: those of the users who are measured lie scattered among the others'. Each message of a
 * measured user has a vector of either kind, those of others have the neural one only.
 */
export async function fill(executor: Executor, filling: Filling): Promise<void> {
  const { sizes, total, random, remark } = filling;
  const measured = sizes.reduce((sum, size) => sum + size, 0);
  const left = sizes.flatMap((size) => Array<number>(size).fill(size));
  const said = new Map<string, number>();
  await makeParts(executor);
  const { rows: indexes } = await executor.execute<{ indexdef: string; indexname: string }>(
    `select indexdef, indexname from pg_indexes where indexname in ('messages_search', 'message_vectors_bits')`,
  );
  for (const { indexname } of indexes) await executor.execute(`drop index ${indexname}`);
  for (let from = 0; from < Math.max(total, measured); from += BATCH) {
    const rows: Row[] = [];
    for (let number = from; number < Math.min(from + BATCH, Math.max(total, measured)); number += 1) {
      const isMeasured = random(Math.max(total, measured) - number) < left.length;
      const user = isMeasured ? userOf(takeAny(left, random)) : `other ${random(OTHERS)}`;
      const count = said.get(user) ?? 0;
      said.set(user, count + 1);
      const hex = number.toString(16).padStart(12, '0');
      const topic = random(PARTS.topic[0]);
      const content = remark();
      rows.push({
        user,
        id: `0190${hex.slice(0, 4)}-${hex.slice(4, 8)}-7${hex.slice(8, 11)}-8${hex.slice(9)}-${hex}`,
        session: `${user}/${Math.floor(count / MESSAGES_PER_SESSION)}`,
        content,
        features: isMeasured ? sparsevec(content) : null,
        topic,
        subject: topic * SUBJECTS_PER_TOPIC + random(SUBJECTS_PER_TOPIC),
        noise: random(PARTS.noise[0]),
        other: random(PARTS.noise[0]),
      });
    }
    await store(executor, rows, filling.lexicalModel);
  }
  for (const { indexdef } of indexes) await executor.execute(indexdef);
  await executor.execute('truncate embedding_queue');
  await executor.execute('vacuum analyze');
}

interface Row {
  user: string;
  id: string;
  session: string;
  content: string;
  features: string | null;
  topic: number;
  subject: number;
  noise: number;
  other: number;
}

function takeAny(left: number[], random: Filling['random']): number {
  const place = random(left.length);
  const taken = left[place] ?? 0;
  left[place] = left.at(-1) ?? 0;
  left.pop();
  return taken;
}

function sparsevec(text: string): string {
  const entries = [...embedText(text)].map(([axis, value]) => `${axis}:${value}`);
  return `{${entries.join(',')}}/${LEXICAL_DIMENSIONS}`;
}

/**
 * Vectors of a real model lie in clusters of clusters, not evenly: a message's is the sum of its topic, its subject and noise. The parts are
 * random directions whose axes differ in their spread, as a model's do.
 */
async function makeParts(executor: Executor): Promise<void> {
  await executor.execute(
    'create table if not exists bench_parts (kind text, number int, value halfvec(1536), primary key (kind, number))',
  );
  for (const [kind, [count, length]] of Object.entries(PARTS)) {
    await executor.execute(sql`
      insert into bench_parts
      select ${kind}, n, (select ('[' || string_agg(((random_normal() * ${length}::float8 * 40 / (1 + 3 * (axis / ${EMBEDDING_DIMENSIONS}::float8))) / 40)::numeric(8, 4)::text, ',') || ']')::halfvec
        from generate_series(1, ${EMBEDDING_DIMENSIONS}::int) as axis where n is not null)
      from generate_series(0, ${count}::int - 1) as n on conflict do nothing`);
  }
}

async function store(executor: Executor, rows: Row[], lexicalModel: string): Promise<void> {
  await executor.execute(sql`
    with said as materialized (
      select r.*, md5(r.session)::uuid as session_id
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r("user" text, id uuid, session text, content text, features text,
        topic int, subject int, noise int, other int)
    ), opened as (
      insert into chat_sessions (user_id, id) select distinct "user", session_id from said on conflict do nothing
    ), stored as (
      insert into messages (user_id, id, session_id, role, content, token_count)
      select "user", id, session_id, 'user', content, length(content) / 4 from said
    ), lexical as (
      insert into message_vectors (user_id, message_id, model, features)
      select "user", id, ${lexicalModel}, features::sparsevec from said where features is not null
    )
    insert into message_vectors (user_id, message_id, model, vector)
    select "user", id, ${NEURAL}, ${sumOfParts} from said as p`);
}

const part = (kind: keyof typeof PARTS, number: string) =>
  `(select value from bench_parts where kind = '${kind}' and number = p.${number})`;
const sumOfParts = sql.raw(
  `${part('topic', 'topic')} + ${part('subject', 'subject')} + ${part('noise', 'noise')} + ${part('noise', 'other')}`,
);

/** Vectors of questions: like those of messages, each of a topic and subject that messages have, too. */
export async function questionVectors(
  executor: Executor,
  count: number,
  random: Filling['random'],
): Promise<number[][]> {
  const picks = Array.from({ length: count }, () => {
    const topic = random(PARTS.topic[0]);
    const subject = topic * SUBJECTS_PER_TOPIC + random(SUBJECTS_PER_TOPIC);
    return { topic, subject, noise: random(PARTS.noise[0]), other: random(PARTS.noise[0]) };
  });
  const { rows } = await executor.execute<{ value: string }>(sql`
    select (${sumOfParts})::text as value
    from jsonb_to_recordset(${JSON.stringify(picks)}::jsonb) as p(topic int, subject int, noise int, other int)`);
  return rows.map(({ value }) => JSON.parse(value) as number[]);
}
