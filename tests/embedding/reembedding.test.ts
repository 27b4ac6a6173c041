import { Embeddings } from '@langchain/core/embeddings';
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EMBEDDING_DIMENSIONS } from '../../src/config.ts';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { sql } from '../../src/db/drizzle.ts';
import { createEmbedding } from '../../src/embedding/embedding.ts';
import { createEmbedder } from '../../src/memory/embedder.ts';
import type { NeuralEmbeddingModel } from '../../src/models/settings.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { forgetStatements } from '../support/statements/recorder.ts';

const SESSION = uuidv7();
const DOCUMENT = uuidv7();
const USERS = ['ana', 'ben'];
const quiet = { info: () => undefined, warn: () => undefined };

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
  // Many are this file's own; what the program sends is judged where tests start whole servers.
  forgetStatements();
});

/** A model whose vectors say how long the text was; before each answer something may happen to the installation. */
class LengthEmbeddings extends Embeddings {
  readonly #before: () => Promise<void>;
  constructor(before: () => Promise<void>) {
    super({});
    this.#before = before;
  }
  override async embedQuery(text: string): Promise<number[]> {
    return Array.from({ length: EMBEDDING_DIMENSIONS }, (_, axis) => (axis === text.length ? 1 : 0));
  }
  override async embedDocuments(texts: string[]): Promise<number[][]> {
    await this.#before();
    return await Promise.all(texts.map((text) => this.embedQuery(text)));
  }
}
function modelOf(name: string, before: () => Promise<void>): NeuralEmbeddingModel {
  const embeddings = new LengthEmbeddings(before);
  return { kind: 'neural', name, documents: embeddings, queries: embeddings };
}

const happening = fc.record({
  what: fc.constantFrom('say', 'change', 'erase', 'read', 'remove'),
  user: fc.constantFrom(...USERS),
  length: fc.integer({ min: 1, max: 200 }),
});
type Happening = typeof happening extends fc.Arbitrary<infer Value> ? Value : never;

const run = async (statement: ReturnType<typeof sql>) => void (await database.executor.execute(statement));

async function happen({ what, user, length }: Happening): Promise<void> {
  const text = 'x'.repeat(length);
  const place = sql`${length % 2 === 0 ? sql`asc` : sql`desc`}`;
  switch (what) {
    case 'say':
      return await run(sql`insert into messages (user_id, id, session_id, role, content, token_count)
        values (${user}, ${uuidv7()}::uuid, ${SESSION}::uuid, 'user', ${text}, 1)`);
    case 'change':
      return await run(sql`update messages set content = ${text} where user_id = ${user}
        and id = (select id from messages where user_id = ${user} order by id ${place} limit 1)`);
    case 'erase':
      return await run(sql`delete from messages where user_id = ${user}
        and id = (select id from messages where user_id = ${user} order by id ${place} limit 1)`);
    case 'read':
      return await run(sql`insert into chunks (user_id, document_id, id, text, trail, heading, token_count, hash, simhash, words, search_code)
        values (${user}, ${DOCUMENT}::uuid, ${uuidv7()}::uuid, ${text}, '[]', '', 1, 'hash', 0, '', '')`);
    case 'remove':
      return await run(sql`delete from chunks where user_id = ${user}
        and id = (select id from chunks where user_id = ${user} order by id ${place} limit 1)`);
  }
}

async function settle(embedder: ReturnType<typeof createEmbedder>): Promise<void> {
  embedder.wake();
  await expect
    .poll(async () => (await database.executor.execute('select from embedding_queue')).rowCount, {
      timeout: 30_000,
    })
    .toBe(0);
}

it('ends when every message and every passage has its vector, of its last text and of the new model alone, whatever happened', async () => {
  let serving = '';
  let count = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(happening, { minLength: 5, maxLength: 30 }),
      fc.array(happening, { minLength: 5, maxLength: 30 }),
      async (before, during) => {
        await run(sql`truncate chat_sessions, documents cascade`);
        for (const user of USERS) {
          await run(sql`insert into chat_sessions (user_id, id) values (${user}, ${SESSION}::uuid)`);
          await run(sql`insert into documents (user_id, id, path, state, size, modified_at, chunks)
            values (${user}, ${DOCUMENT}::uuid, 'a.md', 'ready', 1, now(), 1)`);
        }
        for (const one of before) await happen(one);
        count += 1;
        const left = [...during];
        let isComing = () => false;
        const wanted = modelOf(`model ${count}`, async () => {
          if (isComing()) for (const one of left.splice(0, 3)) await happen(one);
        });
        const embedding = createEmbedding({
          ...{
            executor: database.executor,
            wanted,
            open: async ({ name }) => modelOf(name, async () => undefined),
          },
          ...{ batchSize: 3, checkMs: 50, leaseMs: 2_000, isAlone: true, channel: 'tertulia', log: quiet },
        });
        const { models, reembedding, jobs } = embedding;
        isComing = () => models.coming() !== null;
        await reembedding.prepare();
        const embedder = createEmbedder({
          ...{ executor: database.executor, models, batchSize: 3, sweepIntervalMs: 50, log: quiet },
          known: () => undefined,
          observe: { phase: async (_phase, work) => await work() },
        });
        embedder.start();
        // Where nothing was embedded yet, the new one serves at once.
        if (count > 1) expect([serving, wanted.name]).toContain(models.serving().name);
        reembedding.start();
        const ended = async () => (await jobs.list()).every(({ endedAt }) => endedAt !== null);
        await expect.poll(ended, { timeout: 30_000, interval: 20 }).toBe(true);
        await settle(embedder);
        await reembedding.stop();
        await embedder.stop();
        serving = wanted.name;
        const { rows } = await database.executor.execute<{ length: number; axis: number[] }>(sql`
          select length(m.content) as length, array(select v.model || ' ' || ((v.vector::real[])[length(m.content) + 1])::text
            from message_vectors as v where v.user_id = m.user_id and v.message_id = m.id) as axis from messages as m`);
        for (const { axis } of rows) expect(axis).toEqual([`${serving} 1`]);
        const { rows: chunks } = await database.executor.execute<{ models: string[] }>(sql`
          select array(select v.model from chunk_vectors as v
            where v.user_id = c.user_id and v.document_id = c.document_id and v.chunk_id = c.id) as models from chunks as c`);
        // Nothing is changed where nothing served before.
        for (const chunk of chunks) expect(chunk.models).toEqual(count > 1 ? [serving] : []);
      },
    ),
    { numRuns: 8, endOnFailure: true },
  );
});
