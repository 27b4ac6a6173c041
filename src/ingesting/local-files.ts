import { basename, join } from 'node:path';
import picomatch from 'picomatch';
import { CommandError } from '../command-line/arguments.ts';
import { isReadable } from '../knowledge/library/readable.ts';
import { walk } from '../workspace/explorer/walk.ts';

/** Which files of a folder are meant. */
interface Choice {
  /** Only what matches; then hidden folders, node_modules and what .gitignore leaves out are looked into too. */
  pattern: string | undefined;
  /** Folders that are never entered, as absolute paths: the server's own. */
  never: readonly string[];
  stop: AbortSignal;
}

/** The files of a folder. */
export interface FoundFiles {
  /** Relative to the folder, with slashes. */
  paths: string[];
  /** How many are of kinds that the server does not read, such as images. */
  unreadable: number;
  /** How many are links, devices, or have a name that no workspace takes. */
  odd: number;
}

/**
 * Finds what can be read in a folder, without following links; undefined when it was stopped.
 *
 * @throws CommandError for what is no pattern, or a folder that this user may not read.
 */
export async function findFiles(root: string, choice: Choice): Promise<FoundFiles | undefined> {
  try {
    return await lookThrough(root, choice);
  } catch (error) {
    if (choice.stop.aborted) return undefined;
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    if (code === undefined) throw error;
    throw new CommandError(`${root} could not be read (${code}).`, { cause: error });
  }
}

async function lookThrough(root: string, { pattern, never, stop }: Choice): Promise<FoundFiles> {
  const matches = pattern === undefined ? () => true : readPattern(pattern);
  const found: FoundFiles = { paths: [], unreadable: 0, odd: 0 };
  const enters = (folder: string) =>
    (pattern === undefined ? !isPassedOver(basename(folder)) : basename(folder) !== '.git') &&
    !never.includes(join(root, folder));
  const place = { root, rootMayBeLink: true, descriptors: true };
  const deadline = { check: () => stop.throwIfAborted() };
  for await (const entry of walk(place, [], { enters, all: pattern !== undefined, deadline })) {
    if (entry.type === 'folder' || !matches(entry.path)) continue;
    if (pattern === undefined && isPassedOver(entry.name)) continue;
    if (entry.type !== 'file') found.odd += 1;
    else if (isReadable(entry.path)) found.paths.push(entry.path);
    else found.unreadable += 1;
  }
  return found;
}

/** Hidden files can hold keys (.env, .npmrc): they are sent only when a pattern asks for them. */
function isPassedOver(name: string): boolean {
  return name.startsWith('.') || name === 'node_modules';
}

function readPattern(pattern: string): (path: string) => boolean {
  try {
    return picomatch(pattern, { dot: true, strictBrackets: true, debug: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`--pattern got "${pattern}"; it takes a glob such as **/*.md (${reason}).`, {
      cause: error,
    });
  }
}
