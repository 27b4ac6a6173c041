import { ProblemError } from '../errors.ts';
import { addEntry, type EntryFolder, emptyEntryFolder, fillFolder, makeFile } from './entry-tree.ts';
import { type NewFolder, placeTree } from './place-tree.ts';
import { asProblem } from './sandbox/file-errors.ts';
import { quoted } from './sandbox/names.ts';
import { parsePath, type WorkspacePath } from './sandbox/paths.ts';
import type { Space } from './sandbox/space.ts';

/** A file of a new folder; its path is relative to that folder. */
interface NewFile {
  path: string;
  content: Uint8Array;
  executable?: boolean | undefined;
}

/** What a new folder holds; `folders` names those that would be empty. */
export interface NewFiles {
  files: readonly NewFile[];
  folders?: readonly string[];
  signal?: AbortSignal | undefined;
}

/**
 * Makes a folder that must not exist yet, with files in it, in one step and as one change.
 *
 * @throws ProblemError `already_exists`, or `name_collision` when two of the files cannot stand beside each other.
 */
export async function placeFiles(
  space: Space,
  path: WorkspacePath,
  { files, folders = [], signal }: NewFiles,
): Promise<NewFolder> {
  const root = emptyEntryFolder<NewFile>();
  for (const file of files) add(root, file);
  for (const folder of folders)
    add(root, { path: folder.endsWith('/') ? folder : `${folder}/`, content: NOTHING });
  return await placeTree(space, path, {
    signal,
    fill: (staged) =>
      fillFolder(staged, root, {
        signal,
        async write(folder, { name, content }) {
          try {
            await using handle = await makeFile(folder, name, content.executable === true);
            await handle.writeFile(content.content, { signal });
            await handle.sync();
          } catch (error) {
            signal?.throwIfAborted();
            throw asProblem(error, content.path);
          }
        },
      }),
  });
}

const NOTHING = new Uint8Array();

function add(root: EntryFolder<NewFile>, file: NewFile): void {
  const path = parsePath(file.path);
  const placed = addEntry(root, { type: path.wantsFolder ? 'folder' : 'file', path, content: file });
  if ('fault' in placed)
    throw new ProblemError('name_collision', `${quoted(file.path)} ${placed.fault}. Nothing was made.`);
}
