import type { BaseMessage } from '@langchain/core/messages';
import type { Logger } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import type { Agent } from '../agents/agent.ts';
import type { OrchestratedAnswer, Orchestrator } from '../agents/orchestrator.ts';
import { openingDialogue } from '../agents/prompt.ts';
import { emptyTrace, type TurnTrace } from '../agents/turn-context.ts';
import { toDatabaseProblem } from '../db/failures.ts';
import type { RecallRecord, Usage } from '../db/schema.ts';
import { ProblemError } from '../errors.ts';
import type { Embedder } from '../memory/embedder.ts';
import type { Recall, Recalled, Recollection } from '../memory/recall.ts';
import { MESSAGE_TOKENS } from '../memory/recall-query.ts';
import { clipToTokens } from '../models/tokens.ts';
import { createInFlight } from './in-flight.ts';
import type { ActiveRun, Question, RunRecord } from './run-statements.ts';
import type { Runs } from './runs.ts';

/** A finished turn, as it is answered. */
export interface TurnAnswer {
  response: string;
  sessionId: string;
  runId: string;
  status: 'completed';
  model: string;
  agents: string[];
  recalled: RecallRecord[];
  degraded: string[];
  usage: Usage;
}

interface TurnsNeeds {
  runs: Runs;
  recall: Recall;
  orchestrator: Orchestrator;
  embedder: Embedder;
  agents: Agent[];
  modelName: string;
  limits: { timeoutMs: number; maxSteps: number; maxToolCalls: number };
  log: Pick<Logger, 'error'>;
}

/** The life of a question: accept, recall, orchestrate, finish; used by every route and channel. */
export function createTurns(needs: TurnsNeeds) {
  const { runs, recall, orchestrator, embedder, agents, modelName, limits, log } = needs;
  const inFlight = createInFlight();

  /**
   * Stores the question, then answers it. The turn goes on when the asker goes away.
   * @throws ProblemError; once the question is stored it carries `run_id` and `session_id`.
   */
  async function ask(question: Question): Promise<TurnAnswer> {
    return await inFlight.run(async () => carryOut(await runs.accept(question)));
  }

  /** Answers the stored question of a failed run. */
  async function retry(userId: string, runId: string): Promise<TurnAnswer> {
    return await inFlight.run(async () => carryOut(await runs.restart(userId, runId)));
  }

  async function carryOut(run: ActiveRun): Promise<TurnAnswer> {
    const { userId, runId, sessionId } = run;
    const trace = emptyTrace();
    const ended = new AbortController();
    const signal = AbortSignal.any([AbortSignal.timeout(limits.timeoutMs), ended.signal]);
    let found: Recollection = { recalled: [], degraded: [] };
    try {
      found = await recall.recall({
        userId,
        text: run.text,
        mode: run.memory,
        sessionId,
        exceptId: run.messageId,
      });
      const answer = await orchestrator.answer(run.entry, dialogueOf(run, agents, found.recalled), {
        userId,
        runId,
        signal,
        ...limits,
        trace,
      });
      return await finish(run, answer, recordOf(modelName, trace, found));
    } catch (error) {
      throw await close(run, error, recordOf(modelName, trace, found));
    } finally {
      // Whatever still works for a turn that is over stops here.
      ended.abort();
    }
  }

  async function finish(run: ActiveRun, answer: OrchestratedAnswer, record: RunRecord): Promise<TurnAnswer> {
    const { userId, runId, sessionId } = run;
    // PostgreSQL stores neither NUL nor half a surrogate pair.
    const text = answer.text.toWellFormed().replaceAll('\0', '');
    const id = uuidv7();
    if (!(await runs.finish(run, { id, text, agent: answer.agent }, record))) {
      throw new ProblemError(
        'run_not_found',
        'The session was erased, or the run was given up, while it was being answered; nothing was stored.',
      );
    }
    embedder.add([
      { userId, id: run.messageId, content: run.text },
      { userId, id, content: text },
    ]);
    const { model, usage, agents: took, recalled, degraded } = record;
    return {
      response: text,
      sessionId,
      runId,
      status: 'completed',
      model,
      agents: took,
      recalled,
      degraded,
      usage,
    };
  }

  /** Records what ended a run and returns it as the caller is to see it, with the ids that a retry needs. */
  async function close(run: ActiveRun, error: unknown, record: RunRecord): Promise<ProblemError> {
    const { userId, runId, sessionId, messageId, text } = run;
    const problem = toProblem(error);
    log.error({ err: error, run_id: runId }, 'a turn failed');
    try {
      await runs.fail(run, { code: problem.code, detail: problem.message }, record);
    } catch (cause) {
      log.error(
        { err: cause, run_id: runId },
        'the failure could not be stored; the run ends with its lease',
      );
    }
    embedder.add([{ userId, id: messageId, content: text }]);
    return problem.with({ run_id: runId, session_id: sessionId });
  }

  return { ask, retry, stop: inFlight.stop };
}

function toProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  return (
    toDatabaseProblem(error) ?? new ProblemError('internal', 'The turn failed on our side.', { cause: error })
  );
}

export type Turns = ReturnType<typeof createTurns>;

/** What the model is shown: the session's last messages as the conversation, the rest as memories; all in the order of time. */
function dialogueOf(run: ActiveRun, agents: Agent[], recalled: Recalled[]): BaseMessage[] {
  const inOrder = recalled.toSorted((one, other) => (one.message.id < other.message.id ? -1 : 1));
  const isRecent = ({ via }: Recalled) => via.includes('recent');
  const shown = (chosen: Recalled[]) =>
    chosen.map(({ message }) => ({ ...message, content: clipToTokens(message.content, MESSAGE_TOKENS) }));
  return openingDialogue({
    entry: run.entry,
    agents,
    recent: shown(inOrder.filter(isRecent)),
    remembered: shown(inOrder.filter((one) => !isRecent(one))),
    question: run.text,
    now: new Date(),
  });
}

function recordOf(model: string, trace: TurnTrace, { recalled, degraded }: Recollection): RunRecord {
  return {
    model,
    usage: trace.usage,
    agents: trace.agents,
    toolCalls: trace.toolCalls,
    recalled: recalled.map(({ message, via, score }) => ({
      message_id: message.id,
      via,
      score,
      created_at: message.createdAt.toISOString(),
    })),
    degraded: [...degraded, ...trace.limits],
  };
}
