import type { Logger } from 'pino';
import type { Agent } from '../agents/agent.ts';
import type { Orchestrated, Orchestrator } from '../agents/orchestrator.ts';
import { emptyTrace, type TurnContext, type TurnStop, type TurnTrace } from '../agents/turn-context.ts';
import { toDatabaseProblem } from '../db/failures.ts';
import type { ToolCallRecord, Usage } from '../db/schema.ts';
import { timeOf } from '../db/uuid-time.ts';
import { ProblemError } from '../errors.ts';
import type { Observe } from '../observing/observe.ts';
import type { ActiveTurn } from './active-runs.ts';
import type { AnswerBody } from './answer.ts';
import { dialogueOf, passageRecords, recallRecords, shownRecords } from './dialogue.ts';
import type { Endings } from './endings.ts';
import type { Gather } from './gather.ts';
import { INTERRUPTED } from './outside-statements.ts';
import { type RunLog, RunLostError } from './run-log.ts';
import type { ActiveRun, EarlierWork, RunRecord } from './run-types.ts';

interface CarryOutNeeds {
  gather: Gather;
  orchestrator: Orchestrator;
  endings: Endings;
  agents: Agent[];
  modelName: string;
  limits: { timeoutMs: number; maxSteps: number; maxToolCalls: number };
  observe: Pick<Observe, 'phase' | 'degraded'>;
  log: Pick<Logger, 'error'>;
}

/** A run at work: how it is stopped, and where it tells what it does. */
export interface Work {
  run: ActiveRun;
  turn: ActiveTurn;
  log: RunLog;
  /** What an earlier part or attempt of the run left. */
  earlier: EarlierWork | undefined;
  /** An answer that is given without asking a model. */
  ready?: string | undefined;
}

