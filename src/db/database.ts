import type { SQL, sql as Sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { StartupError } from '../errors.ts';
import { openEmbedded, SPELLING_LIKENESS } from './embedded.ts';
import { type Exclusively, exclusivelyHere, openExclusively } from './exclusive.ts';
import { isDeadlock } from './failures.ts';
import { migrate, missingMigrationsOf } from './migrate.ts';
import { listen, type NotificationListener } from './notifications.ts';
import type { Preparing } from './prepared.ts';

/** Each time one of those that wait for each other comes through. */
const DEADLOCK_TRIES = 5;

/** What a repository runs its statements on: the database, or one transaction of it. */
export type Executor = Pick<NodePgDatabase, 'select' | 'insert' | 'update' | 'delete'> & {
  /** Runs one statement, once for each call; when it loses a deadlock, which undoes it, it runs again. */
  execute: <Row extends Record<string, unknown>>(statement: SQL | string) => Promise<pg.QueryResult<Row>>;
  /**
   * As `execute`, for a statement of a turn, which has few texts and many values: each connection reads and plans a text once. Where
   * a pooler between here and the server keeps no prepared statements, it runs like any other.
   */
  executePrepared: <Row extends Record<string, unknown>>(statement: SQL) => Promise<pg.QueryResult<Row>>;
  /**
   * Makes a statement ready to be run many times with values for its placeholders, each of which it may name more than once. Under a
   * name it is planned once for each connection, so it has to be of a kind for which one plan serves all values.
   */
  prepare: <Row extends Record<string, unknown>>(statement: SQL, name?: string) => Prepared<Row>;
  /** As `execute`, when no other statement runs under the same name, in any process: it sees all that they have done. */
  executeAlone: <Row extends Record<string, unknown>>(
    name: string,
    statement: SQL,
  ) => Promise<pg.QueryResult<Row>>;
  /** Several statements as one transaction, in which no other one may be asked for; when it loses a deadlock all of it runs again. */
  transact: <Result>(work: (execute: Execute) => Promise<Result>) => Promise<Result>;
};

/** Runs a prepared statement with the values of its placeholders, as `execute` runs one. */
export type Prepared<Row extends Record<string, unknown>> = (
  values: Record<string, unknown>,
) => Promise<pg.QueryResult<Row>>;

/** Runs one statement of a transaction. */
export type Execute = <Row extends Record<string, unknown>>(statement: SQL) => Promise<pg.QueryResult<Row>>;

/** An open, migrated database. */
export interface Database {
  kind: 'embedded' | 'server';
  /** For the operator: which database this is, without credentials. */
  description: string;
  executor: Executor;
  /** Resolves when the database answers; rejects otherwise. */
  ping: () => Promise<void>;
  /** The pool's connections, and the statements that wait for one. */
  connections: () => { total: number; idle: number; waiting: number };
  /** How many of this program's migrations the database does not have; rejects when it does not answer. */
  missingMigrations: () => Promise<number>;
  /** Hears what other processes of this installation notify on a channel; with the embedded database there are none. */
  listen: (channel: string, listener: NotificationListener) => void;
  /** Runs work alone under a name, in all processes that use the database; with the embedded one there is one process only. */
  exclusively: Exclusively;
  close: () => Promise<void>;
}

interface DatabaseSettings {
  /** A postgresql:// URL, or undefined for the embedded database. */
  url: string | undefined;
  dataDir: string;
  poolSize: number;
  /** The longest that one statement, or the wait for a connection, may take, in milliseconds. */
  timeoutMs: number;
}

/** Told of a connection that failed while it was idle; the pool replaces it by itself. */
type ConnectionLostListener = (error: Error) => void;

/**
 * Opens the embedded database, or the server at `url`, and brings its schema up to date.
 * @throws StartupError with the one line that tells the operator what is wrong.
 */
export async function openDatabase(
  settings: DatabaseSettings,
  onConnectionLost: ConnectionLostListener,
): Promise<Database> {
  // drizzle is read while the database opens.
  const [{ pool, close }, { drizzle, sql }, { preparing }] = await Promise.all([
    settings.url ? openServer(settings, settings.url) : openOwn(settings),
    import('./drizzle.ts'),
    import('./prepared.ts'),
  ]);
  pool.on('error', onConnectionLost);
  const endings: (() => Promise<void>)[] = [];
  const { url, timeoutMs } = settings;
  const locks = url ? openExclusively(connectionTo(url, timeoutMs), onConnectionLost) : undefined;
  if (locks) endings.push(locks.close);
  return {
    kind: settings.url ? 'server' : 'embedded',
    description: settings.url
      ? `PostgreSQL at ${place(settings.url)}`
      : `embedded PostgreSQL in ${settings.dataDir}`,
    executor: executorOf(drizzle(pool), sql, preparing(pool)),
    ping: async () => {
      await pool.query('SELECT 1');
    },
    connections: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    missingMigrations: missingMigrationsOf(pool),
    exclusively: locks?.exclusively ?? exclusivelyHere(),
    listen: (channel, listener) => {
      if (url) endings.push(listen({ url, channel, timeoutMs, onLost: onConnectionLost }, listener));
    },
    close: async () => {
      await Promise.all(endings.map((end) => end()));
      await close();
    },
  };
}

function executorOf(database: NodePgDatabase, sql: typeof Sql, prepared: Preparing): Executor {
  async function execute<Row extends Record<string, unknown>>(statement: SQL | string) {
    return await despiteDeadlocks(async () => await database.execute<Row>(statement));
  }
  async function executePrepared<Row extends Record<string, unknown>>(statement: SQL) {
    return await despiteDeadlocks(() => prepared.run<Row>(statement));
  }
  async function executeAlone<Row extends Record<string, unknown>>(name: string, statement: SQL) {
    return await despiteDeadlocks(() =>
      database.transaction(async (transaction) => {
        await transaction.execute(sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`);
        return await transaction.execute<Row>(statement);
      }),
    );
  }
  function prepare<Row extends Record<string, unknown>>(statement: SQL, name?: string): Prepared<Row> {
    const run = prepared.prepare<Row>(statement, name);
    return (values) => despiteDeadlocks(() => run(values));
  }
  async function transact<Result>(work: (execute: Execute) => Promise<Result>) {
    return await despiteDeadlocks(() =>
      // drizzle names the same rows by a type of its own.
      database.transaction((transaction) => work(((one: SQL) => transaction.execute(one)) as Execute)),
    );
  }
  // The database's own methods, with another `execute` before them.
  const own = Object.create(database) as NodePgDatabase;
  return Object.assign(own, { execute, executePrepared, prepare, executeAlone, transact }) as Executor;
}

async function despiteDeadlocks<Result>(run: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await run();
    } catch (error) {
      if (!isDeadlock(error) || tries >= DEADLOCK_TRIES) throw error;
    }
  }
}

async function openOwn(settings: DatabaseSettings) {
  const embedded = await openEmbedded(settings.dataDir);
  try {
    await migratePatiently(embedded.openPool());
  } catch (error) {
    await embedded.close();
    throw unusable(settings, error);
  }
  const pool = embedded.openPool(settings.timeoutMs);
  const close = async () => {
    await pool.end();
    await embedded.close();
  };
  return { pool, close };
}

async function openServer(settings: DatabaseSettings, url: string) {
  const { timeoutMs } = settings;
  const connection = connectionTo(url, timeoutMs);
  try {
    await migratePatiently(new pg.Pool({ ...connection, max: 1 }));
  } catch (error) {
    throw unusable(settings, error);
  }
  const pool = new pg.Pool({
    ...connection,
    max: settings.poolSize,
    // Compiling a recall takes many times as long as running it, and its estimated cost grows with a user's memory.
    options: `-c jit=off -c ${SPELLING_LIKENESS.replaceAll(' ', '')}`,
    statement_timeout: timeoutMs,
    // The server cancels first; this ends the wait where the server has gone away without a word.
    query_timeout: timeoutMs + 1_000,
    idle_in_transaction_session_timeout: timeoutMs,
    keepAlive: true,
  });
  return { pool, close: () => pool.end() };
}

function connectionTo(url: string, timeoutMs: number) {
  return { connectionString: url, connectionTimeoutMillis: timeoutMs, application_name: 'tertulia' };
}

/** Migrates over a pool without a limit for each statement, because migrations have limits of their own, and ends the pool. */
async function migratePatiently(pool: pg.Pool): Promise<void> {
  try {
    await migrate(pool);
  } finally {
    await pool.end();
  }
}

function unusable(settings: DatabaseSettings, cause: unknown): StartupError {
  if (cause instanceof StartupError) return cause;
  const reason = cause instanceof Error ? cause.message || cause.constructor.name : String(cause);
  return settings.url
    ? new StartupError(`DATABASE_URL names ${place(settings.url)}, which cannot be used: ${reason}.`, {
        cause,
      })
    : new StartupError(`DATA_DIR got "${settings.dataDir}", whose database cannot be used: ${reason}.`, {
        cause,
      });
}

/** A server's database for the operator, without credentials. */
export function place(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
