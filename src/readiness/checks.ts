import { access, constants, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Check } from './readiness.ts';

/** A pool that had no connection to give for so long is taken for exhausted; shorter bursts are what its queue is for. */
const EXHAUSTED_MS = 3_000;
const POOL_LOOK_MS = 250;
/** Work that begins so late is felt by everyone who asks; the process is too busy when all of it did for a while. */
const LATE_MS = 500;
const BUSY_MS = 3_000;
const LOOP_LOOK_MS = 250;
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

/** This process got to its work in time within the last seconds. */
export function eventLoopCheck() {
  let lastInTime = performance.now();
  let lastLook = lastInTime;
  const timer = setInterval(() => {
    const now = performance.now();
    if (now - lastLook - LOOP_LOOK_MS < LATE_MS) lastInTime = now;
    lastLook = now;
  }, LOOP_LOOK_MS).unref();
  const check: Check = async () => {
    const busyMs = performance.now() - lastInTime;
    return busyMs > BUSY_MS
      ? `the process is busy: for ${Math.round(busyMs)} ms all its work began late`
      : undefined;
  };
  return { check, stop: () => clearInterval(timer) };
}
