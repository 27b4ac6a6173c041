import type { Logger } from 'pino';
import { ProblemError } from '../errors.ts';
import type { ActiveRuns, ActiveTurn } from './active-runs.ts';
import type { AnswerBody } from './answer.ts';
import type { Approvals } from './approvals.ts';
import { type CarryOut, emptyRecord } from './carry-out.ts';
import type { Decide } from './decisions.ts';
import type { Endings } from './endings.ts';
import { createInFlight } from './in-flight.ts';
import { INTERRUPTED } from './outside-statements.ts';
import type { Queue } from './queue.ts';
import type { RunFeed } from './run-feed.ts';
import { createRunLog, type RunLog, RunLostError } from './run-log.ts';
import type { ActiveRun, EarlierWork, Question } from './run-types.ts';
import type { Runs } from './runs.ts';
import type { StopRun } from './stop-run.ts';

/** What stopped turns get, beyond the time that they were given, to store that they were stopped. */
const LAST_WORDS_MS = 2_000;

/** A turn that was accepted and goes on by itself, whoever waits for it. */
export interface StartedTurn {
  userId: string;
  runId: string;
  sessionId: string;
  /** The number of the run's last event before this turn. */
  after: number;
  /** Rejects with a ProblemError. */
  outcome: Promise<AnswerBody>;
}

interface TurnsNeeds {
  runs: Runs;
  approvals: Approvals;
  active: ActiveRuns;
  feed: RunFeed;
  queue: Queue;
  endings: Endings;
  carryOut: CarryOut;
  decide: Decide;
  stopRun: StopRun;
  modelName: string;
  log: Pick<Logger, 'warn' | 'error'>;
}

/** The work that a run goes on with: what an earlier part of it left, or an answer that needs no model. */
interface Beginning {
  earlier?: EarlierWork | undefined;
  ready?: string | undefined;
}

/** The life of a question: accept, wait for the slot, carry out; used by every route and channel. */
export function createTurns(needs: TurnsNeeds) {
  const { runs, approvals, active, feed, queue, endings, carryOut, decide, stopRun, modelName, log } = needs;
  const inFlight = createInFlight();
  const stopping = new AbortController();

  /**
   * Stores a question and has it answered. A message that decides approvals is taken as that.
   * @throws ProblemError `session_not_found`, `session_busy`, `idempotency_mismatch` or `shutting_down`; nothing is stored then.
   */
  async function ask(question: Question): Promise<StartedTurn> {
    return await inFlight.run(async () => {
      const stated = await decide.fromText(question);
      if (stated?.kind === 'replay') return await replay(question);
      if (stated?.kind === 'resumed') return await resume(stated.run);
      const run = await runs.accept(question);
      if (!run) return await replay(question);
      if (run.status === 'queued' && question.onBusy === 'interrupt') stopRun.clearTheWay(run);
      return start(run, { ready: stated?.text });
    });
  }

  /** Has the stored question of a failed run answered, with what was done for it before. */
  async function retry(userId: string, runId: string): Promise<StartedTurn> {
    return await inFlight.run(async () => {
      const { status, sessionId } = await runs.get(userId, runId);
      if (status === 'running' || status === 'queued') await runs.abandon({ sessionId });
      const run = await runs.restart(userId, runId);
      if (run) return await resume(run);
      const { status: found } = await runs.get(userId, runId);
      throw new ProblemError(
        'run_not_retryable',
        `Run ${runId} is ${found}; only a failed run can be run again.`,
      );
    });
  }

  /** Decides on an approval and lets its run go on. */
  async function decideApproval(request: Parameters<Decide['byId']>[0]): Promise<StartedTurn> {
    return await inFlight.run(async () => await resume(await decide.byId(request)));
  }

  async function resume(run: ActiveRun): Promise<StartedTurn> {
    const known = await runs.get(run.userId, run.runId);
    return start(run, { earlier: await approvals.earlierWork(run.userId, known, modelName) });
  }

  /** The turn of an earlier request with the same idempotency key. */
  async function replay({ userId, idempotency }: Question): Promise<StartedTurn> {
    const known = idempotency && (await runs.byIdempotencyKey(userId, idempotency.key));
    if (!known) throw new ProblemError('session_not_found', 'The session was erased.');
    if (known.requestHash !== idempotency.requestHash) throw otherRequest();
    const { runId } = known;
    const { sessionId } = await runs.get(userId, runId);
    return started({ userId, runId, sessionId, lastSeq: 0 }, feed.outcomeOf({ userId, runId, after: 0 }));
  }

  function start(run: ActiveRun, beginning: Beginning): StartedTurn {
    const turn = active.begin(run);
    const onLost = () => turn.stop('lost');
    const runLog = createRunLog({ run, runs, feed, onLost, log });
    const outcome = work(run, turn, runLog, beginning).finally(turn.end);
    inFlight.track(outcome);
    return started(run, outcome);
  }

  async function work(run: ActiveRun, turn: ActiveTurn, runLog: RunLog, beginning: Beginning) {
    try {
      const refusal = run.status === 'running' ? undefined : await awaitSlot(run, turn, runLog);
      if (!refusal) return await carryOut({ run, turn, log: runLog, earlier: undefined, ...beginning });
      const record = beginning.earlier?.record ?? emptyRecord(modelName);
      if (turn.signal.reason === 'cancelled') return await endings.cancel(run, '', record, runLog);
      throw await endings.fail(run, refusal, record, runLog);
    } catch (error) {
      if (!(error instanceof RunLostError)) throw error;
      const { userId, runId, lastSeq } = run;
      return await feed.outcomeOf({ userId, runId, after: lastSeq }, stopping.signal);
    }
  }

  /** Undefined once the run has its session's slot; otherwise why it did not get it. */
  async function awaitSlot(
    run: ActiveRun,
    turn: ActiveTurn,
    runLog: RunLog,
  ): Promise<ProblemError | undefined> {
    const { runId, sessionId, attempt } = run;
    runLog.append('run', { run_id: runId, session_id: sessionId, status: 'queued', attempt });
    const abort = AbortSignal.any([turn.signal, stopping.signal]);
    try {
      await queue.awaitSlot(run, abort);
    } catch (error) {
      if (error instanceof ProblemError) return error;
      throw error;
    }
    if (turn.signal.reason === 'lost') throw new RunLostError(`Run ${runId} was ended while it waited.`);
    return abort.aborted ? INTERRUPTED : undefined;
  }

  /** Takes no more turns, lets the running ones end, at most so long, and stops the rest, which can be retried. */
  async function stop(timeoutMs: number): Promise<void> {
    stopping.abort();
    await inFlight.stop(timeoutMs);
    active.stopAll('interrupted');
    await inFlight.stop(LAST_WORDS_MS);
  }

  return {
    ask,
    retry,
    decide: decideApproval,
    cancel: stopRun.cancel,
    isStopping: () => stopping.signal.aborted,
    stop,
  };
}

export type Turns = ReturnType<typeof createTurns>;

function started(
  { userId, runId, sessionId, lastSeq }: Pick<ActiveRun, 'userId' | 'runId' | 'sessionId' | 'lastSeq'>,
  outcome: Promise<AnswerBody>,
): StartedTurn {
  // A failure is stored; that nobody waits for it is no failure of this process.
  outcome.catch(() => undefined);
  return { userId, runId, sessionId, after: lastSeq, outcome };
}

function otherRequest(): ProblemError {
  return new ProblemError(
    'idempotency_mismatch',
    'headers.idempotency-key: it was used for another question within 24 hours; use a new key.',
  );
}
