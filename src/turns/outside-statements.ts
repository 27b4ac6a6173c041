import type { SQL } from 'drizzle-orm';
import { sql } from '../db/drizzle.ts';
import type { RunStatus, ToolCallRecord } from '../db/schema.ts';
import { ProblemError } from '../errors.ts';
import { estimateTokens } from '../models/tokens.ts';
import { notify } from './run-statements.ts';
import { jsonb, toStoredJson } from './stored-json.ts';

/** What is told of a run whose process is gone. */
export const INTERRUPTED = new ProblemError(
  'interrupted',
  'The server stopped before this turn was finished. The question is kept; retry the run to have it answered.',
);

/** A run that was given up, with what it had done. */
export interface AbandonedRun {
  [column: string]: unknown;
  user_id: string;
  id: string;
  session_id: string;
  attempt: number;
  tool_calls: ToolCallRecord[];
}

/**
 * Marks running and waiting runs as interrupted. What they had done is gathered from their events, so that it is known although
 * their process never said so.
 */
export function abandonStatement(which: SQL): SQL {
  const { code, message: detail } = INTERRUPTED;
  return sql`
    with gone as (
      update runs as r set status = 'failed', error = ${jsonb({ code, detail })}, finished_at = now(), lease_owner = null,
        lease_expires_at = null, tool_calls = ${gathered}
      where r.status in ('running', 'queued') and ${which}
      returning r.user_id, r.id, r.session_id, r.attempt, r.tool_calls
    ), logged as (
      insert into run_events (user_id, run_id, seq, type, data)
      select user_id, id, ${nextSeq}, 'error',
        (${jsonb(INTERRUPTED.toDocument())} || jsonb_build_object('run_id', id, 'session_id', session_id))::text
      from gone
    )
    select gone.*, ${notify(sql`'events:' || id`)}, ${notify(sql`'slot:' || session_id`)} from gone`;
}

/** How a run that no process is carrying out ends. */
export interface OutsideEnding {
  /** The state that it must be in. */
  from: RunStatus[];
  status: Extract<RunStatus, 'completed' | 'cancelled'>;
  /** What becomes of its undecided approvals. */
  approvals: 'expired' | 'cancelled';
  /** Added to the last thing that was said to the person; its vector is made anew. */
  addendum?: string | undefined;
  /** What was said so far of an answer that is cut off. */
  partial?: { id: string; text: string } | undefined;
  /** What the run had to do without, where that is something new. */
  degraded?: string[] | undefined;
  /** The answer, for its last event. */
  done: object;
}

/** Ends a run from outside: one that waits, or one whose process does not answer. Returns a row when it was in one of these states. */
export function endOutsideStatement(userId: string, runId: string, ending: OutsideEnding): SQL {
  const { from, status, approvals, addendum, partial, degraded, done } = ending;
  return sql`
    with gone as (
      update runs as r set status = ${status}, error = null, finished_at = now(), lease_owner = null, lease_expires_at = null,
        ${degraded ? sql`degraded = ${jsonb(degraded)},` : sql``} tool_calls = ${gathered}
      where r.user_id = ${userId} and r.id = ${runId}
        and r.status in (select value from jsonb_array_elements_text(${jsonb(from)}))
      returning r.user_id, r.id, r.session_id
    ), logged as (
      insert into run_events (user_id, run_id, seq, type, data)
      select user_id, id, ${nextSeq}, 'done', ${toStoredJson(done)} from gone
    ), dropped as (
      delete from checkpoints as c using gone where c.user_id = gone.user_id and c.run_id = gone.id
    ), withdrawn as (
      update approvals as a set decision = ${approvals}, decided_at = now() from gone
      where a.user_id = gone.user_id and a.run_id = gone.id and a.decision is null
    )${
      partial
        ? sql`, said as (
      insert into messages (user_id, id, session_id, run_id, role, content, partial, token_count)
      select user_id, ${partial.id}::uuid, session_id, id, 'assistant', ${partial.text}, true, ${estimateTokens(partial.text)}::int
      from gone
    )`
        : sql``
    }, added as (
      update messages as m set content = content || ${addendum ?? ''}
      from gone where ${addendum === undefined ? sql`false` : sql`true`} and m.user_id = gone.user_id and m.id = (
        select last.id from messages as last
        where last.user_id = gone.user_id and last.run_id = gone.id and last.role = 'assistant' order by last.id desc limit 1)
    )
    select ${notify(sql`'events:' || id`)}, ${notify(sql`'slot:' || session_id`)} from gone`;
}

const nextSeq = sql`(select coalesce(max(e.seq), 0) + 1 from run_events as e where e.user_id = gone.user_id and e.run_id = gone.id)`;

/** The calls of a run `r`, from its row and its events: what opened each one, and what was last said of it. */
const gathered = sql`(
          select coalesce(jsonb_agg(call order by first), '[]'::jsonb)
          from (
            select min(seq) as first, (array_agg(data order by seq))[1] || (array_agg(data order by seq desc))[1] as call
            from (
              select t.position - 1000000 as seq, t.value as data
              from jsonb_array_elements(r.tool_calls) with ordinality as t(value, position)
              union all
              select e.seq, e.data::jsonb from run_events as e
              where e.user_id = r.user_id and e.run_id = r.id and e.type = 'tool'
            ) as told
            where data ? 'id' group by data ->> 'id'
          ) as calls)`;
