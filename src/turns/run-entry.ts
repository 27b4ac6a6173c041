import type { SQL } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Executor } from '../db/database.ts';
import { sql } from '../db/drizzle.ts';
import { violatedConstraint } from '../db/failures.ts';
import { ProblemError } from '../errors.ts';
import { type Acceptance, type AcceptLimits, acceptStatement } from './accept-statement.ts';
import { hasTokensLeft, tokensUsed, tooManyTurns } from './allowance.ts';
import { idAfter, newIdAfter } from './message-ids.ts';
import { decideStatement, promoteStatement, type Resolution, restartStatement } from './run-statements.ts';
import type { ActiveRun, Lease, Question } from './run-types.ts';

const SLOT_INDEX = 'runs_one_per_session';
/** Broken by the later one of two that are accepted in the same moment. */
const TURN_SLOT_INDEX = 'runs_turn_slot';
const RACE_INDEXES = [SLOT_INDEX, TURN_SLOT_INDEX, 'runs_place', 'chat_sessions_first'];
/** Those that a run can meet that is there already. */
const ENTRY_INDEXES = [SLOT_INDEX, TURN_SLOT_INDEX];
const SESSION_KEY = 'runs_session';
/** Of those that arrive in the same moment, each time one more gets its place. */
const MOST_TRIES = 100;
/** What a caller is told to wait before asking a busy session again, in seconds. */
const BUSY_RETRY_SECONDS = 1;

interface RunEntryNeeds {
  executor: Executor;
  lease: Lease;
  limits: AcceptLimits;
}

/** The ways by which runs come to this process: as a new question, again after a failure, by a decision, from the queue. */
export function createRunEntry({ executor, lease, limits }: RunEntryNeeds) {
  const { allowance } = limits;

  /**
   * Stores a question and its run; undefined where an earlier request has its idempotency key.
   * @throws ProblemError `session_not_found`, `session_busy` where the session has no place for it, `too_many_turns` or
   * `token_budget_used`.
   */
  async function accept(question: Question): Promise<ActiveRun | undefined> {
    const { userId, text, memory, entry } = question;
    let runId = uuidv7();
    for (let tries = 1; ; tries += 1) {
      const ids = { session: uuidv7(), run: runId, message: idAfter(runId) };
      const accepted = await tryToAccept(acceptStatement(question, ids, lease, limits));
      if (accepted?.session_id === null)
        throw new ProblemError('session_not_found', `There is no session ${question.sessionId}.`);
      if (accepted?.status) {
        const { session_id: sessionId, status } = accepted;
        const known = { userId, runId, text, memory, entry, messageId: ids.message, messageText: text };
        return { ...known, sessionId, status, attempt: 1, lastSeq: 0 };
      }
      if (accepted?.later_id) runId = newIdAfter(accepted.later_id);
      else if (accepted?.has_place) return undefined;
      else if (accepted && !accepted.has_tokens) throw tokensUsed(allowance);
      else if (accepted && !accepted.has_turn) throw tooManyTurns(allowance);
      else if (accepted) throw busy();
      if (tries >= MOST_TRIES) throw busy();
    }
  }

  /** Undefined where another one was accepted in the same moment. */
  async function tryToAccept(statement: SQL): Promise<Acceptance | undefined> {
    try {
      const { rows } = await executor.executePrepared<Acceptance>(statement);
      return rows[0];
    } catch (error) {
      const constraint = violatedConstraint(error);
      if (constraint && RACE_INDEXES.includes(constraint)) return undefined;
      // A session that is erased while a question arrives in it was not there.
      if (constraint === SESSION_KEY)
        throw new ProblemError('session_not_found', 'The session was erased.', { cause: error });
      throw error;
    }
  }

  /**
   * Puts a failed run at work again; undefined where it has not failed.
   * @throws ProblemError `too_many_turns` or `token_budget_used`: a retry is as much work as a question.
   */
  async function restart(userId: string, runId: string): Promise<ActiveRun | undefined> {
    const run = await enter(userId, runId, restartStatement(userId, runId, lease, allowance));
    if (run) return run;
    const { rows } = await executor.execute<{ has_tokens: boolean }>(sql`
      select ${hasTokensLeft(userId, allowance.tokensPerDay)} as has_tokens from runs
      where user_id = ${userId} and id = ${runId} and status = 'failed'`);
    if (rows[0]) throw rows[0].has_tokens ? tooManyTurns(allowance) : tokensUsed(allowance);
    return undefined;
  }

  /** Stores decisions on calls of a paused run and puts it at work again; undefined where it does not wait for them. */
  async function decide(
    userId: string,
    runId: string,
    resolution: Resolution,
  ): Promise<ActiveRun | undefined> {
    const run = await enter(userId, runId, decideStatement(userId, runId, lease, resolution));
    // The statement does not see the message that it stores.
    const { id: messageId, text: messageText } = resolution.message;
    return run && { ...run, messageId, messageText };
  }

  async function enter(userId: string, runId: string, statement: SQL): Promise<ActiveRun | undefined> {
    for (let tries = 1; ; tries += 1) {
      try {
        const { rows } = await executor.execute<Omit<ActiveRun, 'userId' | 'runId'>>(statement);
        return rows[0] && { userId, runId, ...rows[0] };
      } catch (error) {
        const constraint = violatedConstraint(error) ?? '';
        if (!ENTRY_INDEXES.includes(constraint) || tries >= MOST_TRIES) throw error;
      }
    }
  }

  /** Gives a queued run its session's slot; false while it is another's turn. Frees the slot of a process that is gone. */
  async function promote(run: ActiveRun): Promise<boolean> {
    try {
      const { rows } = await executor.execute(promoteStatement(run, lease));
      return rows.length > 0;
    } catch (error) {
      if (violatedConstraint(error) === SLOT_INDEX) return false;
      throw error;
    }
  }

  return { accept, restart, decide, promote };
}

function busy(): ProblemError {
  return new ProblemError(
    'session_busy',
    'The session is still answering other questions; ask again when an answer is there, or in another session.',
    { retryAfterSeconds: BUSY_RETRY_SECONDS },
  );
}
