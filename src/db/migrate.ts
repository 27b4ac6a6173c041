import { fileURLToPath } from 'node:url';
import { type MigrationMeta, readMigrationFiles } from 'drizzle-orm/migrator';
import type { ClientBase, Pool } from 'pg';
import { StartupError } from '../errors.ts';

const MIGRATIONS_FOLDER = fileURLToPath(new URL('../../drizzle', import.meta.url));
/** Any fixed number that no other program uses on the same database. */
const MIGRATION_LOCK = 7_238_114_902;
const LOCK_WAIT = '60s';
const MIGRATION_TIME = '15min';
/** The first version with the index-only features of half-precision vectors that recall relies on. */
const LEAST_PGVECTOR = [0, 8] as const;
const LEAST_POSTGRES = 150_000;
const RECORD =
  'CREATE SCHEMA IF NOT EXISTS drizzle; CREATE TABLE IF NOT EXISTS drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint)';

/**
 * Brings the schema up to date: one replica at a time (advisory lock), each migration in a transaction of its own.
 * @throws StartupError when the server or pgvector is missing or too old, or the database is newer than this program.
 */
export async function migrate(pool: Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await checkServer(client);
    await client.query(`SET lock_timeout = '${LOCK_WAIT}'; SET statement_timeout = '${MIGRATION_TIME}'`);
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    try {
      await applyPending(client, readMigrationFiles({ migrationsFolder: MIGRATIONS_FOLDER }));
    } finally {
      await client.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
    }
    await client.query('RESET lock_timeout; RESET statement_timeout');
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}

/** Counts, whenever it is asked, the migrations of this program that a database lacks, such as one that was restored from a backup. */
export function missingMigrationsOf(pool: Pick<Pool, 'query'>): () => Promise<number> {
  let known: number[] | undefined;
  return async () => {
    known ??= readMigrationFiles({ migrationsFolder: MIGRATIONS_FOLDER }).map(
      ({ folderMillis }) => folderMillis,
    );
    const { rows } = await pool.query<{ created_at: string }>(
      'SELECT created_at FROM drizzle.__drizzle_migrations',
    );
    const applied = new Set(rows.map(({ created_at }) => Number(created_at)));
    return known.filter((time) => !applied.has(time)).length;
  };
}

/** When the migrations were made that a database has, in milliseconds; none for one that was never used. */
export async function appliedMigrations(client: ClientBase): Promise<number[]> {
  const { rows: tables } = await client.query("SELECT to_regclass('drizzle.__drizzle_migrations') AS found");
  if (tables[0]?.found === null) return [];
  const { rows } = await client.query<{ created_at: string }>(
    'SELECT created_at FROM drizzle.__drizzle_migrations ORDER BY created_at',
  );
  return rows.map(({ created_at }) => Number(created_at));
}

/**
 * Makes the schema as these migrations left it, within the transaction that the client has begun, and keeps servers from
 * migrating meanwhile. The record of the migrations stays empty, because it comes with the other tables' rows.
 * @throws StartupError when the server or pgvector is missing or too old, or a migration is not known to this program.
 */
export async function makeSchema(client: ClientBase, applied: number[]): Promise<void> {
  await checkServer(client);
  await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
  const known = readMigrationFiles({ migrationsFolder: MIGRATIONS_FOLDER });
  if (applied.some((time) => !known.some(({ folderMillis }) => folderMillis === time))) {
    throw new StartupError('It was used by a newer Tertulia than this one; take that version.');
  }
  await client.query(RECORD);
  for (const { folderMillis, sql } of known) {
    if (applied.includes(folderMillis)) for (const statement of sql) await client.query(statement);
  }
}

/** @throws StartupError when the server or pgvector is missing or too old. */
async function checkServer(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ server: number; version: string; vector: string | null }>(
    `SELECT current_setting('server_version_num')::int AS server, current_setting('server_version') AS version,
      coalesce((SELECT extversion FROM pg_extension WHERE extname = 'vector'),
               (SELECT default_version FROM pg_available_extensions WHERE name = 'vector')) AS vector`,
  );
  const found = rows[0];
  if (!found || found.server < LEAST_POSTGRES) {
    throw new StartupError(`The database is PostgreSQL ${found?.version}; it takes PostgreSQL 15 or newer.`);
  }
  if (found.vector === null) {
    throw new StartupError(
      'The database server has no pgvector; install pgvector 0.8 or newer on it (Debian: postgresql-17-pgvector).',
    );
  }
  const [major = 0, minor = 0] = found.vector.split('.').map(Number);
  if (major === LEAST_PGVECTOR[0] && minor < LEAST_PGVECTOR[1]) {
    throw new StartupError(
      `The database has pgvector ${found.vector}; it takes 0.8 or newer. Install it on the server, then run ALTER EXTENSION vector UPDATE.`,
    );
  }
}

async function applyPending(client: ClientBase, known: MigrationMeta[]): Promise<void> {
  await client.query(RECORD);
  const { rows: applied } = await client.query<{ created_at: string }>(
    'SELECT created_at FROM drizzle.__drizzle_migrations ORDER BY created_at',
  );
  const knownTimes = new Set(known.map(({ folderMillis }) => folderMillis));
  if (applied.some(({ created_at }) => !knownTimes.has(Number(created_at)))) {
    throw new StartupError(
      `The database has ${applied.length} migrations, some of which this version (which knows ${known.length}) does not know: it was used by a newer Tertulia. Start that version, or name another database.`,
    );
  }
  const appliedTimes = new Set(applied.map(({ created_at }) => Number(created_at)));
  for (const migration of known.filter(({ folderMillis }) => !appliedTimes.has(folderMillis))) {
    await applyOne(client, migration);
  }
}

async function applyOne(client: ClientBase, migration: MigrationMeta): Promise<void> {
  await client.query('BEGIN');
  try {
    for (const statement of migration.sql) await client.query(statement);
    await client.query('INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ($1, $2)', [
      migration.hash,
      migration.folderMillis,
    ]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}
