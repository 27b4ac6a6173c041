import type { Logger } from 'pino';
import type { Orchestrator } from '../agents/orchestrator.ts';
import type { Workspaces } from '../workspace/workspace.ts';
import type { ActiveRuns } from './active-runs.ts';
import type { Approvals } from './approvals.ts';
import type { AbandonedRun } from './outside-statements.ts';
import type { Retention } from './retention.ts';
import type { Runs } from './runs.ts';
import type { StopRun } from './stop-run.ts';

/** How often abandoned runs and expired approvals are looked for. */
const SWEEP_INTERVAL_MS = 15_000;
/** A lease is renewed this many times before it would be over. */
const RENEWALS_PER_LEASE = 3;
const RETENTION_INTERVAL_MS = 3_600_000;
const EXPIRED_AT_A_TIME = 50;

interface CaretakerNeeds {
  runs: Runs;
  active: ActiveRuns;
  approvals: Approvals;
  stopRun: StopRun;
  orchestrator: Orchestrator;
  retention: Retention;
  workspaces: Pick<Workspaces, 'settle' | 'clear'>;
  erasure: { clearFiles: () => Promise<void> };
  leaseMs: number;
  /** Whether no other process can have the database open. */
  isAlone: boolean;
  log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

/** Keeps the leases of this process's runs, gives up those of processes that are gone, and clears away what is over. */
export function createCaretaker(needs: CaretakerNeeds) {
  const {
    runs,
    active,
    approvals,
    stopRun,
    orchestrator,
    retention,
    workspaces,
    erasure,
    leaseMs,
    isAlone,
    log,
  } = needs;
  const timers: NodeJS.Timeout[] = [];

  async function start(): Promise<void> {
    await settleFiles();
    await giveUp(isAlone ? 'others' : 'expired');
    every(leaseMs / RENEWALS_PER_LEASE, renew);
    every(Math.min(SWEEP_INTERVAL_MS, leaseMs), async () => {
      await settleFiles();
      await erasure.clearFiles();
      await giveUp('expired');
      await expireApprovals();
    });
    every(RETENTION_INTERVAL_MS, clear);
    // The start does not wait for what has waited for days.
    timers.push(setTimeout(() => attempt(clear), SWEEP_INTERVAL_MS).unref());
  }

  /** A workspace that cannot be reached is no reason not to start: what is about files says so. */
  async function settleFiles(): Promise<void> {
    await workspaces.settle().catch((error: unknown) => {
      log.error(
        { err: error },
        'changes of files that were interrupted could not be settled; it is tried again',
      );
    });
  }

  async function clear(): Promise<void> {
    await retention.clear();
    const cleared = await workspaces.clear();
    if (cleared.removed + cleared.contents > 0)
      log.info(cleared, 'files that were kept to be brought back were removed');
  }

  function stop(): void {
    for (const timer of timers) clearInterval(timer);
  }

  async function renew(): Promise<void> {
    const asked = active.ids();
    if (asked.length > 0) active.keepOnly(asked, await runs.renewLeases(asked));
  }

  async function giveUp(scope: 'expired' | 'others'): Promise<void> {
    const abandoned = await runs.abandon(scope);
    if (abandoned.length === 0) return;
    log.warn({ runs: abandoned.length }, 'turns of a process that is gone were marked as interrupted');
    for (const run of abandoned) await findOut(run);
  }

  /** Looks what became of the calls that the process never said the end of. */
  async function findOut(run: AbandonedRun): Promise<void> {
    if (!run.tool_calls.some(({ outcome }) => outcome === 'called')) return;
    const calls = await Promise.all(run.tool_calls.map((call) => orchestrator.settle(call, run.user_id)));
    await runs.correctCalls({ ...run, tool_calls: calls });
  }

  async function expireApprovals(): Promise<void> {
    for (const { userId, runId } of await approvals.expired(EXPIRED_AT_A_TIME)) {
      await stopRun.expire(userId, runId);
    }
  }

  function every(milliseconds: number, task: () => Promise<void>): void {
    timers.push(setInterval(() => attempt(task), milliseconds).unref());
  }

  function attempt(task: () => Promise<void>): void {
    task().catch((error: unknown) => log.error({ err: error }, 'the care of runs failed; it is tried again'));
  }

  return { start, stop };
}
