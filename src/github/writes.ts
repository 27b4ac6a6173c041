import { setTimeout as sleep } from 'node:timers/promises';
import type { GitHubConnection } from './client.ts';
import { GitHubProblem, hasCode } from './github-problem.ts';

/** GitHub's clock and ours may differ by this much. */
const CLOCK_DIFFERENCE_MS = 10 * 60 * 1000;
/** How far back a write that another process sent is looked for. */
const AGAIN_MS = 24 * 60 * 60 * 1000;

/** What a write came to. */
export type Written<Result> = Result & {
  /** The first answer did not come, so that the write was looked for or sent once more. It was done once. */
  repeated: boolean;
};

interface Write<Result> {
  connection: Pick<GitHubConnection, 'settleMs'>;
  /** Ends the sentence "It is not known whether …": "the issue was opened". */
  deed: string;
  /** Sends it. */
  send: () => Promise<Result>;
  /** Looks whether it was done; undefined if not. `since` is the earliest time at which it can have been. */
  find: (since: Date) => Promise<Result | undefined>;
  signal?: AbortSignal | undefined;
  again?: boolean | undefined;
}

/**
 * Does a write once. If GitHub's answer is lost, the write is looked for before it is sent a second time; a refusal of the second
 * is looked into as well, since it may mean that the first had arrived late.
 * @throws ProblemError `github_timeout` if it cannot be found out whether the write was done.
 */
export async function writeOnce<Result extends object>(write: Write<Result>): Promise<Written<Result>> {
  const { send, find, again, signal } = write;
  const since = new Date(Date.now() - (again ? AGAIN_MS : CLOCK_DIFFERENCE_MS));
  if (again) {
    const done = await find(since);
    if (done !== undefined) return { ...done, repeated: true };
  }
  try {
    return { ...(await send()), repeated: false };
  } catch (error) {
    if (!mayHaveActed(error)) throw error;
    signal?.throwIfAborted();
    const done = await look(write, since, error);
    return { ...(done ?? (await sendAgain(write, since))), repeated: true };
  }
}

/** The same for a write that comes to the same however often it is done, such as closing an issue. */
export async function writeRepeatably<Result extends object>(
  write: Omit<Write<Result>, 'find' | 'again'>,
): Promise<Written<Result>> {
  return writeOnce({ ...write, find: async () => undefined });
}

/** Looks twice: GitHub ends a request after ten seconds, but may still be at it when the connection is cut. */
async function look<Result>(
  { connection, deed, find, signal }: Write<Result>,
  since: Date,
  reason: unknown,
): Promise<Result | undefined> {
  try {
    const done = await find(since);
    if (done !== undefined) return done;
    await sleep(connection.settleMs, undefined, signal ? { signal } : {});
    return await find(since);
  } catch (error) {
    signal?.throwIfAborted();
    throw unknown(deed, error, reason);
  }
}

async function sendAgain<Result>(write: Write<Result>, since: Date): Promise<Result> {
  try {
    return await write.send();
  } catch (error) {
    write.signal?.throwIfAborted();
    if (hasCode(error, 'github_rate_limited', 'github_unauthorized')) throw error;
    const done = await look(write, since, error);
    if (done !== undefined) return done;
    throw mayHaveActed(error) ? unknown(write.deed, error, error) : error;
  }
}

function mayHaveActed(error: unknown): boolean {
  return error instanceof GitHubProblem && error.mayHaveActed;
}

function unknown(deed: string, error: unknown, reason: unknown): GitHubProblem {
  const what = reason instanceof Error ? ` ${reason.message}` : '';
  return new GitHubProblem(
    'github_timeout',
    `It is not known whether ${deed}; look before you repeat it.${what}`,
    { cause: error, mayHaveActed: true },
  );
}
