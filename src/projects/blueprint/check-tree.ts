import { ProblemError } from '../../errors.ts';
import { addEntry, type EntryFolder, emptyEntryFolder } from '../../workspace/entry-tree.ts';
import { quoted } from '../../workspace/sandbox/names.ts';
import { parsePath, type WorkspacePath } from '../../workspace/sandbox/paths.ts';
import { shownBytes, shownCount } from '../../workspace/tree-limits.ts';
import type { BlueprintLimits, ProjectTree } from './blueprint.ts';

/** More than this nobody mends at once. */
const MOST_FAULTS = 20;
/** What git, the package managers and the workspace keep for themselves. */
const KEPT_NAMES = new Set(['.git', 'node_modules', '.venv']);

/** What is wrong with the files of a project, each fault as a sentence; nothing when they can be written. */
export function treeFaults(
  { files, folders }: Pick<ProjectTree, 'files' | 'folders'>,
  limits: BlueprintLimits,
): string[] {
  const { entries, fileBytes, bytes } = limits;
  if (files.length === 0) return ['files: there is none; a project has at least one file'];
  if (files.length + folders.length > entries)
    return [
      `files: there are ${shownCount(files.length + folders.length)}, the most is ${shownCount(entries)}`,
    ];
  const faults: string[] = [];
  const root = emptyEntryFolder<null>();
  let added = 0;
  let total = 0;
  const place = (text: string, type: 'file' | 'folder') => {
    const checked = checkPath(text, type, limits);
    if ('fault' in checked) return void faults.push(`${quoted(text)}: ${checked.fault}`);
    const placed = addTo(root, checked.path, type);
    if ('fault' in placed) faults.push(`${quoted(text)}: ${placed.fault}`);
    else added += placed.added;
  };
  for (const { path, content } of files) {
    place(path, 'file');
    total += content.length;
    if (content.length > fileBytes)
      faults.push(`${quoted(path)}: has ${shownBytes(content.length)}, the most is ${shownBytes(fileBytes)}`);
  }
  for (const folder of folders) place(folder.replace(/\/$/, ''), 'folder');
  if (added > entries)
    faults.push(
      `files: there are ${shownCount(added)} with their folders, the most is ${shownCount(entries)}`,
    );
  if (total > bytes)
    faults.push(`files: they have ${shownBytes(total)} together, the most is ${shownBytes(bytes)}`);
  return faults.length > MOST_FAULTS
    ? [...faults.slice(0, MOST_FAULTS), `and ${faults.length - MOST_FAULTS} more faults of this kind`]
    : faults;
}

function addTo(root: EntryFolder<null>, path: WorkspacePath, type: 'file' | 'folder') {
  return addEntry(root, { type, path, content: null });
}

function checkPath(
  text: string,
  type: 'file' | 'folder',
  { depth }: BlueprintLimits,
): { path: WorkspacePath } | { fault: string } {
  try {
    const path = parsePath(text);
    if (path.names.length === 0)
      return { fault: 'is empty; a path is relative to the project, such as src/main.ts' };
    if (path.wantsFolder && type === 'file') return { fault: 'is the path of a folder; name it in folders' };
    if (path.names.length > depth) return { fault: `is deeper than ${depth} folders` };
    const kept = path.names.find((name) => KEPT_NAMES.has(name.toLowerCase()));
    return kept === undefined
      ? { path }
      : { fault: `${quoted(kept)} is made by a program, not by a project` };
  } catch (error) {
    if (error instanceof ProblemError) return { fault: error.message };
    throw error;
  }
}
