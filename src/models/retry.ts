import { setTimeout as sleep } from 'node:timers/promises';
import { parseRetryAfterMs } from '@langchain/core/utils/async_caller';
import { ProblemError } from '../errors.ts';
import { takeCaller } from './caller.ts';
import type { Caller, Gate } from './gate.ts';
import type { ServerSettings } from './settings.ts';

/** Longest wait that is granted to a server's `Retry-After`; one that asks for more ends the call at once. */
export const LONGEST_RETRY_WAIT_MS = 30_000;
const FIRST_BACKOFF_MS = 500;
const OPENAI_URL = 'https://api.openai.com/v1';
/** The client insists on a key; a server at home that needs none does not look at it. */
const NO_KEY = 'no-key';
const LONGEST_TIMER_MS = 2_147_483_647;
/** A streamed answer is whole when it was closed as the protocol closes it; a connection can also end without that. */
const END_OF_STREAM = /data: ?\[DONE\]|"finish_reason": ?"/;
const END_OF_STREAM_LENGTH = 32;
/** For the end of a body behind its last event. */
const LAST_BYTES_MS = 50;

/** How a call to a model's server waits, tries again and gives up. */
export interface CallLimits {
  /** For one attempt: a plain answer to its end, a streamed one to its headers and then from piece to piece. */
  timeoutMs: number;
  /** For all attempts with the waits between them and the wait for a place; a stream's body is not counted. */
  totalTimeoutMs: number;
  maxRetries: number;
  longestWaitMs?: number;
  firstBackoffMs?: number;
  gate: Gate;
  /** Whose calls these are, where they do not say so themselves; left out: the background's. */
  caller?: Caller;
}

/**
 * A `fetch` for the OpenAI client that keeps the limits. It sits here, not in LangChain's `AsyncCaller`, because that one is
 * built anew for each bound model (so it caps nothing), lets go of a streamed call at its headers, cannot be aborted while it
 * waits, and refuses a 429 without `Retry-After`. Connection failures, time-outs, 408, 429 and 5xx are tried again.
 * @throws ProblemError `model_timeout`; otherwise what `fetch` throws. A refused request is a response, as with `fetch`.
 */
