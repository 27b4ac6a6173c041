import { realpath, stat } from 'node:fs/promises';
import { basename, isAbsolute, relative, resolve, sep } from 'node:path';
import { CommandError } from '../command-line/arguments.ts';
import { ProblemError } from '../errors.ts';
import { parsePath } from '../workspace/sandbox/paths.ts';

/** Where files go that are outside of the workspace. */
const FOLDER = 'library';

/** What is to be read in: something that is in the workspace, or something that has to be sent there. */
export type Source =
  | { isSent: false; type: 'file' | 'folder'; path: string }
  | { isSent: true; type: 'file' | 'folder'; from: string; path: string };

interface SourceOptions {
  /** The workspace's folder, where the server is this machine's. */
  workspace: string | undefined;
  to: string | undefined;
  pattern: string | undefined;
}

/** Finds out where a path lies. @throws CommandError when nothing is there, or an option does not go with it. */
export async function findSource(path: string, { workspace, to, pattern }: SourceOptions): Promise<Source> {
  const from = resolve(path);
  const found = await stat(from).catch(() => undefined);
  if (!found) throw new CommandError(`There is no file or folder ${path}.`);
  if (!found.isDirectory() && !found.isFile())
    throw new CommandError(`${path} is neither a file nor a folder.`);
  const type = found.isFile() ? 'file' : 'folder';
  if (type === 'file' && pattern !== undefined)
    throw new CommandError(`--pattern is for folders, and ${path} is a file.`);
  const inside = workspace === undefined ? undefined : await pathBelow(workspace, from);
  if (inside !== undefined) {
    if (to !== undefined || pattern !== undefined) {
      const option = to === undefined ? '--pattern' : '--to';
      throw new CommandError(
        `${option} is for what has to be sent, and ${path} is in the workspace already; leave it out.`,
      );
    }
    return { isSent: false, type, path: inside };
  }
  return { isSent: true, type, from, path: target(from, type, to) };
}

/** The path below a folder, with slashes; undefined for what is elsewhere. */
async function pathBelow(folder: string, path: string): Promise<string | undefined> {
  const root = await realpath(folder).catch(() => undefined);
  if (root === undefined) return undefined;
  const below = relative(root, await realpath(path));
  if (below === '..' || below.startsWith(`..${sep}`) || isAbsolute(below)) return undefined;
  return below === '' ? '.' : below.replaceAll(sep, '/');
}

/** @throws CommandError for what cannot be a path of a workspace. */
function target(from: string, type: Source['type'], to: string | undefined): string {
  const name = basename(from).normalize('NFC');
  const folder = to === undefined ? FOLDER : to.replaceAll(/^(?:\.\/)+|\/+$/g, '');
  if (folder === '' || folder === '.') throw new CommandError('--to takes a folder such as library/manuals.');
  try {
    return parsePath(to === undefined || type === 'file' ? `${folder}/${name}` : folder).text;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    throw new CommandError(`${error.message} Say with --to where it goes.`, { cause: error });
  }
}
