import type { Execute } from '../db/database.ts';
import { sql } from '../db/drizzle.ts';
import { ProblemError } from '../errors.ts';
import { TITLE_CHARACTERS } from '../turns/accept-statement.ts';
import { forgetPaused } from './forget-paused.ts';
import type { Erased } from './receipt.ts';
import { eraseMessages, eraseRows, type HeldRun, holdRuns } from './steps.ts';

/** What is said in place of the detail of a failure. */
const ERASED_DETAIL = 'A message of this run was erased, and with it what was known of the failure.';

/**
 * Erases one message, and of its run all that can hold its content; the run itself stays, as an empty shell. Other messages stay
 * too, also where they quote it. @throws ProblemError `message_not_found`.
 */
export async function eraseMessage(
  execute: Execute,
  { userId, id, modelName }: { userId: string; id: string; modelName: string },
): Promise<Erased> {
  const { rows } = await execute<{ runId: string | null }>(sql`
    select run_id as "runId" from messages where user_id = ${userId} and id = ${id}::uuid`);
  const [found] = rows;
  if (!found) throw notFound(id);
  const runs = found.runId ? await holdRuns(execute, userId, sql`r.id = ${found.runId}::uuid`) : [];
  await execute(sql`
    update chat_sessions as s set title = null from messages as m
    where m.user_id = ${userId} and m.id = ${id}::uuid and s.user_id = m.user_id and s.id = m.session_id
      and s.title = left(m.content, ${TITLE_CHARACTERS}::int)`);
  const { messages, embeddings } = await eraseMessages(execute, userId, sql`m.id = ${id}::uuid`);
  if (messages === 0) throw notFound(id);
  const [run] = runs;
  const own = run ? await emptyRun(execute, userId, run) : { checkpoints: 0, events: 0 };
  const checkpoints = own.checkpoints + (await forgetPaused(execute, userId, modelName));
  const receipt = { messages, embeddings, runs: 0, checkpoints, events: own.events, documents: 0 };
  return { receipt, open: runs.filter(({ isOpen }) => isOpen) };
}

/** Leaves of a run that it was, and what it used. One that had not ended is cancelled, and stores nothing more. */
async function emptyRun(
  execute: Execute,
  userId: string,
  { id }: HeldRun,
): Promise<{ checkpoints: number; events: number }> {
  const which = sql`run_id = ${id}::uuid`;
  const events = await eraseRows(execute, userId, { table: 'run_events', which });
  const checkpoints = await eraseRows(execute, userId, { table: 'checkpoints', which });
  await execute(sql`
    update approvals set summary = '', preview = '', reason = null, call_hash = '',
      decision = coalesce(decision, 'cancelled'), decided_at = coalesce(decided_at, now())
    where user_id = ${userId} and ${which}`);
  // The key is still known, so that a request which is repeated by itself does not bring the question back.
  await execute(sql`update idempotency_keys set request_hash = '' where user_id = ${userId} and ${which}`);
  await execute(sql`
    update runs set erased = true, trimmed = true, lease_owner = null, lease_expires_at = null,
      status = case when status in ('queued', 'running', 'awaiting_approval') then 'cancelled' else status end,
      finished_at = coalesce(finished_at, now()),
      error = case when error is not null then jsonb_build_object('code', error -> 'code', 'detail', ${ERASED_DETAIL}::text) end,
      tool_calls = (
        select coalesce(jsonb_agg(jsonb_build_object('id', call -> 'id', 'agent', call -> 'agent', 'tool', call -> 'tool',
            'arguments', '{}'::jsonb, 'effect', call -> 'effect', 'outcome', call -> 'outcome', 'result', '', 'before', null)
          order by place), '[]'::jsonb)
        from jsonb_array_elements(tool_calls) with ordinality as made(call, place))
    where user_id = ${userId} and id = ${id}::uuid`);
  return { checkpoints, events };
}

function notFound(id: string): ProblemError {
  return new ProblemError('message_not_found', `There is no message ${id}.`);
}
