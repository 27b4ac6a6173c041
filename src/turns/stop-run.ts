import type { Logger } from 'pino';
import { ProblemError } from '../errors.ts';
import { type AnswerBody, answerBody, sayExpired } from './answer.ts';
import type { Approvals } from './approvals.ts';
import { emptyRecord } from './carry-out.ts';
import { idAfter } from './message-ids.ts';
import type { OutsideEnding } from './outside-statements.ts';
import type { RunFeed } from './run-feed.ts';
import type { Run } from './run-reader.ts';
import type { ActiveRun, RunRecord } from './run-types.ts';
import type { Runs } from './runs.ts';
import { cancelOf, eventsOf, type Signals, slotOf } from './signals.ts';

/** A process that carries out a run has so long to stop it and say what it had; then the run is ended without it. */
const OWNER_LIMIT_MS = 2_000;

interface StopRunNeeds {
  runs: Runs;
  approvals: Approvals;
  feed: RunFeed;
  signals: Signals;
  modelName: string;
  log: Pick<Logger, 'error'>;
}

/** Ends runs before their answer is there: because a person cancels them, or because nobody decided in time. */
export function createStopRun({ runs, approvals, feed, signals, modelName, log }: StopRunNeeds) {
  /**
   * Cancels a run, whichever process carries it out, and returns its answer, which has what was said so far.
   * @throws ProblemError `run_not_found`, or `run_ended` when it has come to another end.
   */
  async function cancel(userId: string, runId: string): Promise<AnswerBody> {
    const run = await runs.get(userId, runId);
    if (run.status === 'running' || run.status === 'queued') await askOwner(userId, runId);
    const ending = await endingOf(userId, run);
    if (await runs.endOutside(userId, runId, ending)) {
      announce(run);
      return ending.done;
    }
    const { status } = await runs.get(userId, runId);
    if (status !== 'cancelled')
      throw new ProblemError('run_ended', `Run ${runId} is ${status}, so there is nothing to cancel.`);
    return await feed.outcomeOf({ userId, runId, after: 0 });
  }

  /** Cancels the run that has a session's slot, for the sake of one that goes before all others. */
  function clearTheWay({ userId, sessionId }: Pick<ActiveRun, 'userId' | 'sessionId'>): void {
    const clear = async () => {
      const running = await runs.runningIn(userId, sessionId);
      if (running) await cancel(userId, running);
    };
    clear().catch((error: unknown) => {
      // That it ended by itself is as good.
      if (!(error instanceof ProblemError))
        log.error({ err: error }, 'the running turn could not be cancelled');
    });
  }

  /** Has the process that carries a run out stop it, and waits until it is no longer at work or the limit is over. */
  async function askOwner(userId: string, runId: string): Promise<void> {
    const watch = signals.watch(eventsOf(runId));
    const giveUpAt = performance.now() + OWNER_LIMIT_MS;
    try {
      signals.signal(cancelOf(runId));
      await runs.tell(cancelOf(runId));
      while (performance.now() < giveUpAt) {
        const { status } = await runs.get(userId, runId);
        if (status !== 'running' && status !== 'queued') return;
        await watch.next(giveUpAt - performance.now());
      }
    } finally {
      watch.end();
    }
  }

  async function endingOf(userId: string, run: Run): Promise<OutsideEnding & { done: AnswerBody }> {
    const spoken = run.status === 'awaiting_approval' ? undefined : await runs.spokenSoFar(userId, run.id);
    const response = spoken?.text ?? '';
    const partial = spoken && response !== '' ? { id: idAfter(spoken.messageId), text: response } : undefined;
    const done = answerBody({
      ...idsOf(run),
      status: 'cancelled',
      response,
      record: recordOf(run, modelName),
    });
    const from = ['queued', 'running', 'awaiting_approval'] satisfies OutsideEnding['from'];
    return { from, status: 'cancelled', approvals: 'cancelled', partial, done };
  }

  /** Ends a run whose approvals nobody decided on in time, with an answer that says so. */
  async function expire(userId: string, runId: string): Promise<void> {
    const run = await runs.get(userId, runId);
    const open = (await approvals.ofRun(userId, runId)).filter(({ decision }) => decision === null);
    const response = sayExpired(await runs.questionOf(userId, runId), open);
    const known = recordOf(run, modelName);
    const record = { ...known, degraded: [...known.degraded, 'approval_expired'] };
    await runs.endOutside(userId, runId, {
      from: ['awaiting_approval'],
      status: 'completed',
      approvals: 'expired',
      addendum: `\n\n${response}`,
      degraded: record.degraded,
      done: answerBody({ ...idsOf(run), status: 'completed', response, record }),
    });
    announce(run);
  }

  function announce({ id, sessionId }: Run): void {
    signals.signal(eventsOf(id));
    signals.signal(slotOf(sessionId));
  }

  return { cancel, clearTheWay, expire };
}

export type StopRun = ReturnType<typeof createStopRun>;

function idsOf({ id, sessionId }: Run) {
  return { runId: id, sessionId };
}

function recordOf({ usage, agents, toolCalls, recalled, passages, degraded }: Run, model: string): RunRecord {
  const empty = emptyRecord(model);
  return { ...empty, usage: usage ?? empty.usage, agents, toolCalls, recalled, passages, degraded };
}
