import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { ofTest } from './statements/recorder.ts';

/** A database on the server of TEST_DATABASE_URL that has nothing in it, not even the schema. */
export async function createEmptyDatabase() {
  const serverUrl = String(process.env.TEST_DATABASE_URL);
  const name = `tertulia_empty_${randomUUID().replaceAll('-', '')}`;
  await runSql(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    /** Runs SQL in it. */
    run: async (statement: string) => await runSql(url.href, statement),
    drop: async () => {
      await runSql(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

async function runSql(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(ofTest(statement))).rows;
  } finally {
    await client.end();
  }
}
