import type { SQL } from 'drizzle-orm';
import { sql } from '../db/drizzle.ts';
import type { Usage } from '../db/schema.ts';
import { ProblemError } from '../errors.ts';

/** How long a day's sum of tokens is kept, in days: a month, for those who look back. */
export const USAGE_DAYS = 35;
/** What a user whose turns are all under way is told to wait, in seconds. */
const TURNS_RETRY_SECONDS = 2;

/** What one user may have of the model; zero is no limit. */
export interface Allowance {
  /** Turns that are running or waiting at one time. */
  turnsPerUser: number;
  /** Input and output tokens of all turns together in one day (UTC). */
  tokensPerDay: number;
}

const today = sql`(now() at time zone 'utc')::date`;

/** The user's turns under way, as a query with the column `turn_slot`. */
function underWay(userId: string): SQL {
  return sql`select r.turn_slot from runs as r where r.user_id = ${userId} and r.status in ('queued', 'running')`;
}

/**
 * The slot for one more question of a user's, or null where all are taken. Two that are accepted in the same moment pick the
 * same one, and the second breaks the index `runs_turn_slot`: that is how the limit is exact on every replica.
 */
export function questionSlot(userId: string, turnsPerUser: number): SQL {
  return sql`(
      select min(n)::smallint from generate_series(1, ${turnsPerUser}::int) as n
      where n not in (select coalesce(u.turn_slot, 0) from (${underWay(userId)}) as u)
        and (select count(*) from (${underWay(userId)}) as u) < ${turnsPerUser}::int)`;
}

/**
 * The slot for a turn that goes on after a decision: beyond the limit where need be, since the person was promised that it would
 * go on. It counts all the same, so new questions wait for it.
 */
export function resumeSlot(userId: string): SQL {
  return sql`(
      select min(n)::smallint from generate_series(1, (select count(*) + 1 from (${underWay(userId)}) as u)::int) as n
      where n not in (select coalesce(u.turn_slot, 0) from (${underWay(userId)}) as u))`;
}

/** Whether the user's turns have used less than a day's tokens today. */
export function hasTokensLeft(userId: string, tokensPerDay: number): SQL {
  if (tokensPerDay === 0) return sql`true`;
  return sql`not exists (
      select from token_usage as t where t.user_id = ${userId} and t.day = ${today}
        and t.input_tokens + t.output_tokens >= ${tokensPerDay}::bigint)`;
}

/** Adds what a run has used since it was last stored: `before` and `after` are its usage then and now, in the CTE `closed`. */
export function countTokens(closed: SQL): SQL {
  const added = (name: 'input_tokens' | 'output_tokens') => {
    const member = sql.raw(`'${name}'`);
    return sql`greatest(0, coalesce((after ->> ${member})::bigint, 0) - coalesce((before ->> ${member})::bigint, 0))`;
  };
  return sql`
      insert into token_usage as t (user_id, day, input_tokens, output_tokens)
      select user_id, ${today}, input, output
      from (select user_id, ${added('input_tokens')} as input, ${added('output_tokens')} as output from ${closed}) as added
      where input + output > 0
      on conflict (user_id, day) do update
        set input_tokens = t.input_tokens + excluded.input_tokens, output_tokens = t.output_tokens + excluded.output_tokens`;
}

/** Adds what was used for a run that is no longer there to say so: one that was erased, or ended from elsewhere, while it was at work. */
export function countLostTokens(userId: string, used: Usage): SQL {
  return sql`
      insert into token_usage as t (user_id, day, input_tokens, output_tokens)
      values (${userId}, ${today}, ${used.input_tokens}::bigint, ${used.output_tokens}::bigint)
      on conflict (user_id, day) do update
        set input_tokens = t.input_tokens + excluded.input_tokens, output_tokens = t.output_tokens + excluded.output_tokens`;
}

export function tooManyTurns({ turnsPerUser }: Allowance): ProblemError {
  return new ProblemError(
    'too_many_turns',
    `At most ${turnsPerUser} questions of one user are answered or waiting at one time (TURNS_PER_USER); ask again when one of them is answered.`,
    { retryAfterSeconds: TURNS_RETRY_SECONDS },
  );
}

export function tokensUsed({ tokensPerDay }: Allowance, now = new Date()): ProblemError {
  const midnight = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1);
  return new ProblemError(
    'token_budget_used',
    `The ${tokensPerDay} tokens that one user may use in a day (TOKENS_PER_USER_PER_DAY) are used up; ask again after midnight UTC.`,
    { retryAfterSeconds: Math.ceil((midnight - now.getTime()) / 1_000) },
  );
}
