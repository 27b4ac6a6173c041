import { ProblemError, StartupError } from '../errors.ts';

/** Causes nest a few levels (driver, query, turn); the limit is for one that points at itself. */
const DEEPEST_CAUSE = 6;
const MOST_ERRORS = 5;
const MOST_FRAMES = 20;
/** Codes whose sentences are our own, without a word of a person, a file or a model. */
const PLAIN_CODES = new Set<string>([
  'model_failed',
  'model_timeout',
  'model_busy',
  'database_failed',
  'interrupted',
  'queue_timeout',
  'shutting_down',
]);
const CLASS_NAME = /^[A-Za-z_$][\w$]{0,63}$/;
/** Node's own, fastify's and undici's codes; a code from a server can be any text. */
const PROGRAM_CODE = /^(ERR|FST|UND_ERR)_[A-Z0-9_]{1,60}$/;
const SYSTEM_CODE = /^E[A-Z0-9]{2,20}$/;
const SQLSTATE = /^[0-9A-Z]{5}$/;
const IDENTIFIER = /^[\w.$-]{1,100}$/;
/** What PostgreSQL says of a failure that names things of the schema, never values. */
const DATABASE_FIELDS = [
  'severity',
  'schema',
  'table',
  'column',
  'constraint',
  'dataType',
  'routine',
] as const;

/** What a log line holds of a failure. */
export interface ErrorRecord {
  type: string;
  code?: string;
  message?: string;
  status?: number;
  syscall?: string;
  stack?: string;
  cause?: ErrorRecord;
  errors?: ErrorRecord[];
  [databaseField: string]: unknown;
}

/**
 * What may be logged of a failure: its class, its code and where it happened, with its causes. The messages of others are left
 * out, because they repeat what they were given: a driver the parameters of a statement, a model's server the prompt, a parser
 * the text, a system call the path.
 */
export function errorRecord(error: unknown, depth = 0): ErrorRecord {
  if (!(error instanceof Error)) return { type: error === null ? 'null' : typeof error };
  const isOurs = error instanceof ProblemError || error instanceof StartupError;
  const message = isOurs && isPlain(error) ? error.message : undefined;
  const frames = framesOf(error);
  const isDeep = depth >= DEEPEST_CAUSE;
  return {
    type: typeOf(error),
    ...codeOf(error),
    ...(message === undefined ? {} : { message }),
    ...(frames === '' ? {} : { stack: frames }),
    ...(error.cause === undefined || isDeep ? {} : { cause: errorRecord(error.cause, depth + 1) }),
    ...(error instanceof AggregateError && !isDeep
      ? { errors: error.errors.slice(0, MOST_ERRORS).map((one) => errorRecord(one, depth + 1)) }
      : {}),
  };
}

/** The class of a failure, or the code of one of ours: bounded, and never a word of its message. */
export function failureName(error: unknown): string {
  if (error instanceof ProblemError) return error.code;
  return error instanceof Error ? typeOf(error) : 'unknown';
}

function isPlain(error: ProblemError | StartupError): boolean {
  return error instanceof StartupError || PLAIN_CODES.has(error.code);
}

function typeOf(error: Error): string {
  const { name } = error.constructor;
  return CLASS_NAME.test(name) ? name : 'Error';
}

function codeOf(error: Error): Partial<ErrorRecord> {
  if (error instanceof ProblemError) return { code: error.code };
  const { code, status, syscall } = error as { code?: unknown; status?: unknown; syscall?: unknown };
  const found = typeof code === 'string' ? code : '';
  if (SQLSTATE.test(found) && 'severity' in error) return { code: found, ...databaseFields(error) };
  return {
    ...(PROGRAM_CODE.test(found) || SYSTEM_CODE.test(found) ? { code: found } : {}),
    ...(typeof syscall === 'string' && IDENTIFIER.test(syscall) ? { syscall } : {}),
    ...(typeof status === 'number' ? { status } : {}),
  };
}

function databaseFields(error: Error): Partial<ErrorRecord> {
  const fields = error as Partial<Record<(typeof DATABASE_FIELDS)[number], unknown>>;
  return Object.fromEntries(
    DATABASE_FIELDS.flatMap((field) => {
      const value = fields[field];
      return typeof value === 'string' && IDENTIFIER.test(value) ? [[field, value]] : [];
    }),
  );
}

/** The frames of a stack without its head, which is the message; where the message cannot be found in it, nothing. */
function framesOf({ stack = '', message }: Error): string {
  const start = stack.indexOf(message);
  if (typeof stack !== 'string' || start < 0) return '';
  return stack
    .slice(start + message.length)
    .split('\n')
    .filter((line) => /^ {4}at /.test(line))
    .slice(0, MOST_FRAMES)
    .map((line) => line.trim())
    .join('\n');
}
