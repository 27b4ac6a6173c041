import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { PGlite } from '@electric-sql/pglite';
import { btree_gin } from '@electric-sql/pglite/contrib/btree_gin';
import { unaccent } from '@electric-sql/pglite/contrib/unaccent';
import { createPgConfig } from '@electric-sql/pglite/node-postgres';
import { vector } from '@electric-sql/pglite-pgvector';
import pg from 'pg';
import { StartupError } from '../errors.ts';

/** A pool over the embedded PostgreSQL, and how to shut both down. */
export interface EmbeddedPool {
  pool: pg.Pool;
  close: () => Promise<void>;
}

/**
 * Opens the embedded PostgreSQL (PGlite) whose files are in `<dataDir>/postgres`, behind a `pg.Pool` of one connection.
 * @throws StartupError when another process has the folder open or it cannot be used.
 */
export async function openEmbedded(dataDir: string): Promise<EmbeddedPool> {
  const unlock = lockFolder(dataDir);
  try {
    const database = await PGlite.create({
      dataDir: join(dataDir, 'postgres'),
      extensions: { vector, unaccent, btree_gin },
    });
    const pool = poolOver(database);
    const close = async () => {
      await pool.end();
      await database.close();
      unlock();
    };
    return { pool, close };
  } catch (cause) {
    unlock();
    throw new StartupError(
      `DATA_DIR got "${dataDir}", whose database cannot be opened: ${firstLine(cause)}. Restore the folder from a backup, or name an empty one.`,
      { cause },
    );
  }
}

/**
 * The adapter that comes with PGlite keeps one connection object for ever, while `pg.Pool` drops a client after any failed
 * query and expects the next one to be fresh. So each client gets a connection object of its own, and what the last
 * one left open in the database's only backend is rolled back and discarded.
 */
function poolOver(database: PGlite): pg.Pool {
  class EmbeddedClient extends pg.Client {
    constructor(options?: pg.ClientConfig) {
      const { connection } = createPgConfig(database);
      const parse = connection.parse.bind(connection);
      // drizzle gives result parsers under the name under which the adapter expects parameter types.
      connection.parse = (query: { types?: unknown }) => parse({ ...query, types: undefined });
      // `connection` is read by pg.Client but missing from its types.
      super({ ...options, connection } as pg.ClientConfig);
    }
  }
  return new pg.Pool({
    max: 1,
    idleTimeoutMillis: 0,
    Client: EmbeddedClient,
    onConnect: async (client: pg.ClientBase) => {
      await client.query('ROLLBACK');
      await client.query('DISCARD ALL');
    },
  } as pg.PoolConfig);
}

/**
 * Takes the folder for this process: PGlite itself would let a second process in and ruin the files. The lock is SQLite's
 * own lock on a file, which the operating system releases when the process ends in whatever way.
 */
function lockFolder(dataDir: string): () => void {
  const holderFile = join(dataDir, 'tertulia.pid');
  let lock: DatabaseSync | undefined;
  try {
    mkdirSync(dataDir, { recursive: true });
    lock = new DatabaseSync(join(dataDir, 'tertulia.lock'), { timeout: 0 });
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    writeFileSync(holderFile, `${process.pid}\n`);
  } catch (cause) {
    lock?.close();
    if (firstLine(cause).includes('database is locked')) {
      throw new StartupError(
        `DATA_DIR got "${dataDir}", which is in use by process ${readHolder(holderFile)}; it takes a folder of its own. Stop that process, or set DATA_DIR or DATABASE_URL.`,
      );
    }
    throw new StartupError(`DATA_DIR got "${dataDir}", which cannot be used: ${firstLine(cause)}.`, {
      cause,
    });
  }
  const held = lock;
  return () => held.close();
}

function readHolder(holderFile: string): string {
  try {
    return readFileSync(holderFile, 'utf8').trim();
  } catch {
    return '(unknown)';
  }
}

function firstLine(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n', 1)[0] ?? '';
}
