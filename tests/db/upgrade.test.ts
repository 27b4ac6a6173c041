import { readMigrationFiles } from 'drizzle-orm/migrator';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EMBEDDING_DIMENSIONS } from '../../src/config.ts';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { forgetStatements } from '../support/statements/recorder.ts';

const RUN = '01990000-0000-7000-8000-000000000000';
const SESSION = '01990000-0000-7000-8000-000000000001';
const EMBEDDED = '01990000-0000-7000-8000-000000000002';
const WAITING = '01990000-0000-7000-8000-000000000003';
/** Before vectors had a table of their own. */
const EARLIER_MIGRATIONS = 3;

let place: TestDatabase;
let database: Database;

beforeAll(async () => {
  place = await createTestDatabase();
  const earlier = await open();
  await earlier.executor.execute(
    'drop schema public cascade; drop schema drizzle cascade; create schema public; create schema drizzle',
  );
  await earlier.executor.execute(
    'create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)',
  );
  for (const { sql, hash, folderMillis } of readMigrationFiles({ migrationsFolder: 'drizzle' }).slice(
    0,
    EARLIER_MIGRATIONS,
  )) {
    for (const statement of sql) await earlier.executor.execute(statement);
    await earlier.executor.execute(
      `insert into drizzle.__drizzle_migrations (hash, created_at) values ('${hash}', ${folderMillis})`,
    );
  }
  const vector = JSON.stringify(
    Array.from({ length: EMBEDDING_DIMENSIONS }, (_, axis) => (axis === 7 ? 1 : 0)),
  );
  for (const statement of [
    `insert into chat_sessions (user_id, id) values ('ana', '${SESSION}')`,
    `insert into runs (user_id, id, session_id, entry, memory, status) values ('ana', '${RUN}', '${SESSION}', 'assistant', 'hybrid', 'completed')`,
    `insert into messages (user_id, id, session_id, run_id, role, content, token_count, embedding, embedding_model)
      values ('ana', '${EMBEDDED}', '${SESSION}', '${RUN}', 'user', 'My dogs are in notes/todo.md', 5, '${vector}', 'some-model')`,
    `insert into messages (user_id, id, session_id, run_id, role, content, token_count)
      values ('ana', '${WAITING}', '${SESSION}', '${RUN}', 'assistant', 'Noted', 1)`,
  ])
    await earlier.executor.execute(statement);
  await earlier.close();
  database = await open();
});
afterAll(async () => {
  await database.close();
  await place.drop();
  // They are all this file's own.
  forgetStatements();
});

async function open(): Promise<Database> {
  const { DATABASE_URL: url, DATA_DIR: dataDir } = place.env;
  return await openDatabase({ url, dataDir, poolSize: 2, timeoutMs: 30_000 }, () => undefined);
}

it('brings the messages and vectors of an earlier version along, and finds them by their words', async () => {
  const rows = async (statement: string) => (await database.executor.execute(statement)).rows;
  expect(await rows('select id, content from messages order by id')).toEqual([
    { id: EMBEDDED, content: 'My dogs are in notes/todo.md' },
    { id: WAITING, content: 'Noted' },
  ]);
  expect(
    await rows('select message_id, model, (vector::real[])[8] as eighth, features from message_vectors'),
  ).toEqual([{ message_id: EMBEDDED, model: 'some-model', eighth: 1, features: null }]);
  expect(await rows('select message_id from embedding_queue')).toEqual([{ message_id: WAITING }]);
  expect(
    await rows(`select id from messages where (search_english || search_spanish) @@ 'dog & todo'::tsquery`),
  ).toEqual([{ id: EMBEDDED }]);
});

it('has a message that is stored from now on, or changed, wait for its vector', async () => {
  await database.executor.execute(`update messages set content = content || '!' where id = '${EMBEDDED}'`);
  const { rows } = await database.executor.execute(
    'select message_id from embedding_queue order by message_id',
  );
  expect(rows).toEqual([{ message_id: EMBEDDED }, { message_id: WAITING }]);
  const { rows: vectors } = await database.executor.execute('select from message_vectors');
  expect(vectors).toEqual([]);
});
