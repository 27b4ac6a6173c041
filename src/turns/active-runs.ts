import type { TurnStop } from '../agents/turn-context.ts';
import type { ActiveRun } from './run-types.ts';
import { cancelOf, type Signals } from './signals.ts';

/** A run that this process is carrying out or keeps in the queue, and the way to stop it. */
export interface ActiveTurn {
  /** Aborted with a `TurnStop`. */
  signal: AbortSignal;
  stop: (reason: TurnStop) => void;
  end: () => void;
}

/** The runs that this process is carrying out. */
export function createActiveRuns({ signals }: { signals: Signals }) {
  const active = new Map<string, ActiveTurn>();

  /** Takes a run into the list, from where a person's cancellation, in whichever process it arrives, stops it. */
  function begin({ runId }: ActiveRun): ActiveTurn {
    const controller = new AbortController();
    const stop = (reason: TurnStop) => controller.abort(reason);
    const forget = signals.on(cancelOf(runId), () => stop('cancelled'));
    const turn = {
      signal: controller.signal,
      stop,
      end: () => {
        forget();
        if (active.get(runId) === turn) active.delete(runId);
      },
    };
    active.set(runId, turn);
    return turn;
  }

  function ids(): string[] {
    return [...active.keys()];
  }

  /** Stops the runs that are not among those that this process still holds. */
  function keepOnly(asked: string[], held: string[]): void {
    for (const runId of asked) if (!held.includes(runId)) active.get(runId)?.stop('lost');
  }

  function stopAll(reason: TurnStop): void {
    for (const turn of active.values()) turn.stop(reason);
  }

  return { begin, ids, keepOnly, stopAll };
}

export type ActiveRuns = ReturnType<typeof createActiveRuns>;
