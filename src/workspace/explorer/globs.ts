import picomatch from 'picomatch';
import { ProblemError } from '../../errors.ts';
import { printable, quoted } from '../sandbox/names.ts';

/** The longest pattern, in characters. */
const LONGEST = 1000;
const TAKEN =
  'A pattern is a glob relative to the folder, such as **/*.md, with *, ?, [..], {a,b} and ** for any folders between.';

/** Which paths, relative to a folder, a pattern is for. */
export interface Glob {
  matches(path: string): boolean;
  /** Whether something below this folder may match. */
  mayMatchBelow(folder: string): boolean;
}

/** Takes everything. */
const ANYTHING: Glob = { matches: () => true, mayMatchBelow: () => true };

/**
 * Compiles a pattern. Names that begin with a dot are like any other. Some patterns take for ever on some names, so it
 * must be used in a thread that can be ended.
 *
 * @throws ProblemError `invalid_request` for what is no pattern.
 */
export function compileGlob(pattern: string | undefined): Glob {
  if (pattern === undefined) return ANYTHING;
  if (pattern === '' || pattern.length > LONGEST) throw refusal(pattern, `has 1 to ${LONGEST} characters`);
  if (pattern.startsWith('/')) throw refusal(pattern, 'has no slash in front');
  if (pattern.split('/').includes('..')) throw refusal(pattern, 'does not climb with ".."');
  try {
    const matches = picomatch(pattern, { dot: true, strictBrackets: true, debug: true });
    const base = fixedFolder(pattern);
    return {
      matches: (path) => matches(path),
      mayMatchBelow: (folder) => base === '' || isAbove(folder, base) || isAbove(base, folder),
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw refusal(pattern, `is well-formed (${printable(reason.slice(0, 200))})`, error);
  }
}

/** The folders at the start of a pattern that stand for themselves: outside them nothing matches. */
function fixedFolder(pattern: string): string {
  const { base, negated } = picomatch.scan(pattern);
  return negated || base.includes('\\') ? '' : base;
}

function isAbove(folder: string, path: string): boolean {
  return `${path}/`.startsWith(`${folder}/`);
}

function refusal(pattern: string, demand: string, cause?: unknown): ProblemError {
  return new ProblemError(
    'invalid_request',
    `The pattern ${quoted(pattern)} cannot be used: it must be one that ${demand}. ${TAKEN}`,
    { cause },
  );
}
