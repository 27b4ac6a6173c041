import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { inject } from 'vitest';

/** A migrated, empty database of a test's own. */
export interface TestDatabase {
  /** The environment variables that name it. */
  env: { DATA_DIR: string; DATABASE_URL?: string };
  kind: 'embedded' | 'server';
  drop: () => Promise<void>;
}

let made = 0;

/** Copies the migrated template, which is much faster than making a database anew. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const template = inject('template');
  const folder = await mkdtemp(join(tmpdir(), 'tertulia-test-'));
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  if (template.kind === 'embedded') {
    await cp(template.dataDir, folder, { recursive: true });
    return { kind: 'embedded', env: { DATA_DIR: folder }, drop: removeFolder };
  }
  made += 1;
  const name = `${template.name}_${process.pid}_${made}`;
  await onServer(template.serverUrl, `CREATE DATABASE ${name} TEMPLATE ${template.name}`);
  const url = new URL(template.serverUrl);
  url.pathname = `/${name}`;
  return {
    kind: 'server',
    env: { DATA_DIR: folder, DATABASE_URL: url.href },
    drop: async () => {
      await onServer(template.serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await removeFolder();
    },
  };
}

async function onServer(serverUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    // A template can be copied by one at a time: wait for the others instead of failing.
    await client.query("SELECT pg_advisory_lock(hashtext('tertulia test databases'))");
    await client.query(statement);
  } finally {
    await client.end();
  }
}
