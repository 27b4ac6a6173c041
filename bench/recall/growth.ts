import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Embeddings } from '@langchain/core/embeddings';
import { pino } from 'pino';
import { EMBEDDING_DIMENSIONS, LEXICAL_DIMENSIONS, readConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/db/database.ts';
import { sql } from '../../src/db/drizzle.ts';
import { createQuestionEmbedder } from '../../src/memory/question-vector.ts';
import { createRecall } from '../../src/memory/recall.ts';
import { embedText, embedWord, OFFLINE_EMBEDDING_NAME } from '../../src/models/offline/embeddings.ts';
import { WITHOUT_LIMITS } from '../../tests/support/limits.ts';
import { readConversations, readXquad } from './data-sets.ts';

const HERE = import.meta.dirname;
const { values: options } = parseArgs({
  options: {
    xquad: { type: 'string', default: join(HERE, '../../../shared/data/xquad') },
    others: { type: 'string', default: process.env.DATABASE_URL ? '1000000' : '20000' },
    sizes: { type: 'string', default: process.env.DATABASE_URL ? '0,1500,10000' : '0,1500' },
    questions: { type: 'string', default: '100' },
  },
});
const others = Number(options.others);
const sizes = options.sizes.split(',').map(Number);

const NEURAL = 'bench-neural';
const BATCH = 5_000;
const WORDS_PER_MESSAGE = 25;
const MESSAGES_PER_SESSION = 40;

const folder = await mkdtemp(join(tmpdir(), 'tertulia-bench-'));
const config = readConfig({
  ...WITHOUT_LIMITS,
  LOG_LEVEL: 'silent',
  DATA_DIR: join(folder, 'data'),
  DATABASE_URL: process.env.DATABASE_URL,
  DATABASE_TIMEOUT_MS: '600000',
});
const logger = pino({ level: config.logLevel });
const database = await openDatabase(config.database, (error) => logger.warn(error));
const { executor } = database;

const sets = [await readConversations(join(HERE, 'conversations'))];
if (existsSync(options.xquad))
  sets.push(await readXquad(options.xquad, 'en'), await readXquad(options.xquad, 'es'));
const words = sets.flatMap(({ lines }) => lines.flatMap(({ content }) => content.split(/\s+/)));

let state = 20_261_121;
/** https://en.wikipedia.org/wiki/Linear_congruential_generator, so that each run has the same rows. */
function random(below: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}

function sparsevec(text: string): string {
  const entries = [...embedText(text)].map(([axis, value]) => `${axis}:${value}`);
  return `{${entries.join(',')}}/${LEXICAL_DIMENSIONS}`;
}

const remark = () => {
  const length = 5 + random(2 * WORDS_PER_MESSAGE - 10);
  const start = random(words.length - length);
  return words.slice(start, start + length).join(' ');
};

const KINDS = ['lexical', 'neural'] as const;
const userOf = (kind: (typeof KINDS)[number], size: number) => `${kind} user of ${size}`;

/** The rows of everybody, in the order of time: those of the users who are measured lie scattered among the others'. */
async function fill(): Promise<void> {
  const left = KINDS.flatMap((kind) =>
    sizes.flatMap((size) => Array.from({ length: size }, () => userOf(kind, size))),
  );
  const total = others + left.length;
  const said = new Map<string, number>();
  const { rows: indexes } = await executor.execute<{ indexdef: string }>(
    `select indexdef from pg_indexes where indexname = 'messages_search'`,
  );
  await executor.execute('drop index messages_search');
  for (let from = 0; from < total; from += BATCH) {
    const rows: Row[] = [];
    for (let number = from; number < Math.min(from + BATCH, total); number += 1) {
      const isMeasured = random(total - number) < left.length;
      const [user = ''] = isMeasured ? left.splice(random(left.length), 1) : [`other ${random(1_000)}`];
      const count = said.get(user) ?? 0;
      said.set(user, count + 1);
      const hex = number.toString(16).padStart(12, '0');
      rows.push({
        user,
        id: `0190${hex.slice(0, 4)}-${hex.slice(4, 8)}-7${hex.slice(8, 11)}-8${hex.slice(9)}-${hex}`,
        session: `${user}/${Math.floor(count / MESSAGES_PER_SESSION)}`,
        content: remark(),
      });
    }
    await store(rows);
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
}

/** A hundred vectors of each kind serve a whole batch: what they say does not change what it costs to compare them. */
async function store(rows: Row[]): Promise<void> {
  const features = rows.slice(0, 100).map(({ content }) => sparsevec(content));
  const vectors = features.map(() =>
    JSON.stringify(Array.from({ length: EMBEDDING_DIMENSIONS }, () => random(2_000) / 1_000 - 1)),
  );
  await executor.execute(sql`
    with said as materialized (
      select r.*, md5(r.session)::uuid as session_id, r."user" like 'neural%' as is_neural, (row_number() over ())::int as number
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r("user" text, id uuid, session text, content text)
    ), pool as materialized (
      select (f.position - 1)::int as number, f.value::sparsevec as features, v.value::halfvec as vector
      from jsonb_array_elements_text(${JSON.stringify(features)}::jsonb) with ordinality as f(value, position)
      join jsonb_array_elements_text(${JSON.stringify(vectors)}::jsonb) with ordinality as v(value, position) using (position)
    ), opened as (
      insert into chat_sessions (user_id, id) select distinct "user", session_id from said on conflict do nothing
    ), stored as (
      insert into messages (user_id, id, session_id, role, content, token_count)
      select "user", id, session_id, 'user', content, length(content) / 4 from said
    )
    insert into message_vectors (user_id, message_id, model, vector, features)
    select "user", id, case when is_neural then ${NEURAL} else ${OFFLINE_EMBEDDING_NAME} end,
      case when is_neural then pool.vector end, case when is_neural then null else pool.features end
    from said join pool on pool.number = said.number % ${features.length}::int`);
}

const started = performance.now();
await fill();
console.log(`${others} messages of others stored in ${((performance.now() - started) / 1_000).toFixed(0)} s`);

const vectorOfAny = Array.from({ length: EMBEDDING_DIMENSIONS }, () => random(2_000) / 1_000 - 1);
class AnyEmbeddings extends Embeddings {
  override embedQuery = () => Promise.resolve(vectorOfAny);
  override embedDocuments = (texts: string[]) => Promise.resolve(texts.map(() => vectorOfAny));
}
const any = new AnyEmbeddings({});
const neural = { kind: 'neural' as const, name: NEURAL, documents: any, queries: any };
const limits = { deadlineMs: 60_000, tokenBudget: 3_000 };
const recalls = {
  lexical: createRecall({
    executor,
    serving: () => ({ kind: 'lexical', name: OFFLINE_EMBEDDING_NAME, embedText, embedWord }),
    embedder: createQuestionEmbedder(limits),
    ...limits,
  }),
  neural: createRecall({
    executor,
    serving: () => neural,
    embedder: createQuestionEmbedder(limits),
    ...limits,
  }),
};

const questions = sets.flatMap((set) => set.questions.map(({ text }) => text));
const asked = Array.from(
  { length: Number(options.questions) },
  () => questions[random(questions.length)] ?? '',
);
const table: Record<string, Record<string, number>> = {};
for (const kind of KINDS) {
  for (const memory of ['recent', 'similar', 'hybrid'] as const) {
    for (const size of sizes) {
      const times: number[] = [];
      for (const text of asked) {
        const begun = performance.now();
        const { degraded } = await recalls[kind].recall({ userId: userOf(kind, size), text, mode: memory });
        if (degraded.length > 0) throw new Error(`a recall did without ${degraded.join(', ')}`);
        times.push(performance.now() - begun);
      }
      times.sort((one, other) => one - other);
      const at = (share: number) => Number(times[Math.floor((times.length - 1) * share)]?.toFixed(1));
      table[`${kind}, ${memory}, ${size} messages`] = { 'p50 ms': at(0.5), 'p95 ms': at(0.95) };
    }
  }
}
console.log(
  `${database.description}; ${asked.length} questions each; recall for a turn, whole exchanges within the budget`,
);
console.table(table);
await database.close();
await rm(folder, { recursive: true, force: true });
