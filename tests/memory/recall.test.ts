import { Embeddings } from '@langchain/core/embeddings';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EMBEDDING_DIMENSIONS, LEXICAL_DIMENSIONS } from '../../src/config.ts';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { messages, messageVectors } from '../../src/db/memory-schema.ts';
import { chatSessions } from '../../src/db/schema.ts';
import { createQuestionEmbedder } from '../../src/memory/question-vector.ts';
import { createRecall } from '../../src/memory/recall.ts';
import type { EmbeddingModel } from '../../src/models/settings.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import {
  type Reading,
  type ReferenceMessage,
  type ReferenceQuestion,
  referenceScores,
} from '../support/recall-reference.ts';
import { ofTest } from '../support/statements/recorder.ts';

const USERS = 50;
const WITHIN = 1e-6;
const WORDS =
  'perro dog luna Luna called llama Friday viernes café cafe dogs the la años notes/todo.md todo Ana reunión'.split(
    ' ',
  );
/** Of these, messages have none: words that a lexical embedder has to make out. */
const UNKNOWN_WORDS = ['pero', 'dxg', 'lunna', 'fridey'];
const NAMES = [null, 'Ana', 'Luis'];
const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
const DIAS = ['lunes', 'martes', 'miércoles', 'jueves', 'viernes', 'sábado', 'domingo'];
const ASKED_AT = new Date('2026-03-20T12:00:00Z');
const MARCH = { from: new Date('2026-03-01T00:00:00Z'), to: new Date('2026-04-01T00:00:00Z') };

/** Texts on few axes, so that many are equally near. */
function axesOf(text: string): number[] {
  const vector = new Array<number>(EMBEDDING_DIMENSIONS).fill(0);
  vector[0] = 1;
  for (const word of text.split(' '))
    vector[1 + (word.length % 4)] = (vector[1 + (word.length % 4)] ?? 0) + 1;
  return vector;
}

class AxesEmbeddings extends Embeddings {
  constructor() {
    super({});
  }
  override async embedQuery(text: string): Promise<number[]> {
    return axesOf(text);
  }
  override async embedDocuments(texts: string[]): Promise<number[][]> {
    return texts.map(axesOf);
  }
}

/** An axis for each letter. */
function lettersOf(text: string): Map<number, number> {
  const vector = new Map<number, number>();
  for (const letter of text.toLowerCase().match(/[a-z]/g) ?? []) {
    const axis = 1 + letter.charCodeAt(0);
    vector.set(axis, (vector.get(axis) ?? 0) + 1);
  }
  return vector;
}

const axes = new AxesEmbeddings();
const MODELS: Record<EmbeddingModel['kind'], EmbeddingModel> = {
  neural: { kind: 'neural', name: 'five-axes', documents: axes, queries: axes },
  lexical: { kind: 'lexical', name: 'letters', embedText: lettersOf, embedWord: lettersOf },
};

/** A few users have much to say, so that limits and copies matter; the others are there to be kept apart. */
const user = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(0, 1) },
  { weight: 2, arbitrary: fc.nat(USERS - 1) },
);
const said = (words: string[]) =>
  fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 6 }).map((chosen) => chosen.join(' '));
const told = fc.record({
  user,
  session: fc.nat(1),
  name: fc.constantFrom(...NAMES),
  content: said(WORDS),
  tokenCount: fc.integer({ min: 1, max: 60 }),
  isEmbedded: fc.boolean(),
  /** Days after the first of February. */
  day: fc.nat(45),
});
const asked = fc.record({
  user,
  text: said([...WORDS, ...UNKNOWN_WORDS]),
  inMarch: fc.boolean(),
  limit: fc.constantFrom(3, 20, 100),
});
type Told = typeof told extends fc.Arbitrary<infer Value> ? Value : never;
type Asked = typeof asked extends fc.Arbitrary<infer Value> ? Value : never;

let place: TestDatabase;
let database: Database;

