import { createHash, type Hash } from 'node:crypto';
import { lstat, readdir } from 'node:fs/promises';
import { hasCode } from './sandbox/file-errors.ts';
import type { Folder } from './sandbox/folder.ts';
import { isOwnName } from './sandbox/names.ts';
import type { WorkspacePath } from './sandbox/paths.ts';
import { openFolder, type Place } from './sandbox/space.ts';
import { statEntry } from './stat-entry.ts';

/**
 * How much is below a folder: files, links and the like, folders, and the bytes of the files. `fingerprint` is another one when
 * anything in it was changed, as far as the disk tells without reading contents (names, inodes, sizes, times of change).
 */
export interface TreeSize {
  files: number;
  folders: number;
  bytes: number;
  fingerprint: string;
}

type Tally = Omit<TreeSize, 'fingerprint'> & { hash: Hash };

/** Counts what is below an open folder, without following links. */
export async function sizeOfTree(folder: Folder, signal?: AbortSignal): Promise<TreeSize> {
  const hash = createHash('sha256');
  const tally: Tally = { files: 0, folders: 0, bytes: 0, hash };
  await addTree(folder, tally, signal);
  const { files, folders, bytes } = tally;
  return { files, folders, bytes, fingerprint: hash.digest('hex') };
}

/** Counts what is at a path: one file, or all that is in a folder. */
export async function measureEntry(
  place: Place,
  path: WorkspacePath,
  { signal }: { signal?: AbortSignal | undefined },
): Promise<TreeSize> {
  const found = await statEntry(place, path, { signal });
  if (found.type === 'file') return { files: 1, folders: 0, bytes: found.size, fingerprint: found.etag };
  await using folder = await openFolder(place, path.names);
  return await sizeOfTree(folder, signal);
}

async function addTree(folder: Folder, size: Tally, signal: AbortSignal | undefined): Promise<void> {
  for (const name of (await readdir(folder.location, { encoding: 'buffer' })).sort(Buffer.compare)) {
    signal?.throwIfAborted();
    if (isOwnName(name.toString('latin1'))) continue;
    try {
      const stats = await lstat(folder.child(name), { bigint: true });
      size.hash
        .update(name)
        .update(`/${stats.ino} ${stats.mode} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}/`);
      if (stats.isDirectory()) {
        size.folders += 1;
        await using inner = await folder.open(name);
        await addTree(inner, size, signal);
      } else {
        size.files += 1;
        if (stats.isFile()) size.bytes += Number(stats.size);
      }
    } catch (error) {
      // Gone already: somebody else takes it away.
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }
}
