import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

const REQUEST_LIMIT_MS = 120_000;
const MAX_RETRIES = 3;
const FIRST_BACKOFF_MS = 500;
/** A server that asks for a longer wait is not waited for. */
const LONGEST_WAIT_MS = 60_000;
const RETRYABLE = [429, 503];
/** Nobody listens there, or there is no such place: before the first answer, trying again would not help. */
const NOBODY_THERE = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'];

const problem = z.object({ title: z.string(), detail: z.string() }).partial();

/** A running server that a command speaks to. Times are milliseconds. */
export interface Server {
  /** The server's address. */
  url: string;
  apiKey?: string | undefined;
  /** Ends the command after the request that is under way. */
  stop: AbortSignal;
  requestLimitMs?: number;
}

/** A request that can be sent twice without harm. */
interface ServerRequest<Answer extends z.ZodType> {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  /** Below the server's address, with the slash in front. */
  path: string;
  headers?: Record<string, string>;
  body?: NonNullable<RequestInit['body']>;
  /** The statuses that are an answer; 200 alone when left out. Any other one is a refusal. */
  accepts?: readonly number[];
  /** What the body of an answer has to be, as JSON; undefined stands for what is no JSON. */
  answer: Answer;
}

/** The server's answer to a request. */
interface ServerAnswer<Body> {
  status: number;
  body: Body;
}

interface ServerErrorOptions {
  isRetryable?: boolean;
  /** What the server asked for. */
  waitMs?: number | undefined;
  /** What the server answered, and in which words. */
  status?: number;
  detail?: string | undefined;
  cause?: unknown;
}

/** Why the server did not do what was asked; the message is one line for the person, without a full stop. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
  readonly isRetryable: boolean;
  readonly waitMs: number | undefined;
  /** Undefined when there was no answer, or none that fits. */
  readonly status: number | undefined;
  readonly detail: string | undefined;

  constructor(message: string, options: ServerErrorOptions = {}) {
    const { isRetryable = false, waitMs, status, detail, cause } = options;
    super(message, cause === undefined ? undefined : { cause });
    this.isRetryable = isRetryable;
    this.waitMs = waitMs;
    this.status = status;
    this.detail = detail;
  }
}

/** Speaks to a server; remembers whether it was ever there. */
export interface Connection {
  /**
   * Sends a request, again if need be.
   *
   * @throws ServerError when the server is not there, refuses, or answers with something else than a result.
   */
  send<Answer extends z.ZodType>(request: ServerRequest<Answer>): Promise<ServerAnswer<z.output<Answer>>>;
}

/** Opens nothing yet: the first request does. */
export function connectTo(server: Server): Connection {
  let isKnown = false;

  async function send<Answer extends z.ZodType>(
    request: ServerRequest<Answer>,
  ): Promise<ServerAnswer<z.output<Answer>>> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const answer = await sendOnce(server, request, isKnown || attempt > 0);
        isKnown = true;
        return answer;
      } catch (error) {
        const mayRetry = error instanceof ServerError && error.isRetryable && attempt < MAX_RETRIES;
        if (!mayRetry || server.stop.aborted) throw error;
        const waitMs = error.waitMs ?? FIRST_BACKOFF_MS * 2 ** attempt;
        if (waitMs > LONGEST_WAIT_MS) throw error;
        await sleep(waitMs, undefined, { signal: server.stop }).catch(() => undefined);
        if (server.stop.aborted) throw error;
      }
    }
  }

  return { send };
}

async function sendOnce<Answer extends z.ZodType>(
  server: Server,
  request: ServerRequest<Answer>,
  isKnown: boolean,
): Promise<ServerAnswer<z.output<Answer>>> {
  const { url, apiKey, requestLimitMs = REQUEST_LIMIT_MS } = server;
  const { method, path, headers = {}, body, accepts = [200], answer } = request;
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${url.replace(/\/+$/, '')}${path}`, {
      method,
      headers: { ...headers, ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}) },
      ...(body === undefined ? {} : { body }),
      // What is sent goes to the address that was given, and nowhere else.
      redirect: 'manual',
      signal: AbortSignal.timeout(requestLimitMs),
    });
    text = await response.text();
  } catch (error) {
    throw connectionFailure(error, server, isKnown);
  }
  if (!accepts.includes(response.status)) throw refusal(response, text, url);
  const parsed = answer.safeParse(parseJson(text));
  if (!parsed.success) throw new ServerError(`${url} answered something else than Tertulia does`);
  return { status: response.status, body: parsed.data };
}

function connectionFailure(error: unknown, { url, requestLimitMs }: Server, isKnown: boolean): ServerError {
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    const limit = (requestLimitMs ?? REQUEST_LIMIT_MS) / 1_000;
    return new ServerError(`${url} did not answer within ${limit} s`, { isRetryable: true, cause: error });
  }
  // fetch wraps the connection's own error, which has the code.
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  if (code && NOBODY_THERE.includes(code) && !isKnown)
    return new ServerError(`no server is there at ${url}; start it with npm start`, { cause: error });
  const reason = code ?? (cause instanceof Error ? cause.message : String(cause));
  return new ServerError(`the connection to ${url} failed (${reason})`, { isRetryable: true, cause: error });
}

function refusal(response: Response, text: string, url: string): ServerError {
  const { status } = response;
  const { title, detail } = problem.safeParse(parseJson(text)).data ?? {};
  const said = [title, detail].filter(Boolean).join(': ');
  const waitMs = retryAfterMs(response.headers.get('retry-after'));
  return new ServerError(`${url} answered ${status}${said ? ` (${said})` : ''}`, {
    ...{ isRetryable: RETRYABLE.includes(status), waitMs, status, detail },
  });
}

/** `Retry-After` is a number of seconds or a date (RFC 9110, 10.2.3). */
function retryAfterMs(header: string | null): number | undefined {
  if (!header) return undefined;
  if (/^\d+$/.test(header)) return Number(header) * 1_000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is not JSON fits no schema either, and is reported as such.
    return undefined;
  }
}
