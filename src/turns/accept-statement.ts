import type { SQL } from 'drizzle-orm';
import { sql } from '../db/drizzle.ts';
import { estimateTokens } from '../models/tokens.ts';
import { type Allowance, hasTokensLeft, questionSlot } from './allowance.ts';
import type { Lease, Question } from './run-types.ts';

/** How much of a question is the title of a session that has none. */
export const TITLE_CHARACTERS = 80;
/** How long a request with an `Idempotency-Key` is remembered. */
export const IDEMPOTENCY_HOURS = 24;

/** What accepting a question came to: `status` is null where nothing was stored. */
export interface Acceptance {
  [column: string]: unknown;
  session_id: string | null;
  status: 'queued' | 'running' | null;
  /** Whether the session had a place for one more turn. */
  has_place: boolean | null;
  /** Whether the user may have one more turn under way, and tokens are left for it. */
  has_turn: boolean;
  has_tokens: boolean;
  /** The session's last message, where the new one would have come before it. */
  later_id: string | null;
}

/** What may be under way at one time. */
export interface AcceptLimits {
  /** The most questions that wait in one session. */
  queueLimit: number;
  allowance: Allowance;
}

interface NewIds {
  session: string;
  run: string;
  message: string;
}

/**
 * Stores a question, its run and, where needed, its session and idempotency key, or nothing at all; always returns one row. The run waits
 * (`queued`) where another one of its session is running or waiting. Two that arrive in the same moment do not see each other:
 * then one breaks a unique index (on the slot, the place in the session, the user's turns, or a user's first session) and is to be tried again.
 */
export function acceptStatement(question: Question, ids: NewIds, lease: Lease, limits: AcceptLimits): SQL {
  const { queueLimit, allowance } = limits;
  const isUnlimited = allowance.turnsPerUser === 0;
  const { userId, sessionId, text, memory, entry, onBusy } = question;
  const isNamed = sessionId !== undefined && sessionId !== 'new';
  // A session from elsewhere is gone on with once something was asked in it.
  const latest = sql`and (s.imported_as is null or exists (
        select from runs as r where r.user_id = s.user_id and r.session_id = s.id))`;
  const which = isNamed ? sql`and s.id = ${sessionId}` : sessionId === 'new' ? sql`and false` : latest;
  const queued = onBusy === 'reject' ? 0 : queueLimit;
  return sql`
    with chosen as (
      select s.id from chat_sessions as s where s.user_id = ${userId} ${which} order by s.last_message_at desc, s.id desc limit 1
    ), session as (
      select id from chosen
      union all select ${ids.session}::uuid where ${isNamed ? sql`false` : sql`true`} and not exists (select from chosen)
    ), load as (
      select count(*) filter (where r.status = 'running') as running, count(*) filter (where r.status = 'queued') as waiting
      from runs as r join chosen on r.session_id = chosen.id
      where r.user_id = ${userId} and r.status in ('running', 'queued')
    ), later as (
      select m.id from messages as m join chosen on m.session_id = chosen.id
      where m.user_id = ${userId} and m.id >= ${ids.message}::uuid order by m.id desc limit 1
    ), next as (
      select coalesce(max(r.place), 0) + 1 as number from runs as r join chosen on r.session_id = chosen.id
      where r.user_id = ${userId} and r.place > 0
    ), allowed as (
      select ${isUnlimited ? sql`null::smallint` : questionSlot(userId, allowance.turnsPerUser)} as turn_slot,
        ${hasTokensLeft(userId, allowance.tokensPerDay)} as has_tokens
    ), allowance as (
      select turn_slot, ${isUnlimited ? sql`true` : sql`turn_slot is not null`} as has_turn, has_tokens from allowed
    ), place as (
      select session.id, load.running + load.waiting = 0 as is_free, allowance.turn_slot from session, load, allowance
      where allowance.has_turn and allowance.has_tokens and (load.running + load.waiting = 0 or load.waiting < ${queued}::int) and not exists (select from later)
    ), ${claim(question, ids.run)} keyed as (
      select place.id, place.is_free, place.turn_slot from place ${question.idempotency ? sql`cross join claimed` : sql``}
    ), opened as (
      insert into chat_sessions (user_id, id, title, is_first)
      select ${userId}, keyed.id, left(${text}, ${TITLE_CHARACTERS}), ${sessionId === undefined}::boolean from keyed
      where not exists (select from chosen)
    ), used as (
      update chat_sessions as s
      set last_message_at = now(), title = coalesce(s.title, left(${text}, ${TITLE_CHARACTERS}))
      from keyed where s.user_id = ${userId} and s.id = keyed.id
    ), run as (
      insert into runs (user_id, id, session_id, place, entry, memory, ahead, turn_slot, status, lease_owner, lease_expires_at)
      select ${userId}, ${ids.run}::uuid, id, (select number from next), ${entry}, ${memory}, ${onBusy === 'interrupt'}::boolean, turn_slot,
        case when is_free then 'running' else 'queued' end, ${lease.owner}::uuid, ${expiry(lease)}
      from keyed
      returning status
    ), message as (
      insert into messages (user_id, id, session_id, run_id, role, content, token_count)
      select ${userId}, ${ids.message}::uuid, id, ${ids.run}::uuid, 'user', ${text}, ${estimateTokens(text)}::int
      from keyed
    )
    select (select id from session) as session_id, (select status from run) as status,
      exists (select from place) as has_place, (select has_turn from allowance) as has_turn,
      (select has_tokens from allowance) as has_tokens, (select id from later) as later_id`;
}

/** What becomes of a key that is known: one that is too old to count is used anew. */
export const takeOverOldKey = sql`on conflict (user_id, key) do update
      set request_hash = excluded.request_hash, run_id = excluded.run_id, after_seq = excluded.after_seq, created_at = now()
      where known.created_at < now() - make_interval(hours => ${IDEMPOTENCY_HOURS}::int)`;

/** Takes the request's key for this run, unless an earlier request has it. */
function claim({ userId, idempotency }: Question, runId: string): SQL {
  if (!idempotency) return sql``;
  const { key, requestHash } = idempotency;
  return sql`claimed as (
      insert into idempotency_keys as known (user_id, key, request_hash, run_id)
      select ${userId}, ${key}, ${requestHash}, ${runId}::uuid from place
      ${takeOverOldKey}
      returning run_id
    ),`;
}

/** When a lease that is taken now will be over. */
export function expiry({ milliseconds }: Lease): SQL {
  return sql`now() + make_interval(secs => ${milliseconds / 1000}::float8)`;
}
