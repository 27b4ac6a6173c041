import type { Logger } from 'pino';
import type { Runs } from './runs.ts';

/** How often abandoned runs are looked for. */
const SWEEP_INTERVAL_MS = 15_000;
/** A lease is renewed this many times before it would be over. */
const RENEWALS_PER_LEASE = 3;

interface CaretakerNeeds {
  runs: Runs;
  leaseMs: number;
  /** Whether no other process can have the database open. */
  isAlone: boolean;
  log: Pick<Logger, 'warn' | 'error'>;
}

/** Keeps the leases of this process's runs, and gives up those of processes that are gone. */
export function createCaretaker({ runs, leaseMs, isAlone, log }: CaretakerNeeds) {
  const timers: NodeJS.Timeout[] = [];

  async function start(): Promise<void> {
    await giveUp(isAlone ? 'others' : 'expired');
    every(leaseMs / RENEWALS_PER_LEASE, runs.renewLeases);
    every(Math.min(SWEEP_INTERVAL_MS, leaseMs), () => giveUp('expired'));
  }

  function stop(): void {
    for (const timer of timers) clearInterval(timer);
  }

  async function giveUp(scope: 'expired' | 'others'): Promise<void> {
    const count = await runs.interruptAbandoned(scope);
    if (count > 0) log.warn({ runs: count }, 'turns of a process that is gone were marked as interrupted');
  }

  function every(milliseconds: number, task: () => Promise<void>): void {
    const attempt = () =>
      task().catch((error: unknown) =>
        log.error({ err: error }, 'the care of runs failed; it is tried again'),
      );
    timers.push(setInterval(attempt, milliseconds).unref());
  }

  return { start, stop };
}
