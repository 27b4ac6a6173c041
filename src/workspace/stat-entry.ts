import { lstat, stat } from 'node:fs/promises';
import { entryType, refuseSpecial } from './sandbox/entry-type.ts';
import { etagOfFile } from './sandbox/etags.ts';
import { modifiedAt, openFile } from './sandbox/open-file.ts';
import type { WorkspacePath } from './sandbox/paths.ts';
import { openFolder, openParent, type Place } from './sandbox/space.ts';

/** What is known of a file without reading it out. */
export interface FileInfo {
  path: string;
  type: 'file';
  size: number;
  etag: string;
  modified_at: string;
}

/** What is known of a folder without listing it. */
export interface FolderInfo {
  path: string;
  type: 'folder';
  modified_at: string;
}

/** Says what is at `path`. A file is hashed for its ETag, so a big one takes as long as reading it. */
export async function statEntry(
  place: Place,
  path: WorkspacePath,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<FileInfo | FolderInfo> {
  if (path.names.length === 0) return folderInfo(place, path);
  const { parent, name } = await openParent(place, path);
  await using folder = parent;
  const type = entryType(await lstat(folder.child(name)));
  refuseSpecial(type, path.text);
  if (type === 'folder') return folderInfo(place, path);
  await using file = await openFile(folder, name, path);
  return {
    path: path.text,
    type: 'file',
    size: Number(file.stats.size),
    etag: await etagOfFile(file.handle, options.signal),
    modified_at: modifiedAt(file.stats),
  };
}

/** Says what is at `path` and when it was changed, without reading it. */
export async function glanceAt(
  place: Place,
  path: WorkspacePath,
): Promise<Omit<FileInfo, 'etag'> | FolderInfo> {
  if (path.names.length === 0) return folderInfo(place, path);
  const { parent, name } = await openParent(place, path);
  await using folder = parent;
  const stats = await lstat(folder.child(name), { bigint: true });
  const type = entryType(stats);
  refuseSpecial(type, path.text);
  if (type === 'folder') return folderInfo(place, path);
  return { path: path.text, type: 'file', size: Number(stats.size), modified_at: modifiedAt(stats) };
}

async function folderInfo(place: Place, path: WorkspacePath): Promise<FolderInfo> {
  await using folder = await openFolder(place, path.names);
  const stats = await stat(folder.location);
  await folder.verify();
  return { path: path.text, type: 'folder', modified_at: modifiedAt(stats) };
}
