import { randomInt } from 'node:crypto';
import type { Executor } from '../db/database.ts';
import { and, asc, eq, sql } from '../db/drizzle.ts';
import { approvals, checkpoints } from '../db/schema.ts';
import type { Run } from './run-reader.ts';
import type { Approval, EarlierWork } from './run-types.ts';

const LEAST_CODE = 1_000;
/** Four digits are typed easily; those who have many open at once get longer ones. */
const MOST_CODES = [10_000, 100_000, 1_000_000];

const columns = {
  id: approvals.id,
  runId: approvals.runId,
  code: approvals.code,
  agent: approvals.agent,
  tool: approvals.tool,
  effect: approvals.effect,
  summary: approvals.summary,
  preview: approvals.preview,
  decision: approvals.decision,
  reason: approvals.reason,
  expiresAt: approvals.expiresAt,
  decidedAt: approvals.decidedAt,
};

/** An approval, with the session that it was asked for in. */
type FoundApproval = Approval & { sessionId: string };

/** Reads approvals and the paused work that they belong to. They are written together with their run. */
export function createApprovals({ executor }: { executor: Executor }) {
  async function ofRun(userId: string, runId: string): Promise<(Approval & { callHash: string })[]> {
    return await executor
      .select({ ...columns, callHash: approvals.callHash })
      .from(approvals)
      .where(and(eq(approvals.userId, userId), eq(approvals.runId, runId)))
      .orderBy(asc(approvals.id));
  }

  /** The approvals with these ids or codes, the undecided ones before others with the same code. */
  async function named(userId: string, names: string[]): Promise<FoundApproval[]> {
    const { rows } = await executor.execute<{ [Key in keyof FoundApproval]: FoundApproval[Key] }>(sql`
      select distinct on (a.code) a.id, a.run_id as "runId", a.code, a.agent, a.tool, a.effect, a.summary, a.preview, a.decision,
        a.reason, a.expires_at as "expiresAt", a.decided_at as "decidedAt", r.session_id as "sessionId"
      from approvals as a join runs as r on r.user_id = a.user_id and r.id = a.run_id
      where a.user_id = ${userId} and (a.code in (select jsonb_array_elements_text(${JSON.stringify(names)}::jsonb))
        or a.id::text in (select jsonb_array_elements_text(${JSON.stringify(names)}::jsonb)))
      order by a.code, (a.decision is null) desc, a.id desc`);
    return rows.map((row) => ({ ...row, expiresAt: new Date(row.expiresAt) }));
  }

  /** Runs that wait for approvals whose time is over. */
  async function expired(limit: number): Promise<{ userId: string; runId: string }[]> {
    const { rows } = await executor.execute<{ userId: string; runId: string }>(sql`
      select distinct a.user_id as "userId", a.run_id as "runId"
      from approvals as a join runs as r on r.user_id = a.user_id and r.id = a.run_id
      where a.decision is null and a.expires_at <= now() and r.status = 'awaiting_approval' limit ${limit}::int`);
    return rows;
  }

  /** What an earlier part of a run left: its record, its paused graph, and the decisions that were made. */
  async function earlierWork(userId: string, run: Run, model: string): Promise<EarlierWork> {
    const [paused] = await executor
      .select({
        graph: sql<string>`encode(${checkpoints.graph}, 'base64')`,
        toolCalls: checkpoints.toolCalls,
      })
      .from(checkpoints)
      .where(and(eq(checkpoints.userId, userId), eq(checkpoints.runId, run.id)));
    const { usage, agents, toolCalls, recalled, passages, degraded } = run;
    const decisions: EarlierWork['decisions'] = {};
    for (const { id, decision, reason, callHash } of await ofRun(userId, run.id)) {
      if (decision === 'approve' || decision === 'reject') decisions[id] = { decision, reason, callHash };
    }
    return {
      record: {
        model,
        usage: usage ?? { input_tokens: 0, output_tokens: 0 },
        agents,
        toolCalls,
        recalled,
        passages,
        degraded,
      },
      paused: paused && { graph: Buffer.from(paused.graph, 'base64'), toolCalls: paused.toolCalls },
      decisions,
    };
  }

  return { ofRun, named, expired, earlierWork };
}

export type Approvals = ReturnType<typeof createApprovals>;

/** A code that a person can type, and that nobody takes for a year; the more tries have met a code in use, the longer. */
export function newCode(tries: number): string {
  const most = MOST_CODES[Math.min(tries, MOST_CODES.length - 1)] ?? LEAST_CODE * 10;
  const code = String(randomInt(LEAST_CODE, most));
  return isYear(code) ? newCode(tries) : code;
}

/** "Yes, 2021" is more likely to be about a year than about an approval that is not there. */
export function isYear(name: string): boolean {
  return /^(?:19|20)\d\d$/.test(name);
}
