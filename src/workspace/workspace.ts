import { join, resolve } from 'node:path';
import { archiveEntries, type NewArchive, unpackArchive } from './archive.ts';
import { type ChangeOptions, changeFile, type FileChange } from './change-file.ts';
import { compareFiles, type FileComparison } from './compare-files.ts';
import { type Copy, copyEntry } from './copy-entry.ts';
import { editFile, type FileEdit } from './edit-file.ts';
import type { Explorer, FolderListing, ListOptions, Search, SearchOptions } from './explorer/explorer.ts';
import { type Changes, createChanges } from './journal/changes.ts';
import { type Cleared, clearHistory } from './journal/clear-history.ts';
import type { Journal } from './journal/journal.ts';
import { settleAll } from './journal/settle.ts';
import { type Move, type MoveOptions, moveEntry } from './move-entry.ts';
import { type FilePatch, patchFile } from './patch-file.ts';
import { type NewFiles, placeFiles } from './place-files.ts';
import { makeFolder, type NewFolder } from './place-tree.ts';
import { type FileContent, type ReadOptions, readFile, readTextFile, type TextContent } from './read-file.ts';
import { type LineOptions, type Lines, readLines } from './read-lines.ts';
import { type Removal, type RemoveOptions, removeEntry } from './remove-entry.ts';
import { aboutPath } from './sandbox/file-errors.ts';
import { createPathLocks } from './sandbox/path-locks.ts';
import { parsePath, type WorkspacePath } from './sandbox/paths.ts';
import { type Author, holdWorkspace, type Space } from './sandbox/space.ts';
import { userFolder } from './sandbox/user-folder.ts';
import { type FileInfo, type FolderInfo, glanceAt, statEntry } from './stat-entry.ts';
import type { Edit } from './text/edits.ts';
import { measureEntry, type TreeSize } from './tree-size.ts';

interface Cancellable {
  signal?: AbortSignal | undefined;
}

/**
 * The files of one user. Every path is relative to the workspace, with "/" between names; the workspace itself is the
 * empty path. Everything that cannot be done is a ProblemError whose sentence names no path of the host. Whatever changes
 * something is in the journal, and can be undone.
 */
export interface Workspace {
  /** One page of a folder's entries, sorted by name, without what `.gitignore` leaves out. */
  list(path: string, options?: ListOptions): Promise<FolderListing>;
  /** The lines of text files that hold a text or match a regular expression, as they are found. */
  search(path: string, options: SearchOptions): Search;
  /** What is at a path, with the ETag of a file. */
  stat(path: string, options?: Cancellable): Promise<FileInfo | FolderInfo>;
  /** What is at a path, without reading a file for its ETag. */
  glance(path: string): Promise<Omit<FileInfo, 'etag'> | FolderInfo>;
  /** How much is at a path: a file, or all that is in a folder. */
  measure(path: string, options?: Cancellable): Promise<TreeSize>;
  /** A file, or a part of it, as bytes. */
  read(path: string, options?: ReadOptions): Promise<FileContent>;
  /** A whole text file. */
  readText(path: string, options?: Pick<ReadOptions, 'maximum' | 'signal'>): Promise<TextContent>;
  /** Some lines of a text file of any size. */
  readLines(path: string, options?: LineOptions): Promise<Lines>;
  /** Two files compared, as a unified diff where they are texts. */
  compare(from: string, to: string, options?: Cancellable): Promise<FileComparison>;
  /** Creates or replaces a file in one step, with the folders above it. */
  write(path: string, bytes: Uint8Array, options?: ChangeOptions): Promise<FileChange>;
  /** Replaces parts of a text file, all edits or none. */
  edit(path: string, edits: readonly Edit[], options?: ChangeOptions): Promise<FileEdit>;
  /** Applies a unified diff to a text file, all of it or nothing. */
  patch(path: string, patch: string, options?: ChangeOptions): Promise<FilePatch>;
  /** Deletes a file or a folder. */
  remove(path: string, options?: RemoveOptions): Promise<Removal>;
  /** Moves or renames a file or a folder. */
  move(from: string, to: string, options?: MoveOptions): Promise<Move>;
  /** Copies a file or a folder. */
  copy(from: string, to: string, options?: MoveOptions): Promise<Copy>;
  /** Makes a folder, with those above it. */
  makeFolder(path: string, options?: Cancellable): ReturnType<typeof makeFolder>;
  /** Makes a new folder with files in it, all of it or nothing, as one change. */
  placeFiles(path: string, content: NewFiles): Promise<NewFolder>;
  /** Packs files and folders into a new zip file. */
  archive(paths: readonly string[], to: string, options?: Cancellable): Promise<NewArchive>;
  /** Unpacks a zip file into a new folder, all of it or nothing. */
  unpack(path: string, to: string, options?: Cancellable): Promise<NewFolder>;
  /** What was changed, and undoing it. */
  changes: Changes;
}

/** Where the files are. */
export interface WorkspacesOptions {
  /** The host folder; it may be a link, and is made on first use. */
  root: string;
  /** Whether each user has a folder in the root; otherwise everyone shares the root. Asked anew each time, because that can change. */
  perUser: boolean | (() => boolean);
  /** Whether to hold folders by descriptor, the safest way, where the system can; true when left out. */
  descriptors?: boolean;
  journal: Journal;
  /** Runs work alone under a name, in all processes that use the journal. */
  exclusively: <Result>(name: string, work: () => Promise<Result>) => Promise<Result>;
  explorer: Explorer;
  /** How many days a change can be undone. */
  undoDays: number;
}

