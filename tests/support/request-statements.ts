import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import pg from 'pg';

/** A statement as it was sent. */
export interface Sent {
  text: string;
  values: unknown[];
}

interface WatchedRequest {
  path: string;
  sent: Sent[];
}

/** Node publishes each request here before its handler is called: https://nodejs.org/api/diagnostics_channel.html#http */
const REQUEST_START = 'http.server.request.start';

/**
 * Notes which statements each request that this process serves causes, also those that follow its answer, such as the storing of
 * vectors. What the server does at times of its own is nobody's. A statement belongs to the request in whose asynchronous context
 * it was asked for, so it does not matter when it is sent, or what is sent beside it.
 */
export function watchRequests() {
  const requests: WatchedRequest[] = [];
  const context = new AsyncLocalStorage<WatchedRequest>();
  const { query } = pg.Client.prototype;
  const { connect } = pg.Pool.prototype;

  function begin(message: unknown): void {
    // Node's documentation names what the channel publishes.
    const { request } = message as { request: IncomingMessage };
    const watched: WatchedRequest = { path: request.url ?? '', sent: [] };
    requests.push(watched);
    context.enterWith(watched);
  }

  function watchedQuery(this: pg.Client, ...given: unknown[]): unknown {
    const sent = toSent(given);
    if (sent) context.getStore()?.sent.push(sent);
    return Reflect.apply(query, this, given);
  }

  /** Who waited for a connection gets it from whoever gave it back, in that one's context. */
  function watchedConnect(this: pg.Pool, callback?: (...given: unknown[]) => void): unknown {
    return Reflect.apply(connect, this, callback ? [AsyncResource.bind(callback)] : []);
  }

  subscribe(REQUEST_START, begin);
  pg.Client.prototype.query = watchedQuery as typeof query;
  pg.Pool.prototype.connect = watchedConnect as typeof connect;

  /** The statements of the requests whose path begins so, in the order in which they were sent, without what opens and ends transactions. */
  function statementsOf(path: string): Sent[] {
    return requests
      .filter((request) => request.path.startsWith(path))
      .flatMap(({ sent }) => sent)
      .filter(({ text }) => !/^\s*(begin|commit|rollback)\b/i.test(text));
  }

  return {
    statementsOf,
    forget: () => void requests.splice(0),
    stop: () => {
      unsubscribe(REQUEST_START, begin);
      pg.Client.prototype.query = query;
      pg.Pool.prototype.connect = connect;
    },
  };
}

/** `query(text, values)`, or `query({ text, values })`, or both mixed. */
function toSent([first, second]: unknown[]): Sent | undefined {
  if (typeof first === 'string') return { text: first, values: Array.isArray(second) ? second : [] };
  if (typeof first !== 'object' || first === null || !('text' in first)) return undefined;
  const own = 'values' in first && Array.isArray(first.values) ? first.values : [];
  return { text: String(first.text), values: Array.isArray(second) ? second : own };
}
