import { access, constants, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { EventLoopUtilization } from 'node:perf_hooks';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Check } from './readiness.ts';

/** A pool that had no connection to give for so long is taken for exhausted; shorter bursts are what its queue is for. */
const EXHAUSTED_MS = 3_000;
const POOL_LOOK_MS = 250;
/** The loop is too busy when it was late by so much on average since the last look, and had no pause either. */
const LATE_MS = 500;
const BUSY_SHARE = 0.98;
const MEBIBYTE = 1024 * 1024;

interface DatabaseChecks {
  ping: () => Promise<void>;
  missingMigrations: () => Promise<number>;
}

/** The database answers. */
export function databaseCheck({ ping }: Pick<DatabaseChecks, 'ping'>): Check {
  return async () => {
    await ping();
    return undefined;
  };
}

/** The database has all of this program's migrations; it may have more, while a newer version takes over. */
export function migrationsCheck({ missingMigrations }: Pick<DatabaseChecks, 'missingMigrations'>): Check {
  return async () => {
    const missing = await missingMigrations();
    return missing === 0 ? undefined : `the database lacks ${missing} migrations; restart the server`;
  };
}

/** The pool had a connection to give within the last seconds. */
export function poolCheck(connections: () => { total: number; idle: number; waiting: number }) {
  let lastFree = performance.now();
  const look = () => {
    const { idle, waiting } = connections();
    if (idle > 0 || waiting === 0) lastFree = performance.now();
  };
  const timer = setInterval(look, POOL_LOOK_MS).unref();
  const check: Check = async () => {
    look();
    const { waiting } = connections();
    const isExhausted = performance.now() - lastFree > EXHAUSTED_MS;
    return isExhausted ? `all connections are in use, and ${waiting} statements wait` : undefined;
  };
  return { check, stop: () => clearInterval(timer) };
}

/** The folder can be written to, and its disk has room. */
export function folderCheck(folder: string, leastFreeMebibytes: number): Check {
  return async () => {
    const writable = await writableAt(folder);
    if (writable === undefined) return 'the folder cannot be written to';
    if (leastFreeMebibytes === 0) return undefined;
    const { bavail, bsize } = await statfs(writable);
    const free = Math.floor((bavail * bsize) / MEBIBYTE);
    return free < leastFreeMebibytes ? `its disk has ${free} MiB left` : undefined;
  };
}

/** The folder, or, while it is not there, the one that it would be made in; undefined where nothing can be written. */
async function writableAt(folder: string): Promise<string | undefined> {
  try {
    await access(folder, constants.W_OK | constants.X_OK);
    return folder;
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const above = dirname(folder);
    return isMissing && above !== folder ? await writableAt(above) : undefined;
  }
}

/** This process gets to its work in time. */
export function eventLoopCheck() {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  let before: EventLoopUtilization = performance.eventLoopUtilization();
  delay.enable();
  const check: Check = async () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    const meanMs = delay.count === 0 ? 0 : delay.mean / 1e6;
    before = now;
    delay.reset();
    const isLate = utilization > BUSY_SHARE && meanMs > LATE_MS;
    return isLate ? `the process is busy: its work begins ${Math.round(meanMs)} ms late` : undefined;
  };
  return { check, stop: () => delay.disable() };
}
