import type { Logger } from 'pino';
import { ProblemError } from '../errors.ts';
import type { Observe } from '../observing/observe.ts';
import type { ActiveRuns, ActiveTurn } from './active-runs.ts';
import type { AnswerBody } from './answer.ts';
import { type CarryOut, emptyRecord } from './carry-out.ts';
import type { Endings } from './endings.ts';
import { createInFlight } from './in-flight.ts';
import { INTERRUPTED } from './outside-statements.ts';
import type { Queue } from './queue.ts';
import type { RunFeed } from './run-feed.ts';
import { createRunLog, type RunLog, RunLostError } from './run-log.ts';
import type { ActiveRun, EarlierWork } from './run-types.ts';
import type { Runs } from './runs.ts';

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

interface LauncherNeeds {
  runs: Pick<Runs, 'append'>;
  active: ActiveRuns;
  feed: RunFeed;
  queue: Queue;
  endings: Endings;
  carryOut: CarryOut;
  modelName: string;
  observe: Pick<Observe, 'turn' | 'phase'>;
  log: Pick<Logger, 'warn'>;
}

/** The work that a run goes on with: what an earlier part of it left, or an answer that needs no model. */
interface Beginning {
  earlier?: EarlierWork | undefined;
  ready?: string | undefined;
}

/** Sets accepted runs going in this process, and keeps account of them until they have ended. */
export function createLauncher(needs: LauncherNeeds) {
  const { runs, active, feed, queue, endings, carryOut, modelName, observe, log } = needs;
  const inFlight = createInFlight();
  const stopping = new AbortController();

  function start(run: ActiveRun, beginning: Beginning): StartedTurn {
    const turn = active.begin(run);
    const onLost = () => turn.stop('lost');
    const runLog = createRunLog({ run, runs, feed, onLost, log });
    const outcome = work(run, turn, runLog, beginning).finally(() => {
      turn.end();
      runLog.end();
    });
    inFlight.track(outcome);
    return started(run, outcome);
  }

  async function work(run: ActiveRun, turn: ActiveTurn, runLog: RunLog, beginning: Beginning) {
    try {
      return await observe.turn(run, () => waitAndCarryOut(run, turn, runLog, beginning));
    } catch (error) {
      if (!(error instanceof RunLostError)) throw error;
      const { userId, runId, lastSeq } = run;
      return await feed.outcomeOf({ userId, runId, after: lastSeq }, { abort: stopping.signal });
    }
  }

  async function waitAndCarryOut(run: ActiveRun, turn: ActiveTurn, runLog: RunLog, beginning: Beginning) {
    const isWaiting = run.status !== 'running';
    const refusal = isWaiting ? await observe.phase('queue', () => awaitSlot(run, turn, runLog)) : undefined;
    if (!refusal) return await carryOut({ run, turn, log: runLog, earlier: undefined, ...beginning });
    const record = beginning.earlier?.record ?? emptyRecord(modelName);
    if (turn.signal.reason === 'cancelled') return await endings.cancel(run, '', record, runLog);
    throw await endings.fail(run, refusal, record, runLog);
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

  return { begin: inFlight.run, start, isStopping: () => stopping.signal.aborted, stop };
}

export type Launcher = ReturnType<typeof createLauncher>;

/** A turn that can be waited for, or not. */
export function started(
  { userId, runId, sessionId, lastSeq }: Pick<ActiveRun, 'userId' | 'runId' | 'sessionId' | 'lastSeq'>,
  outcome: Promise<AnswerBody>,
): StartedTurn {
  // A failure is stored; that nobody waits for it is no failure of this process.
  outcome.catch(() => undefined);
  return { userId, runId, sessionId, after: lastSeq, outcome };
}
