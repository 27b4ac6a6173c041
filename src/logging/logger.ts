import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';
import { errorRecord } from './error-record.ts';
import { currentScope, type Scope } from './scope.ts';

/** For a line that names nothing but a failure; the failure's own message may hold what must not be logged. */
const UNNAMED_FAILURE = 'something failed';

/** The scope that a logger was made for, where it has one: hooks of a request run outside what the request awaits. */
const scopeOf = new WeakMap<object, Scope>();

const options: LoggerOptions = {
  mixin: (_line, _level, logger) => ({ ...(scopeOf.get(logger) ?? currentScope()) }),
  serializers: {
    err: errorRecord,
    error: errorRecord,
    // An address and its query can hold content; the access line has the route instead.
    req: (request: { method?: unknown }) => ({ method: request.method }),
    res: (reply: { statusCode?: unknown }) => ({ status: reply.statusCode }),
  },
  hooks: {
    logMethod(given, log) {
      const [what, text] = given;
      const failure = what instanceof Error ? { err: what } : what;
      const isUnnamed = namesFailure(failure) && typeof text !== 'string';
      // pino would take the message of the failure for the line's own.
      if (isUnnamed) log.apply(this, [failure, UNNAMED_FAILURE]);
      else if (what instanceof Error) log.apply(this, [failure, text]);
      else log.apply(this, given);
    },
  },
};

function namesFailure(line: unknown): boolean {
  return typeof line === 'object' && line !== null && ('err' in line || 'error' in line);
}

/** A logger of JSON lines that carry whose they are, and neither content nor secrets. */
export function makeLogger(level: string, destination?: DestinationStream): Logger {
  return destination ? pino({ ...options, level }, destination) : pino({ ...options, level });
}

/** A logger for one request, whose lines carry its names wherever they are written. */
export function loggerFor<Parent extends { child: (bindings: object) => Parent }>(
  parent: Parent,
  scope: Scope,
): Parent {
  const logger = parent.child({});
  scopeOf.set(logger, scope);
  return logger;
}
