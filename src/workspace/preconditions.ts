import { ProblemError } from '../errors.ts';
import { quoted } from './sandbox/names.ts';

/** In which state a file must be for a change to happen, as in RFC 9110, 13.1. */
export interface Preconditions {
  /** The file exists and has this ETag, or one of several separated by commas; `*` takes any. */
  ifMatch?: string | undefined;
  /** The file does not exist. */
  ifNoneMatch?: '*' | undefined;
}

/**
 * Compares a file with what the caller expects; `etag` is `undefined` when there is no file.
 *
 * @throws ProblemError `precondition_failed`.
 */
export function checkPreconditions(path: string, etag: string | undefined, expected: Preconditions): void {
  if (expected.ifNoneMatch !== undefined && etag !== undefined) throw alreadyExists(path);
  if (expected.ifMatch === undefined) return;
  if (etag === undefined) {
    throw new ProblemError(
      'precondition_failed',
      `${quoted(path)} does not exist, so it has no ETag to match.`,
    );
  }
  const accepted = expected.ifMatch.split(',').map((tag) => tag.trim());
  if (!accepted.includes('*') && !accepted.includes(etag)) throw changedSince(path);
}

/** The problem of a file that should not exist and does. */
export function alreadyExists(path: string): ProblemError {
  return new ProblemError('precondition_failed', `${quoted(path)} already exists.`);
}

/** The problem of a file that is not in the state the caller saw. */
export function changedSince(path: string): ProblemError {
  return new ProblemError(
    'precondition_failed',
    `${quoted(path)} has changed since the ETag that was sent. Read it again and repeat the change on what it holds now.`,
  );
}
