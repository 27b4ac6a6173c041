import type { BigIntStats } from 'node:fs';
import { type FileHandle, lstat, mkdir, readdir, unlink } from 'node:fs/promises';
import { ProblemError } from '../errors.ts';
import { asProblem, hasCode } from './sandbox/file-errors.ts';
import type { Folder } from './sandbox/folder.ts';
import { createHeldFile, openHeldFile, readPieces } from './sandbox/held-file.ts';
import { isOwnName, quoted } from './sandbox/names.ts';
import { shownBytes, shownCount, TREE_LIMITS, type TreeLimits } from './tree-limits.ts';

/** How often an entry that changes while it is copied is tried. */
const ATTEMPTS = 3;
/** Read, write and execute for owner, group and others; set-user-id and the like are not carried over. */
const PERMISSIONS = 0o777;
const OWNER_ALL = 0o700;
/** Nobody else reads a copy before it has the permissions of its original. */
const UNFINISHED = 0o600;

/** What was copied, and how many links, devices, FIFOs and sockets were left out. */
export interface CopiedTree {
  files: number;
  folders: number;
  /** Of the files' contents. */
  bytes: number;
  links: number;
}

interface Job {
  readonly limits: TreeLimits;
  readonly signal: AbortSignal | undefined;
  readonly copied: CopiedTree;
}

/** A folder to copy, the one to copy it to, and what to call it in a sentence: its path with a slash, or nothing. */
interface Pair {
  readonly from: Folder;
  readonly to: Folder;
  readonly prefix: string;
}

/**
 * Copies all that is below a folder into an empty one: regular files with their permissions and the time of their last
 * change, and folders with their permissions. Links are never followed. When this fails, `to` holds a part.
 *
 * @throws ProblemError `file_too_large`, or `changed_since` for a file that does not stay the same while it is copied.
 */
export async function copyTree(
  from: Folder,
  to: Folder,
  { limits, signal }: { limits?: Partial<TreeLimits> | undefined; signal?: AbortSignal | undefined } = {},
): Promise<CopiedTree> {
  signal?.throwIfAborted();
  const copied: CopiedTree = { files: 0, folders: 0, bytes: 0, links: 0 };
  await copyFolder({ from, to, prefix: '' }, { limits: { ...TREE_LIMITS, ...limits }, signal, copied });
  return copied;
}

async function copyFolder(pair: Pair, job: Job): Promise<void> {
  const names = await readdir(pair.from.location, { encoding: 'buffer' });
  await pair.from.verify();
  for (const name of names) {
    job.signal?.throwIfAborted();
    const shown = name.toString();
    if (isOwnName(shown)) continue;
    try {
      await copyEntry(pair, name, job);
    } catch (error) {
      throw asProblem(error, `${pair.prefix}${shown}`);
    }
  }
  await pair.to.sync();
}

/** An entry can be deleted, replaced or written to at any moment; what cannot be copied as it is, is looked at again. */
async function copyEntry(pair: Pair, name: Buffer, job: Job): Promise<void> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const type = await typeOf(pair.from, name);
    if (type === 'gone') return;
    if (type === 'other') {
      job.copied.links += 1;
      return;
    }
    if (type === 'folder' ? await copyInner(pair, name, job) : await copyFile(pair, name, job)) return;
  }
  throw new ProblemError(
    'changed_since',
    `${quoted(pair.prefix + name.toString())} was changed each time it was being copied. Try again when nothing writes to it.`,
  );
}

async function typeOf(folder: Folder, name: Buffer): Promise<'file' | 'folder' | 'other' | 'gone'> {
  try {
    const stats = await lstat(folder.child(name));
    if (stats.isFile()) return 'file';
    return stats.isDirectory() ? 'folder' : 'other';
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return 'gone';
    throw error;
  }
}

/** Copies a folder in a folder; answers false when it is no longer one. */
async function copyInner({ from, to, prefix }: Pair, name: Buffer, job: Job): Promise<boolean> {
  await using source = await openInner(from, name);
  if (source === undefined) return false;
  await from.verify();
  count(job, 'folders');
  const { mode } = await lstat(from.child(name));
  await to.verify();
  await mkdir(to.child(name), (mode & PERMISSIONS) | OWNER_ALL);
  await using target = await to.open(name);
  await copyFolder({ from: source, to: target, prefix: `${prefix}${name.toString()}/` }, job);
  return true;
}

async function openInner(folder: Folder, name: Buffer): Promise<Folder | undefined> {
  try {
    return await folder.open(name);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
    throw error;
  }
}

/** Copies a file; answers false, and leaves nothing, when it was changed meanwhile. */
async function copyFile({ from, to }: Pair, name: Buffer, job: Job): Promise<boolean> {
  await using source = await openHeldFile(from, name);
  if (source === undefined) return false;
  await from.verify();
  const before = await source.stat({ bigint: true });
  refuseTooLarge(job, Number(before.size));
  if (await copyContent(source, before, { to, name, job })) {
    count(job, 'files');
    job.copied.bytes += Number(before.size);
    return true;
  }
  await unlink(to.child(name));
  return false;
}

async function copyContent(
  source: FileHandle,
  before: BigIntStats,
  { to, name, job }: { to: Folder; name: Buffer; job: Job },
): Promise<boolean> {
  await using target = await createHeldFile(to, name, UNFINISHED);
  // One byte more shows that the file has grown, and a file that grows for ever is not read for ever.
  const length = Number(before.size) + 1;
  await target.writeFile(readPieces(source, { length, signal: job.signal }));
  const { size } = await target.stat({ bigint: true });
  const after = await source.stat({ bigint: true });
  if (size !== before.size || !isUnchanged(before, after)) return false;
  await target.chmod(Number(before.mode) & PERMISSIONS);
  await target.utimes(Number(before.atimeNs) / 1e9, Number(before.mtimeNs) / 1e9);
  await target.sync();
  return true;
}

function isUnchanged(before: BigIntStats, after: BigIntStats): boolean {
  return after.size === before.size && after.mtimeNs === before.mtimeNs && after.ctimeNs === before.ctimeNs;
}

function count({ copied, limits }: Job, what: 'files' | 'folders'): void {
  copied[what] += 1;
  if (copied.files + copied.folders > limits.entries) {
    throw tooLarge(`${shownCount(limits.entries)} files and folders`);
  }
}

function refuseTooLarge({ copied, limits }: Job, size: number): void {
  if (copied.bytes + size > limits.bytes) throw tooLarge(shownBytes(limits.bytes));
}

function tooLarge(most: string): ProblemError {
  return new ProblemError(
    'file_too_large',
    `A folder with more than ${most} is not copied. Copy a part of it.`,
  );
}
