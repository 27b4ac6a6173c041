import type { FileVersion } from '../db/workspace-schema.ts';
import { ProblemError } from '../errors.ts';
import { keepBytes, keepFile, openHistory } from './journal/history.ts';
import { makeChange } from './journal/make-change.ts';
import { type Content, placeFile, stageFile, unstageFile } from './place-file.ts';
import { alreadyExists, changedSince, checkPreconditions, type Preconditions } from './preconditions.ts';
import { etagOf, etagOfFile } from './sandbox/etags.ts';
import { hasCode } from './sandbox/file-errors.ts';
import { quoted } from './sandbox/names.ts';
import { type OpenFile, openFile, readSpan, refuseReadOnly } from './sandbox/open-file.ts';
import type { WorkspacePath } from './sandbox/paths.ts';
import { holdWorkspace, openSpot, refuseCollisions, type Space, type Spot } from './sandbox/space.ts';

/** The largest content that a file can be given, in bytes. */
export const WRITE_LIMIT = 5 * 1024 * 1024;

/** How often a change starts again because somebody outside the server was faster. */
const ATTEMPTS = 3;

/** What became of a file; `previous_etag` is null when there was none, `id` when nothing had to be changed. */
export interface FileChange {
  id: string | null;
  path: string;
  operation: 'created' | 'replaced' | 'unchanged';
  size: number;
  etag: string;
  previous_etag: string | null;
}

/** When a file may be changed. */
export interface ChangeOptions extends Preconditions {
  /** The most bytes that a new content may have; 5 MiB when left out. */
  maximum?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** A new content, or a way to make it from the present one, and when it may be written. */
export interface Change extends ChangeOptions {
  content: Uint8Array | OpenContent | ((present: Buffer) => Promise<Uint8Array>);
  /** The change that this one undoes. */
  undoes?: string | undefined;
}

/** The content of an open file, of any size. */
interface OpenContent extends FileVersion {
  file: OpenFile;
}

/**
 * The one way in which a file changes: after its preconditions, with what it held kept, in one step. Missing folders above it
 * are made, unless the file has to exist already.
 */
export async function changeFile(space: Space, path: WorkspacePath, change: Change): Promise<FileChange> {
  refuseFolderPath(path);
  if (change.content instanceof Uint8Array) refuseTooLarge(path, change.content.length, change.maximum);
  return holdWorkspace(space, path, {
    signal: change.signal,
    change: () => changeHeldFile(space, path, change),
  });
}

/** The same for one who holds the workspace. */
export async function changeHeldFile(space: Space, path: WorkspacePath, change: Change): Promise<FileChange> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const done = await attemptChange(space, path, change);
    if (done !== undefined) return done;
  }
  throw new ProblemError('workspace_failed', `${quoted(path.text)} keeps changing. Try again later.`);
}

/** Refuses a path that names a folder by the slash at its end. */
export function refuseFolderPath(path: WorkspacePath): void {
  if (!path.wantsFolder || path.names.length === 0) return;
  throw new ProblemError(
    'invalid_path',
    `${quoted(path.text)} ends in a slash, which names a folder, not a file.`,
  );
}

/** Tries the change once; `undefined` when the file or its folder became another one in the middle of it. */
async function attemptChange(
  space: Space,
  path: WorkspacePath,
  change: Change,
): Promise<FileChange | undefined> {
  await using spot = await openSpot(space, path);
  await using file = await openIfPresent(spot);
  const { content, etag, size, previous } = await contentFor(path, file, change);
  const outcome = { path: path.text, size, etag, previous_etag: previous ?? null };
  if (etag === previous) return { ...outcome, id: null, operation: 'unchanged' };
  if (file === undefined) await refuseCollisions(spot);
  else await refuseReadOnly(spot.folder, spot.name);
  change.signal?.throwIfAborted();
  const before: FileVersion | null =
    file && previous ? { type: 'file', etag: previous, size: Number(file.stats.size) } : null;
  const after: FileVersion = { type: 'file', etag, size };
  const placed = await placeContent(space, spot, { change, file, content, before, after });
  if (typeof placed === 'object') {
    return { ...outcome, id: placed.id, operation: file === undefined ? 'created' : 'replaced' };
  }
  if (placed === 'changed' && change.ifMatch !== undefined) throw changedSince(path.text);
  if (placed === 'taken' && change.ifNoneMatch !== undefined) throw alreadyExists(path.text);
  return undefined;
}

