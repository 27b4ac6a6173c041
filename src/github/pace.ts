import { setTimeout as sleep } from 'node:timers/promises';

/** How slowly GitHub is asked; tests make a second shorter. */
export interface Pace {
  /** How long one second of GitHub's `Retry-After` lasts. */
  secondMs: number;
  /** GitHub asks for a second between writes: https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api */
  writeGapMs: number;
  /** Between writes that send mail to people. */
  notificationGapMs: number;
  /** The search takes 30 requests a minute. */
  searchGapMs: number;
}

export const GITHUB_PACE: Pace = {
  secondMs: 1000,
  writeGapMs: 1000,
  notificationGapMs: 3000,
  searchGapMs: 2000,
};

/** The part of a Bottleneck group that the throttling plugin uses. */
interface Gate {
  key(id: string): {
    schedule<Result>(
      options: unknown,
      job: (...values: unknown[]) => Result,
      ...values: unknown[]
    ): Promise<Result>;
  };
}

/**
 * Lets one request of an account through per gap. The plugin's own gates are shared by every client in the
 * process and cannot be set up per client, which is why each client brings its own.
 */
export function openGate(gapMs: number): Gate {
  let nextAt = 0;
  return {
    key: () => ({
      async schedule(_options, job, ...values) {
        const now = Date.now();
        const at = Math.max(now, nextAt);
        nextAt = at + gapMs;
        if (at > now) await sleep(at - now);
        return job(...values);
      },
    }),
  };
}