/** The workspaces of a server. */
export interface Workspaces {
  /**
   * The workspace of a user, whose changes are made by `author`, or by the user when that is left out.
   *
   * @throws ProblemError `invalid_request` when that cannot be a user id.
   */
  for(userId: string, author?: Author): Workspace;
  /** Brings to an end what was begun by processes that are gone. */
  settle(): Promise<void>;
  /** Clears away what is kept for changes that are too old to be undone. */
  clear(): Promise<Cleared>;
  /** Ends what lists and searches. */
  close(): Promise<void>;
}

const NOBODY: Author = { agent: null, runId: null, callId: null };

/** Makes the workspaces of a server. */
export function createWorkspaces(options: WorkspacesOptions): Workspaces {
  const { root, descriptors = true, journal, exclusively, explorer, undoDays } = options;
  const isPerUser = () => (typeof options.perUser === 'boolean' ? options.perUser : options.perUser());
  const locks = createPathLocks();
  function spaceOf(userId: string, author: Author = NOBODY): Space {
    const perUser = isPerUser();
    const folder = perUser ? join(resolve(root), userFolder(userId)) : resolve(root);
    // Replicas can have the workspace at different paths.
    const name = `workspace of ${perUser ? userId : 'everybody'}`;
    const place = { root: folder, rootMayBeLink: !perUser, descriptors };
    return { ...place, userId, author, locks, exclusively: (change) => exclusively(name, change), journal };
  }
  return {
    for: (userId, author) => {
      // What no user can have is refused now.
      spaceOf(userId, author);
      return createWorkspace(() => spaceOf(userId, author), explorer);
    },
    async settle() {
      const failures: unknown[] = [];
      for (const userId of new Set((await journal.pending()).map((change) => change.userId))) {
        const space = spaceOf(userId);
        const change = () => settleAll(space);
        await holdWorkspace(space, parsePath(''), { change, signal: undefined }).catch((error: unknown) => {
          failures.push(error);
        });
      }
      if (failures.length > 0)
        throw new AggregateError(failures, 'changes of some users could not be settled');
    },
    async clear() {
      const total = { removed: 0, contents: 0 };
      const users = await journal.users();
      const perUser = isPerUser();
      for (const user of perUser ? users : users.slice(0, 1)) {
        const whose = { days: undoDays, userId: perUser ? user : null };
        const { removed, contents } = await clearHistory(spaceOf(user), whose);
        total.removed += removed;
        total.contents += contents;
      }
      return total;
    },
    close: () => explorer.close(),
  };
}

function createWorkspace(space: () => Space, explorer: Explorer): Workspace {
  const place = () => {
    const { root, rootMayBeLink, descriptors } = space();
    return { root, rootMayBeLink, descriptors };
  };
  return {
    list: (text, options = {}) => onPath(text, (path) => explorer.list(place(), path, options)),
    search: (text, options) => explorer.search(place(), parsePath(text), options),
    stat: (text, options = {}) => onPath(text, (path) => statEntry(space(), path, options)),
    glance: (text) => onPath(text, (path) => glanceAt(space(), path)),
    measure: (text, options = {}) => onPath(text, (path) => measureEntry(space(), path, options)),
    read: (text, options = {}) => onPath(text, (path) => readFile(space(), path, options)),
    readText: (text, options = {}) => onPath(text, (path) => readTextFile(space(), path, options)),
    readLines: (text, options = {}) => onPath(text, (path) => readLines(space(), path, options)),
    compare: (from, to, options = {}) => onPaths(from, to, (ends) => compareFiles(space(), ends, options)),
    write: (text, bytes, options = {}) =>
      onPath(text, (path) => changeFile(space(), path, { ...options, content: bytes })),
    edit: (text, edits, options = {}) =>
      onPath(text, (path) => editFile(space(), path, { ...options, edits })),
    patch: (text, patch, options = {}) =>
      onPath(text, (path) => patchFile(space(), path, { ...options, patch })),
    remove: (text, options = {}) => onPath(text, (path) => removeEntry(space(), path, options)),
    move: (from, to, options = {}) => onPaths(from, to, (ends) => moveEntry(space(), ends, options)),
    copy: (from, to, options = {}) => onPaths(from, to, (ends) => copyEntry(space(), ends, options)),
    makeFolder: (text, { signal } = {}) => onPath(text, (path) => makeFolder(space(), path, { signal })),
    placeFiles: (text, content) => onPath(text, (path) => placeFiles(space(), path, content)),
    archive: (paths, to, options = {}) =>
      onPath(to, (path) => archiveEntries(space(), { entries: paths.map(parsePath), to: path }, options)),
    unpack: (from, to, options = {}) => onPaths(from, to, (ends) => unpackArchive(space(), ends, options)),
    get changes() {
      return createChanges(space());
    },
  };
}

function onPaths<Result>(
  from: string,
  to: string,
  act: (ends: { from: WorkspacePath; to: WorkspacePath }) => Promise<Result>,
): Promise<Result> {
  return onPath(from, (source) => onPath(to, (target) => act({ from: source, to: target })));
}

async function onPath<Result>(text: string, act: (path: WorkspacePath) => Promise<Result>): Promise<Result> {
  const path = parsePath(text);
  return await aboutPath(path.text, () => act(path));
}
