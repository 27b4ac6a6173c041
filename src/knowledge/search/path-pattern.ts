import { ProblemError } from '../../errors.ts';

/** PostgreSQL takes long for expressions with many alternatives in each other, and refuses the longest ones. */
const MOST_WILDCARDS = 32;
/** Signs that mean something in a PostgreSQL regular expression (manual, section 9.7.3). */
const SIGN = /[.*+?()[\]{}|^$\\]/g;

/**
 * A path or a glob as a PostgreSQL regular expression for whole paths. A path is a file, or a folder with all that is in it, and
 * is that also where it could be a glob (`app/[id].tsx`); `*` and `?` stay within a name, `**` does not, `{a,b}` is one or the other.
 *
 * @throws ProblemError `invalid_request` for a glob with too many wildcards.
 */
export function pathPattern(glob: string): string {
  const path = glob.replaceAll(/^(?:\.?\/)+|\/+$/g, '');
  if (path === '' || path === '.') return '^';
  const itself = `${literal(path)}(?:/|$)`;
  const wildcards = path.match(/\*+|[?{[]/g)?.length ?? 0;
  if (wildcards > MOST_WILDCARDS) {
    const detail = `A path to search in has at most ${MOST_WILDCARDS} wildcards, and this one has ${wildcards}.`;
    throw new ProblemError('invalid_request', detail);
  }
  return wildcards > 0 ? `^(?:${itself}|${globPattern(path.replaceAll(/\*{3,}/g, '**'))}$)` : `^${itself}`;
}

function globPattern(glob: string): string {
  let pattern = '';
  let rest = glob;
  let depth = 0;
  while (rest !== '') {
    const [taken, made] = nextPiece(rest, depth);
    if (taken === '{') depth += 1;
    if (taken === '}' && depth > 0) depth -= 1;
    pattern += made;
    rest = rest.slice(taken.length);
  }
  // A brace that is not closed is one.
  return depth === 0 ? pattern : globPattern(glob.replaceAll('{', '?'));
}

/** What is taken from the front of a glob, and the expression for it. */
function nextPiece(rest: string, depth: number): [string, string] {
  // A folder matches with what is in it.
  if (rest === '/**') return [rest, '(?:/.*)?'];
  const across = /^(\*\*\/|\*\*)/.exec(rest)?.[0];
  if (across !== undefined) return [across, across === '**' ? '.*' : '(?:.*/)?'];
  const set = /^\[([!^]?)([^\][\\/]+)\]/.exec(rest);
  if (set?.[2] !== undefined) return [set[0], `[${set[1] === '' ? '' : '^/'}${charactersOf(set[2])}]`];
  const [sign = ''] = [...rest];
  if (sign === '*') return [sign, '[^/]*'];
  if (sign === '?') return [sign, '[^/]'];
  if (sign === '{') return [sign, '(?:'];
  if (sign === '}' && depth > 0) return [sign, ')'];
  if (sign === ',' && depth > 0) return [sign, '|'];
  return [sign, literal(sign)];
}

/** The characters of a set. A range that runs backwards is none, which PostgreSQL would refuse. */
function charactersOf(set: string): string {
  return set.replaceAll(/(.)-(.)|./gsu, (piece, from?: string, to?: string) =>
    from !== undefined && to !== undefined && (from.codePointAt(0) ?? 0) <= (to.codePointAt(0) ?? 0)
      ? `${escaped(from)}-${escaped(to)}`
      : escaped(piece),
  );
}

function escaped(text: string): string {
  return text.replaceAll(/[!-/:-@[-`{-~]/g, String.raw`\$&`);
}

function literal(text: string): string {
  return text.replaceAll(SIGN, String.raw`\$&`);
}
