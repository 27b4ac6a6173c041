import type { Executor } from '../db/database.ts';
import { and, eq, sql } from '../db/drizzle.ts';
import { messages } from '../db/memory-schema.ts';
import { runs } from '../db/schema.ts';
import { ProblemError } from '../errors.ts';
import { IDEMPOTENCY_HOURS } from './accept-statement.ts';
import type { ActiveRun } from './run-types.ts';

/** An earlier request with an idempotency key: its run, what it asked, and the run's last event before it. */
type KnownRequest = { runId: string; requestHash: string; after: number };

export type Run = Omit<typeof runs.$inferSelect, 'userId' | 'leaseOwner' | 'leaseExpiresAt'>;

/** Reads what is kept of runs. */
export function createRunReader(executor: Executor) {
  /** @throws ProblemError `run_not_found` when the run is not this user's. */
  async function get(userId: string, runId: string): Promise<Run> {
    const [found] = await executor
      .select()
      .from(runs)
      .where(and(eq(runs.userId, userId), eq(runs.id, runId)));
    if (!found) throw new ProblemError('run_not_found', `There is no run ${runId}.`);
    return found;
  }

  /** The last thing that a run said to the person; null while there is none. */
  async function answerOf(userId: string, runId: string): Promise<string | null> {
    const [answer] = await executor
      .select({ content: messages.content })
      .from(messages)
      .where(and(eq(messages.userId, userId), eq(messages.runId, runId), eq(messages.role, 'assistant')))
      .orderBy(sql`${messages.id} desc`)
      .limit(1);
    return answer?.content ?? null;
  }

  /** The run that began with an idempotency key, and the hash of what it was asked. */
  async function byIdempotencyKey(userId: string, key: string): Promise<KnownRequest | undefined> {
    const { rows } = await executor.execute<KnownRequest>(sql`
      select run_id as "runId", request_hash as "requestHash", after_seq as after from idempotency_keys
      where user_id = ${userId} and key = ${key}
        and created_at >= now() - make_interval(hours => ${IDEMPOTENCY_HOURS}::int)`);
    return rows[0];
  }

  /** What a run that has not ended was asked last, and what it has said since of its answer, as its events have it. */
  async function spokenSoFar(userId: string, runId: string): Promise<{ messageId: string; text: string }> {
    const { rows } = await executor.execute<{ messageId: string; text: string }>(sql`
      with asked as (
        select id from messages where user_id = ${userId} and run_id = ${runId} and role = 'user' order by id desc limit 1
      ), told as (
        select seq, type, data::jsonb as data from run_events where user_id = ${userId} and run_id = ${runId}
          and type in ('token', 'tool', 'agent', 'run')
      ), spoken as (
        select string_agg(data ->> 'text', '' order by seq) as text from told
        where type = 'token' and seq > coalesce((select max(seq) from told where type <> 'token'), 0)
          and data -> 'step' = (select data -> 'step' from told where type = 'token' order by seq desc limit 1)
      )
      select asked.id as "messageId", coalesce(spoken.text, '') as text from asked, spoken`);
    return rows[0] ?? { messageId: '', text: '' };
  }

  /** What a run was asked. */
  async function questionOf(userId: string, runId: string): Promise<string> {
    const [question] = await executor
      .select({ content: messages.content })
      .from(messages)
      .where(and(eq(messages.userId, userId), eq(messages.runId, runId), eq(messages.role, 'user')))
      .orderBy(messages.id)
      .limit(1);
    return question?.content ?? '';
  }

  /** Whether a run is still at the attempt that a process works on. */
  async function isAtWork({ userId, runId, attempt }: ActiveRun): Promise<boolean> {
    const { rows } = await executor.execute(sql`
      select from runs where user_id = ${userId} and id = ${runId} and status = 'running' and attempt = ${attempt}::int`);
    return rows.length > 0;
  }

  /** The run that has a session's slot. */
  async function runningIn(userId: string, sessionId: string): Promise<string | undefined> {
    const { rows } = await executor.execute<{ id: string }>(sql`
      select id from runs where user_id = ${userId} and session_id = ${sessionId} and status = 'running'`);
    return rows[0]?.id;
  }

  return { get, isAtWork, answerOf, byIdempotencyKey, runningIn, spokenSoFar, questionOf };
}
