import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Embeddings } from '@langchain/core/embeddings';
import { pino } from 'pino';
import { readConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/db/database.ts';
import { sql } from '../../src/db/drizzle.ts';
import { createQuestionEmbedder } from '../../src/memory/question-vector.ts';
import { createRecall } from '../../src/memory/recall.ts';
import { embedText, embedWord, OFFLINE_EMBEDDING_NAME } from '../../src/models/offline/embeddings.ts';
import { WITHOUT_LIMITS } from '../../tests/support/limits.ts';
import { readConversations, readXquad } from './data-sets.ts';
import { fill, NEURAL, questionVectors, userOf } from './fill.ts';

const HERE = import.meta.dirname;
const { values: options } = parseArgs({
  options: {
    xquad: { type: 'string', default: join(HERE, '../../../shared/data/xquad') },
    total: { type: 'string', default: process.env.DATABASE_URL ? '1000000' : '20000' },
    sizes: { type: 'string', default: process.env.DATABASE_URL ? '0,1000,10000,50000,200000' : '0,1000' },
    kinds: { type: 'string', default: 'neural,lexical' },
    modes: { type: 'string', default: 'recent,similar,hybrid' },
    questions: { type: 'string', default: '60' },
  },
});
const sizes = options.sizes.split(',').map(Number);
const kinds = (['neural', 'lexical'] as const).filter((kind) => options.kinds.includes(kind));
const modes = (['recent', 'similar', 'hybrid'] as const).filter((mode) => options.modes.includes(mode));
const WORDS_PER_MESSAGE = 25;
const NEAREST = 5;

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

const remark = () => {
  const length = 5 + random(2 * WORDS_PER_MESSAGE - 10);
  const start = random(words.length - length);
  return words.slice(start, start + length).join(' ');
};

const { rows: present } = await executor.execute('select 1 from messages limit 1');
if (present.length === 0) {
  const started = performance.now();
  const total = Number(options.total);
  await fill(executor, { sizes, total, remark, random, lexicalModel: OFFLINE_EMBEDDING_NAME });
  console.log(`${total} messages stored in ${((performance.now() - started) / 1_000).toFixed(0)} s`);
} else console.log('The messages of an earlier run are taken.');

const questions = sets.flatMap((set) => set.questions.map(({ text }) => text));
state = 7;
const asked = Array.from(
  { length: Number(options.questions) },
  () => questions[random(questions.length)] ?? '',
);
const vectors = await questionVectors(executor, asked.length, random);
const vectorOf = (text: string) => vectors[asked.indexOf(text)] ?? [];
class ReadyEmbeddings extends Embeddings {
  override embedQuery = (text: string) => Promise.resolve(vectorOf(text));
  override embedDocuments = (texts: string[]) => Promise.resolve(texts.map(vectorOf));
}
const ready = new ReadyEmbeddings({});
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
    serving: () => ({ kind: 'neural', name: NEURAL, documents: ready, queries: ready }),
    embedder: createQuestionEmbedder(limits),
    ...limits,
  }),
};

/** Times in milliseconds of each series, a series being an embedder, a mode and a size. */
const times = new Map<string, number[]>();
const nameOf = (kind: string, mode: string, size: number) => `${kind}, ${mode}, ${size} messages`;
// One question is asked of everybody before the next one, so that all have the same share of the machine's moods.
for (const text of [...asked.slice(0, 5), ...asked]) {
  for (const kind of kinds) {
    for (const mode of modes) {
      for (const size of sizes) {
        const begun = performance.now();
        const { degraded } = await recalls[kind].recall({ userId: userOf(size), text, mode });
        const took = performance.now() - begun;
        if (degraded.length > 0) throw new Error(`a recall did without ${degraded.join(', ')}`);
        times.set(nameOf(kind, mode, size), [...(times.get(nameOf(kind, mode, size)) ?? []), took]);
      }
    }
  }
}

/** The share of the nearest five, by an exact scan, that a search by vectors finds. */
async function nearestFound(size: number): Promise<number> {
  let found = 0;
  let all = 0;
  for (const text of asked) {
    const { rows } = await executor.execute<{ id: string }>(sql`
      select message_id as id from message_vectors
      where user_id = ${userOf(size)} and model = ${NEURAL}
      order by (vector <=> ${JSON.stringify(vectorOf(text))}::halfvec) + 0 limit ${NEAREST}::int`);
    const { recalled } = await recalls.neural.search({
      userId: userOf(size),
      text,
      mode: 'similar',
      limit: NEAREST,
    });
    const ids = new Set(recalled.map(({ message }) => message.id));
    found += rows.filter(({ id }) => ids.has(id)).length;
    all += rows.length;
  }
  return all === 0 ? 1 : found / all;
}

const at = (series: number[] | undefined, share: number) => {
  // The first five questions warm up.
  const sorted = (series ?? []).slice(5).toSorted((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
};
const table: Record<string, Record<string, number>> = {};
for (const kind of kinds) {
  for (const mode of modes) {
    const floor = at(times.get(nameOf(kind, mode, sizes[0] ?? 0)), 0.5);
    for (const size of sizes) {
      const series = times.get(nameOf(kind, mode, size));
      const [middle, high] = [at(series, 0.5), at(series, 0.95)];
      table[nameOf(kind, mode, size)] = {
        'p50 ms': Number(middle.toFixed(1)),
        'p95 ms': Number(high.toFixed(1)),
        'above the first': Number((middle - floor).toFixed(1)),
      };
    }
  }
}
console.log(
  `${database.description}; ${asked.length} questions each; recall for a turn, whole exchanges within the budget`,
);
console.table(table);
if (kinds.includes('neural')) {
  const shares: Record<string, number> = {};
  for (const size of sizes) shares[`${size} messages`] = Number((await nearestFound(size)).toFixed(4));
  console.log('Recall@5 of the search by vectors, against an exact scan:');
  console.table(shares);
}
await database.close();
await rm(folder, { recursive: true, force: true });
