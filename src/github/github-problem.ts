import { type ErrorCode, ProblemError } from '../errors.ts';
import { cleanRemark } from './clean-text.ts';
import { AnswerTooLongError } from './read-body.ts';

/** Causes of octokit's and fetch's errors nest a few levels. */
const DEEPEST_CAUSE = 6;
/** With these the request never left, so that nothing can have been done. */
const NEVER_SENT = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'];
const DEFAULT_WAIT_SECONDS = 60;

/** A failure at GitHub. */
export class GitHubProblem extends ProblemError {
  /** Whether GitHub may have done what it was asked for, all the same. */
  readonly mayHaveActed: boolean;

  constructor(
    code: ErrorCode,
    detail: string,
    options: { mayHaveActed?: boolean; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    const { mayHaveActed = false, ...rest } = options;
    super(code, detail, rest);
    this.mayHaveActed = mayHaveActed;
  }
}

interface AskedFor {
  method: string;
  /** The path at GitHub, without its query. */
  path: string;
  secret?: string;
}

/**
 * Turns whatever octokit threw into a problem: our sentence and GitHub's own message, cleaned. octokit's errors hold the headers
 * of the request and addresses that are signed, so only their outlines are kept as the cause.
 */
export function toGitHubProblem(error: unknown, asked: AskedFor): ProblemError {
  const chain = causesOf(error);
  const known = chain.find((cause) => cause instanceof ProblemError);
  if (known) return known;
  const response = chain.map((cause) => property(cause, 'response')).find((value) => value !== undefined);
  const status = property(response, 'status');
  if (typeof status === 'number') return judgeAnswer(status, response, asked);
  return judgeSilence(chain, asked);
}

/** Whether a failure has this code; how an operation learns that a thing is not there. */
export function hasCode(error: unknown, ...codes: ErrorCode[]): error is ProblemError {
  return error instanceof ProblemError && codes.includes(error.code);
}

function judgeAnswer(status: number, response: unknown, asked: AskedFor): ProblemError {
  const cause = new Error(cleanRemark(`${asked.method} ${asked.path} was answered with ${status}.`));
  const said = remarkOf(property(response, 'data'), asked.secret);
  const remark = said === '' ? '' : ` GitHub says: ${said}`;
  const wait = waitOf(status, response, said);
  if (wait !== undefined) {
    const at = new Date(Date.now() + wait * 1000).toISOString().slice(11, 16);
    return new GitHubProblem(
      'github_rate_limited',
      `GitHub takes no more requests of this account for now. Ask again in ${wait} s (at ${at} UTC).${remark}`,
      { retryAfterSeconds: wait, cause },
    );
  }
  const { code, sentence } = verdictOf(status, asked);
  return new GitHubProblem(code, `${sentence}${remark}`, { cause, mayHaveActed: status >= 500 });
}

function verdictOf(status: number, { path }: AskedFor): { code: ErrorCode; sentence: string } {
  const place = cleanRemark(path);
  switch (status) {
    case 401:
      return { code: 'github_unauthorized', sentence: 'GitHub does not take the token. Give a new one.' };
    case 403:
    case 451:
      return { code: 'github_forbidden', sentence: `GitHub does not allow this at ${place}.` };
    case 404:
    case 410:
      return {
        code: 'github_not_found',
        sentence: `GitHub has nothing at ${place}, or this account may not see it.`,
      };
    case 405:
    case 409:
    case 412:
      return { code: 'github_conflict', sentence: `GitHub cannot do this at ${place} as things are.` };
    default:
      return status >= 500
        ? { code: 'github_failed', sentence: `GitHub failed (${status}) at ${place}. Ask again later.` }
        : { code: 'github_refused', sentence: `GitHub refused the input (${status}) at ${place}.` };
  }
}

function judgeSilence(chain: unknown[], asked: AskedFor): ProblemError {
  const place = cleanRemark(asked.path);
  const code = chain.map((cause) => property(cause, 'code')).find((value) => typeof value === 'string');
  const mayHaveActed = !NEVER_SENT.includes(String(code));
  const cause = new Error(cleanRemark(`${asked.method} ${asked.path}: ${String(code ?? 'no answer')}.`));
  if (chain.some((link) => property(link, 'name') === 'TimeoutError')) {
    return new GitHubProblem('github_timeout', `GitHub did not answer in time at ${place}.`, {
      mayHaveActed,
      cause,
    });
  }
  if (chain.some((link) => link instanceof AnswerTooLongError)) {
    return new GitHubProblem('github_failed', `GitHub's answer at ${place} is too long to be read.`, {
      mayHaveActed,
      cause,
    });
  }
  const sentence = mayHaveActed ? 'The connection to GitHub was cut' : 'GitHub could not be reached';
  return new GitHubProblem('github_failed', `${sentence} at ${place}. Ask again later.`, {
    mayHaveActed,
    cause,
  });
}

/** The seconds to wait if this is a refusal for asking too often; a plain 403 has no such signs. */
function waitOf(status: number, response: unknown, said: string): number | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const headers = property(response, 'headers');
  const retryAfter = Number(property(headers, 'retry-after'));
  if (retryAfter > 0) return Math.ceil(retryAfter);
  if (property(headers, 'x-ratelimit-remaining') === '0') {
    const reset = Number(property(headers, 'x-ratelimit-reset'));
    return Math.max(1, Math.ceil(reset - Date.now() / 1000) || DEFAULT_WAIT_SECONDS);
  }
  return status === 429 || /secondary rate|abuse detection/i.test(said) ? DEFAULT_WAIT_SECONDS : undefined;
}

/** GitHub's `message` and its `errors`, which are sentences or name a field and a code. */
function remarkOf(data: unknown, secret: string | undefined): string {
  const message = property(data, 'message');
  const errors = property(data, 'errors');
  const details = (Array.isArray(errors) ? errors : []).map((item: unknown) => {
    if (typeof item === 'string') return item;
    const words = ['resource', 'field', 'code', 'message'].map((name) => property(item, name));
    return words.filter((word) => typeof word === 'string').join(' ');
  });
  const detail = details.filter((text) => text !== '').join('; ');
  return cleanRemark(
    `${typeof message === 'string' ? message : ''}${detail === '' ? '' : ` (${detail})`}`,
    secret,
  );
}

/** The error, its cause, the cause's cause and so on. */
export function causesOf(error: unknown): unknown[] {
  const chain: unknown[] = [];
  let current = error;
  while (current !== undefined && current !== null && chain.length < DEEPEST_CAUSE) {
    chain.push(current);
    current = property(current, 'cause');
  }
  return chain;
}

function property(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
