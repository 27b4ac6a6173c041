import { ProblemError } from '../errors.ts';
import { unifiedDiff } from '../workspace/text/compare.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { ABSENT, changedOutside, stateOf, textOf } from './file-guard.ts';
import type { CallDescription } from './tool.ts';

/** How many of the entries that would be deleted are named. */
const ENTRIES_SHOWN = 40;

/** What writing a text would make, or change. */
export async function describeWriting(
  workspace: Workspace,
  path: string,
  content: string,
): Promise<CallDescription> {
  const size = Buffer.byteLength(content);
  if ((await stateOf(workspace, path)) === ABSENT)
    return { summary: `create ${path} (${size} bytes)`, preview: content };
  const note = await outsideNote(workspace, path);
  const summary = `replace all of ${path} (${size} bytes)${note}`;
  const before = await textOf(workspace, path);
  if (before === undefined)
    return { summary, preview: `${await sizeNote(workspace, path)}\nIt would hold:\n${content}` };
  return { summary, preview: unifiedDiff({ name: path, text: before }, { name: path, text: content }).diff };
}

/** What deleting would take away: a text, the size of another file, or the list of what is in a folder. */
export async function describeDeleting(workspace: Workspace, path: string): Promise<CallDescription> {
  const state = await stateOf(workspace, path);
  if (state === ABSENT)
    throw new ProblemError('file_not_found', `There is nothing at "${path}" in the workspace.`);
  const found = await workspace.stat(path);
  if (found.type === 'file') {
    const text = await textOf(workspace, path);
    const summary = `delete ${path}${await outsideNote(workspace, path)}`;
    return { summary, preview: text ?? (await sizeNote(workspace, path)) };
  }
  const { files, folders, bytes } = await workspace.measure(path);
  const count = `${counted(files, 'file')}, ${counted(folders, 'folder')}, ${bytes} bytes`;
  const listing = await workspace.list(path, { recursive: true, all: true, limit: ENTRIES_SHOWN });
  const lines = listing.entries.map((entry) =>
    entry.type === 'folder' ? `${entry.path}/` : `${entry.path} (${entry.size} bytes)`,
  );
  if (listing.truncated) lines.push('… and more');
  return {
    summary: `delete the folder ${path} with all that is in it: ${count}`,
    preview: [`${count}:`, ...lines].join('\n'),
  };
}

/** What putting a file or a folder somewhere else would do, and what it would take away there. */
export async function describePlacing(
  workspace: Workspace,
  { verb, from, to }: { verb: 'move' | 'copy'; from: string; to: string },
): Promise<CallDescription> {
  const state = await stateOf(workspace, to);
  if (!state.startsWith('file ')) {
    const { files, bytes } = await workspace.measure(from);
    return { summary: `${verb} ${from} to ${to}`, preview: `${counted(files, 'file')}, ${bytes} bytes.` };
  }
  const summary = `${verb} ${from} to ${to}, over the file that is there${await outsideNote(workspace, to)}`;
  const { identical, comparison } = await workspace.compare(to, from);
  if (identical) return { summary, preview: 'Both files hold the same.' };
  return { summary, preview: comparison?.diff ?? (await sizeNote(workspace, to)) };
}

async function outsideNote(workspace: Workspace, path: string): Promise<string> {
  const outside = await changedOutside(workspace, path, await stateOf(workspace, path));
  return outside
    ? `, which somebody changed outside of this server after ${outside.since.toISOString()}`
    : '';
}

async function sizeNote(workspace: Workspace, path: string): Promise<string> {
  const found = await workspace.stat(path);
  return found.type === 'file'
    ? `${path} is no text that can be shown: ${found.size} bytes.`
    : `${path} is a folder.`;
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
