import type { SQL } from 'drizzle-orm';
import { sql } from '../db/drizzle.ts';
import type { Decision, RunStatus } from '../db/schema.ts';
import { estimateTokens } from '../models/tokens.ts';
import { expiry, takeOverOldKey } from './accept-statement.ts';
import { type Allowance, countTokens, hasTokensLeft, questionSlot, resumeSlot } from './allowance.ts';
import type { ActiveRun, Approval, Lease, Question, RunEvent, RunRecord, StoredAnswer } from './run-types.ts';
import { CHANNEL, eventsOf, slotOf } from './signals.ts';
import { jsonb, toStoredJson } from './stored-json.ts';

/** How a run ends, or pauses. */
export interface Ending {
  status: Exclude<RunStatus, 'queued' | 'running'>;
  record: RunRecord;
  error?: { code: string; detail: string } | undefined;
  answer?: StoredAnswer | undefined;
  /** The events that are not stored yet, the last one among them. */
  events: RunEvent[];
  /** For a pause: the graph as it stands, and the calls that wait for a person. */
  pause?: { graph: Buffer; approvals: (Approval & { callHash: string })[] } | undefined;
}

/** What a paused run keeps of the messages that it had recalled must go with them: with one that is gone it does not pause. */
function allRemembered({ userId }: ActiveRun, { recalled }: RunRecord): { remembered: SQL; isWhole: SQL } {
  const ids = [...new Set(recalled.filter(({ cut }) => !cut).map(({ message_id: id }) => id))];
  return {
    // Erasing waits for a pause that has them in hold, and finds what it stored.
    remembered: sql`remembered as materialized (
      select m.id from messages as m where m.user_id = ${userId} and m.id = any(${`{${ids.join(',')}}`}::uuid[]) for key share
    ),`,
    isWhole: sql`and (select count(*) from remembered) = ${ids.length}::int`,
  };
}

/** Stores events of a run; returns a row when the run is still this process's. */
export function appendStatement(run: ActiveRun, events: RunEvent[], owner: string): SQL {
  return sql`
    with ours as (
      select user_id, id from runs where ${stillOurs(run, owner)} for share
    ), logged as (${logged(sql`ours`, events)})
    select ${notify(eventsOf(run.runId))} from ours`;
}

/**
 * Ends a run, or pauses it, with all that belongs to that in one statement; returns a row when the run was still this
 * process's, and changes nothing otherwise. It does not pause when something that it had recalled was erased.
 */
export function endStatement(run: ActiveRun, owner: string, ending: Ending): SQL {
  const { status, record, error, answer, events, pause } = ending;
  const open: Decision = 'cancelled';
  const { remembered, isWhole } = pause ? allRemembered(run, record) : { remembered: sql``, isWhole: sql`` };
  return sql`
    with old as (
      select usage from runs where user_id = ${run.userId} and id = ${run.runId}
    ), ${remembered} closed as (
      update runs set status = ${status}, error = ${error ? jsonb(error) : sql`null`}, ${recordColumns(record)},
        finished_at = ${status === 'awaiting_approval' ? sql`null` : sql`now()`}, lease_owner = null, lease_expires_at = null
      where ${stillOurs(run, owner)} ${isWhole}
      returning user_id, id, session_id, usage as after, (select usage from old) as before
    ), counted as (${countTokens(sql`closed`)}
    ), logged as (${logged(sql`closed`, events)}
    ), used as (
      update chat_sessions as s set last_message_at = now() from closed
      where s.user_id = closed.user_id and s.id = closed.session_id
    )
    ${answer ? sql`, said as (${said(sql`closed`, 'assistant', answer)})` : sql``}
    ${pause ? pausing(pause, record.toolCalls.length) : sql``}
    ${
      // A run without earlier events never paused.
      run.lastSeq > 0 && (status === 'completed' || status === 'cancelled')
        ? sql`, dropped as (
            delete from checkpoints as c using closed where c.user_id = closed.user_id and c.run_id = closed.id
          ), withdrawn as (
            update approvals as a set decision = ${open}, decided_at = now() from closed
            where a.user_id = closed.user_id and a.run_id = closed.id and a.decision is null
          )`
        : sql``
    }
    select ${notify(eventsOf(run.runId))}, ${freed(run.userId, run.sessionId)} from closed`;
}

