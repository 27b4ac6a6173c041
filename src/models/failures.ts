import { ContextOverflowError } from '@langchain/core/errors';
import { parseRetryAfterMs } from '@langchain/core/utils/async_caller';
import { type ErrorCode, ProblemError } from '../errors.ts';

/** Causes nest a few levels (LangChain, client, fetch, system); the limit is for one that points at itself. */
const DEEPEST_CAUSE = 8;
/** The words of OpenAI, vLLM, text-embeddings-inference, llama.cpp and Ollama for an input that is too long. */
const TOO_LONG =
  /context[_ ]?(length|size|window)|maximum (model )?length|too (long|large)|less than \d+ tokens|max_tokens_per_request/i;
const TOO_LONG_STATUSES = [400, 413, 422, 500];
const TIMEOUT_CODES = [
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
];
const ABORT_NAMES = ['AbortError', 'ModelAbortError'];
/** `AbortError` and `Aborted` are the whole message in places of LangChain that have no class for it. */
const ABORT_MESSAGES = ['AbortError', 'Aborted'];

/** Which model failed; it decides which settings the sentence names. */
type Subject = 'chat' | 'embeddings';

const SETTINGS = {
  chat: { key: 'OPENAI_API_KEY', url: 'OPENAI_BASE_URL', model: 'CHAT_MODEL', noun: 'model' },
  embeddings: {
    key: 'EMBEDDING_API_KEY (or OPENAI_API_KEY)',
    url: 'EMBEDDING_BASE_URL (or OPENAI_BASE_URL)',
    model: 'EMBEDDING_MODEL',
    noun: 'embedding model',
  },
} as const satisfies Record<Subject, Record<string, string>>;

interface Verdict {
  code: Extract<ErrorCode, 'model_failed' | 'model_timeout'>;
  detail: string;
  retryAfterSeconds?: number;
}

/**
 * Turns whatever a call to a model threw into a problem that says what happened and what to do. The provider's own words are
 * left out, since they can repeat the key or the question; they stay in `cause`. A ProblemError in the chain is kept as it is.
 */
