import { createHash, type Hash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { hasCode } from '../sandbox/file-errors.ts';
import type { Folder } from '../sandbox/folder.ts';
import { openHeldFile, readPieces } from '../sandbox/held-file.ts';
import { isOwnName } from '../sandbox/names.ts';

const OWNER_MAY_EXECUTE = 0o100;

/** What is below a folder, in one line, and how much it is. Links and the like count as files, without bytes. */
export interface TreeDigest {
  /** SHA-256 in hexadecimal. */
  digest: string;
  files: number;
  folders: number;
  /** Of the files' contents. */
  bytes: number;
}

interface Tally {
  readonly hash: Hash;
  readonly signal: AbortSignal | undefined;
  files: number;
  folders: number;
  bytes: number;
}

/** The digest of a folder with nothing in it. */
export const EMPTY_TREE = createHash('sha256').digest('hex');

/**
 * Digests the names, types, contents and executable bits of all that is below a folder, and where its links point, so that
 * two trees with the same digest are the same. Times and other permissions do not count; what vanishes meanwhile is left out.
 */
export async function treeDigest(
  folder: Folder,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<TreeDigest> {
  const tally: Tally = { hash: createHash('sha256'), signal, files: 0, folders: 0, bytes: 0 };
  await addFolder(folder, Buffer.alloc(0), tally);
  const { hash, files, folders, bytes } = tally;
  return { digest: hash.digest('hex'), files, folders, bytes };
}

async function addFolder(folder: Folder, prefix: Buffer, tally: Tally): Promise<void> {
  const names = await readdir(folder.location, { encoding: 'buffer' });
  await folder.verify();
  for (const name of names.sort(Buffer.compare)) {
    tally.signal?.throwIfAborted();
    if (isOwnName(name.toString())) continue;
    await addEntry(folder, { name, path: Buffer.concat([prefix, name]) }, tally);
  }
}

async function addEntry(
  folder: Folder,
  { name, path }: { name: Buffer; path: Buffer },
  tally: Tally,
): Promise<void> {
  const stats = await unlessGone(lstat(folder.child(name)));
  if (stats === undefined) return;
  if (stats.isDirectory()) {
    await using inner = await unlessGone(folder.open(name));
    if (inner === undefined) return;
    tally.folders += 1;
    addLine(tally, 'folder', path);
    return await addFolder(inner, Buffer.concat([path, Buffer.from('/')]), tally);
  }
  if (stats.isFile()) return await addFile(folder, { name, path }, tally);
  const isLink = stats.isSymbolicLink();
  const target = isLink ? await unlessGone(readlink(folder.child(name), { encoding: 'buffer' })) : '';
  if (target === undefined) return;
  tally.files += 1;
  addLine(tally, `${specialType(stats)} ${createHash('sha256').update(target).digest('hex')}`, path);
}

async function addFile(
  folder: Folder,
  { name, path }: { name: Buffer; path: Buffer },
  tally: Tally,
): Promise<void> {
  await using handle = await openHeldFile(folder, name);
  if (handle === undefined) return;
  const { mode } = await handle.stat();
  const hash = createHash('sha256');
  for await (const piece of readPieces(handle, { signal: tally.signal })) {
    hash.update(piece);
    tally.bytes += piece.length;
  }
  tally.files += 1;
  const type = (mode & OWNER_MAY_EXECUTE) === 0 ? 'file' : 'executable';
  addLine(tally, `${type} ${hash.digest('hex')}`, path);
}

/** What was deleted, or replaced by something else, since it was seen is left out. */
async function unlessGone<Result>(looking: Promise<Result>): Promise<Result | undefined> {
  try {
    return await looking;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EINVAL')) return undefined;
    throw error;
  }
}

/** Neither a path nor what is said of it can hold NUL, so that no two trees make the same lines. */
function addLine({ hash }: Tally, what: string, path: Buffer): void {
  hash.update(`${what}\0`).update(path).update('\0');
}

function specialType(stats: Stats): string {
  if (stats.isSymbolicLink()) return 'link';
  if (stats.isFIFO()) return 'fifo';
  if (stats.isSocket()) return 'socket';
  return stats.isBlockDevice() ? `block ${stats.rdev}` : `character ${stats.rdev}`;
}