beforeAll(async () => {
  place = await createTestDatabase();
  const { DATABASE_URL: url, DATA_DIR: dataDir } = place.env;
  database = await openDatabase({ url, dataDir, poolSize: 4, timeoutMs: 30_000 }, () => undefined);
});
afterAll(async () => {
  await database.close();
  await place.drop();
});

interface Stored {
  message: ReferenceMessage;
  name: string | null;
  content: string;
}

describe.each(['lexical', 'neural'] as const)('hybrid recall with a %s embedder', (kind) => {
  it('gives each of 50 users with similar texts the scores of plain BM25 with context, and nobody another’s message', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(told, { minLength: 120, maxLength: 200 }),
        fc.array(asked, { minLength: 6, maxLength: 12 }),
        async (history, questions) => {
          const stored = await store(history, kind);
          for (const question of questions) {
            const own = stored.get(`user-${question.user}`) ?? [];
            await checkHits(own, question, kind);
          }
        },
      ),
      { numRuns: 6, endOnFailure: true },
    );
  });
});

async function checkHits(own: Stored[], question: Asked, kind: EmbeddingModel['kind']): Promise<void> {
  const embeddings = MODELS[kind];
  const deadlineMs = 30_000;
  const recall = createRecall({
    executor: database.executor,
    serving: () => embeddings,
    embedder: createQuestionEmbedder({ deadlineMs }),
    deadlineMs,
    tokenBudget: 3_000,
  });
  const text = question.inMarch ? `${question.text} in March` : question.text;
  const userId = `user-${question.user}`;
  const { recalled, degraded } = await recall.search({
    userId,
    text,
    mode: 'hybrid',
    limit: question.limit,
    askedAt: ASKED_AT,
  });
  expect(degraded).toEqual([]);
  const expected = referenceScores(
    own.map(({ message }) => message),
    await readQuestion(text, question.inMarch, kind),
  );
  const copyOf = new Map(own.map(({ message, name, content }) => [message.id, `${name} ${content}`]));
  for (const { message, score, legs, parts } of recalled) {
    const reference = expected.get(message.id);
    if (!reference) throw new Error(`${message.id} of ${message.sessionId} should not have been found`);
    expect(copyOf.has(message.id)).toBe(true);
    const copies = [...expected.values()].filter(({ id }) => copyOf.get(id) === copyOf.get(message.id));
    expect(message.id).toBe(
      copies
        .map(({ id }) => id)
        .toSorted()
        .at(-1),
    );
    expect(Math.abs(score - Math.max(...copies.map((copy) => copy.score)))).toBeLessThan(WITHIN);
    expect(Math.abs((legs.text?.score ?? 0) - (reference.text ?? 0))).toBeLessThan(WITHIN);
    expect(Math.abs((legs.similar?.score ?? 0) - (reference.similarity ?? 0))).toBeLessThan(WITHIN);
    for (const part of ['own', 'context', 'session', 'time'] as const)
      expect(Math.abs(parts[part] - reference[part]), part).toBeLessThan(WITHIN);
  }
  const scores = recalled.map(({ score }) => score);
  expect(scores).toEqual(scores.toSorted((one, other) => other - one));
  const found = new Set(recalled.map(({ message }) => copyOf.get(message.id)));
  expect(found.size).toBe(recalled.length);
  const missed = [...expected.values()].filter(({ id }) => !found.has(copyOf.get(id)));
  if (recalled.length < question.limit) expect(missed).toEqual([]);
  else for (const { score } of missed) expect(score).toBeLessThan((scores.at(-1) ?? 0) + WITHIN);
}

