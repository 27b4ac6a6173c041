import { createHash } from 'node:crypto';
import { ProblemError } from '../../errors.ts';
import { isWindowsDevice } from './names.ts';

/** Longer encodings are replaced by a hash, so that the name fits every file system. */
const FOLDER_NAME_BYTES = 200;

/**
 * The name of a user's own folder. No two users share one, also on file systems that ignore case: lower-case
 * letters, digits and hyphens stand for themselves, each other byte of UTF-8 is `_` and two hexadecimal digits.
 *
 * @throws ProblemError `invalid_request` for an empty or ill-formed user id.
 */
export function userFolder(userId: string): string {
  if (userId === '' || !userId.isWellFormed()) {
    throw new ProblemError('invalid_request', 'A user id is text with at least one character.');
  }
  const bytes = Buffer.from(userId);
  const isDevice = isWindowsDevice(userId);
  const name = Array.from(bytes, (byte) => {
    const character = String.fromCharCode(byte);
    return !isDevice && /[\-0-9a-z]/v.test(character) ? character : `_${byte.toString(16).padStart(2, '0')}`;
  }).join('');
  // "_s" is no escape, so a hashed name never meets an encoded one.
  return name.length <= FOLDER_NAME_BYTES
    ? name
    : `_sha256-${createHash('sha256').update(bytes).digest('hex')}`;
}
