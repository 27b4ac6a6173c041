import { toDatabaseProblem } from '../db/failures.ts';
import { ProblemError } from '../errors.ts';
import type { ActiveRun } from './run-types.ts';
import type { Runs } from './runs.ts';
import { type Signals, slotOf } from './signals.ts';

/** How often a waiting run looks by itself: for a signal that was missed, and for the slot of a process that is gone. */
const LOOK_MS = 1_000;

interface QueueNeeds {
  runs: Pick<Runs, 'promote' | 'abandon'>;
  signals: Signals;
  timeoutMs: number;
}

/** Lets runs wait for their session's slot, in their order, without holding a connection. */
export function createQueue({ runs, signals, timeoutMs }: QueueNeeds) {
  /**
   * Resolves when the run has its session's slot, or when the signal is aborted.
   * @throws ProblemError `queue_timeout` when that takes too long.
   */
  async function awaitSlot(run: ActiveRun, abort: AbortSignal): Promise<void> {
    const giveUpAt = performance.now() + timeoutMs;
    const watch = signals.watch(slotOf(run.sessionId));
    try {
      while (!abort.aborted && !(await tryPatiently(() => runs.promote(run)))) {
        if (performance.now() > giveUpAt) throw queueTimeout(timeoutMs);
        const began = performance.now();
        await watch.next(LOOK_MS, abort);
        if (performance.now() - began >= LOOK_MS)
          await tryPatiently(() => runs.abandon({ sessionId: run.sessionId }));
      }
    } finally {
      watch.end();
    }
  }

  return { awaitSlot };
}

export type Queue = ReturnType<typeof createQueue>;

/** Undefined where the database does not answer: who waits looks again later. */
async function tryPatiently<Value>(attempt: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await attempt();
  } catch (error) {
    if (!toDatabaseProblem(error)) throw error;
    return undefined;
  }
}

function queueTimeout(timeoutMs: number): ProblemError {
  return new ProblemError(
    'queue_timeout',
    `The session was busy for ${timeoutMs / 1_000} s. The question is kept; retry the run to have it answered.`,
    { retryAfterSeconds: 5 },
  );
}
