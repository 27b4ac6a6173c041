import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { loggerFor } from '../logging/logger.ts';
import { inScope, type Scope } from '../logging/scope.ts';
import type { Observe } from '../observing/observe.ts';

/** What a caller's own name for a request may look like; it goes into every line and into an answer's header. */
const REQUEST_ID = /^[\w.:-]{1,128}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Asked every few seconds by what watches the server: a line of each would be most of the log. */
const PROBES = ['/health', '/ready', '/metrics'];
const NO_ROUTE = 'none';
/** As nginx writes it: nobody was there for the end of the answer. */
const CLIENT_LEFT = 499;

interface Observed {
  scope: Scope;
  span: ReturnType<Observe['request']>;
  isOver: boolean;
}

declare module 'fastify' {
  interface FastifyRequest {
    observed: Observed | null;
  }
}

/** The parts of the server's options by which a request gets its id, and its log lines their names. */
export const requestNames = {
  genReqId: ({ headers }: Pick<IncomingMessage, 'headers'>): string => {
    const given = headers['x-request-id'];
    return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
  },
  childLoggerFactory: (
    logger: FastifyBaseLogger,
    bindings: object,
    _options: object,
    raw: IncomingMessage,
  ): FastifyBaseLogger => loggerFor(logger, Object.assign(scopeOf(raw), bindings)),
};

/** A scope for each raw request, which exists before fastify's own request does. */
const scopes = new WeakMap<object, Scope>();

function scopeOf(raw: object): Scope {
  const known = scopes.get(raw);
  if (known) return known;
  const scope: Scope = {};
  scopes.set(raw, scope);
  return scope;
}

/** Gives every answer its request's id, every request a span and an access line, and counts it. Goes before all other hooks. */
export function observeRequests(app: FastifyInstance, observe: Observe): void {
  app.decorateRequest('observed', null);
  // Written with callbacks, because what follows has to run inside: fastify's own work goes on in `done`.
  app.addHook('onRequest', (request, reply, done) => {
    const scope = scopeOf(request.raw);
    reply.header('x-request-id', request.id);
    const traceparent = request.headers.traceparent;
    const span = observe.request(request.method, typeof traceparent === 'string' ? traceparent : undefined);
    request.observed = { scope, span, isOver: false };
    // A client that leaves before the end of its answer gets no `onResponse`.
    reply.raw.once('close', () => answered(request, reply, { isCut: true }));
    enter(request, done);
  });
  // All hooks that say who asks have run.
  app.addHook('preParsing', (request, _reply, _payload, done) => {
    if (request.observed && request.user) request.observed.scope.user_id = request.user.id;
    done();
  });
  // A body arrives in events of the socket, outside of what the first hook entered.
  app.addHook('preValidation', (request, _reply, done) => enter(request, done));
  app.addHook('onResponse', async (request, reply) => answered(request, reply, { isCut: false }));
}

function enter({ observed }: FastifyRequest, done: () => void): void {
  if (observed) inScope(observed.scope, () => observed.span.enter(done));
  else done();
}

/** The run that a request is about, where its address names one. */
function nameRun({ observed, routeOptions, params }: FastifyRequest): void {
  if (!observed || observed.scope.run_id || !routeOptions.url?.startsWith('/runs/:id')) return;
  const { id } = params as { id?: unknown };
  if (typeof id === 'string' && UUID.test(id)) observed.scope.run_id = id;
}

function answered(request: FastifyRequest, reply: FastifyReply, { isCut }: { isCut: boolean }): void {
  const { method, routeOptions, observed, id: requestId } = request;
  if (!observed || observed.isOver) return;
  observed.isOver = true;
  nameRun(request);
  const status = isCut ? CLIENT_LEFT : reply.statusCode;
  const { elapsedTime } = reply;
  const route = routeOptions.url ?? NO_ROUTE;
  observed.span.end({ route, status, requestId, runId: observed.scope.run_id });
  const isProbe = status < 400 && PROBES.includes(route);
  const line = { method, route, status, ms: Math.round(elapsedTime) };
  request.log[isProbe ? 'debug' : 'info'](line, 'answered');
}
