import { lstatSync } from 'node:fs';
import ignore, { type Ignore } from 'ignore';
import { hasCode } from '../sandbox/file-errors.ts';
import type { Folder } from '../sandbox/folder.ts';
import { openRoot, type Place } from '../sandbox/space.ts';
import { openRegular } from './open-regular.ts';

const RULES_FILE = '.gitignore';
/** How much of one rules file counts, in bytes. */
const RULES_BYTES = 1024 * 1024;
/** After so many answers a matcher is made anew, since it remembers all of them. */
const ANSWERS = 10_000;

/** What the `.gitignore` files of a folder, and of those above it, leave out. */
export interface IgnoreRules {
  /** Whether git would leave out what is at `path`, relative to the workspace. */
  ignores(path: string, isFolder: boolean): boolean;
  /** The rules inside the folder with these names, its own file included. */
  inside(folder: Folder, names: readonly string[]): IgnoreRules;
}

/** Leaves nothing out, whatever is in the tree. */
export const SHOW_ALL: IgnoreRules = { ignores: () => false, inside: () => SHOW_ALL };

/**
 * The rules from the workspace's root down to the folder with these names, without that folder's own. Below a folder
 * that is left out itself the rules from above it no longer count, since the caller named something in it.
 * https://git-scm.com/docs/gitignore
 */
export async function rulesAbove(place: Place, names: readonly string[]): Promise<IgnoreRules> {
  let rules = createRules(undefined);
  let folder = await openRoot(place);
  try {
    for (const [depth, name] of names.entries()) {
      rules = rules.inside(folder, names.slice(0, depth));
      if (rules.ignores(names.slice(0, depth + 1).join('/'), true)) rules = createRules(undefined);
      if (depth === names.length - 1) break;
      const inner = await folder.open(name);
      await folder[Symbol.asyncDispose]();
      folder = inner;
    }
  } catch (error) {
    // Whoever opens the folder itself meets the same failure, and says more about it.
    if (!hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) throw error;
  } finally {
    await folder[Symbol.asyncDispose]();
  }
  return rules;
}

function createRules(source: Ignore | undefined): IgnoreRules {
  let matcher = source;
  let answers = 0;
  return {
    ignores(path, isFolder) {
      if (path === '.git' || path.endsWith('/.git')) return true;
      if (source === undefined || matcher === undefined) return false;
      answers += 1;
      if (answers % ANSWERS === 0) matcher = extend(source, []);
      return matcher.ignores(isFolder ? `${path}/` : path);
    },
    inside(folder, names) {
      const text = readRules(folder);
      if (text === undefined) return createRules(source && extend(source, []));
      return createRules(extend(source, anchored(text, names)));
    },
  };
}

function extend(source: Ignore | undefined, lines: string[]): Ignore {
  const extended = ignore({ ignorecase: false });
  return (source === undefined ? extended : extended.add(source)).add(lines);
}

/** The rules in a folder's file; `undefined` when there is none that can be read. */
function readRules(folder: Folder): string | undefined {
  const location = folder.child(RULES_FILE);
  try {
    if (!lstatSync(location).isFile()) return undefined;
    using file = openRegular(location);
    if (file === undefined) return undefined;
    const bytes = Buffer.allocUnsafe(RULES_BYTES + 1);
    const length = file.fill(bytes, 0, bytes.length);
    const end = length > RULES_BYTES ? bytes.lastIndexOf('\n', RULES_BYTES) + 1 : length;
    return new TextDecoder().decode(bytes.subarray(0, end));
  } catch (error) {
    // Git, too, goes on without a file that it may not read.
    if (hasCode(error, 'ENOENT', 'ELOOP', 'EACCES', 'EPERM', 'ENXIO')) return undefined;
    throw error;
  }
}

/**
 * The rules of one file, rewritten to be relative to the workspace, so that the rules of all files make one list in which
 * the last that fits decides: that is how git reads them.
 */
function anchored(text: string, names: readonly string[]): string[] {
  const lines = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  if (names.length === 0) return lines;
  // No other character of a name that can be entered means anything in a rule.
  const prefix = names.join('/').replaceAll(/[\[\]]/gv, '\\$&');
  return lines.flatMap((line) => {
    if (line.startsWith('#')) return [];
    const negation = line.startsWith('!') ? '!' : '';
    const rule = withoutPadding(line.slice(negation.length));
    if (rule === '' || rule === '/') return [];
    const slash = rule.indexOf('/');
    if (slash === -1 || slash === rule.length - 1) return [`${negation}/${prefix}/**/${rule}`];
    return [`${negation}/${prefix}/${slash === 0 ? rule.slice(1) : rule}`];
  });
}

/** A rule without the spaces at its end; one behind a backslash stays. */
function withoutPadding(rule: string): string {
  let end = rule.length;
  while (rule[end - 1] === ' ') end -= 1;
  let backslashes = 0;
  while (rule[end - backslashes - 1] === '\\') backslashes += 1;
  return rule.slice(0, backslashes % 2 === 1 ? end + 1 : end);
}
