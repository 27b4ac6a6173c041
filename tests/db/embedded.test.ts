import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { sql } from '../../src/db/drizzle.ts';
import { toDatabaseProblem } from '../../src/db/failures.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const LONG_STATEMENT = "select count(*) from generate_series(1, 3000000) as one(n) where md5(n::text) = 'x'";

let place: TestDatabase;
let database: Database;
beforeEach(async () => {
  place = await createTestDatabase();
  const { DATABASE_URL: url, DATA_DIR: dataDir } = place.env;
  database = await openDatabase({ url, dataDir, poolSize: 1, timeoutMs: 250 }, () => undefined);
});
afterEach(async () => {
  await database.close();
  await place.drop();
});

it('gives up a statement at its limit, without holding up the program, and works again', async () => {
  let ticks = 0;
  const timer = setInterval(() => {
    ticks += 1;
  }, 20);
  const failure = await database.executor.execute(LONG_STATEMENT).then(
    () => 'it was not given up',
    (error: unknown) => error,
  );
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(2);
  expect(toDatabaseProblem(failure)).toMatchObject({ code: 'database_failed' });
  await expect.poll(() => database.ping().then(() => 'works'), { timeout: 30_000 }).toBe('works');
});

it('works on after statements that fail', async () => {
  for (let time = 1; time <= 3; time += 1) {
    await expect(database.executor.execute('select 1/0')).rejects.toThrow();
    // One that the server cannot even read: what follows it in its exchange is then passed over.
    await expect(database.executor.execute(sql`select no_such_column where ${time} = 1`)).rejects.toThrow(
      /no_such_column/,
    );
    const { rows } = await database.executor.execute('select 1 as one');
    expect(rows).toEqual([{ one: 1 }]);
  }
  const { rows } = await database.executor.execute('select 1 as one');
  expect(rows).toEqual([{ one: 1 }]);
});
