import type { SQL } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Executor } from '../db/database.ts';
import { and, eq, sql } from '../db/drizzle.ts';
import { violatedConstraint } from '../db/failures.ts';
import { messages, runs } from '../db/schema.ts';
import { ProblemError } from '../errors.ts';
import {
  type ActiveRun,
  acceptStatement,
  failStatement,
  finishStatement,
  interruptStatement,
  type Question,
  type RunRecord,
  renewStatement,
  restartStatement,
  type StoredAnswer,
} from './run-statements.ts';

const SLOT_INDEX = 'runs_one_per_session';
const SESSION_KEY = 'runs_session';
/** What a caller is told to wait before asking a busy session again, in seconds. */
const BUSY_RETRY_SECONDS = 1;

export type Run = Omit<typeof runs.$inferSelect, 'userId' | 'leaseOwner' | 'leaseExpiresAt'>;

interface RunsNeeds {
  executor: Executor;
  /** Names this process in the leases that it holds. */
  owner: string;
  leaseMs: number;
}

/** The life of runs in the database: each change is one statement, so nothing is ever half-written. */
export function createRuns({ executor, owner, leaseMs }: RunsNeeds) {
  const lease = { owner, milliseconds: leaseMs };

  /** @throws ProblemError `session_not_found`, or `session_busy` while another turn has the session's slot. */
  async function accept(question: Question): Promise<ActiveRun> {
    const ids = { session: uuidv7(), run: uuidv7(), message: uuidv7() };
    const sessionId = await takingSlot(executor, ofSession(question.userId, question.sessionId), async () => {
      const { rows } = await executor
        .execute<{ session_id: string }>(acceptStatement(question, ids, lease))
        .catch(noneIfErased);
      return rows[0]?.session_id;
    });
    if (!sessionId) throw new ProblemError('session_not_found', `There is no session ${question.sessionId}.`);
    const { userId, text, memory, entry } = question;
    return { userId, sessionId, runId: ids.run, messageId: ids.message, text, memory, entry, attempt: 1 };
  }

  /**
   * Takes up a failed run again, with the question that is already in the history.
   * @throws ProblemError `run_not_found`, `run_not_retryable` or `session_busy`.
   */
  async function restart(userId: string, runId: string): Promise<ActiveRun> {
    const run = await get(userId, runId);
    const inSession = ofSession(userId, run.sessionId);
    if (run.status === 'running') await releaseExpired(executor, inSession);
    const restarted = await takingSlot(executor, inSession, async () => {
      const { rows } = await executor.execute<Omit<ActiveRun, 'userId' | 'runId'>>(
        restartStatement(userId, runId, lease),
      );
      return rows[0];
    });
    if (restarted) return { userId, runId, ...restarted };
    const { status } = await get(userId, runId);
    throw new ProblemError(
      'run_not_retryable',
      `Run ${runId} is ${status}; only a failed run can be run again.`,
    );
  }

  /** Stores the answer and closes the run; false when the run is no longer this process's (erased, or its lease was over). */
  async function finish(run: ActiveRun, answer: StoredAnswer, record: RunRecord): Promise<boolean> {
    const { rows } = await executor.execute(finishStatement(run, answer, record, owner));
    return rows.length > 0;
  }

  /** Closes a run with the failure that ended it; the question stays. */
  async function fail(
    run: ActiveRun,
    error: { code: string; detail: string },
    record: RunRecord,
  ): Promise<void> {
    await executor.execute(failStatement(run, error, record, owner));
  }

  /** Keeps this process's runs; to be called well within the lease. */
  async function renewLeases(): Promise<void> {
    await executor.execute(renewStatement(lease));
  }

  /**
   * Marks as interrupted the runs whose process is gone: those whose lease is over or, where nobody else can have the
   * database open, all that another process left running. Returns how many.
   */
  async function interruptAbandoned(scope: 'expired' | 'others'): Promise<number> {
    return scope === 'expired'
      ? await releaseExpired(executor, sql`true`)
      : await interrupt(executor, sql`lease_owner <> ${owner}::uuid`);
  }

  /** @throws ProblemError `run_not_found` when the run is not this user's. */
  async function get(userId: string, runId: string): Promise<Run> {
    const [found] = await executor
      .select()
      .from(runs)
      .where(and(eq(runs.userId, userId), eq(runs.id, runId)));
    if (!found) throw new ProblemError('run_not_found', `There is no run ${runId}.`);
    return found;
  }

  /** The answer of a run; null while there is none. */
  async function answerOf(userId: string, runId: string): Promise<string | null> {
    const [answer] = await executor
      .select({ content: messages.content })
      .from(messages)
      .where(and(eq(messages.userId, userId), eq(messages.runId, runId), eq(messages.role, 'assistant')));
    return answer?.content ?? null;
  }

  return { accept, restart, finish, fail, renewLeases, interruptAbandoned, get, answerOf };
}

export type Runs = ReturnType<typeof createRuns>;

function ofSession(userId: string, sessionId: string | undefined): SQL {
  const isNamed = sessionId !== undefined && sessionId !== 'new';
  return sql`user_id = ${userId} ${isNamed ? sql`and session_id = ${sessionId}` : sql``}`;
}

/** Runs a statement that needs a session's slot; where a dead process still holds it, frees it and tries once more. */
async function takingSlot<Value>(
  executor: Executor,
  inSession: SQL,
  take: () => Promise<Value>,
): Promise<Value> {
  try {
    return await take();
  } catch (error) {
    if (!isSlotTaken(error)) throw error;
    if ((await releaseExpired(executor, inSession)) === 0) throw busy(error);
  }
  try {
    return await take();
  } catch (error) {
    throw isSlotTaken(error) ? busy(error) : error;
  }
}

async function releaseExpired(executor: Executor, which: SQL): Promise<number> {
  return await interrupt(executor, sql`${which} and lease_expires_at < now()`);
}

async function interrupt(executor: Executor, which: SQL): Promise<number> {
  const { rowCount } = await executor.execute(interruptStatement(which));
  return rowCount ?? 0;
}

function busy(cause: unknown): ProblemError {
  return new ProblemError(
    'session_busy',
    'The session is still answering another question; ask again when that answer is there, or in another session.',
    { cause, retryAfterSeconds: BUSY_RETRY_SECONDS },
  );
}

/** A session that is erased while a question arrives in it was not there. */
function noneIfErased(error: unknown): { rows: never[] } {
  if (violatedConstraint(error) === SESSION_KEY) return { rows: [] };
  throw error;
}

function isSlotTaken(error: unknown): boolean {
  return violatedConstraint(error) === SLOT_INDEX;
}
