import { ProblemError } from '../../errors.ts';

const LONGEST_PATH = 4_000;

/**
 * A path inside a repository, as git takes it.
 * @throws ProblemError `invalid_path` for anything that git would refuse or that is meant to lead elsewhere.
 */
export function checkedPath(path: string): string {
  const parts = path.split('/');
  const isUsable =
    path.length <= LONGEST_PATH &&
    path.isWellFormed() &&
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    !/[\u0000-\u001f\u007f\\]/.test(path) &&
    parts.every((part) => part !== '' && part !== '.' && part !== '..' && part.toLowerCase() !== '.git');
  if (isUsable) return path;
  throw new ProblemError(
    'invalid_path',
    'A path in a repository has "/" between its parts, none at its ends, and no part ".", ".." or ".git".',
  );
}
