import { createHash } from 'node:crypto';
import type { Octokit } from 'octokit';
import type { Logger } from 'pino';
import { within } from './calls.ts';
import { type EtagCache, openEtagCache } from './etag-cache.ts';
import { openGitHubFetch, WriteRedirectedError } from './github-fetch.ts';
import { causesOf, GitHubProblem, toGitHubProblem } from './github-problem.ts';
import { GITHUB_PACE, openGate, type Pace } from './pace.ts';

/** Further attempts at a read that failed; a write is never sent again without a look (see writes.ts). */
const READ_RETRIES = 2;
/** A refusal says in how many seconds to come back: longer than this, and the person is told instead. */
const LONGEST_WAIT_SECONDS = 20;
const MOST_WAITS = 2;
/** What waiting does not change. Limits (403, 429) are the throttling plugin's. */
const FINAL_STATUSES = [400, 401, 403, 404, 405, 409, 410, 412, 422, 429, 451];
/** The version of GitHub's interface that this room is written for. */
const API_VERSION = '2022-11-28';
const END_OF_LOG_BYTES = 1024 * 1024;

/** Who speaks to GitHub: a person by a token, or an installation of a GitHub App. */
export type Credentials =
  | { token: string; app?: undefined }
  | { app: { appId: number | string; privateKey: string; installationId: number }; token?: undefined };

export type ConnectOptions = Credentials & {
  apiUrl: string;
  /** For one attempt at one request. */
  timeoutMs: number;
  log?: Pick<Logger, 'warn'>;
  cache?: EtagCache;
  pace?: Pace;
};

/** A way to GitHub for one account. Everything that it throws is a ProblemError or the reason of an abort. */
export interface GitHubConnection {
  rest: Octokit['rest'];
  /** A `fetch` for one request that keeps only the end of the answer. */
  endFetch: typeof fetch;
  /** Whether an installation of an app is speaking, which has no user of its own. */
  isApp: boolean;
  /** How long to give GitHub before a write is looked for that was not answered. */
  settleMs: number;
}

/**
 * Connects one account with GitHub: octokit with retries for reads, GitHub's limits respected, ETags for what was read before.
 * Nothing is sent yet.
 */
export async function connectGitHub(options: ConnectOptions): Promise<GitHubConnection> {
  // octokit is large, and most starts never speak to GitHub.
  const { App, Octokit } = await import('octokit');
  const { timeoutMs, cache = openEtagCache(), pace = GITHUB_PACE } = options;
  const account = fingerprint(options);
  const fetchOptions = { timeoutMs, cache, account };
  const Client = Octokit.plugin((octokit) => guardRequests(octokit, options)).defaults({
    ...settingsOf(options, pace, account),
    request: { fetch: openGitHubFetch(fetchOptions), log: SILENCE },
  });
  const octokit =
    options.token === undefined
      ? await new App({ ...options.app, Octokit: Client, log: SILENCE }).getInstallationOctokit(
          options.app.installationId,
        )
      : new Client({ auth: options.token });
  return {
    rest: octokit.rest,
    endFetch: openGitHubFetch({ ...fetchOptions, endBytes: END_OF_LOG_BYTES }),
    isApp: options.token === undefined,
    settleMs: 2 * pace.secondMs,
  };
}

/** Stands for an account where its token must not be seen. */
export function fingerprint({ token, app }: Credentials): string {
  const secret = token ?? `${app.appId} ${app.installationId} ${app.privateKey}`;
  return createHash('sha256').update(secret).digest('base64url');
}

function nothing(): void {}

/** octokit warns on the console unless it is given somewhere else, and its lines hold whole addresses. */
const SILENCE = { debug: nothing, info: nothing, warn: nothing, error: nothing };

function settingsOf({ apiUrl, log }: ConnectOptions, pace: Pace, account: string) {
  function mayWait(kind: string) {
    return (seconds: number, { method }: { method: string }, _octokit: unknown, waits: number): boolean => {
      const isWaiting = seconds <= LONGEST_WAIT_SECONDS && waits < MOST_WAITS;
      log?.warn({ kind, method, seconds, isWaiting }, 'GitHub asks for slower work');
      return isWaiting;
    };
  }
  return {
    baseUrl: apiUrl.replace(/\/+$/, ''),
    userAgent: 'tertulia',
    log: SILENCE,
    retry: { retries: READ_RETRIES, doNotRetry: FINAL_STATUSES, retryAfterBaseValue: pace.secondMs },
    throttle: {
      id: account,
      retryAfterBaseValue: pace.secondMs,
      write: openGate(pace.writeGapMs),
      notifications: openGate(pace.notificationGapMs),
      search: openGate(pace.searchGapMs),
      onRateLimit: mayWait('rate limit'),
      onSecondaryRateLimit: mayWait('secondary rate limit'),
    },
  };
}

/** The outermost layer: what leaves it is an answer, a ProblemError without secrets, or the reason of the caller's abort. */
function guardRequests(octokit: Pick<Octokit, 'hook' | 'request'>, { token, apiUrl }: ConnectOptions): void {
  octokit.hook.wrap('request', async (request, options) => {
    const signal: AbortSignal | undefined = options.request.signal;
    signal?.throwIfAborted();
    options.headers['x-github-api-version'] = API_VERSION;
    if (options.method !== 'GET') options.request.retries = 0;
    // Half a surrogate pair cannot be written into an address.
    for (const [name, value] of Object.entries(options)) {
      if (typeof value === 'string') options[name] = value.toWellFormed();
    }
    try {
      return await untilAborted(Promise.resolve(request(options)), signal);
    } catch (error) {
      signal?.throwIfAborted();
      const redirect = causesOf(error).find((cause) => cause instanceof WriteRedirectedError);
      if (redirect) throw await renamed(octokit, redirect.location, signal);
      const address = new URL(octokit.request.endpoint(options).url);
      const path = address.pathname.slice(new URL(apiUrl).pathname.replace(/\/+$/, '').length);
      throw toGitHubProblem(error, {
        method: options.method,
        path: decodeURIComponent(path),
        ...(token === undefined ? {} : { secret: token }),
      });
    }
  });
}

/** The plugins wait with timers that know no signals, so the waiting is left to end by itself. */
async function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return work;
  const aborted = Promise.withResolvers<never>();
  function abort(): void {
    aborted.reject(signal?.reason);
  }
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
    // Nobody waits for the work any more after an abort; its own failure must not end the process.
    work.catch(nothing);
  }
}

/** Asks for the new name of a repository that a write was redirected from. */
async function renamed(
  octokit: Pick<Octokit, 'request'>,
  location: string,
  signal: AbortSignal | undefined,
): Promise<Error> {
  // Only the number is taken from the address, so that the token goes nowhere else.
  const id = /\/repositories\/(\d+)(\/|$)/.exec(location)?.[1];
  const name: unknown =
    id === undefined
      ? undefined
      : (await octokit.request('GET /repositories/{id}', { id, ...within(signal) })).data.full_name;
  const isName = typeof name === 'string' && /^[\w.-]+\/[\w.-]+$/.test(name);
  const told = isName ? `It is ${name} now; ask again with this name.` : 'Look for its new name.';
  const problem = new GitHubProblem(
    'github_conflict',
    `The repository was renamed, and nothing was changed. ${told}`,
  );
  return isName ? problem.with({ repository: name }) : problem;
}
