import type { Caller } from './gate.ts';

/**
 * Names the caller from LangChain's call options to the fetch that asks for a place at the gate, which takes it off: a model's
 * server never sees it. The OpenAI client has no other way for a value of one call to get there.
 */
const CALLER_HEADER = 'x-tertulia-caller';

/**
 * The options of a chat call made for a user. LangChain's class hands its options to the client as they are when it streams,
 * and their member `options` when it does not.
 */
export function callOptions(userId: string, signal: AbortSignal) {
  const headers = { [CALLER_HEADER]: encodeURIComponent(userId.toWellFormed()) };
  return { signal, headers, options: { headers } };
}

/** Takes the caller out of a request; null where it names none. */
export function takeCaller(init: RequestInit): { init: RequestInit; caller: Caller } {
  const headers = new Headers(init.headers);
  const named = headers.get(CALLER_HEADER);
  if (named === null) return { init, caller: null };
  headers.delete(CALLER_HEADER);
  return { init: { ...init, headers }, caller: decodeURIComponent(named) };
}
