import pg from 'pg';
import { ProblemError } from '../errors.ts';
import { toDatabaseProblem } from './failures.ts';

/** Runs work while nobody else, in any process of this installation, runs any under the same name. */
export type Exclusively = <Result>(name: string, work: () => Promise<Result>) => Promise<Result>;

/** How long work waits for its turn, in milliseconds. */
const WAIT_MS = 30_000;
const CONNECTIONS = 8;
/** What PostgreSQL answers when a lock was waited for too long (manual, appendix A). */
const LOCK_NOT_AVAILABLE = '55P03';
const RETRY_SECONDS = 5;

/** Makes locks for a database that one process has to itself. */
export function exclusivelyHere(): Exclusively {
  const last = new Map<string, Promise<unknown>>();
  return async (name, work) => {
    const turn = (last.get(name) ?? Promise.resolve()).then(work);
    const ended = turn.catch(() => undefined);
    last.set(name, ended);
    try {
      return await turn;
    } finally {
      if (last.get(name) === ended) last.delete(name);
    }
  };
}

/**
 * Makes locks that the server keeps for a connection (advisory locks): when a process dies its connection ends, and with it the
 * lock; one that is only slow keeps it. They have connections of their own, because who holds one needs others to work with.
 */
export function openExclusively(connection: pg.PoolConfig, onLost: (error: Error) => void) {
  const pool = new pg.Pool({
    ...connection,
    max: CONNECTIONS,
    options: `-c lock_timeout=${WAIT_MS}`,
    keepAlive: true,
  });
  pool.on('error', onLost);

  async function exclusively<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const client = await take(name);
    try {
      return await work();
    } finally {
      client.removeListener('error', onLost);
      // A connection that cannot give the lock back is ended, which does.
      await client
        .query('select pg_advisory_unlock(hashtextextended($1, 1))', [name])
        .then(() => client.release())
        .catch((error: Error) => client.release(error));
    }
  }

  async function take(name: string): Promise<pg.PoolClient> {
    let client: pg.PoolClient | undefined;
    try {
      client = await pool.connect();
      // Nobody else listens while the work goes on; the pool replaces what is lost.
      client.on('error', onLost);
      await client.query('select pg_advisory_lock(hashtextextended($1, 1))', [name]);
      return client;
    } catch (error) {
      client?.removeListener('error', onLost);
      client?.release(true);
      const isBusy = error instanceof Error && 'code' in error && error.code === LOCK_NOT_AVAILABLE;
      throw isBusy ? busy(error) : (toDatabaseProblem(error) ?? error);
    }
  }

  return { exclusively, close: () => pool.end() };
}

function busy(cause: unknown): ProblemError {
  return new ProblemError(
    'workspace_busy',
    'Other changes of the workspace take long. Try again in a moment.',
    {
      cause,
      retryAfterSeconds: RETRY_SECONDS,
    },
  );
}
