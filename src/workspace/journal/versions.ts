import { lstat } from 'node:fs/promises';
import type { EntryVersion, FolderVersion } from '../../db/workspace-schema.ts';
import { entryType, refuseSpecial } from '../sandbox/entry-type.ts';
import { etagOfFile } from '../sandbox/etags.ts';
import { hasCode } from '../sandbox/file-errors.ts';
import type { Folder } from '../sandbox/folder.ts';
import { openFile } from '../sandbox/open-file.ts';
import type { WorkspacePath } from '../sandbox/paths.ts';
import { treeDigest } from './tree-digest.ts';

/** An entry of an open folder. */
export interface EntryPlace {
  folder: Folder;
  name: string;
  path: WorkspacePath;
}

/**
 * What is in a folder under a name: a file with its ETag, a folder with its inode, null for nothing.
 *
 * @throws ProblemError `path_is_link` or `not_regular_file` for anything else.
 */
export async function versionIn(
  { folder, name, path }: EntryPlace,
  signal?: AbortSignal,
): Promise<EntryVersion> {
  const stats = await present(lstat(folder.child(name), { bigint: true }));
  if (stats === undefined) return null;
  const type = entryType(stats);
  refuseSpecial(type, path.text);
  if (type === 'folder') return { type: 'folder', inode: String(stats.ino) };
  await using file = await openFile(folder, name, { ...path, wantsFolder: false });
  return {
    type: 'file',
    etag: await etagOfFile(file.handle, signal),
    size: Number(file.stats.size),
    mode: Number(file.stats.mode & 0o777n),
  };
}

/** A folder in a folder, with a digest of all that is in it. */
export async function folderVersionIn(
  { folder, name }: Pick<EntryPlace, 'folder' | 'name'>,
  signal?: AbortSignal,
): Promise<FolderVersion> {
  await using inner = await folder.open(name);
  return { type: 'folder', ...(await digestOf(inner, signal)) };
}

/** Whether an entry is as it was recorded: a file by its content, a folder by all that is in it or by being the same one. */
export async function isAsRecorded(
  entry: EntryPlace,
  recorded: EntryVersion,
  signal?: AbortSignal,
): Promise<boolean> {
  const now = await versionIn(entry, signal);
  if (recorded === null || now === null) return recorded === now;
  if (recorded.type === 'file') return now.type === 'file' && now.etag === recorded.etag;
  if (now.type !== 'folder') return false;
  if (recorded.digest === undefined) return now.inode === recorded.inode;
  await using inner = await entry.folder.open(entry.name);
  return (await digestOf(inner, signal)).digest === recorded.digest;
}

async function digestOf(folder: Folder, signal: AbortSignal | undefined) {
  const { digest, files, bytes } = await treeDigest(folder, { signal });
  return { digest, files, bytes };
}

async function present<Value>(looking: Promise<Value>): Promise<Value | undefined> {
  try {
    return await looking;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