export function toModelProblem(error: unknown, subject: Subject = 'chat'): ProblemError {
  const chain = causesOf(error);
  const known = chain.find((cause) => cause instanceof ProblemError);
  if (known) return known;
  const { code, detail, retryAfterSeconds } = judge(chain, subject);
  return new ProblemError(code, detail, {
    cause: error,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

/** Whether a model's server refused the input for its length. */
export function isTooLong(error: unknown): boolean {
  return causesOf(error).some((cause) => {
    if (ContextOverflowError.isInstance(cause)) return true;
    const status = property(cause, 'status');
    if (typeof status !== 'number' || !TOO_LONG_STATUSES.includes(status)) return false;
    return status === 413 || TOO_LONG.test(String(property(cause, 'message')));
  });
}

/** Whether a model's server refused the form of a request, but not for its length. */
export function isRefusal(error: unknown): boolean {
  const statuses = causesOf(error).map((cause) => property(cause, 'status'));
  return statuses.some((status) => status === 400 || status === 422) && !isTooLong(error);
}

function judge(chain: unknown[], subject: Subject): Verdict {
  const { noun, url, model } = SETTINGS[subject];
  const refusal = chain.find((cause) => typeof property(cause, 'status') === 'number');
  if (isTooLong(chain[0])) {
    return failed(
      `The text is longer than the ${noun} can take. Send less, or set ${model} to one that takes more.`,
    );
  }
  if (refusal) return judgeStatus(refusal, subject);
  if (chain.some(isTimeout)) {
    return { code: 'model_timeout', detail: `The ${noun} did not answer in time. Ask again later.` };
  }
  if (chain.some(isAbort)) return failed(`The call to the ${noun} was cancelled.`);
  if (chain.some((cause) => cause instanceof SyntaxError)) {
    return failed(
      `The ${noun}'s server sent an answer that is not JSON. Check that ${url} is an OpenAI-compatible API.`,
    );
  }
  const systemCode = chain.map((cause) => property(cause, 'code')).find((code) => typeof code === 'string');
  if (systemCode !== undefined || chain.some((cause) => property(cause, 'message') === 'fetch failed')) {
    return failed(`${connectionFault(String(systemCode), noun)} Check ${url} and the network.`);
  }
  if (chain[0] instanceof TypeError) {
    return failed(
      `The ${noun}'s server sent an answer that does not follow the OpenAI protocol. Check ${url}.`,
    );
  }
  return failed(`The call to the ${noun} failed. The server's log has the reason.`);
}

function judgeStatus(refusal: unknown, subject: Subject): Verdict {
  const { noun, key, url, model } = SETTINGS[subject];
  const status = Number(property(refusal, 'status'));
  const wait = retryAfterSeconds(refusal);
  const later = wait === undefined ? 'Ask again later.' : `Ask again in ${wait} s.`;
  const asked = wait === undefined ? {} : { retryAfterSeconds: wait };
  if (status === 401) return failed(`The ${noun}'s server refused the API key (401). Check ${key}.`);
  if (status === 403) {
    return failed(
      `The ${noun}'s server does not allow this call (403). Check what ${key} may use, and ${model}.`,
    );
  }
  if (status === 404) {
    return failed(
      `The ${noun}'s server does not know this model or address (404). Check ${model} and ${url}.`,
    );
  }
  if (status === 402 || (status === 429 && hasNoCredit(refusal))) {
    return failed(`The account at the ${noun}'s provider has no credit left. Check its plan and billing.`);
  }
  if (status === 429) return { ...failed(`The ${noun} is rate limited (429). ${later}`), ...asked };
  if (status === 408 || status === 504) {
    return {
      code: 'model_timeout',
      detail: `The ${noun}'s server gave up waiting (${status}). ${later}`,
      ...asked,
    };
  }
  if (status >= 500) return { ...failed(`The ${noun}'s server failed (${status}). ${later}`), ...asked };
  return failed(
    `The ${noun}'s server refused the request (${status}${reason(refusal)}). Check ${model} and what it can do.`,
  );
}

function failed(detail: string): Verdict {
  return { code: 'model_failed', detail };
}

function connectionFault(systemCode: string, noun: string): string {
  switch (systemCode) {
    case 'ECONNREFUSED':
      return `The ${noun}'s server could not be reached: the connection was refused.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The ${noun}'s server could not be reached: its host name is not known.`;
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return `The connection to the ${noun}'s server was cut.`;
    default:
      return `The ${noun}'s server could not be reached.`;
  }
}

/** The provider's own code or type for a refusal, if it is plain words: a key has digits or capitals, these have none. */
function reason(refusal: unknown): string {
  const words = [property(refusal, 'code'), property(refusal, 'type')].find(
    (word) => typeof word === 'string' && /^[a-z_]{3,60}$/.test(word),
  );
  return words === undefined ? '' : `, ${words}`;
}

function hasNoCredit(refusal: unknown): boolean {
  return (
    property(refusal, 'code') === 'insufficient_quota' || property(refusal, 'type') === 'insufficient_quota'
  );
}

function retryAfterSeconds(refusal: unknown): number | undefined {
  const headers = property(refusal, 'headers');
  const waitMs = headers instanceof Headers ? parseRetryAfterMs(headers.get('retry-after')) : undefined;
  return waitMs === undefined ? undefined : Math.ceil(waitMs / 1000);
}

function isTimeout(cause: unknown): boolean {
  return (
    property(cause, 'name') === 'TimeoutError' || TIMEOUT_CODES.includes(String(property(cause, 'code')))
  );
}

function isAbort(cause: unknown): boolean {
  const name = String(property(cause, 'name'));
  return ABORT_NAMES.includes(name) || ABORT_MESSAGES.includes(String(property(cause, 'message')));
}

/** The error, its cause, the cause's cause and so on. */
function causesOf(error: unknown): unknown[] {
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