async function store(history: Told[], kind: EmbeddingModel['kind']): Promise<Map<string, Stored[]>> {
  await database.executor.execute(ofTest('truncate chat_sessions cascade'));
  const byUser = new Map<string, Stored[]>();
  const sessionIds = new Map<string, string>();
  const ordered = history.toSorted((one, other) => one.day - other.day);
  for (const [
    number,
    { user: who, session, name, content, tokenCount, isEmbedded, day },
  ] of ordered.entries()) {
    const userId = `user-${who}`;
    const sessionId = sessionIds.get(`${userId}/${session}`) ?? uuidv7();
    sessionIds.set(`${userId}/${session}`, sessionId);
    const createdAt = new Date(Date.UTC(2026, 1, 1 + day, 0, 0, number));
    const vector = kind === 'neural' ? axesOf(content) : lettersOf(content);
    const message: ReferenceMessage = {
      id: uuidv7({ msecs: createdAt.getTime() }),
      sessionId,
      tokenCount,
      createdAt,
      reading: { english: new Map(), spanish: new Map() },
      vector: isEmbedded ? vector : null,
    };
    byUser.set(userId, [...(byUser.get(userId) ?? []), { message, name, content }]);
  }
  const all = [...byUser].flatMap(([userId, said]) => said.map((one) => ({ userId, ...one })));
  const readings = await readAll(all.map(textsOf));
  for (const [position, { message }] of all.entries())
    message.reading = readings[position] ?? message.reading;
  await database.executor
    .insert(chatSessions)
    .values([...sessionIds].map(([key, id]) => ({ userId: key.split('/')[0] ?? '', id })));
  await database.executor.insert(messages).values(
    all.map(({ userId, name, content, message: { id, sessionId, tokenCount, createdAt } }) => {
      return { userId, id, sessionId, role: 'user' as const, name, content, tokenCount, createdAt };
    }),
  );
  await database.executor.insert(messageVectors).values(
    all.flatMap(({ userId, message: { id, vector } }) => {
      if (vector === null) return [];
      const column = Array.isArray(vector) ? { vector } : { features: toSparsevec(vector) };
      return [{ userId, messageId: id, model: MODELS[kind].name, ...column }];
    }),
  );
  return byUser;
}

/** Of length 1, as a lexical embedder gives it. */
function toSparsevec(vector: Map<number, number>): string {
  const length = Math.hypot(...vector.values());
  return `{${[...vector].map(([axis, value]) => `${axis}:${value / length}`).join(',')}}/${LEXICAL_DIMENSIONS}`;
}

/** What can be found of a message, in each reading: who, what and when. */
function textsOf({ name, content, message: { createdAt } }: Stored): [string, string] {
  const text = `${name ?? ''} ${content.replaceAll(/[./]/g, ' ')}`;
  const day = (createdAt.getUTCDay() + 6) % 7;
  const isMarch = createdAt.getUTCMonth() === 2;
  return [
    `${text} ${DAYS[day]} ${createdAt.getUTCDate()} ${isMarch ? 'march' : 'february'} ${createdAt.getUTCFullYear()}`,
    `${text} ${DIAS[day]} ${createdAt.getUTCDate()} ${isMarch ? 'marzo' : 'febrero'} ${createdAt.getUTCFullYear()}`,
  ];
}

async function readQuestion(
  text: string,
  inMarch: boolean,
  kind: EmbeddingModel['kind'],
): Promise<ReferenceQuestion> {
  const words = [...new Set(text.toLowerCase().split(/[ ./]/))];
  const readings = await readAll(words.map((word) => [word, word]));
  return {
    words: readings.map((reading, position) => ({ reading, features: lettersOf(words[position] ?? '') })),
    vector: kind === 'neural' ? { kind, values: axesOf(text) } : { kind },
    ranges: inMarch ? [MARCH] : [],
  };
}

/** Only the words' stems are Postgres's; all that is counted with them is ours. */
async function readAll(texts: [string, string][]): Promise<Reading[]> {
  const { rows } = await database.executor.execute<{
    english: [string, number][];
    spanish: [string, number][];
  }>(
    sql`select (select coalesce(jsonb_agg(jsonb_build_array(lexeme, cardinality(positions))), '[]') from unnest(to_tsvector('tertulia_english', value ->> 0))) as english,
          (select coalesce(jsonb_agg(jsonb_build_array(lexeme, cardinality(positions))), '[]') from unnest(to_tsvector('tertulia_spanish', value ->> 1))) as spanish
        from jsonb_array_elements(${JSON.stringify(texts)}::jsonb) with ordinality as t(value, position) order by position`,
  );
  return rows.map(({ english, spanish }) => ({ english: new Map(english), spanish: new Map(spanish) }));
}
