import { ProblemError } from '../../errors.ts';
import { quoted } from './names.ts';

/** How long a change waits for others on the same path before it gives up, in milliseconds. */
const LOCK_WAIT = 30_000;
const RETRY_SECONDS = 5;

/** Lets changes to one path happen one at a time, within this process. */
export interface PathLocks {
  /**
   * Runs `change` when every earlier holder of `key` is done.
   *
   * @throws ProblemError `workspace_busy` when that takes too long; the abort reason when `signal` aborts the wait.
   */
  hold<Result>(key: string, change: () => Promise<Result>, options: HoldOptions): Promise<Result>;
}

interface HoldOptions {
  /** The path as the caller knows it, for the sentence of an error. */
  path: string;
  signal?: AbortSignal | undefined;
}

/** Makes the locks of one process; `wait` is in milliseconds. */
export function createPathLocks(wait = LOCK_WAIT): PathLocks {
  const tails = new Map<string, Promise<void>>();
  return {
    async hold(key, change, options) {
      const { promise: released, resolve: release } = Promise.withResolvers<void>();
      const earlier = tails.get(key) ?? Promise.resolve();
      // A holder that gives up waiting releases at once, but those behind it still wait for the earlier ones.
      const tail = earlier.then(() => released);
      tails.set(key, tail);
      void tail.then(() => {
        if (tails.get(key) === tail) tails.delete(key);
      });
      try {
        await waitFor(earlier, wait, options);
        return await change();
      } finally {
        release();
      }
    },
  };
}

async function waitFor(earlier: Promise<void>, wait: number, { path, signal }: HoldOptions): Promise<void> {
  signal?.throwIfAborted();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal?.reason);
  const timer = setTimeout(() => {
    reject(
      new ProblemError(
        'workspace_busy',
        `${quoted(path)} waits for other changes of the workspace. Try again later.`,
        {
          retryAfterSeconds: RETRY_SECONDS,
        },
      ),
    );
  }, wait);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    await Promise.race([earlier, ended]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}
