import type { Executor } from '../../db/database.ts';
import { sql } from '../../db/drizzle.ts';
import type { Root } from './coverage.ts';
import type { Scan } from './scan.ts';

/** A scan takes at most this part of the time, however large the folders are. */
const SCAN_SHARE = 0.05;
const ROOTS_AT_A_TIME = 20;
/** After a change through this server, so long until its folders are looked at: changes come in groups. */
const HINT_DELAY_MS = 150;
const LONGEST_PAUSE_MS = 3_600_000;

interface FollowerNeeds {
  executor: Executor;
  scan: Scan;
  intervalMs: number;
  leaseMs: number;
  /** Told when documents may wait to be read. */
  onScanned: () => void;
  /** Runs a task, whose failure is logged. */
  attempt: (task: () => Promise<void>) => Promise<void>;
}

/** Looks at the followed files and folders again and again, and soon after something in them was changed through this server. */
export function createFollower({ executor, scan, intervalMs, leaseMs, onScanned, attempt }: FollowerNeeds) {
  const hinted = new Set<string>();
  let hinting: NodeJS.Timeout | undefined;
  let timer: NodeJS.Timeout | undefined;
  let scanning: Promise<void> = Promise.resolve();
  let isStopped = false;

  function start(): void {
    timer = setInterval(scanDue, intervalMs).unref();
    scanDue();
  }

  /** Resolves when the scan at hand is over. */
  async function stop(): Promise<void> {
    isStopped = true;
    clearInterval(timer);
    clearTimeout(hinting);
    await scanning;
  }

  /** Has the folders of a user looked at soon. */
  function hint(userId: string): void {
    if (isStopped) return;
    hinted.add(userId);
    hinting ??= setTimeout(() => {
      hinting = undefined;
      const users = [...hinted];
      hinted.clear();
      for (const user of users) afterCurrent(() => makeDue(user));
      scanDue();
    }, HINT_DELAY_MS).unref();
  }

  function scanDue(): void {
    afterCurrent(scanRoots);
  }

  function afterCurrent(task: () => Promise<void>): void {
    scanning = scanning.then(() => attempt(task));
  }

  async function makeDue(userId: string): Promise<void> {
    await executor.execute(sql`update knowledge_roots set next_scan_at = now() where user_id = ${userId}`);
  }

  /** Scans the roots whose time has come, each by one process. */
  async function scanRoots(): Promise<void> {
    while (!isStopped) {
      const { rows } = await executor.execute<{ userId: string } & { [Key in keyof Root]: Root[Key] }>(sql`
        with due as (
          select user_id, id from knowledge_roots where next_scan_at <= now()
          order by next_scan_at limit ${ROOTS_AT_A_TIME}::int for update skip locked
        )
        update knowledge_roots as r set next_scan_at = now() + make_interval(secs => ${leaseMs / 1000}::float8)
        from due where r.user_id = due.user_id and r.id = due.id
        returning r.user_id as "userId", r.id, r.path, r.type`);
      for (const { userId, ...root } of rows) await scanOne(userId, root);
      if (rows.length > 0) onScanned();
      if (rows.length < ROOTS_AT_A_TIME) return;
    }
  }

  async function scanOne(userId: string, root: Root): Promise<void> {
    const started = performance.now();
    await attempt(async () => void (await scan(userId, root)));
    const pauseMs = Math.max(intervalMs, (performance.now() - started) / SCAN_SHARE);
    await executor.execute(sql`
      update knowledge_roots
      set next_scan_at = now() + make_interval(secs => ${Math.min(pauseMs, LONGEST_PAUSE_MS) / 1000}::float8)
      where user_id = ${userId} and id = ${root.id}::uuid and next_scan_at > now()`);
  }

  return { start, stop, hint };
}
