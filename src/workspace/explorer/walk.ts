import { lstatSync, type Stats } from 'node:fs';
import { ProblemError } from '../../errors.ts';
import { type EntryType, entryType } from '../sandbox/entry-type.ts';
import { hasCode } from '../sandbox/file-errors.ts';
import type { Folder } from '../sandbox/folder.ts';
import { nameFault } from '../sandbox/names.ts';
import { openFolder, type Place } from '../sandbox/space.ts';
import type { Deadline } from './deadline.ts';
import { type IgnoreRules, rulesAbove, SHOW_ALL } from './ignore-rules.ts';
import { fromLatin1, readShownNames, type ShownNames, toLatin1 } from './shown-names.ts';

/** How many folders below the first one are entered. */
const DEEPEST = 256;
/** How many folders are held open at a time; those further up are opened again on the way back. */
const HELD = 16;

/** Which part of a tree to walk. */
export interface WalkOptions {
  /** Enters the folders below the first one, but those that `enters` refuses; takes their path below the first. */
  enters: (path: string) => boolean;
  /** The path, relative to the first folder, of the last entry that is already known. */
  after?: string | undefined;
  /** Shows what `.gitignore` leaves out. */
  all: boolean;
  deadline: Deadline;
}

/** Something found on a walk; only good until the walk goes on. */
export interface WalkEntry {
  readonly name: string;
  /** Relative to the first folder of the walk. */
  readonly path: string;
  /** `other` also for what has a name that no path can hold. */
  readonly type: EntryType;
  readonly stats: Stats;
  readonly folder: Folder;
  /** The host path for system calls, which must not follow links. */
  readonly location: Buffer;
}

/** One folder on the way down. */
interface Level {
  /** From the workspace's root. */
  readonly path: readonly string[];
  /** Relative to the first folder, with a slash at its end unless empty. */
  readonly prefix: string;
  readonly rules: IgnoreRules;
  readonly names: ShownNames;
  /** The names, below this folder, that lead to the last entry that is known, in latin1. */
  readonly known: readonly string[];
  /** Missing when others are being held instead. */
  folder: Folder | undefined;
  next: number;
}

/**
 * Walks the folder at `path`: each folder comes before what is in it, names come in the order of their bytes. Links are
 * never followed, and what vanishes, is replaced or may not be read on the way is left out, but for the first folder.
 * Uses system calls that block, so it belongs in a thread of its own.
 */
export async function* walk(
  place: Place,
  path: readonly string[],
  options: WalkOptions,
): AsyncGenerator<WalkEntry, void, undefined> {
  const known = options.after === undefined ? [] : options.after.split('/').map(toLatin1);
  const levels: Level[] = [];
  try {
    const above = options.all ? SHOW_ALL : await rulesAbove(place, path);
    levels.push(await readLevel(await openFolder(place, path), { path, prefix: '', above, known }));
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      options.deadline.check();
      const shown = level.names.sorted[level.next];
      if (shown !== undefined) level.folder ??= await entered(() => openFolder(place, level.path));
      if (shown === undefined || level.folder === undefined) {
        await release(levels.pop());
        continue;
      }
      level.next += 1;
      const entry = lookAt(level, level.folder, shown);
      if (entry === undefined) continue;
      const isKnown = shown === level.known[0];
      if (!isKnown) yield entry;
      if (entry.type !== 'folder' || levels.length > DEEPEST || !options.enters(entry.path)) continue;
      const below = await enter(level, entry, isKnown);
      if (below === undefined) continue;
      levels.push(below);
      await release(levels.at(-1 - HELD));
    }
  } finally {
    for (const level of levels) await release(level);
  }
}

async function readLevel(
  folder: Folder,
  at: { path: readonly string[]; prefix: string; above: IgnoreRules; known: readonly string[] },
): Promise<Level> {
  try {
    const names = readShownNames(folder, at.known[0]);
    const rules = at.above.inside(folder, at.path);
    await folder.verify();
    return { ...at, rules, names, folder, next: 0 };
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    throw error;
  }
}

/** Looks at one entry; `undefined` when it is left out or was deleted since the folder was read. */
function lookAt(level: Level, folder: Folder, shown: string): WalkEntry | undefined {
  const name = fromLatin1(shown);
  const location = folder.child(level.names.bytesOf(shown));
  const stats = statsOf(location, level.prefix === '');
  if (stats === undefined) return undefined;
  const type = nameFault(name) === undefined ? entryType(stats) : 'other';
  if (level.rules.ignores([...level.path, name].join('/'), stats.isDirectory())) return undefined;
  return { name, path: level.prefix + name, type, stats, folder, location };
}

function statsOf(location: Buffer, isInFirst: boolean): Stats | undefined {
  try {
    return lstatSync(location, { throwIfNoEntry: false });
  } catch (error) {
    if (!isInFirst && isOutOfReach(error)) return undefined;
    throw error;
  }
}

function enter(level: Level, entry: WalkEntry, isKnown: boolean): Promise<Level | undefined> {
  return entered(async () =>
    readLevel(await entry.folder.open(entry.name), {
      path: [...level.path, entry.name],
      prefix: `${entry.path}/`,
      above: level.rules,
      known: isKnown ? level.known.slice(1) : [],
    }),
  );
}

/** What `attempt` opens; `undefined` for a folder that is gone, was replaced meanwhile, or may not be read. */
async function entered<Result>(attempt: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await attempt();
  } catch (error) {
    if (isOutOfReach(error)) return undefined;
    throw error;
  }
}

function isOutOfReach(error: unknown): boolean {
  if (error instanceof ProblemError) return error.code !== 'workspace_failed';
  return hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'EPERM', 'ENAMETOOLONG');
}

async function release(level: Level | undefined): Promise<void> {
  const folder = level?.folder;
  if (level === undefined || folder === undefined) return;
  level.folder = undefined;
  await folder[Symbol.asyncDispose]();
}
