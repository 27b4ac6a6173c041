import type { Logger } from 'pino';
import type { Executor } from '../db/database.ts';
import { sql } from '../db/drizzle.ts';
import { IDEMPOTENCY_HOURS } from './accept-statement.ts';
import { USAGE_DAYS } from './allowance.ts';

/** Runs that are cleared in one statement, so that none takes long. */
const RUNS_AT_A_TIME = 200;

interface RetentionNeeds {
  executor: Executor;
  retentionMs: number;
  log: Pick<Logger, 'info'>;
}

type Cleared = { runs: number; events: number; checkpoints: number };

/** Removes, after a time, what only serves to follow or resume a run: its events and its paused graph. Messages stay. */
export function createRetention({ executor, retentionMs, log }: RetentionNeeds) {
  /** Clears everything that is old enough and logs how much that was. */
  async function clear(): Promise<void> {
    const total = { runs: 0, events: 0, checkpoints: 0, keys: await clearKeys() };
    await clearUsage();
    for (;;) {
      const cleared = await clearSome();
      total.runs += cleared.runs;
      total.events += cleared.events;
      total.checkpoints += cleared.checkpoints;
      if (cleared.runs < RUNS_AT_A_TIME) break;
    }
    if (total.runs + total.keys > 0) log.info(total, 'events and checkpoints of old runs were removed');
  }

  async function clearSome(): Promise<Cleared> {
    const { rows } = await executor.execute<Cleared>(sql`
      with old as (
        select user_id, id from runs
        where finished_at < now() - make_interval(secs => ${retentionMs / 1000}::float8) and not trimmed
          and status in ('completed', 'failed', 'cancelled')
        order by finished_at limit ${RUNS_AT_A_TIME}::int for update skip locked
      ), marked as (
        update runs as r set trimmed = true from old where r.user_id = old.user_id and r.id = old.id returning r.id
      ), events as (
        delete from run_events as e using old where e.user_id = old.user_id and e.run_id = old.id returning e.seq
      ), graphs as (
        delete from checkpoints as c using old where c.user_id = old.user_id and c.run_id = old.id returning c.run_id
      )
      select (select count(*)::int from marked) as runs, (select count(*)::int from events) as events,
        (select count(*)::int from graphs) as checkpoints`);
    return rows[0] ?? { runs: 0, events: 0, checkpoints: 0 };
  }

  async function clearKeys(): Promise<number> {
    const { rowCount } = await executor.execute(sql`
      delete from idempotency_keys where created_at < now() - make_interval(hours => ${IDEMPOTENCY_HOURS}::int)`);
    return rowCount ?? 0;
  }

  async function clearUsage(): Promise<void> {
    await executor.execute(sql`
      delete from token_usage where day < (now() at time zone 'utc')::date - ${USAGE_DAYS}::int`);
  }

  return { clear };
}

export type Retention = ReturnType<typeof createRetention>;
