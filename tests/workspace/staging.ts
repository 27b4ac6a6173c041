import { createHash } from 'node:crypto';
import { lstat, mkdir, mkdtemp, open, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openDescriptorRoot } from '../../src/workspace/sandbox/descriptor-folder.ts';
import type { Folder } from '../../src/workspace/sandbox/folder.ts';
import { openPathRoot } from '../../src/workspace/sandbox/path-folder.ts';
import { type Unpacked, unpackZip } from '../../src/workspace/zip/unpack-zip.ts';

export interface Staging {
  /** Host path of a folder for the test's own files. */
  base: string;
  /** Host path of the empty folder to write to. */
  root: string;
  folder: Folder;
  /** Unpacks an archive into the folder. */
  unpack(archive: Buffer, options?: Parameters<typeof unpackZip>[2]): Promise<Unpacked>;
  /** A hash of all that is beside the folder. */
  hashOutside(): Promise<string>;
}

/** Makes an empty held folder with a guard beside it, for the running test. */
export async function makeStaging({ descriptors = true } = {}): Promise<Staging> {
  const base = await mkdtemp(join(tmpdir(), 'tertulia-staging-'));
  onTestFinished(() => rm(base, { recursive: true, force: true }));
  const root = join(base, 'root');
  await mkdir(root);
  await mkdir(join(base, 'guard', 'inner'), { recursive: true });
  await writeFile(join(base, 'guard', 'secret.txt'), 'the secret of the guard');
  const folder = await holdFolder(root, { descriptors });
  const unpack: Staging['unpack'] = async (archive, options = {}) => {
    const path = join(await mkdtemp(join(tmpdir(), 'tertulia-archive-')), 'a.zip');
    try {
      await writeFile(path, archive);
      await using handle = await open(path);
      return await unpackZip({ handle, size: archive.length, path: 'a.zip' }, folder, options);
    } finally {
      await rm(join(path, '..'), { recursive: true });
    }
  };
  return { base, root, folder, unpack, hashOutside: () => hashTree(base, 'root') };
}

/** Holds a folder of the host until the test ends. */
export async function holdFolder(path: string, { descriptors = true } = {}): Promise<Folder> {
  const held = descriptors ? await openDescriptorRoot(path, false) : undefined;
  const folder = held ?? (await openPathRoot(path, false));
  onTestFinished(() => folder[Symbol.asyncDispose]());
  return folder;
}

/** Hashes names, types, modes, times of change and contents below `folder`, but for its entry `except`. */
export async function hashTree(folder: string | Buffer, except?: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of (await readdir(folder, { encoding: 'buffer' })).sort(Buffer.compare)) {
    if (name.toString() === except) continue;
    const path = Buffer.concat([Buffer.from(folder), Buffer.from('/'), name]);
    const stats = await lstat(path);
    hash.update(name).update(` ${stats.mode} ${stats.mtimeMs} ${stats.nlink}\n`);
    if (stats.isDirectory()) hash.update(await hashTree(path));
    else if (stats.isSymbolicLink()) hash.update(await readlink(path));
    else if (stats.isFile()) hash.update(await readFile(path));
  }
  return hash.digest('hex');
}
