import { setTimeout as sleep } from 'node:timers/promises';
import type { Executor } from '../db/database.ts';
import { sql } from '../db/drizzle.ts';
import { toDatabaseProblem } from '../db/failures.ts';
import type { Usage } from '../db/schema.ts';
import type { AcceptLimits } from './accept-statement.ts';
import { countLostTokens } from './allowance.ts';
import {
  type AbandonedRun,
  abandonStatement,
  endOutsideStatement,
  type OutsideEnding,
} from './outside-statements.ts';
import { createRunEntry } from './run-entry.ts';
import { createRunReader } from './run-reader.ts';
import { appendStatement, type Ending, endStatement, notify, renewStatement } from './run-statements.ts';
import type { ActiveRun, RunEvent } from './run-types.ts';
import { jsonb } from './stored-json.ts';

/** How long the end of a turn is offered to a database that does not answer, and how often. */
const PATIENCE_MS = 15_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

interface RunsNeeds {
  executor: Executor;
  /** Names this process in the leases that it holds. */
  owner: string;
  leaseMs: number;
  limits: AcceptLimits;
}

/** The life of runs in the database: each change is one statement, so nothing is ever half-written. */
export function createRuns({ executor, owner, leaseMs, limits }: RunsNeeds) {
  const lease = { owner, milliseconds: leaseMs };

  /** Stores events; false when the run is no longer this process's. */
  async function append(run: ActiveRun, events: RunEvent[]): Promise<boolean> {
    const { rows } = await executor.executePrepared(appendStatement(run, events, owner));
    return rows.length > 0;
  }

  /**
   * Ends or pauses a run with all that belongs to it; false when it is no longer this process's (erased, cancelled, or its lease
   * was over). A database that does not answer is asked again for a while.
   */
  async function end(run: ActiveRun, ending: Ending): Promise<boolean> {
    const giveUpAt = performance.now() + PATIENCE_MS;
    let pauseMs = FIRST_PAUSE_MS;
    for (let isAgain = false; ; isAgain = true) {
      try {
        const { rows } = await executor.executePrepared(endStatement(run, owner, ending));
        // An answer that got lost may have been "done".
        return rows.length > 0 || (isAgain && (await hasEndedSo(run, ending)));
      } catch (error) {
        if (!toDatabaseProblem(error) || performance.now() > giveUpAt) throw error;
        await sleep(pauseMs);
        pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
      }
    }
  }

  async function hasEndedSo(
    { userId, runId, attempt }: ActiveRun,
    { status, events }: Ending,
  ): Promise<boolean> {
    const { rows } = await executor.execute(sql`
      select from runs as r join run_events as e on e.user_id = r.user_id and e.run_id = r.id
      where r.user_id = ${userId} and r.id = ${runId} and r.status = ${status} and r.attempt = ${attempt}::int
        and e.seq = ${events.at(-1)?.seq ?? 0}::int and e.data = ${events.at(-1)?.data ?? ''}`);
    return rows.length > 0;
  }

  /** Ends a run that waits, or whose process does not answer; false where it was in another state. */
  async function endOutside(userId: string, runId: string, ending: OutsideEnding): Promise<boolean> {
    const { rows } = await executor.execute(endOutsideStatement(userId, runId, ending));
    return rows.length > 0;
  }

  /** Keeps these runs; to be called well within the lease. Returns those that are still this process's. */
  async function renewLeases(runIds: string[]): Promise<string[]> {
    const { rows } = await executor.execute<{ id: string }>(renewStatement(lease, runIds));
    return rows.map(({ id }) => id);
  }

  /**
   * Marks as interrupted the runs whose process is gone: those whose lease is over (in one session, or anywhere) or, where nobody
   * else can have the database open, all that another process left.
   */
  async function abandon(scope: { sessionId: string } | 'expired' | 'others'): Promise<AbandonedRun[]> {
    const isOver = sql`r.lease_expires_at < now()`;
    const which =
      scope === 'others'
        ? sql`r.lease_owner <> ${owner}::uuid`
        : scope === 'expired'
          ? isOver
          : sql`${isOver} and r.session_id = ${scope.sessionId}`;
    const { rows } = await executor.execute<AbandonedRun>(abandonStatement(which));
    return rows;
  }

  /** Stores what was found out about the calls of a run that was given up, unless it is at work again or was erased meanwhile. */
  async function correctCalls({ user_id, id, attempt, tool_calls }: AbandonedRun): Promise<void> {
    await executor.execute(sql`
      update runs set tool_calls = ${jsonb(tool_calls)}
      where user_id = ${user_id} and id = ${id} and status = 'failed' and attempt = ${attempt}::int and not erased`);
  }

  /** Counts what a user's run has used that cannot store it any more. */
  async function countLost(userId: string, used: Usage): Promise<void> {
    if (used.input_tokens + used.output_tokens === 0) return;
    await executor.execute(countLostTokens(userId, used));
  }

  /** Tells every other process a name that they may be waiting for. */
  async function tell(name: string): Promise<void> {
    await executor.execute(sql`select ${notify(name)}`);
  }

  return {
    tell,
    append,
    end,
    endOutside,
    countLost,
    renewLeases,
    abandon,
    correctCalls,
    ...createRunEntry({ executor, lease, limits }),
    ...createRunReader(executor),
  };
}

export type Runs = ReturnType<typeof createRuns>;
