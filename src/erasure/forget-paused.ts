import type { Execute } from '../db/database.ts';
import { sql } from '../db/drizzle.ts';
import type { PassageRecord, RecallRecord, RunStatus, ToolCallRecord, Usage } from '../db/schema.ts';
import { answerBody, sayForgotten } from '../turns/answer.ts';
import { endOutsideStatement } from '../turns/outside-statements.ts';

/** A run whose paused graph holds something that was erased. */
interface Paused {
  id: string;
  sessionId: string;
  status: RunStatus;
  model: string | null;
  usage: Usage | null;
  agents: string[];
  toolCalls: ToolCallRecord[];
  recalled: RecallRecord[];
  passages: PassageRecord[];
  degraded: string[];
  question: string;
}

/** A spread type, because drizzle asks for one that can be indexed. */
type Row = { [Key in keyof Paused]: Paused[Key] };

/**
 * Removes the paused graphs that hold messages which are gone. A run that waits for an approval by such a graph cannot go on: it ends as
 * cancelled and says why; one that has failed is retried from its question. Returns how many graphs were removed.
 */
export async function forgetPaused(execute: Execute, userId: string, modelName: string): Promise<number> {
  const { rows } = await execute<Row>(sql`
    select r.id, r.session_id as "sessionId", r.status, r.model, r.usage, r.agents, r.tool_calls as "toolCalls", r.recalled,
      r.passages, r.degraded, coalesce((
        select q.content from messages as q where q.user_id = r.user_id and q.run_id = r.id and q.role = 'user'
        order by q.id limit 1), '') as question
    from runs as r join checkpoints as c on c.user_id = r.user_id and c.run_id = r.id
    where r.user_id = ${userId} and exists (
      select from jsonb_array_elements(r.recalled) as given(one)
      where given.one -> 'cut' is null and not exists (
        select from messages as m where m.user_id = ${userId} and m.id = (given.one ->> 'message_id')::uuid))
    order by r.id for update of r`);
  for (const run of rows)
    if (run.status === 'awaiting_approval') await withdraw(execute, userId, run, modelName);
  const ids = `{${rows.map(({ id }) => id).join(',')}}`;
  await execute(sql`delete from checkpoints where user_id = ${userId} and run_id = any(${ids}::uuid[])`);
  return rows.length;
}

async function withdraw(execute: Execute, userId: string, run: Paused, modelName: string): Promise<void> {
  const { id: runId, sessionId, model, usage, question, ...record } = run;
  const response = sayForgotten(question);
  const known = {
    ...record,
    model: model ?? modelName,
    usage: usage ?? { input_tokens: 0, output_tokens: 0 },
  };
  const done = answerBody({ runId, sessionId, status: 'cancelled', response, record: known });
  const ending = {
    from: ['awaiting_approval' as const],
    status: 'cancelled',
    approvals: 'cancelled',
  } as const;
  await execute(
    endOutsideStatement(userId, runId, {
      ...ending,
      from: [...ending.from],
      addendum: `\n\n${response}`,
      done,
    }),
  );
}
