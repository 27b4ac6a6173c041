import type { SQL } from 'drizzle-orm';
import { sql } from '../db/drizzle.ts';
import type { MemoryMode, RecallRecord, ToolCallRecord, Usage } from '../db/schema.ts';
import { estimateTokens } from '../models/tokens.ts';

const TITLE_CHARACTERS = 80;
const INTERRUPTED = {
  code: 'interrupted',
  detail:
    'The server stopped before this turn was finished. The question is kept; retry the run to have it answered.',
};

/** A question to be accepted. */
export interface Question {
  userId: string;
  /** A session of the user's, `'new'`, or undefined for the latest one (the first one is opened by itself). */
  sessionId: string | undefined;
  text: string;
  memory: MemoryMode;
  /** Who is asked: `assistant`, or an agent by name. */
  entry: string;
}

/** A run that this process is carrying out. */
export interface ActiveRun {
  userId: string;
  sessionId: string;
  runId: string;
  /** The user message. */
  messageId: string;
  text: string;
  memory: MemoryMode;
  entry: string;
  attempt: number;
}

/** What is known of a run's work, whether it ended well or not. */
export interface RunRecord {
  model: string;
  usage: Usage;
  agents: string[];
  toolCalls: ToolCallRecord[];
  recalled: RecallRecord[];
  degraded: string[];
}

/** An answer to be stored; `agent` is null for the supervisor's. */
export interface StoredAnswer {
  id: string;
  text: string;
  agent: string | null;
}

/** Which process holds a run, and for how long. */
export interface Lease {
  owner: string;
  milliseconds: number;
}

interface NewIds {
  session: string;
  run: string;
  message: string;
}

/** Stores a question, its run and, where needed, its session; returns `session_id`, or no row when there is no such session. */
export function acceptStatement(question: Question, ids: NewIds, lease: Lease): SQL {
  const { userId, sessionId, text, memory, entry } = question;
  const isNamed = sessionId !== undefined && sessionId !== 'new';
  const which = isNamed ? sql`and id = ${sessionId}` : sessionId === 'new' ? sql`and false` : sql``;
  return sql`
    with chosen as (
      select id from chat_sessions where user_id = ${userId} ${which} order by last_message_at desc, id desc limit 1
    ), opened as (
      insert into chat_sessions (user_id, id, title)
      select ${userId}, ${ids.session}::uuid, left(${text}, ${TITLE_CHARACTERS})
      where ${isNamed ? sql`false` : sql`true`} and not exists (select from chosen) returning id
    ), used as (
      update chat_sessions as s
      set last_message_at = now(), title = coalesce(s.title, left(${text}, ${TITLE_CHARACTERS}))
      from chosen where s.user_id = ${userId} and s.id = chosen.id
    ), run as (
      insert into runs (user_id, id, session_id, entry, memory, status, lease_owner, lease_expires_at)
      select ${userId}, ${ids.run}::uuid, id, ${entry}, ${memory}, 'running', ${lease.owner}::uuid, ${expiry(lease)}
      from (select id from chosen union all select id from opened) as session
      returning session_id
    )
    insert into messages (user_id, id, session_id, run_id, role, content, token_count)
    select ${userId}, ${ids.message}::uuid, session_id, ${ids.run}::uuid, 'user', ${text}, ${estimateTokens(text)}::int
    from run returning session_id`;
}

/** Takes up a failed run again; returns what an `ActiveRun` needs beside its ids, or no row when the run has not failed. */
export function restartStatement(userId: string, runId: string, lease: Lease): SQL {
  return sql`
    with restarted as (
      update runs set status = 'running', attempt = attempt + 1, started_at = now(), finished_at = null, error = null,
        lease_owner = ${lease.owner}::uuid, lease_expires_at = ${expiry(lease)}
      where user_id = ${userId} and id = ${runId} and status = 'failed'
      returning session_id, memory, entry, attempt
    )
    select r.session_id as "sessionId", r.memory, r.entry, r.attempt, m.id as "messageId", m.content as text
    from restarted as r
    join messages as m on m.user_id = ${userId} and m.run_id = ${runId} and m.role = 'user'`;
}

/** Closes a run and stores its answer; returns no row when the run is no longer this process's. */
export function finishStatement(run: ActiveRun, answer: StoredAnswer, record: RunRecord, owner: string): SQL {
  return sql`
    with closed as (
      update runs set status = 'completed', ${recordColumns(record)}
      where ${stillOurs(run, owner)} returning session_id
    ), used as (
      update chat_sessions as s set last_message_at = now() from closed where s.user_id = ${run.userId} and s.id = closed.session_id
    )
    insert into messages (user_id, id, session_id, run_id, role, agent, content, token_count)
    select ${run.userId}, ${answer.id}::uuid, session_id, ${run.runId}::uuid, 'assistant', ${answer.agent}, ${answer.text},
      ${estimateTokens(answer.text)}::int
    from closed returning id`;
}

/** Closes a run with the failure that ended it. */
export function failStatement(
  run: ActiveRun,
  error: { code: string; detail: string },
  record: RunRecord,
  owner: string,
): SQL {
  return sql`
    update runs set status = 'failed', error = ${json(error)}, ${recordColumns(record)}
    where ${stillOurs(run, owner)}`;
}

/** Renews the leases of all runs that a process is carrying out. */
export function renewStatement(lease: Lease): SQL {
  return sql`
    update runs set lease_expires_at = ${expiry(lease)}
    where status = 'running' and lease_owner = ${lease.owner}::uuid`;
}

/** Marks running runs as interrupted. */
export function interruptStatement(which: SQL): SQL {
  return sql`
    update runs set status = 'failed', error = ${json(INTERRUPTED)}, finished_at = now(), lease_owner = null, lease_expires_at = null
    where status = 'running' and ${which}`;
}

function expiry({ milliseconds }: Lease): SQL {
  return sql`now() + make_interval(secs => ${milliseconds / 1000}::float8)`;
}

function stillOurs({ userId, runId, attempt }: ActiveRun, owner: string): SQL {
  return sql`user_id = ${userId} and id = ${runId} and status = 'running' and lease_owner = ${owner}::uuid and attempt = ${attempt}::int`;
}

function recordColumns(record: RunRecord): SQL {
  return sql`model = ${record.model}, usage = ${json(record.usage)}, agents = ${json(record.agents)},
    tool_calls = ${json(record.toolCalls)}, recalled = ${json(record.recalled)}, degraded = ${json(record.degraded)},
    finished_at = now(), lease_owner = null, lease_expires_at = null`;
}

/** As JSON that PostgreSQL takes: it stores neither NUL nor half a surrogate pair. */
function json(value: unknown): SQL {
  const storable = (_key: string, part: unknown) =>
    typeof part === 'string' ? part.toWellFormed().replaceAll('\0', '') : part;
  return sql`${JSON.stringify(value, storable)}::jsonb`;
}