export function createPatientFetch(limits: CallLimits): typeof fetch {
  const { maxRetries, totalTimeoutMs, longestWaitMs = LONGEST_RETRY_WAIT_MS } = limits;
  const firstBackoffMs = limits.firstBackoffMs ?? FIRST_BACKOFF_MS;

  return async (input, given = {}) => {
    const { init, caller } = takeCaller(given);
    const total = createTimer(totalTimeoutMs);
    const giveUpAt = performance.now() + totalTimeoutMs;
    total.start();
    const signal = init.signal ? AbortSignal.any([init.signal, total.signal]) : total.signal;
    try {
      for (let attempt = 0; ; attempt += 1) {
        const outcome = await tryOnce(
          input,
          init,
          { ...limits, caller: caller ?? limits.caller ?? null },
          signal,
        );
        if (attempt >= maxRetries || !(await mayWorkLater(outcome))) return settle(outcome);
        const backoffMs = firstBackoffMs * 2 ** attempt * (0.5 + Math.random() / 2);
        const waitMs = Math.max(askedWaitMs(outcome), backoffMs);
        if (waitMs > longestWaitMs || performance.now() + waitMs >= giveUpAt) return settle(outcome);
        await sleep(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
    } finally {
      total.stop();
    }
  };
}

/**
 * The part of the constructor's fields that LangChain's OpenAI classes share: all waiting is left to the patient fetch, and
 * every value is given, because the client would look for a missing one in the environment.
 */
export function openAIClientFields({ apiKey, baseUrl, model }: ServerSettings, limits: CallLimits) {
  return {
    model,
    apiKey: apiKey ?? NO_KEY,
    timeout: LONGEST_TIMER_MS,
    maxRetries: 0,
    maxConcurrency: Number.POSITIVE_INFINITY,
    configuration: {
      baseURL: baseUrl ?? OPENAI_URL,
      fetch: createPatientFetch(limits),
      organization: null,
      project: null,
      adminAPIKey: null,
      logLevel: 'off' as const,
    },
  };
}

/** One attempt. What fetch throws is an outcome too, unless the caller or the total limit ended it. */
async function tryOnce(
  input: Parameters<typeof fetch>[0],
  init: RequestInit,
  limits: CallLimits,
  signal: AbortSignal,
): Promise<Response | Error> {
  const leave = await limits.gate.enter(signal, limits.caller ?? null);
  const timer = createTimer(limits.timeoutMs);
  const attemptSignal = AbortSignal.any([signal, timer.signal]);
  let streaming = false;
  timer.start();
  try {
    const response = await fetch(input, { ...init, signal: attemptSignal });
    streaming = response.ok && asksForStream(init) && response.body !== null;
    if (streaming) return watchStream(response, { timer, leave, signal: attemptSignal });
    return await readWhole(response);
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof Error ? error : new Error('The call failed.', { cause: error });
  } finally {
    timer.stop();
    if (!streaming) leave();
  }
}

/** Unescaped quotes cannot be part of a JSON string, so this finds the member itself and never a text about it. */
function asksForStream(init: RequestInit): boolean {
  return typeof init.body === 'string' && init.body.includes('"stream":true');
}

/** Reads the body here, where a stall or a cut can still be tried again; a good answer is declared JSON, so that others fail. */
async function readWhole(response: Response): Promise<Response> {
  const body = await response.arrayBuffer();
  const headers = new Headers(response.headers);
  if (response.ok) headers.set('content-type', 'application/json');
  const { status, statusText } = response;
  return new Response(body.byteLength === 0 ? null : body, { status, statusText, headers });
}

/** Passes a stream on; its place is free when it ends, and a silence longer than the attempt's limit or a missing end is an error. */
function watchStream(
  response: Response,
  { timer, leave, signal }: { timer: Timer; leave: () => void; signal: AbortSignal },
): Response {
  const reader = (response.body ?? new ReadableStream<Uint8Array<ArrayBuffer>>()).getReader();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  let tail = '';
  let whole = false;
  const finish = () => {
    timer.stop();
    leave();
  };
  signal.addEventListener('abort', finish, { once: true });
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        timer.start();
        try {
          const { done, value } = await reader.read();
          timer.stop();
          if (!done) {
            tail = tail.slice(-END_OF_STREAM_LENGTH) + Buffer.from(value).toString('latin1');
            whole ||= !isJson && END_OF_STREAM.test(tail);
            controller.enqueue(value);
            return;
          }
          if (!whole) throw new ProblemError('model_failed', CUT_STREAM);
          finish();
          controller.close();
        } catch (error) {
          finish();
          throw error;
        }
      },
      async cancel(reason) {
        finish();
        // A client stops reading at the last event. To break off there would end the connection, which the next call can use.
        if (whole && (await endsNow(reader))) return;
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  const { status, statusText, headers } = response;
  return new Response(body, { status, statusText, headers });
}

/** Whether a body that has said everything also ends, as it does at once but for servers that hold their connections open. */
async function endsNow(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<{ done: false }>();
  const timer = setTimeout(() => resolve({ done: false }), LAST_BYTES_MS);
  const { done } = await Promise.race([reader.read().catch(() => ({ done: false as const })), late]);
  clearTimeout(timer);
  return done;
}

const CUT_STREAM = "The model's answer broke off before its end, or was no stream of events. Ask again.";

async function mayWorkLater(outcome: Response | Error): Promise<boolean> {
  if (outcome instanceof ProblemError) return outcome.code === 'model_timeout';
  if (outcome instanceof Error) return isConnectionFailure(outcome);
  if (outcome.status === 429) return !(await outcome.clone().text()).includes('insufficient_quota');
  return outcome.status === 408 || outcome.status >= 500;
}

/** `fetch` reports a failed connection as a TypeError with the system's error as its cause, and a request it cannot make without. */
function isConnectionFailure(error: Error): boolean {
  return error.cause instanceof Error;
}

/** What the server asks for, in milliseconds: OpenAI's own `retry-after-ms`, or `Retry-After` in seconds or as a date. */
function askedWaitMs(outcome: Response | Error): number {
  if (outcome instanceof Error) return 0;
  const precise = outcome.headers.get('retry-after-ms');
  if (precise && Number(precise) >= 0) return Number(precise);
  return parseRetryAfterMs(outcome.headers.get('retry-after')) ?? 0;
}

function settle(outcome: Response | Error): Response {
  if (outcome instanceof Error) throw outcome;
  return outcome;
}

interface Timer {
  signal: AbortSignal;
  start(): void;
  stop(): void;
}

/** Aborts its signal with `model_timeout` when it runs for longer than `ms`. */
function createTimer(ms: number): Timer {
  const controller = new AbortController();
  let handle: NodeJS.Timeout | undefined;
  const stop = () => clearTimeout(handle);
  const start = () => {
    stop();
    // The sentence avoids the words by which the OpenAI client recognises a time-out and drops the cause.
    const sentence = `The model did not answer within ${ms / 1000} s. Ask again; if it happens often, the limit is too short for this model.`;
    handle = setTimeout(() => controller.abort(new ProblemError('model_timeout', sentence)), ms);
  };
  return { signal: controller.signal, start, stop };
}
