import { ProblemError } from '../../errors.ts';
import { nameFault, quoted } from './names.ts';

/** PATH_MAX of Linux, in bytes of UTF-8. */
const PATH_BYTES = 4096;
const ACCEPTED =
  'A path is relative to the workspace, with one "/" between names, such as notes/todo.md; the workspace itself is the empty path.';

/** A path that a caller sent, taken apart and found harmless. */
export interface WorkspacePath {
  /** As answers show it: the names joined by "/", empty for the workspace itself. */
  readonly text: string;
  readonly names: readonly string[];
  /** Whether it ended in a slash, so that only a folder will do. */
  readonly wantsFolder: boolean;
}

/**
 * Takes a caller's path apart. Names are refused, never repaired: Unicode must already be NFC, because journals,
 * locks and approvals compare paths as text, and a second spelling of one path is how such comparisons are fooled.
 *
 * @throws ProblemError `path_outside_workspace` for `..`, absolute, drive, UNC and home forms; `invalid_path` for the rest.
 */
export function parsePath(text: string): WorkspacePath {
  if (text.length > PATH_BYTES || Buffer.byteLength(text) > PATH_BYTES) {
    throw refusal('invalid_path', text, `it is longer than ${PATH_BYTES} bytes`);
  }
  const exit = exitOf(text);
  if (exit !== undefined) throw refusal('path_outside_workspace', text, exit);
  if (text === '') return { text, names: [], wantsFolder: true };

  const wantsFolder = text.endsWith('/');
  const trimmed = wantsFolder ? text.slice(0, -1) : text;
  const names = trimmed.split('/');
  for (const name of names) {
    const fault = nameFault(name);
    if (fault !== undefined) throw refusal('invalid_path', text, `the name ${quoted(name)} ${fault}`);
  }
  return { text: trimmed, names, wantsFolder };
}

/** How a path would leave the workspace, as the end of a sentence. */
function exitOf(text: string): string | undefined {
  if (/^[\/\\]/v.test(text)) return 'it is absolute';
  if (/^[a-z]:/iv.test(text)) return 'it names a drive';
  const steps = text.split(/[\/\\]/v);
  if (steps.includes('..')) return 'it climbs with ".."';
  if (steps[0] === '~') return 'it names a home folder';
  return undefined;
}

function refusal(code: 'invalid_path' | 'path_outside_workspace', text: string, why: string): ProblemError {
  return new ProblemError(code, `The path ${quoted(text)} cannot be used: ${why}. ${ACCEPTED}`);
}
