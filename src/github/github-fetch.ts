import type { EtagCache, KeptAnswer } from './etag-cache.ts';
import { readBody, readEndOfBody } from './read-body.ts';

/** More than any answer that this room asks for; it keeps the process safe from a server that goes mad. */
const LONGEST_ANSWER_BYTES = 64 * 1024 * 1024;
const MOST_REDIRECTS = 4;
const REDIRECTS = [301, 302, 307, 308];
/** Answers with these statuses have no body, and `Response` takes none. */
const BODILESS = [204, 205, 304];
/** The body is given on as it is read, unpacked and whole. */
const TRANSPORT_HEADERS = ['content-encoding', 'content-length', 'transfer-encoding'];

/** A write went to a name that the repository no longer has. Nothing was done. */
export class WriteRedirectedError extends Error {
  override readonly name = 'WriteRedirectedError';
  readonly location: string;

  constructor(location: string) {
    super('The repository has moved.');
    this.location = location;
  }
}

interface FetchOptions {
  /** For one attempt, from the request to the last byte of the answer. */
  timeoutMs: number;
  cache: EtagCache;
  /** Whose answers these are; stands before every key of the cache. */
  account: string;
  /** Keeps only this many bytes from the end of an answer, and nothing in the cache. */
  endBytes?: number;
}

/**
 * A `fetch` for GitHub: one limit of time for each attempt, whole bodies only, ETags for what is read,
 * redirects followed for what is read. A redirected write throws WriteRedirectedError.
 */
export function openGitHubFetch(options: FetchOptions): typeof fetch {
  return async (input, init = {}) => {
    const url = String(input);
    const limit = AbortSignal.timeout(options.timeoutMs);
    const signal = init.signal ? AbortSignal.any([init.signal, limit]) : limit;
    const method = init.method ?? 'GET';
    const headers = new Headers(init.headers);
    if (method !== 'GET') {
      const response = await fetch(url, { ...init, headers, signal, redirect: 'manual' });
      if (REDIRECTS.includes(response.status)) {
        await response.body?.cancel();
        throw new WriteRedirectedError(new URL(response.headers.get('location') ?? '', url).href);
      }
      return answer(response, headersOf(response), await readBody(response, LONGEST_ANSWER_BYTES));
    }
    return read(url, { headers, signal }, options);
  };
}

async function read(url: string, init: { headers: Headers; signal: AbortSignal }, options: FetchOptions) {
  const { cache, account, endBytes } = options;
  const key = `${account} ${init.headers.get('accept')} ${url}`;
  const kept = endBytes === undefined ? cache.get(key) : undefined;
  if (kept) init.headers.set('if-none-match', kept.etag);
  const response = await follow(url, init);
  if (response.status === 304 && kept) {
    await response.body?.cancel();
    return answer(kept, kept.headers, kept.body);
  }
  const headers = headersOf(response);
  const body =
    endBytes === undefined
      ? await readBody(response, LONGEST_ANSWER_BYTES)
      : await readEndOfBody(response, endBytes);
  const etag = response.headers.get('etag');
  if (endBytes === undefined && response.status === 200 && etag !== null) {
    cache.set(key, { etag, status: 200, headers, body });
  }
  return answer(response, headers, body);
}

/** The token is for GitHub alone: a redirect to another host, such as the storage of logs, goes without it. */
async function follow(url: string, { headers, signal }: { headers: Headers; signal: AbortSignal }) {
  const start = new URL(url);
  let target = start;
  for (let redirects = 0; ; redirects += 1) {
    const sent = new Headers(headers);
    if (target.origin !== start.origin) {
      for (const name of ['authorization', 'if-none-match']) sent.delete(name);
    }
    const response = await fetch(target, { headers: sent, signal, redirect: 'manual' });
    const location = response.headers.get('location');
    if (!REDIRECTS.includes(response.status) || location === null) return response;
    await response.body?.cancel();
    if (redirects === MOST_REDIRECTS) throw new Error('GitHub redirects in a circle.');
    target = new URL(location, target);
    if (target.protocol !== 'https:' && target.protocol !== start.protocol) {
      throw new Error('GitHub redirects to an address that is not encrypted.');
    }
  }
}

function headersOf(response: Response): [string, string][] {
  return [...response.headers].filter(([name]) => !TRANSPORT_HEADERS.includes(name));
}

function answer(
  { status }: Response | KeptAnswer,
  headers: [string, string][],
  body: Uint8Array<ArrayBuffer>,
): Response {
  return new Response(BODILESS.includes(status) ? null : body, { status, headers });
}