function pausing({ graph, approvals }: NonNullable<Ending['pause']>, toolCalls: number): SQL {
  const rows = approvals.map(({ expiresAt: _, ...approval }) => approval);
  return sql`, kept as (
      insert into checkpoints (user_id, run_id, graph, tool_calls)
      select closed.user_id, closed.id, decode(${graph.toString('base64')}, 'base64'), ${toolCalls}::int from closed
      on conflict (user_id, run_id) do update set graph = excluded.graph, tool_calls = excluded.tool_calls
    ), asked as (
      insert into approvals (user_id, id, run_id, code, agent, tool, effect, summary, preview, call_hash, expires_at)
      select closed.user_id, a.id, closed.id, a.code, a.agent, a.tool, a.effect, a.summary, a.preview, a."callHash",
        ${approvals[0]?.expiresAt.toISOString() ?? null}::timestamptz
      from closed, jsonb_to_recordset(${jsonb(rows)}) as a(id uuid, code text, agent text, tool text, effect text,
        summary text, preview text, "callHash" text)
      on conflict (user_id, id) do nothing
    )`;
}

/** Renews the leases of the named runs; returns the ids of those that are still this process's. */
export function renewStatement(lease: Lease, runIds: string[]): SQL {
  return sql`
    update runs set lease_expires_at = ${expiry(lease)}
    where status in ('running', 'queued') and lease_owner = ${lease.owner}::uuid
      and id in (select value::uuid from jsonb_array_elements_text(${jsonb(runIds)}))
    returning id`;
}

/**
 * Gives a queued run its session's slot, when that is free and nobody is before it; returns a row then. Two can try at once:
 * the second one breaks the index on the slot, and waits on.
 */
export function promoteStatement({ userId, runId, sessionId }: ActiveRun, lease: Lease): SQL {
  return sql`
    update runs as r set status = 'running', started_at = now(), lease_expires_at = ${expiry(lease)}
    where r.user_id = ${userId} and r.id = ${runId} and r.status = 'queued' and r.lease_owner = ${lease.owner}::uuid
      and not exists (
        select from runs as o
        where o.user_id = ${userId} and o.session_id = ${sessionId} and (o.status = 'running' or (o.status = 'queued'
          and (o.ahead > r.ahead or (o.ahead = r.ahead and o.id < r.id)))))
    returning r.id`;
}

/** Puts a failed run at work again; returns what an `ActiveRun` needs, or no row when it has not failed or may not. */
export function restartStatement(userId: string, runId: string, lease: Lease, allowance: Allowance): SQL {
  const { turnsPerUser, tokensPerDay } = allowance;
  const slot = turnsPerUser === 0 ? sql`null::smallint` : questionSlot(userId, turnsPerUser);
  return sql`
    with failed as (
      select session_id from runs where user_id = ${userId} and id = ${runId} and status = 'failed' and not erased for update
    ), allowed as (
      select session_id, ${slot} as turn_slot from failed where ${hasTokensLeft(userId, tokensPerDay)}
    ), target as (
      select session_id, turn_slot from allowed where ${turnsPerUser === 0 ? sql`true` : sql`turn_slot is not null`}
    ), entered as (${entering(userId, runId, lease, sql`attempt = attempt + 1, error = null,`)})
    select ${enteredColumns(userId, runId)} from entered`;
}

/** What a person decided, and how it is said in the conversation. */
export interface Resolution {
  approvalIds: string[];
  decision: 'approve' | 'reject';
  reason: string | null;
  message: { id: string; text: string };
  /** The request by which it was said, where that has a name. */
  idempotency: Question['idempotency'];
}

