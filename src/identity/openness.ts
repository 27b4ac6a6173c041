import type { Executor } from '../db/database.ts';
import { sql } from '../db/drizzle.ts';
import { KEY_MEMORY_MS } from './verify-key.ts';

/** How often another process's first key is looked for; requests look for themselves. */
const LOOK_EVERY_MS = 1_000;

interface OpennessNeeds {
  executor: Executor;
  /** Others than this machine can reach the server, or an identity provider names the users. */
  isAlwaysClosed: boolean;
  /** No other process can make a key while this one runs. */
  isAlone: boolean;
}

/**
 * Knows whether the installation is open, which it is until there is a key. That it is closed is remembered for ever; that it is open
 * for `KEY_MEMORY_MS`, which whoever makes the first key waits before handing it over.
 */
export function createOpenness({ executor, isAlwaysClosed, isAlone }: OpennessNeeds) {
  let isClosed = isAlwaysClosed;
  /** Keys that are stored here or about to be. */
  let keysMade = 0;
  let timer: NodeJS.Timeout | undefined;
  /** Until when (of `performance.now()`) it counts that there was no key. */
  let openUntil = 0;

  /** Whether everyone is the local user. */
  async function isOpen(): Promise<boolean> {
    const until = performance.now() + KEY_MEMORY_MS;
    if (!wasOpen() || performance.now() < openUntil) return wasOpen();
    if (await hasKey()) isClosed = true;
    else openUntil = until;
    return wasOpen();
  }

  /** Whether this process has not seen a key that was there before. */
  function mayBeOpen(): boolean {
    return !isClosed;
  }

  async function hasKey(): Promise<boolean> {
    const { rows } = await executor.executePrepared<{ found: boolean }>(
      sql`select exists (select 1 from api_keys) as found`,
    );
    return rows[0]?.found === true;
  }

  /** As it was known last: for work that belongs to no request, at most a second late. */
  function wasOpen(): boolean {
    return !isClosed && keysMade === 0;
  }

  /** Closes the installation for a key that is about to be stored; what is returned takes that back if it was not. */
  function shut(): () => void {
    // Counted, so that one that fails does not open what another one closes in the same moment.
    keysMade += 1;
    return () => {
      keysMade -= 1;
    };
  }

  /** To be called before anything reads or writes files. */
  async function start(): Promise<void> {
    if (!(await isOpen()) || isAlone) return;
    timer = setInterval(() => {
      if (!wasOpen()) clearInterval(timer);
      // A database that does not answer is asked again.
      else isOpen().catch(() => undefined);
    }, LOOK_EVERY_MS).unref();
  }

  function stop(): void {
    clearInterval(timer);
  }

  return { isOpen, wasOpen, mayBeOpen, hasKey, shut, start, stop };
}

export type Openness = ReturnType<typeof createOpenness>;
