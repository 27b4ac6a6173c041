import { ProblemError } from '../errors.ts';

/** SQLSTATE classes of a database that is unreachable, out of resources or stopping (PostgreSQL manual, appendix A). */
const OUTAGE_CLASSES = ['08', '53', '57', '58'];
const NETWORK_CODES = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH'];
/** What the driver says, without a code, of a connection that is gone. */
const DRIVER_MESSAGES =
  /timeout exceeded when trying to connect|Connection terminated|Query read timeout|Cannot use a pool|not queryable/;
const RETRY_SECONDS = 2;

/** The problem that a failed statement is to its caller, or undefined where the database is not to blame. */
export function toDatabaseProblem(error: unknown): ProblemError | undefined {
  if (!causesOf(error).some(isOutage)) return undefined;
  return new ProblemError('database_failed', 'The database did not answer; try again in a moment.', {
    cause: error,
    retryAfterSeconds: RETRY_SECONDS,
  });
}

/** The name of the constraint that a statement would have broken, or undefined where that was not what failed. */
export function violatedConstraint(error: unknown): string | undefined {
  for (const cause of causesOf(error)) {
    if ('constraint' in cause && typeof cause.constraint === 'string') return cause.constraint;
  }
  return undefined;
}

/** Whether a statement was undone because others and it waited for each other (PostgreSQL manual, appendix A). */
export function isDeadlock(error: unknown): boolean {
  return causesOf(error).some((cause) => 'code' in cause && cause.code === '40P01');
}

function isOutage(error: Error): boolean {
  // Errors of the embedded database are of another class than the driver's own, with the same fields.
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (NETWORK_CODES.includes(code)) return true;
  return /^[0-9A-Z]{5}$/.test(code)
    ? OUTAGE_CLASSES.includes(code.slice(0, 2))
    : DRIVER_MESSAGES.test(error.message);
}

function causesOf(error: unknown): Error[] {
  return error instanceof Error ? [error, ...causesOf(error.cause)] : [];
}
