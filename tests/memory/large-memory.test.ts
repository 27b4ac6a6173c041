import { Embeddings } from '@langchain/core/embeddings';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EMBEDDING_DIMENSIONS } from '../../src/config.ts';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { sql } from '../../src/db/drizzle.ts';
import { toHalfvec } from '../../src/db/halfvec.ts';
import { createQuestionEmbedder } from '../../src/memory/question-vector.ts';
import { createRecall } from '../../src/memory/recall.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { ofTest } from '../support/statements/recorder.ts';

/** More than are all compared, and more than a sample is taken for. */
const MESSAGES = 9_000;
const SUBJECTS = 300;
/** So many have the rare word. */
const RARE = 10;
const USER = 'ana';
const MODEL = 'clusters';
const LIMIT_MS = 240_000;

let place: TestDatabase;
let database: Database;
let asked: number[] = [];
class GivenEmbeddings extends Embeddings {
  override embedQuery = () => Promise.resolve(asked);
  override embedDocuments = () => Promise.resolve([]);
}

beforeAll(async () => {
  place = await createTestDatabase();
  const { DATABASE_URL: url, DATA_DIR: dataDir } = place.env;
  database = await openDatabase({ url, dataDir, poolSize: 4, timeoutMs: 200_000 }, () => undefined);
  await fill();
}, LIMIT_MS);
afterAll(async () => {
  await database.close();
  await place.drop();
});

/** Messages of subjects: a vector is its subject's and noise that is as long. Every third one says "market", every 900th one "lighthouse". */
async function fill(): Promise<void> {
  const run = (statement: string) => database.executor.execute(ofTest(statement));
  const anyVector = (seed: string) =>
    `(select array_agg(cos(axis * axis * 0.37 + axis * (${seed}) * 1.73 + (${seed}) * (${seed}) * 0.011) order by axis)
      from generate_series(1, ${EMBEDDING_DIMENSIONS}) as axis)::halfvec`;
  await run('create table parts (number int primary key, subject halfvec(1536), noise halfvec(1536))');
  await run(
    `insert into parts select n, ${anyVector('n')}, ${anyVector('n + 5000')} from generate_series(0, ${SUBJECTS - 1}) as n`,
  );
  await run(`insert into chat_sessions (user_id, id) select '${USER}', ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid
    from generate_series(0, ${MESSAGES / 30}) as n`);
  await run(`insert into messages (user_id, id, session_id, role, content, token_count)
    select '${USER}', ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
      ('01900000-0000-7000-8000-' || lpad(to_hex(n / 30), 12, '0'))::uuid, 'user',
      'note ' || n || case when n % 3 = 0 then ' market' else '' end || case when n % ${MESSAGES / RARE} = 1 then ' lighthouse' else '' end, 10
    from generate_series(0, ${MESSAGES - 1}) as n`);
  await run(`insert into message_vectors (user_id, message_id, model, vector)
    select '${USER}', ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, '${MODEL}', a.subject + b.noise
    from generate_series(0, ${MESSAGES - 1}) as n
    join parts as a on a.number = n % ${SUBJECTS} join parts as b on b.number = n * 7 / ${SUBJECTS} % ${SUBJECTS}`);
}

function recallOf() {
  const given = new GivenEmbeddings({});
  const limits = { deadlineMs: 60_000, tokenBudget: 3_000 };
  return createRecall({
    executor: database.executor,
    serving: () => ({ kind: 'neural', name: MODEL, documents: given, queries: given }),
    embedder: createQuestionEmbedder(limits),
    ...limits,
  });
}

describe('the memory of somebody with thousands of messages', () => {
  it('finds by vectors what an exact scan finds', { timeout: LIMIT_MS }, async () => {
    const recall = recallOf();
    let found = 0;
    const rounds = 20;
    for (let round = 0; round < rounds; round += 1) {
      const { rows: parts } = await database.executor.execute<{ value: string }>(
        ofTest(
          `select (a.subject + b.noise)::text as value from parts as a, parts as b where a.number = ${round * 13} and b.number = ${round * 11}`,
        ),
      );
      asked = JSON.parse(parts[0]?.value ?? '[]');
      const { recalled, degraded } = await recall.search({
        userId: USER,
        text: `question ${round}`,
        mode: 'similar',
        limit: 5,
      });
      expect(degraded).toEqual([]);
      const { rows: exact } = await database.executor.execute<{ distance: number }>(sql`
        select vector <=> ${JSON.stringify(asked)}::halfvec as distance from message_vectors
        where user_id = ${USER} and model = ${MODEL} order by 1 limit 5`);
      const farthest = (exact.at(-1)?.distance ?? 0) + 1e-6;
      expect(recalled).toHaveLength(5);
      found += recalled.filter(({ legs }) => 1 - (legs.similar?.score ?? 0) <= farthest).length;
    }
    expect(found / (5 * rounds)).toBeGreaterThanOrEqual(0.99);
  });

  it('finds all that have a rare word, beside thousands with a common one, and weighs it as BM25 does', {
    timeout: LIMIT_MS,
  }, async () => {
    asked = [1, ...new Array<number>(EMBEDDING_DIMENSIONS - 1).fill(0)];
    const { recalled } = await recallOf().search({
      userId: USER,
      text: 'market lighthouse',
      mode: 'hybrid',
      limit: 50,
    });
    const rare = recalled.filter(({ message }) => message.content.includes('lighthouse'));
    expect(rare).toHaveLength(RARE);
    // Once, in a message of average length, in either language.
    const expected = (2 * Math.log(1 + (MESSAGES - RARE + 0.5) / (RARE + 0.5))) / 1.9;
    for (const { legs } of rare) expect((legs.text?.score ?? 0) / expected).toBeCloseTo(1, 1);
  });
});

describe('a vector in binary format', () => {
  it('is the same for the database as its text', async () => {
    const values = Array.from({ length: EMBEDDING_DIMENSIONS }, (_, axis) => Math.fround(Math.sin(axis) / 3));
    values[0] = 0;
    values[1] = -1e-7;
    values[2] = 1_000.5;
    const run = database.executor.prepare<{ distance: number; same: boolean }>(
      sql`select (${sql.placeholder('bytes')}::halfvec <-> ${sql.placeholder('text')}::text::halfvec)::float8 as distance,
        ${sql.placeholder('text')}::text = ${JSON.stringify(values)}::text as same`,
      'vector_formats',
    );
    for (let time = 0; time < 2; time += 1) {
      const { rows } = await run({ bytes: toHalfvec(values), text: JSON.stringify(values) });
      expect(rows[0]?.distance).toBeLessThan(1e-3);
      expect(rows[0]?.same).toBe(true);
    }
  });
});
