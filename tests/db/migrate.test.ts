import type { Pool } from 'pg';
import { describe, expect, it } from 'vitest';
import { migrate } from '../../src/db/migrate.ts';

/** A server that answers the first question, which is what it is, and no other. */
function serverThatIs(facts: { server: number; version: string; vector: string | null }): Pool {
  const client = {
    query: async (text: string) => {
      if (!text.includes('server_version_num')) throw new Error(`unplanned statement: ${text}`);
      return { rows: [facts] };
    },
    release: () => undefined,
  };
  // Only what `migrate` uses of a pool.
  return { connect: async () => client } as unknown as Pool;
}

describe('a database that cannot serve is refused with one line', () => {
  it.each([
    ['no pgvector', { server: 170_000, version: '17.0', vector: null }, /no pgvector; install pgvector 0\.8/],
    [
      'a pgvector that is too old',
      { server: 170_000, version: '17.0', vector: '0.7.4' },
      /pgvector 0\.7\.4; it takes 0\.8 or newer/,
    ],
    [
      'a PostgreSQL that is too old',
      { server: 140_011, version: '14.11', vector: '0.8.0' },
      /PostgreSQL 14\.11; it takes PostgreSQL 15/,
    ],
  ])('%s', async (_name, facts, line) => {
    const failure = await migrate(serverThatIs(facts)).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'StartupError', message: expect.stringMatching(line) });
    expect(String(failure)).not.toContain('\n');
  });

  it.each(['0.8.0', '0.9.1', '1.0.0'])('takes pgvector %s', async (vector) => {
    const failure = await migrate(serverThatIs({ server: 150_000, version: '15.0', vector })).catch(
      (error: unknown) => error,
    );
    expect(String(failure)).toMatch(/unplanned statement/);
  });
});
