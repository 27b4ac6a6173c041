import { Embeddings } from '@langchain/core/embeddings';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EMBEDDING_DIMENSIONS } from '../../src/config.ts';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { chatSessions, messages } from '../../src/db/schema.ts';
import { createRecall } from '../../src/memory/recall.ts';
import { LEGS_OF_MODE } from '../../src/memory/recall-query.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type ReferenceMessage, referenceRecall } from '../support/recall-reference.ts';

const USERS = 50;
const WORDS = [
  'perro',
  'dog',
  'luna',
  'Luna',
  'called',
  'llama',
  'Friday',
  'viernes',
  'café',
  'cafe',
  "it's",
  'back\\slash',
  'the',
  'la',
  'años',
];
const MODEL = 'four-axes';

/** Texts on few axes, so that many are equally near: the order among equals is tested too. */
class AxesEmbeddings extends Embeddings {
  constructor() {
    super({});
  }
  override async embedQuery(text: string): Promise<number[]> {
    const vector = new Array<number>(EMBEDDING_DIMENSIONS).fill(0);
    vector[0] = 1;
    for (const word of text.split(' '))
      vector[1 + (word.length % 4)] = (vector[1 + (word.length % 4)] ?? 0) + 1;
    return vector;
  }
  override async embedDocuments(texts: string[]): Promise<number[][]> {
    return await Promise.all(texts.map((text) => this.embedQuery(text)));
  }
}

/** A few users have much to say, so that limits and copies matter; the others are there to be kept apart. */
const user = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(0, 1) },
  { weight: 2, arbitrary: fc.nat(USERS - 1) },
);
const text = fc
  .array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 6 })
  .map((words) => words.join(' '));
const told = fc.record({
  user,
  session: fc.nat(1),
  role: fc.constantFrom('user' as const, 'assistant' as const),
  content: text,
  isEmbedded: fc.boolean(),
});
const asked = fc.record({
  user,
  text,
  inSession: fc.boolean(),
  budget: fc.constantFrom(6, 3_000),
  limit: fc.constantFrom(undefined, 3),
});

let place: TestDatabase;
let database: Database;
const embedder = new AxesEmbeddings();

beforeAll(async () => {
  place = await createTestDatabase();
  const { DATABASE_URL: url, DATA_DIR: dataDir } = place.env;
  database = await openDatabase({ url, dataDir, poolSize: 4, timeoutMs: 30_000 }, () => undefined);
});
afterAll(async () => {
  await database.close();
  await place.drop();
});

describe.each(['recent', 'similar', 'hybrid'] as const)('recall, mode %s', (mode) => {
  it('equals a brute-force computation for each of 50 users with similar texts, and shows nobody another’s message', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(told, { minLength: 120, maxLength: 200 }),
        fc.array(asked, { minLength: 6, maxLength: 12 }),
        async (history, questions) => {
          const stored = await store(history);
          for (const question of questions) {
            const own = stored.get(`user-${question.user}`) ?? [];
            const sessionId = question.inSession ? (own[0]?.sessionId ?? null) : null;
            const recall = createRecall({
              executor: database.executor,
              embeddings: { name: MODEL, kind: 'lexical', documents: embedder, queries: embedder },
              deadlineMs: 30_000,
              tokenBudget: question.budget,
            });
            const { recalled, degraded } = await recall.recall({
              userId: `user-${question.user}`,
              text: question.text,
              mode,
              sessionId: sessionId ?? undefined,
              limit: question.limit,
            });
            expect(degraded).toEqual([]);
            const limit = question.limit ?? { recent: 5, similar: 5, hybrid: 20 }[mode];
            const expected = referenceRecall(await ranked(own, question.text), {
              sessionId,
              vector: await embedder.embedQuery(question.text),
              legs: [...LEGS_OF_MODE[mode]],
              neighbours: mode === 'hybrid',
              recentLimit: mode === 'recent' ? limit : Math.min(5, limit),
              limit,
              tokenBudget: question.budget,
            });
            expect(recalled.map(({ message, via }) => ({ id: message.id, via: via.toSorted() }))).toEqual(
              expected.map(({ id, via }) => ({ id, via })),
            );
            recalled.forEach(({ score }, position) => {
              expect(score).toBeCloseTo(expected[position]?.score ?? Number.NaN, 9);
            });
            const ownIds = new Set(own.map(({ id }) => id));
            expect(recalled.filter(({ message }) => !ownIds.has(message.id))).toEqual([]);
          }
        },
      ),
      { numRuns: 6, endOnFailure: true },
    );
  });
});

type Told = typeof told extends fc.Arbitrary<infer Value> ? Value : never;

async function store(history: Told[]): Promise<Map<string, ReferenceMessage[]>> {
  await database.executor.execute(sql`truncate chat_sessions cascade`);
  const byUser = new Map<string, ReferenceMessage[]>();
  const sessionIds = new Map<string, string>();
  const rows: (typeof messages.$inferInsert)[] = [];
  for (const { user, session, role, content, isEmbedded } of history) {
    const userId = `user-${user}`;
    const key = `${userId}/${session}`;
    const sessionId = sessionIds.get(key) ?? uuidv7();
    sessionIds.set(key, sessionId);
    const id = uuidv7();
    const vector = isEmbedded ? await embedder.embedQuery(content) : null;
    rows.push({
      userId,
      id,
      sessionId,
      role,
      content,
      tokenCount: 2,
      embedding: vector,
      embeddingModel: isEmbedded ? MODEL : null,
    });
    byUser.set(userId, [
      ...(byUser.get(userId) ?? []),
      { id, sessionId, role, content, tokenCount: 2, vector, rank: null },
    ]);
  }
  await database.executor
    .insert(chatSessions)
    .values([...sessionIds].map(([key, id]) => ({ userId: key.split('/')[0] ?? '', id })));
  await database.executor.insert(messages).values(rows);
  return byUser;
}

/** Asks the database for each message's own full-text rank, one by one, so that only ranking is its and all else is ours. */
async function ranked(own: ReferenceMessage[], question: string): Promise<ReferenceMessage[]> {
  const { rows } = await database.executor.execute<{ english: string[]; spanish: string[] }>(
    sql`select tsvector_to_array(to_tsvector('tertulia_english', ${question}::text)) as english, tsvector_to_array(to_tsvector('tertulia_spanish', ${question}::text)) as spanish`,
  );
  const { english = [], spanish = [] } = rows[0] ?? {};
  const terms =
    english.length === spanish.length
      ? [...english, ...spanish]
      : english.length < spanish.length
        ? english
        : spanish;
  if (terms.length === 0) return own;
  const escaped = [...new Set(terms)]
    .toSorted()
    .map((term) => `'${term.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`)
    .join(' | ');
  return await Promise.all(
    own.map(async (message) => {
      const { rows: found } = await database.executor.execute<{ rank: number }>(
        sql`select ts_rank(search, ${escaped}::tsquery) as rank from messages where id = ${message.id} and search @@ ${escaped}::tsquery`,
      );
      return { ...message, rank: found[0]?.rank ?? null };
    }),
  );
}
