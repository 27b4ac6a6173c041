import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import type { LimitSettings } from '../config/limit-settings.ts';
import { ERRORS, type ErrorCode, ProblemError } from '../errors.ts';

/** The request line and all headers of one request; longer ones are no browser's and no client's of ours. */
const MAX_HEADER_BYTES = 16_384;
/** How often Node looks for requests whose time is over, at the longest. */
const LONGEST_LOOK_MS = 5_000;
const LEAST_LOOK_MS = 50;
/** A shortage of connections is logged so often, at the most. */
const LOG_INTERVAL_MS = 60_000;
const RETRY_SECONDS = 1;
/** How long a client may take to read its last answer. */
const LINGER_MS = 1_000;

interface ConnectionNeeds {
  settings: Pick<LimitSettings, 'connections' | 'trustProxy'>;
  onRefused: (limit: string) => void;
}

/** Fastify's options that say whose a connection is, and keep slow and overlong requests from holding a connection. */
export function connectionOptions({ settings, onRefused }: ConnectionNeeds) {
  const { headersTimeoutMs, requestTimeoutMs } = settings.connections;
  // Node refuses to wait longer for headers than for the whole request.
  const headersTimeout = Math.min(headersTimeoutMs, requestTimeoutMs);
  return {
    trustProxy: settings.trustProxy,
    requestTimeout: requestTimeoutMs,
    http: {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.max(LEAST_LOOK_MS, Math.min(LONGEST_LOOK_MS, headersTimeout / 4)),
    },
    clientErrorHandler: (error: Error, socket: Socket) => answerFault(error, socket, onRefused),
  };
}

/** Lets in so many connections at one time; the others are closed at once. */
export function capConnections(
  server: Server,
  { settings, onRefused }: ConnectionNeeds,
  log: Pick<Logger, 'warn'>,
): void {
  let loggedAt = Number.NEGATIVE_INFINITY;
  const { most } = settings.connections;
  server.maxConnections = most;
  server.on('drop', () => {
    onRefused('connections');
    if (performance.now() - loggedAt < LOG_INTERVAL_MS) return;
    loggedAt = performance.now();
    log.warn({ limit: most }, 'connections are refused, because there are too many (MAX_CONNECTIONS)');
  });
}

/** Connections that got their last answer; what still comes on them is no request. */
const answered = new WeakSet<Socket>();

/** Answers what Node could not read as a request, where an answer can still be sent, and closes the connection. */
function answerFault(error: Error, socket: Socket, onRefused: (limit: string) => void): void {
  const code = 'code' in error ? String(error.code) : '';
  if (socket.destroyed || answered.has(socket)) return;
  const fault = FAULTS[code] ?? FAULTS.other;
  if (fault.limit) onRefused(fault.limit);
  if (code === 'ECONNRESET' || !socket.writable || hasBegunToAnswer(socket)) {
    socket.destroy();
    return;
  }
  answered.add(socket);
  const wait = fault.limit ? { retryAfterSeconds: RETRY_SECONDS } : {};
  socket.end(rawAnswer(new ProblemError(fault.code, fault.detail, wait)));
  // Closed while it still sends, the client would find a broken connection instead of the answer.
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

interface Fault {
  code: Extract<ErrorCode, 'headers_too_large' | 'request_timeout' | 'invalid_request'>;
  detail: string;
  limit?: string;
}

const FAULTS: Record<string, Fault> & { other: Fault } = {
  HPE_HEADER_OVERFLOW: {
    code: 'headers_too_large',
    detail: `The request's line and headers may have ${MAX_HEADER_BYTES} bytes.`,
    limit: 'headers',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    code: 'request_timeout',
    detail:
      'The request did not arrive in time: its headers within HEADERS_TIMEOUT_MS and all of it within REQUEST_TIMEOUT_MS.',
    limit: 'request_time',
  },
  other: { code: 'invalid_request', detail: 'This is not a request of HTTP.' },
};

/** Node keeps the answer at hand in this member, and looks at it for its own answer to such faults. */
function hasBegunToAnswer(socket: Socket): boolean {
  const answer: unknown = Reflect.get(socket, '_httpMessage');
  return typeof answer === 'object' && answer !== null && Reflect.get(answer, 'headersSent') === true;
}

function rawAnswer(problem: ProblemError): string {
  const { status, title } = ERRORS[problem.code];
  const body = JSON.stringify(problem.toDocument());
  const wait = problem.retryAfterSeconds === undefined ? [] : [`Retry-After: ${problem.retryAfterSeconds}`];
  return [
    `HTTP/1.1 ${status} ${title}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...wait,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
