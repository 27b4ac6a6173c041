import { join, resolve } from 'node:path';
import { type ChangeOptions, changeFile, type FileChange } from './change-file.ts';
import { editFile, type FileEdit } from './edit-file.ts';
import type { Edit } from './edits.ts';
import { asProblem } from './file-errors.ts';
import { type FolderListing, type ListOptions, listFolder } from './list-folder.ts';
import { createPathLocks } from './path-locks.ts';
import { parsePath, type WorkspacePath } from './paths.ts';
import { type FileContent, type ReadOptions, readFile, readTextFile, type TextContent } from './read-file.ts';
import { type Removal, type RemoveOptions, removeEntry } from './remove-entry.ts';
import type { Space } from './space.ts';
import { type FileInfo, type FolderInfo, statEntry } from './stat-entry.ts';
import { userFolder } from './user-folder.ts';

/**
 * The files of one user. Every path is relative to the workspace, with "/" between names; the workspace itself is the
 * empty path. Everything that cannot be done is a ProblemError whose sentence names no path of the host.
 */
export interface Workspace {
  /** One page of a folder's entries, sorted by name. */
  list(path: string, options?: ListOptions): Promise<FolderListing>;
  /** What is at a path, with the ETag of a file. */
  stat(path: string, options?: { signal?: AbortSignal | undefined }): Promise<FileInfo | FolderInfo>;
  /** A file, or a part of it, as bytes. */
  read(path: string, options?: ReadOptions): Promise<FileContent>;
  /** A whole text file. */
  readText(path: string, options?: Pick<ReadOptions, 'maximum' | 'signal'>): Promise<TextContent>;
  /** Creates or replaces a file in one step, with the folders above it. */
  write(path: string, bytes: Uint8Array, options?: ChangeOptions): Promise<FileChange>;
  /** Replaces parts of a text file, all edits or none. */
  edit(path: string, edits: readonly Edit[], options?: ChangeOptions): Promise<FileEdit>;
  /** Deletes a file or a folder. */
  remove(path: string, options?: RemoveOptions): Promise<Removal>;
}

/** Where the files are. */
export interface WorkspacesOptions {
  /** The host folder; it may be a link, and is made on first use. */
  root: string;
  /** Whether each user has a folder in the root; otherwise everyone shares the root. */
  perUser: boolean;
  /** Whether to hold folders by descriptor, the safest way, where the system can; true when left out. */
  descriptors?: boolean;
}

/** The workspaces of a server. */
export interface Workspaces {
  /** The workspace of a user; throws ProblemError `invalid_request` when that cannot be a user id. */
  for(userId: string): Workspace;
}

/** Makes the workspaces of a server. Only changes made through one of these objects wait for each other. */
export function createWorkspaces({ root, perUser, descriptors = true }: WorkspacesOptions): Workspaces {
  const locks = createPathLocks();
  return {
    for(userId) {
      const folder = perUser ? join(resolve(root), userFolder(userId)) : resolve(root);
      return createWorkspace({ root: folder, rootMayBeLink: !perUser, descriptors, locks });
    },
  };
}

function createWorkspace(space: Space): Workspace {
  return {
    list: (text, options = {}) => onPath(text, (path) => listFolder(space, path, options)),
    stat: (text, options = {}) => onPath(text, (path) => statEntry(space, path, options)),
    read: (text, options = {}) => onPath(text, (path) => readFile(space, path, options)),
    readText: (text, options = {}) => onPath(text, (path) => readTextFile(space, path, options)),
    write: (text, bytes, options = {}) =>
      onPath(text, (path) => changeFile(space, path, { ...options, content: bytes })),
    edit: (text, edits, options = {}) => onPath(text, (path) => editFile(space, path, { ...options, edits })),
    remove: (text, options = {}) => onPath(text, (path) => removeEntry(space, path, options)),
  };
}

async function onPath<Result>(text: string, act: (path: WorkspacePath) => Promise<Result>): Promise<Result> {
  const path = parsePath(text);
  try {
    return await act(path);
  } catch (error) {
    throw asProblem(error, path.text);
  }
}
