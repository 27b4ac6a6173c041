import { existsSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { place } from '../db/database.ts';
import { openEmbedded } from '../db/embedded.ts';
import { StartupError } from '../errors.ts';
import { TransferError } from './transfer-error.ts';

const CONNECTION_LIMIT_MS = 20_000;

/** Texts of values that mean the same on every server, and limits for everything that waits. `row_security` off: rather fail than leave rows out. */
const SETTINGS = `
  SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'postgres'; SET LOCAL TimeZone = 'UTC';
  SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; SET LOCAL row_security = off;
  SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = '60min'; SET LOCAL idle_in_transaction_session_timeout = 0;`;

/** A database by one connection, without the program's own migrations. */
export interface OpenedDatabase {
  client: pg.ClientBase;
  /** For the person, without credentials. */
  description: string;
  close: () => Promise<void>;
}

/** Which database: the one of a server where there is a URL, otherwise the embedded one in the folder. */
export interface DatabasePlace {
  url: string | undefined;
  dataDir: string;
}

/**
 * Opens a database as it is.
 *
 * @throws StartupError when a server has the embedded one open, TransferError when it cannot be reached.
 */
export async function openAsItIs({ url, dataDir }: DatabasePlace): Promise<OpenedDatabase> {
  return url === undefined ? await openFolder(dataDir) : await openServer(url);
}

/** Whether there is an embedded database in a folder. */
export function hasEmbedded(dataDir: string): boolean {
  return existsSync(join(dataDir, 'postgres', 'PG_VERSION'));
}

async function openFolder(dataDir: string): Promise<OpenedDatabase> {
  const embedded = await openEmbedded(dataDir);
  const pool = embedded.openPool();
  const client = await pool.connect().catch(async (error: unknown) => {
    // Its thread would keep the process from ending.
    await embedded.close();
    throw error;
  });
  const close = async () => {
    client.release();
    await pool.end();
    await embedded.close();
  };
  return { client, description: `the embedded database in ${dataDir}`, close };
}

async function openServer(url: string): Promise<OpenedDatabase> {
  const description = `PostgreSQL at ${place(url)}`;
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECTION_LIMIT_MS,
    application_name: 'tertulia',
    keepAlive: true,
  });
  // Whatever asks next fails with it; without a listener it would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (cause) {
    throw new TransferError(`${description} cannot be reached: ${reasonOf(cause)}.`, { cause });
  }
  return { client, description, close: () => client.end() };
}

/** Runs work on one moment's state of a database, which it cannot change. */
export async function reading<Result>(client: pg.ClientBase, work: () => Promise<Result>): Promise<Result> {
  return await within(client, 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', work);
}

/** Runs work that takes effect as a whole, or not at all. */
export async function writing<Result>(client: pg.ClientBase, work: () => Promise<Result>): Promise<Result> {
  return await within(client, 'BEGIN', work);
}

async function within<Result>(
  client: pg.ClientBase,
  begin: string,
  work: () => Promise<Result>,
): Promise<Result> {
  await client.query(begin);
  try {
    await client.query(SETTINGS);
    const result = await work();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // A connection that is lost has rolled back by itself.
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** The sentence for a failure in the middle; `unchanged` says what is as it was before. */
export function explained(cause: unknown, unchanged: string): unknown {
  if (cause instanceof StartupError || cause instanceof TransferError) {
    return new TransferError(`${cause.message} ${unchanged}`, { cause });
  }
  const isOfDatabase = cause instanceof Error && ('code' in cause || /connection/i.test(cause.message));
  return isOfDatabase ? new TransferError(`It failed: ${reasonOf(cause)}. ${unchanged}`, { cause }) : cause;
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const code = 'code' in cause ? String(cause.code) : cause.constructor.name;
  return cause.message || code;
}
