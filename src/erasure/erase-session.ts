import type { Execute } from '../db/database.ts';
import { sql } from '../db/drizzle.ts';
import { ProblemError } from '../errors.ts';
import { forgetPaused } from './forget-paused.ts';
import type { Erased } from './receipt.ts';
import { eraseMessages, eraseRows, holdRuns, isAmong } from './steps.ts';

/** Erases a session and all that came of it. @throws ProblemError `session_not_found`. */
export async function eraseSession(
  execute: Execute,
  { userId, id, modelName }: { userId: string; id: string; modelName: string },
): Promise<Erased> {
  const session = await execute(sql`
    select from chat_sessions where user_id = ${userId} and id = ${id}::uuid for update`);
  if (session.rows.length === 0) throw new ProblemError('session_not_found', `There is no session ${id}.`);
  const runs = await holdRuns(execute, userId, sql`r.session_id = ${id}::uuid`);
  const said = await eraseMessages(execute, userId, sql`m.session_id = ${id}::uuid`);
  const which = isAmong(
    'run_id',
    runs.map((run) => run.id),
  );
  const checkpoints = await eraseRows(execute, userId, { table: 'checkpoints', which });
  const events = await eraseRows(execute, userId, { table: 'run_events', which });
  // Approvals and keys go with their runs.
  await execute(sql`delete from runs where user_id = ${userId} and session_id = ${id}::uuid`);
  await execute(sql`delete from chat_sessions where user_id = ${userId} and id = ${id}::uuid`);
  const others = await forgetPaused(execute, userId, modelName);
  const receipt = {
    ...{ ...said, runs: runs.length, events, documents: 0 },
    checkpoints: checkpoints + others,
  };
  return { receipt, open: runs.filter(({ isOpen }) => isOpen) };
}