/** Carries out a run that has its session's slot: recall, orchestrate, and end or pause it. */
export function createCarryOut(needs: CarryOutNeeds) {
  const { gather, orchestrator, endings, agents, modelName, limits, observe, log } = needs;

  /**
   * @throws ProblemError with `run_id` and `session_id`, once the failure is stored; RunLostError when the run is no longer this
   * process's.
   */
  async function carryOut(work: Work): Promise<AnswerBody> {
    const record = work.earlier?.record ?? emptyRecord(modelName);
    const trace = traceOf(record);
    try {
      return await bringToAnEnd(work, record, trace);
    } catch (error) {
      if (error instanceof RunLostError) await countLost(work.run, usedSince(record, trace));
      throw error;
    }
  }

  /** Otherwise whoever erases a question while it is being answered would have the model for nothing. */
  async function countLost({ userId, runId }: ActiveRun, used: Usage): Promise<void> {
    await endings.countLost(userId, used).catch((error: unknown) => {
      log.error({ err: error, run_id: runId }, 'what a lost run had used could not be counted');
    });
  }

  async function bringToAnEnd(work: Work, record: RunRecord, trace: TurnTrace): Promise<AnswerBody> {
    const { run, turn, log: runLog } = work;
    const limit = setTimeout(() => turn.stop('time_limit'), limits.timeoutMs);
    // Read when the run ends, so that it has all that the trace and the recall brought.
    const recordNow = (): RunRecord => ({ ...record, ...done(trace, record) });
    const { runId: run_id, sessionId: session_id, attempt } = run;
    runLog.append('run', { run_id, session_id, status: 'running', attempt });
    try {
      const outcome = work.ready
        ? { kind: 'answered' as const, text: work.ready, agent: null }
        : await orchestrate(work, record, trace);
      const stop = stopOf(turn);
      if (stop) throw stop;
      return await observe.phase('finish', () => endings.conclude(run, outcome, recordNow(), runLog));
    } catch (error) {
      if (turn.signal.reason === 'cancelled')
        return await endings.cancel(run, trace.partialAnswer, recordNow(), runLog);
      if (turn.signal.reason === 'lost') throw new RunLostError(`Run ${run.runId} was ended from elsewhere.`);
      if (error instanceof RunLostError) throw error;
      const problem = toProblem(stopOf(turn) ?? error);
      if (problem !== INTERRUPTED) log.error({ err: error }, 'a turn failed');
      throw await endings.fail(run, problem, recordNow(), runLog);
    } finally {
      clearTimeout(limit);
      // Whatever still works for a turn that is over stops here.
      turn.stop('lost');
    }
  }

  async function orchestrate(
    { run, turn, log: runLog, earlier }: Work,
    record: RunRecord,
    trace: TurnTrace,
  ): Promise<Orchestrated> {
    const { userId, runId, entry } = run;
    const context: TurnContext = {
      userId,
      runId,
      signal: turn.signal,
      ...limits,
      trace,
      passages: record.passages,
      earlier: [],
      log: runLog,
    };
    if (earlier?.paused) {
      const { graph, toolCalls } = earlier.paused;
      context.earlier = await settleCalls(trace, userId, toolCalls);
      return await observe.phase('orchestrate', () =>
        orchestrator.resume(entry, graph, earlier.decisions, context),
      );
    }
    context.earlier = await settleCalls(trace, userId, 0);
    // A retry may come days later: "yesterday" is the day before the question.
    const found = await observe.phase('recall', () => gather(run, timeOf(runId)));
    observe.degraded(found.degraded);
    record.recalled = recallRecords(found);
    record.passages = passageRecords(found.passages);
    record.degraded = found.degraded;
    context.passages = record.passages;
    const { passages, degraded } = record;
    runLog.append('recall', { recalled: shownRecords(record.recalled), passages, degraded });
    const dialogue = dialogueOf(run, agents, found, context.earlier);
    return await observe.phase('orchestrate', () => orchestrator.answer(entry, dialogue, context));
  }

  /** The calls of an attempt that did not end, each with what became of it. */
  async function settleCalls(trace: TurnTrace, userId: string, from: number): Promise<ToolCallRecord[]> {
    const settled = await Promise.all(trace.toolCalls.map((call) => orchestrator.settle(call, userId)));
    trace.toolCalls = settled;
    return settled.slice(from);
  }

  return carryOut;
}

export type CarryOut = ReturnType<typeof createCarryOut>;

export function emptyRecord(model: string): RunRecord {
  const { usage, agents, toolCalls } = emptyTrace();
  return { model, usage, agents, toolCalls, recalled: [], passages: [], degraded: [] };
}

function traceOf({ usage, agents, toolCalls }: RunRecord): TurnTrace {
  return { ...emptyTrace(), usage: { ...usage }, agents: [...agents], toolCalls: [...toolCalls] };
}

/** What this part of the run has used; the record has what was counted before. */
function usedSince({ usage }: RunRecord, trace: TurnTrace): Usage {
  return {
    input_tokens: trace.usage.input_tokens - usage.input_tokens,
    output_tokens: trace.usage.output_tokens - usage.output_tokens,
  };
}

function done(trace: TurnTrace, record: RunRecord) {
  const { usage, agents, toolCalls, limits } = trace;
  return { usage, agents, toolCalls, degraded: [...new Set([...record.degraded, ...limits])] };
}

/** The failure that a stop from outside is; a turn whose time was over has an answer. */
function stopOf(turn: ActiveTurn): ProblemError | undefined {
  const stop: TurnStop | undefined = turn.signal.reason;
  return stop === undefined || stop === 'time_limit' ? undefined : INTERRUPTED;
}

/** The first failure of several that happened side by side stands for all. */
function toProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof Error && 'errors' in error && Array.isArray(error.errors) && error.errors.length > 0)
    return toProblem(error.errors[0]);
  return (
    toDatabaseProblem(error) ?? new ProblemError('internal', 'The turn failed on our side.', { cause: error })
  );
}
