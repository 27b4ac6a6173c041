import { ProblemError } from '../errors.ts';
import { etagOf, etagOfFile } from './etags.ts';
import { hasCode } from './file-errors.ts';
import type { Folder } from './folder.ts';
import { quoted } from './names.ts';
import { type OpenFile, openFile, readSpan, refuseReadOnly } from './open-file.ts';
import type { WorkspacePath } from './paths.ts';
import { placeFile } from './place-file.ts';
import { alreadyExists, changedSince, checkPreconditions, type Preconditions } from './preconditions.ts';
import { holdPath, openParent, type Space } from './space.ts';

/** The largest content that a file can be given, in bytes. */
export const WRITE_LIMIT = 5 * 1024 * 1024;

/** How often a change starts again because somebody outside the server was faster. */
const ATTEMPTS = 3;

/** What became of a file; `previous_etag` is null when there was none. */
export interface FileChange {
  path: string;
  operation: 'created' | 'replaced' | 'unchanged';
  size: number;
  etag: string;
  previous_etag: string | null;
}

/** When a file may be changed. */
export interface ChangeOptions extends Preconditions {
  signal?: AbortSignal | undefined;
}

/** A new content, or a way to make it from the present one, and when it may be written. */
export interface Change extends ChangeOptions {
  content: Uint8Array | ((present: Buffer) => Promise<Uint8Array>);
}

/**
 * The one way in which a file changes: under its lock, after its preconditions, in one step. Missing folders above it
 * are made, unless the file has to exist already.
 */
export async function changeFile(space: Space, path: WorkspacePath, change: Change): Promise<FileChange> {
  if (path.wantsFolder && path.names.length > 0) {
    throw new ProblemError(
      'invalid_path',
      `${quoted(path.text)} ends in a slash, which names a folder, not a file.`,
    );
  }
  if (typeof change.content !== 'function') refuseTooLarge(path, change.content.length);
  return holdPath(space, path, {
    signal: change.signal,
    async change() {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const done = await attemptChange(space, path, change);
        if (done !== undefined) return done;
      }
      throw new ProblemError('workspace_failed', `${quoted(path.text)} keeps changing. Try again later.`);
    },
  });
}

/** Tries the change once; `undefined` when the file or its folder became another one in the middle of it. */
async function attemptChange(
  space: Space,
  path: WorkspacePath,
  change: Change,
): Promise<FileChange | undefined> {
  const { parent, name } = await openParentFor(space, path, change);
  await using folder = parent;
  await using file = await openIfPresent(folder, name, path);
  const { bytes, previousEtag } = await contentFor(path, file, change);
  const outcome = {
    path: path.text,
    size: bytes.length,
    etag: etagOf(bytes),
    previous_etag: previousEtag ?? null,
  };
  if (outcome.etag === previousEtag) return { ...outcome, operation: 'unchanged' };

  change.signal?.throwIfAborted();
  const mustBeUnchanged = change.ifMatch !== undefined || typeof change.content === 'function';
  const placed = await place(folder, name, {
    bytes,
    replaced: file && { stats: file.stats, mustBeUnchanged },
  });
  if (placed === 'placed') return { ...outcome, operation: file === undefined ? 'created' : 'replaced' };
  if (placed === 'changed' && change.ifMatch !== undefined) throw changedSince(path.text);
  if (placed === 'taken' && change.ifNoneMatch !== undefined) throw alreadyExists(path.text);
  return undefined;
}

async function openParentFor(space: Space, path: WorkspacePath, change: Change) {
  const mayCreate = typeof change.content !== 'function' && change.ifMatch === undefined;
  try {
    return await openParent(space, path, { create: mayCreate });
  } catch (error) {
    if (hasCode(error, 'ENOENT')) checkPreconditions(path.text, undefined, change);
    throw error;
  }
}

async function openIfPresent(
  folder: Folder,
  name: string,
  path: WorkspacePath,
): Promise<OpenFile | undefined> {
  try {
    return await openFile(folder, name, path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function contentFor(path: WorkspacePath, file: OpenFile | undefined, change: Change) {
  const { content, signal } = change;
  if (typeof content !== 'function') {
    const previousEtag = file && (await etagOfFile(file.handle, signal));
    checkPreconditions(path.text, previousEtag, change);
    return { bytes: content, previousEtag };
  }
  if (file === undefined) {
    checkPreconditions(path.text, undefined, change);
    throw new ProblemError('file_not_found', `There is nothing at ${quoted(path.text)} in the workspace.`);
  }
  const size = Number(file.stats.size);
  refuseTooLarge(path, size);
  const present = await readSpan(file.handle, { start: 0, length: size }, signal);
  const previousEtag = etagOf(present);
  checkPreconditions(path.text, previousEtag, change);
  const bytes = await content(present);
  refuseTooLarge(path, bytes.length);
  return { bytes, previousEtag };
}

async function place(folder: Folder, name: string, content: Parameters<typeof placeFile>[2]) {
  try {
    if (content.replaced !== undefined) await refuseReadOnly(folder, name);
    return await placeFile(folder, name, content);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return 'gone';
    throw error;
  }
}

function refuseTooLarge(path: WorkspacePath, size: number): void {
  if (size <= WRITE_LIMIT) return;
  throw new ProblemError(
    'file_too_large',
    `${quoted(path.text)} would have, or has, ${size} bytes; a file that is written here has at most ${WRITE_LIMIT}.`,
  );
}
