import { constants } from 'node:fs';
import { type FileHandle, open, readlink } from 'node:fs/promises';
import { ProblemError } from '../../errors.ts';
import { hasCode } from './file-errors.ts';
import type { Folder } from './folder.ts';

const OPEN_FOLDER = constants.O_RDONLY | constants.O_DIRECTORY;

/**
 * Holds a folder by an open descriptor and reaches its entries through `/proc/self/fd/<n>/<name>`, which the kernel
 * resolves from the open folder: what openat(2) does, which Node lacks. No link can be slipped in on the way.
 * Answers `undefined` where there is no such file system.
 */
export async function openDescriptorRoot(path: string, followLink: boolean): Promise<Folder | undefined> {
  const handle = await open(path, followLink ? OPEN_FOLDER : OPEN_FOLDER | constants.O_NOFOLLOW);
  try {
    return heldFolder(handle, await whereabouts(locationOf(handle)));
  } catch (error) {
    await handle.close();
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function heldFolder(handle: FileHandle, root: string): Folder {
  const location = locationOf(handle);
  const child = (name: string | Buffer) => Buffer.concat([location, Buffer.from('/'), Buffer.from(name)]);
  return {
    location,
    child,
    open: async (name) => heldFolder(await open(child(name), OPEN_FOLDER | constants.O_NOFOLLOW), root),
    async verify() {
      const current = await whereabouts(location);
      if (current === root || current.startsWith(`${root}/`)) return;
      throw new ProblemError(
        'path_outside_workspace',
        'The folder was moved out of the workspace while it was being used.',
      );
    },
    async sync() {
      try {
        await handle.sync();
      } catch (error) {
        // Some file systems cannot sync a folder and say so with EINVAL (fsync(2)); the change itself is done.
        if (!hasCode(error, 'EINVAL')) throw error;
      }
    },
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

function locationOf(handle: FileHandle): Buffer {
  return Buffer.from(`/proc/self/fd/${handle.fd}`);
}

/** Where the kernel says that an open folder is now; latin1 keeps the bytes of any name. */
function whereabouts(location: Buffer): Promise<string> {
  return readlink(location, { encoding: 'latin1' });
}