/** Why a content was not put in place: what was found meanwhile is a file, another file, or no folder. */
type NotPlaced = 'taken' | 'changed' | 'gone';

interface Prepared {
  change: Change;
  file: OpenFile | undefined;
  content: Content;
  before: FileVersion | null;
  after: FileVersion;
}

/** Keeps what is replaced and what replaces it, and puts that in place. */
async function placeContent(
  space: Space,
  spot: Spot,
  prepared: Prepared,
): Promise<{ id: string } | NotPlaced> {
  const { change, file, content, before, after } = prepared;
  const id = await space.journal.newId(space.userId);
  await using history = await openHistory(space);
  if (file && before && (await keepFile(history, file, before.etag)) !== before.etag) return 'changed';
  if (content instanceof Uint8Array) await keepBytes(history, content, after.etag);
  else if (isOpen(change.content) && after.size <= WRITE_LIMIT)
    await keepFile(history, change.content.file, after.etag);
  const replaced = file?.stats;
  let fault: NotPlaced = 'changed';
  try {
    if (
      (await stageFile(history, id, { content, like: file?.stats ?? modeOf(change.content) })) !== after.etag
    )
      return 'changed';
    const operation = before === null ? 'created' : 'replaced';
    const isMade = await makeChange(space, {
      ...{ id, operation, spot, before, after, undoes: change.undoes },
      async act(parent) {
        const placed = await unlessGone(
          placeFile(parent, spot.name, { staged: history.staged.child(id), replaced }),
        );
        if (placed !== 'placed') fault = placed;
        return placed === 'placed';
      },
    });
    return isMade ? { id } : fault;
  } finally {
    await unstageFile(history, id);
  }
}

async function openIfPresent({ folder, name, missing, path }: Spot): Promise<OpenFile | undefined> {
  if (missing.length > 0) return undefined;
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
    const previous = file && (await etagOfFile(file.handle, signal));
    checkPreconditions(path.text, previous, change);
    return content instanceof Uint8Array
      ? { content, etag: etagOf(content), size: content.length, previous }
      : { content: content.file.handle, etag: content.etag, size: content.size, previous };
  }
  if (file === undefined) {
    checkPreconditions(path.text, undefined, change);
    throw new ProblemError('file_not_found', `There is nothing at ${quoted(path.text)} in the workspace.`);
  }
  const size = Number(file.stats.size);
  refuseTooLarge(path, size);
  const present = await readSpan(file.handle, { start: 0, length: size }, signal);
  const previous = etagOf(present);
  checkPreconditions(path.text, previous, change);
  const bytes = await content(present);
  refuseTooLarge(path, bytes.length);
  return { content: bytes, etag: etagOf(bytes), size: bytes.length, previous };
}

/** A copy has the permissions of its original; who owns it is who makes it. */
function modeOf(content: Change['content']): { mode: bigint } | undefined {
  return isOpen(content) ? { mode: content.file.stats.mode } : undefined;
}

function isOpen(content: Change['content']): content is OpenContent {
  return typeof content === 'object' && !(content instanceof Uint8Array);
}

async function unlessGone<Result>(placing: Promise<Result>): Promise<Result | 'gone'> {
  try {
    return await placing;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return 'gone';
    throw error;
  }
}

function refuseTooLarge(path: WorkspacePath, size: number, maximum = WRITE_LIMIT): void {
  if (size <= maximum) return;
  throw new ProblemError(
    'file_too_large',
    `${quoted(path.text)} would have, or has, ${size} bytes; a file that is written here has at most ${maximum}.`,
  );
}
