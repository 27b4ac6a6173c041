import { ProblemError } from '../../errors.ts';

/** A number of places to work in, and a line of those who wait for one. */
export interface Slots {
  /**
   * Takes a place as soon as one is free.
   *
   * @throws ProblemError `workspace_busy` when too many are waiting; the signal's reason.
   */
  take(signal: AbortSignal): Promise<void>;
  /** Gives a place back, to who has waited longest. */
  release(): void;
}

const RETRY_SECONDS = 5;

/** `count` places, for which up to `waiting` may wait. */
export function slotsOf({ count, waiting }: { count: number; waiting: number }): Slots {
  let free = count;
  const line = new Set<() => void>();
  return {
    async take(signal) {
      signal.throwIfAborted();
      if (free > 0) {
        free -= 1;
        return;
      }
      if (line.size >= waiting) {
        throw new ProblemError(
          'workspace_busy',
          'Too many listings or searches are waiting already. Try again later.',
          { retryAfterSeconds: RETRY_SECONDS },
        );
      }
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const leave = () => {
        line.delete(resolve);
        reject(signal.reason);
      };
      line.add(resolve);
      signal.addEventListener('abort', leave, { once: true });
      await promise;
      signal.removeEventListener('abort', leave);
    },
    release() {
      const [next] = line;
      if (next === undefined) {
        free += 1;
        return;
      }
      line.delete(next);
      next();
    },
  };
}
