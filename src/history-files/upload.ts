import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { addFault, type History, LONGEST_LINE_BYTES, type PlacedLine } from './history.ts';

/** A request's size: small enough to be stored in seconds and to lose little when it fails. */
const CHUNK_LINES = 500;
const CHUNK_BYTES = 2_000_000;
const REQUEST_LIMIT_MS = 120_000;
const MAX_RETRIES = 3;
const FIRST_BACKOFF_MS = 500;
/** A server that asks for a longer wait is not waited for. */
const LONGEST_WAIT_MS = 60_000;
const RETRYABLE = [429, 503];
/** Nobody listens there, or there is no such place: before the first answer, trying again would not help. */
const NOBODY_THERE = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'];

const answer = z.object({
  imported: z.number(),
  skipped: z.number(),
  errors: z.array(z.object({ line: z.number(), detail: z.string() })),
});
const problem = z.object({ title: z.string(), detail: z.string() }).partial();

/** Where the lines go. Times are milliseconds. */
export interface Target {
  /** The server's address. */
  url: string;
  apiKey?: string | undefined;
  /** Ends the upload after the request that is under way. */
  stop: AbortSignal;
  requestLimitMs?: number;
}

/** How many lines of a request are new, and how many were there before. */
export interface Uploaded {
  imported: number;
  skipped: number;
}

/** Why the upload cannot go on; the message is one line for the person. What was sent before is stored. */
export class UploadError extends Error {
  override readonly name = 'UploadError';
  readonly isRetryable: boolean;
  readonly waitMs: number | undefined;

  constructor(message: string, { isRetryable = false, waitMs, cause }: UploadErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.isRetryable = isRetryable;
    this.waitMs = waitMs;
  }
}

interface UploadErrorOptions {
  isRetryable?: boolean;
  /** What the server asked for. */
  waitMs?: number | undefined;
  cause?: unknown;
}

/**
 * Sends the lines of a history, one request after the other because their order matters, and tells of each request
 * what became of it. Lines that the server refuses become faults of the history.
 * @throws UploadError when the server is not there, or answers with something else than a result.
 */
export async function* uploadHistory(history: History, target: Target): AsyncGenerator<Uploaded> {
  let isKnown = false;
  for await (const chunk of chunks(history)) {
    if (target.stop.aborted) return;
    const { imported, skipped, errors } = await send(chunk, target, isKnown);
    isKnown = true;
    for (const { line, detail } of errors)
      addFault(history.findings, chunk[line - 1]?.place ?? 'an unknown line', detail);
    yield { imported, skipped };
  }
}

/** Lines that were read before the reading failed are sent all the same. */
async function* chunks({ lines, findings }: History): AsyncGenerator<PlacedLine[]> {
  let chunk: PlacedLine[] = [];
  let bytes = 0;
  let failure: unknown;
  try {
    for await (const line of lines) {
      const size = Buffer.byteLength(line.text) + 1;
      if (size > LONGEST_LINE_BYTES) {
        addFault(findings, line.place, 'is longer than the 8 MB that a request may have');
        continue;
      }
      if (chunk.length > 0 && (chunk.length === CHUNK_LINES || bytes + size > CHUNK_BYTES)) {
        yield chunk;
        chunk = [];
        bytes = 0;
      }
      chunk.push(line);
      bytes += size;
    }
  } catch (error) {
    failure = error;
  }
  if (chunk.length > 0) yield chunk;
  if (failure) throw failure;
}

/** Sends one request, again if need be: the same lines twice change nothing. */
async function send(chunk: PlacedLine[], target: Target, isKnown: boolean): Promise<z.infer<typeof answer>> {
  const body = chunk.map(({ text }) => `${text}\n`).join('');
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await request(body, target, isKnown || attempt > 0);
    } catch (error) {
      const mayRetry = error instanceof UploadError && error.isRetryable && attempt < MAX_RETRIES;
      if (!mayRetry || target.stop.aborted) throw error;
      const waitMs = error.waitMs ?? FIRST_BACKOFF_MS * 2 ** attempt;
      if (waitMs > LONGEST_WAIT_MS) throw error;
      await sleep(waitMs, undefined, { signal: target.stop }).catch(() => undefined);
      if (target.stop.aborted) throw error;
    }
  }
}

async function request(body: string, target: Target, isKnown: boolean): Promise<z.infer<typeof answer>> {
  const { url, apiKey, requestLimitMs = REQUEST_LIMIT_MS } = target;
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${url.replace(/\/+$/, '')}/memory/import`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-ndjson',
        ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}),
      },
      body,
      // The history goes to the address that was given, and nowhere else.
      redirect: 'manual',
      signal: AbortSignal.timeout(requestLimitMs),
    });
    text = await response.text();
  } catch (error) {
    throw connectionFailure(error, target, isKnown);
  }
  if (response.status !== 200) throw refusal(response, text, url);
  const parsed = answer.safeParse(parseJson(text));
  if (!parsed.success) throw new UploadError(`${url} answered something else than Tertulia does`);
  return parsed.data;
}

function connectionFailure(error: unknown, { url, requestLimitMs }: Target, isKnown: boolean): UploadError {
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    const limit = (requestLimitMs ?? REQUEST_LIMIT_MS) / 1_000;
    return new UploadError(`${url} did not answer within ${limit} s`, { isRetryable: true, cause: error });
  }
  // fetch wraps the connection's own error, which has the code.
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  if (code && NOBODY_THERE.includes(code) && !isKnown)
    return new UploadError(`no server is there at ${url}; start it with npm start`, { cause: error });
  const reason = code ?? (cause instanceof Error ? cause.message : String(cause));
  return new UploadError(`the connection to ${url} failed (${reason})`, { isRetryable: true, cause: error });
}

function refusal(response: Response, text: string, url: string): UploadError {
  const { title, detail } = problem.safeParse(parseJson(text)).data ?? {};
  const said = [title, detail].filter(Boolean).join(': ');
  const message = `${url} answered ${response.status}${said ? ` (${said})` : ''}`;
  const waitMs = retryAfterMs(response.headers.get('retry-after'));
  return new UploadError(message, { isRetryable: RETRYABLE.includes(response.status), waitMs });
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
