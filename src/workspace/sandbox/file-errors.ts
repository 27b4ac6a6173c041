import { type ErrorCode, ProblemError } from '../../errors.ts';
import { quoted } from './names.ts';

type Sentence = (shown: string) => string;

/** What a failed system call means to the caller; everything else becomes `workspace_failed`. */
const MEANINGS: Readonly<Record<string, readonly [ErrorCode, Sentence]>> = {
  ENOENT: ['file_not_found', (shown) => `There is nothing at ${shown} in the workspace.`],
  EISDIR: ['is_folder', (shown) => `${shown} is a folder.`],
  ENOTDIR: ['is_file', (shown) => `A part of ${shown} is a file, so nothing can be inside it.`],
  ELOOP: ['path_is_link', (shown) => `${shown} is a link, and links are not followed.`],
  ENAMETOOLONG: ['invalid_path', (shown) => `${shown} is too long for the file system of the workspace.`],
  EILSEQ: ['invalid_path', (shown) => `The file system of the workspace does not take the name ${shown}.`],
  ENXIO: ['not_regular_file', (shown) => `${shown} is not a regular file.`],
  ENOTEMPTY: ['folder_not_empty', (shown) => `The folder ${shown} is not empty.`],
  EACCES: ['workspace_failed', (shown) => `The server's account has no permission for ${shown}.`],
  EPERM: ['workspace_failed', (shown) => `The server's account has no permission for ${shown}.`],
  EROFS: ['workspace_failed', () => 'The workspace is on a read-only file system.'],
  ENOSPC: ['workspace_failed', () => 'The disk of the workspace is full.'],
  EDQUOT: ['workspace_failed', () => 'The disk quota of the workspace is used up.'],
  EMFILE: ['workspace_failed', () => 'The server has too many files open. Try again.'],
  ENFILE: ['workspace_failed', () => 'The server has too many files open. Try again.'],
  EBUSY: ['workspace_failed', (shown) => `${shown} is in use by the system.`],
};

/** Whether `error` is a failed system call with one of these codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.some((code) => code === error.code);
}

/** Whether `error` is a failed system call. */
export function isSystemFailure(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && 'code' in error;
}

/**
 * The failure of a system call as a problem about the caller's path, with the original as `cause`. Its sentence names
 * the caller's path only. A ProblemError, an abort or a fault of ours passes through unchanged.
 */
export function asProblem(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return error;
  const [code, sentence] = MEANINGS[String(error.code)] ?? [
    'workspace_failed',
    (shown) => `The file system failed at ${shown}.`,
  ];
  return new ProblemError(code, sentence(path === '' ? 'the workspace' : quoted(path)), { cause: error });
}

/** Does something about a path of the caller's; a system call that fails becomes a problem about that path. */
export async function aboutPath<Result>(path: string, act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    throw asProblem(error, path);
  }
}
