import { lstat, open, stat } from 'node:fs/promises';
import { ProblemError } from '../../errors.ts';
import { hasCode } from './file-errors.ts';
import type { Folder } from './folder.ts';

/** A folder on the way down, and which one it was when it was opened. */
interface Step {
  readonly location: Buffer;
  readonly device: bigint;
  readonly inode: bigint;
}

/**
 * Holds a folder by its path, for systems without `/proc/self/fd`. Every folder on the way is remembered by device and
 * inode, and `verify` compares them again; between that look and the next system call a short window stays open.
 */
export async function openPathRoot(path: string, followLink: boolean): Promise<Folder> {
  return trailFolder([await stepInto(Buffer.from(path), followLink)]);
}

function trailFolder(trail: readonly [Step, ...Step[]]): Folder {
  const location = (trail.at(-1) ?? trail[0]).location;
  const child = (name: string | Buffer) => Buffer.concat([location, Buffer.from('/'), Buffer.from(name)]);
  return {
    location,
    child,
    open: async (name) => trailFolder([...trail, await stepInto(child(name), false)]),
    async verify() {
      for (const [index, step] of trail.entries()) await verifyStep(step, index === 0);
    },
    sync: () => syncFolder(location),
    async [Symbol.asyncDispose]() {},
  };
}

async function stepInto(location: Buffer, followLink: boolean): Promise<Step> {
  const stats = await (followLink ? stat : lstat)(location, { bigint: true });
  if (!stats.isDirectory()) {
    // The same failure that open(2) gives with O_DIRECTORY and O_NOFOLLOW.
    throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR', syscall: 'open' });
  }
  return { location, device: stats.dev, inode: stats.ino };
}

async function verifyStep(step: Step, followLink: boolean): Promise<void> {
  const now = await stepInto(step.location, followLink);
  if (now.device === step.device && now.inode === step.inode) return;
  throw new ProblemError(
    'path_outside_workspace',
    'A folder of the path was replaced while it was being used.',
  );
}

async function syncFolder(location: Buffer): Promise<void> {
  try {
    await using handle = await open(location, 'r');
    await handle.sync();
  } catch (error) {
    // Windows cannot open a folder, some file systems cannot sync one; the change itself is done.
    if (!hasCode(error, 'EINVAL', 'EISDIR', 'EPERM', 'EACCES')) throw error;
  }
}
