import { type ErrorCode, ProblemError } from '../errors.ts';
import type { Observe } from '../observing/observe.ts';
import type { Approvals } from './approvals.ts';
import type { Decide } from './decisions.ts';
import { type Launcher, type StartedTurn, started } from './launcher.ts';
import { type RunFeed, runErased } from './run-feed.ts';
import type { ActiveRun, Question } from './run-types.ts';
import type { Runs } from './runs.ts';
import type { StopRun } from './stop-run.ts';

interface TurnsNeeds {
  runs: Runs;
  approvals: Approvals;
  feed: RunFeed;
  decide: Decide;
  stopRun: StopRun;
  launcher: Launcher;
  modelName: string;
  observe: Pick<Observe, 'phase'>;
  /** Told of each question that a limit refused. */
  onRefused: (limit: string) => void;
}

/** The limits of what one user may have of the model, by the code of the refusal. */
const LIMITS: Partial<Record<ErrorCode, string>> = {
  too_many_turns: 'turns_per_user',
  token_budget_used: 'tokens_per_day',
};

/** The life of a question: accept, wait for the slot, carry out; used by every route and channel. */
export function createTurns(needs: TurnsNeeds) {
  const { runs, approvals, feed, decide, stopRun, launcher, modelName, observe, onRefused } = needs;

  /**
   * Stores a question and has it answered. A message that decides approvals is taken as that.
   * @throws ProblemError `session_not_found`, `session_busy`, `too_many_turns`, `token_budget_used`, `idempotency_mismatch` or
   * `shutting_down`; nothing is stored then.
   */
  async function ask(question: Question): Promise<StartedTurn> {
    return await launcher.begin(async () => {
      const stated = await decide.fromText(question);
      if (stated?.kind === 'replay') return await replay(question);
      if (stated?.kind === 'resumed') return await resume(stated.run);
      const run = await acceptOrReplay(question);
      if (!run) return await replay(question);
      if (run.status === 'queued' && question.onBusy === 'interrupt') stopRun.clearTheWay(run);
      return launcher.start(run, { ready: stated?.text });
    });
  }

  /** A session without a place refuses a new request; one that it took before is no new one. */
  async function acceptOrReplay(question: Question): Promise<ActiveRun | undefined> {
    const { userId, idempotency } = question;
    try {
      return await observe.phase('accept', () => runs.accept(question));
    } catch (error) {
      const isKnown = idempotency && (await runs.byIdempotencyKey(userId, idempotency.key));
      if (isKnown) return undefined;
      throw counted(error);
    }
  }

  function counted(error: unknown): unknown {
    const limit = error instanceof ProblemError ? LIMITS[error.code] : undefined;
    if (limit !== undefined) onRefused(limit);
    return error;
  }

  /** Has the stored question of a failed run answered, with what was done for it before. */
  async function retry(userId: string, runId: string): Promise<StartedTurn> {
    return await launcher.begin(async () => {
      const { status, sessionId, erased } = await runs.get(userId, runId);
      if (erased) throw runErased(runId);
      if (status === 'running' || status === 'queued') await runs.abandon({ sessionId });
      const run = await runs.restart(userId, runId).catch((error: unknown) => {
        throw counted(error);
      });
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
    return await launcher.begin(async () => await resume(await decide.byId(request)));
  }

  async function resume(run: ActiveRun): Promise<StartedTurn> {
    const known = await runs.get(run.userId, run.runId);
    return launcher.start(run, { earlier: await approvals.earlierWork(run.userId, known, modelName) });
  }

  /** The turn of an earlier request with the same idempotency key. */
  async function replay({ userId, idempotency }: Question): Promise<StartedTurn> {
    const known = idempotency && (await runs.byIdempotencyKey(userId, idempotency.key));
    if (!known) throw new ProblemError('session_not_found', 'The session was erased.');
    const { runId, after } = known;
    const { sessionId, erased } = await runs.get(userId, runId);
    if (erased) throw runErased(runId);
    if (known.requestHash !== idempotency.requestHash) throw otherRequest();
    return started(
      { userId, runId, sessionId, lastSeq: after },
      feed.outcomeOf({ userId, runId, after }, { isFirst: true }),
    );
  }

  return {
    ask,
    retry,
    decide: decideApproval,
    cancel: stopRun.cancel,
    isStopping: launcher.isStopping,
    stop: launcher.stop,
  };
}

export type Turns = ReturnType<typeof createTurns>;

function otherRequest(): ProblemError {
  return new ProblemError(
    'idempotency_mismatch',
    'headers.idempotency-key: it was used for another question within 24 hours; use a new key.',
  );
}
