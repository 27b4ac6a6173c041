import { changeHeldFile } from './change-file.ts';
import { copyTree } from './copy-tree.ts';
import { type MoveOptions, presentIn, replacedIn, targetOf } from './move-entry.ts';
import { type NewFolder, placeTree } from './place-tree.ts';
import { etagOfFile } from './sandbox/etags.ts';
import { openFile } from './sandbox/open-file.ts';
import type { WorkspacePath } from './sandbox/paths.ts';
import { holdWorkspace, openSpot, type Space } from './sandbox/space.ts';

/** What was copied: a file as it was written, or a folder. */
export interface Copy {
  id: string | null;
  operation: 'created' | 'replaced' | 'unchanged';
  from: string;
  path: string;
  type: 'file' | 'folder';
  files: number;
  bytes: number;
  previous_etag: string | null;
}

/** Copies a file or a folder. Links and the like in a folder are left out; a folder is never merged into another one. */
export async function copyEntry(
  space: Space,
  { from, to }: { from: WorkspacePath; to: WorkspacePath },
  options: MoveOptions,
): Promise<Copy> {
  const path = targetOf(from, to);
  await using source = await openSpot(space, from);
  const found = await presentIn(source, options.signal);
  const ends = { from: from.text, path: path.text, type: found.type };
  if (found.type === 'folder') {
    await using target = await openSpot(space, path);
    await replacedIn(target, { type: 'folder', source, options });
    await using folder = await source.folder.open(source.name);
    const made: NewFolder = await placeTree(space, path, {
      fill: (staged) => copyTree(folder, staged, { signal: options.signal }),
      signal: options.signal,
    });
    return { ...made, ...ends, previous_etag: null };
  }
  return await holdWorkspace(space, path, {
    signal: options.signal,
    async change() {
      await using target = await openSpot(space, path);
      await using file = await openFile(source.folder, source.name, from);
      const etag = await etagOfFile(file.handle, options.signal);
      const replaced = await replacedIn(target, { type: 'file', source, options });
      const condition = replaced === null ? { ifNoneMatch: '*' as const } : { ifMatch: replaced.etag };
      const content = { type: 'file' as const, etag, size: Number(file.stats.size), file };
      const change = await changeHeldFile(space, path, { content, ...condition, signal: options.signal });
      const { id, operation, size, previous_etag } = change;
      return { id, operation, ...ends, files: 1, bytes: size, previous_etag };
    },
  });
}