/** Stores a decision on calls of a paused run and puts the run at work again; no row when the run does not wait for them. */
export function decideStatement(userId: string, runId: string, lease: Lease, resolution: Resolution): SQL {
  const { approvalIds, decision, reason, message, idempotency } = resolution;
  return sql`
    with paused as (
      select session_id from runs where user_id = ${userId} and id = ${runId} and status = 'awaiting_approval' for update
    ), decided as (
      update approvals as a set decision = ${decision}, reason = ${reason}, decided_at = now() from paused
      where a.user_id = ${userId} and a.run_id = ${runId} and a.decision is null and a.expires_at > now()
        and a.id in (select value::uuid from jsonb_array_elements_text(${jsonb(approvalIds)}))
      returning a.id
    ), target as (
      select session_id, ${resumeSlot(userId)} as turn_slot from paused where exists (select from decided)
    ), entered as (${entering(userId, runId, lease, sql``)}
    ), said as (
      insert into messages (user_id, id, session_id, run_id, role, content, token_count)
      select ${userId}, ${message.id}::uuid, session_id, ${runId}::uuid, 'user', ${message.text}, ${estimateTokens(message.text)}::int
      from entered
    )${
      idempotency
        ? sql`, keyed as (
      insert into idempotency_keys as known (user_id, key, request_hash, run_id, after_seq)
      select ${userId}, ${idempotency.key}, ${idempotency.requestHash}, ${runId}::uuid, ${lastSeq(userId, runId)} from entered
      ${takeOverOldKey}
    )`
        : sql``
    }
    select ${enteredColumns(userId, runId)} from entered`;
}

/** Puts the run whose session and turn are in `target` into the session's slot, or in the line for it. */
function entering(userId: string, runId: string, lease: Lease, changes: SQL): SQL {
  return sql`
      update runs as r set ${changes} started_at = now(), finished_at = null, trimmed = false, lease_owner = ${lease.owner}::uuid,
        turn_slot = target.turn_slot,
        lease_expires_at = ${expiry(lease)}, status = case when exists (
          select from runs as o where o.user_id = ${userId} and o.session_id = target.session_id
            and o.status in ('running', 'queued')) then 'queued' else 'running' end
      from target where r.user_id = ${userId} and r.id = ${runId}
      returning r.session_id, r.status, r.memory, r.entry, r.attempt`;
}

function lastSeq(userId: string, runId: string): SQL {
  return sql`(select coalesce(max(seq), 0) from run_events where user_id = ${userId} and run_id = ${runId})`;
}

/** The question is the run's first message, and what is answered now its last one of the person's. */
function enteredColumns(userId: string, runId: string): SQL {
  const own = (column: SQL, order: SQL) => sql`
      (select ${column} from messages as m where m.user_id = ${userId} and m.run_id = ${runId} and m.role = 'user'
       order by m.id ${order} limit 1)`;
  return sql`session_id as "sessionId", status, memory, entry, attempt, ${own(sql`m.content`, sql`asc`)} as text,
      ${own(sql`m.id`, sql`desc`)} as "messageId", ${own(sql`m.content`, sql`desc`)} as "messageText",
      ${lastSeq(userId, runId)} as "lastSeq"`;
}

function said(from: SQL, role: 'user' | 'assistant', { id, text, agent, partial }: StoredAnswer): SQL {
  return sql`
      insert into messages (user_id, id, session_id, run_id, role, agent, content, partial, token_count)
      select user_id, ${id}::uuid, session_id, id, ${role}, ${agent}, ${text}, ${partial}::boolean, ${estimateTokens(text)}::int
      from ${from}`;
}

function logged(from: SQL, events: RunEvent[]): SQL {
  return sql`
      insert into run_events (user_id, run_id, seq, type, data)
      select r.user_id, r.id, e.seq, e.type, e.data
      from ${from} as r, jsonb_to_recordset(${toStoredJson(events)}::jsonb) as e(seq int, type text, data text)
      on conflict (user_id, run_id, seq) do nothing`;
}

/** Tells every process that follows a name. */
export function notify(name: string | SQL): SQL {
  return sql`pg_notify(${CHANNEL}, ${name})`;
}

/** Tells those who wait for a session's slot, if anyone does, that it is free. */
function freed(userId: string, sessionId: string): SQL {
  return sql`case when exists (
      select from runs where user_id = ${userId} and session_id = ${sessionId} and status = 'queued'
    ) then ${notify(slotOf(sessionId))} end`;
}

function stillOurs({ userId, runId, attempt }: ActiveRun, owner: string): SQL {
  return sql`user_id = ${userId} and id = ${runId} and status in ('running', 'queued') and lease_owner = ${owner}::uuid
      and attempt = ${attempt}::int`;
}

function recordColumns(record: RunRecord): SQL {
  return sql`model = ${record.model}, usage = ${jsonb(record.usage)}, agents = ${jsonb(record.agents)},
    tool_calls = ${jsonb(record.toolCalls)}, recalled = ${jsonb(record.recalled)},
    passages = ${jsonb(record.passages)}, degraded = ${jsonb(record.degraded)}`;
}
