import { z } from 'zod';
import { ProblemError } from '../errors.ts';
import type { FileEdit } from '../workspace/edit-file.ts';
import type { FilePatch } from '../workspace/patch-file.ts';
import type { Workspace, Workspaces } from '../workspace/workspace.ts';
import { ABSENT, conditionOf, hasSeen, refuseUnseen, stateOf } from './file-guard.ts';
import { counted, describeDeleting, describeWriting } from './file-previews.ts';
import { type AgentTool, defineTool, type ToolContext } from './tool.ts';

const path = z.string().min(1).describe('Path relative to the workspace, for example notes/todo.md');

const edits = z.array(
  z.object({
    find: z.string().min(1).describe('The exact text to replace, with enough around it to be found once'),
    replace: z.string().describe('What to put in its place'),
    all: z.boolean().optional().describe('Replace every occurrence'),
  }),
);

/** The tools that change what a file holds, or take it away. */
export function changingTools(workspaces: Workspaces): AgentTool[] {
  const state = (input: { path: string }, { userId }: { userId: string }) =>
    stateOf(workspaces.for(userId), input.path);
  const tookEffect = (callId: string, userId: string) => workspaces.for(userId).changes.tookEffect(callId);

  const writeFile = defineTool({
    name: 'write_file',
    description:
      'Create a text file with this content, or replace all that it holds. Read a file before you replace it: replacing one that you have not read needs approval. Folders are made as needed.',
    schema: z.object({ path, content: z.string().describe('The whole content of the file') }),
    effect: 'write',
    effectOf: async (input, scope) => {
      const now = await stateOf(workspaces.for(scope.userId), input.path);
      return now.startsWith('file ') && !hasSeen(scope, input.path, now) ? 'destroy' : 'write';
    },
    run: async ({ path: name, content }, context) => {
      const workspace = workspaceOf(workspaces, context);
      // What was cleared as a new file, or as one that was read, must be that still.
      if (
        context.effect === 'write' &&
        context.before !== ABSENT &&
        !hasSeen(context, name, context.before ?? '')
      )
        throw new ProblemError(
          'changed_since',
          `${name} has appeared or changed meanwhile. Read it, then write again.`,
        );
      await refuseUnseen(workspace, name, context);
      const change = await workspace.write(name, Buffer.from(content), conditionOf(context.before));
      context.note(change.path, change.etag);
      return `${change.path}: ${change.operation}, ${change.size} bytes.`;
    },
    describe: ({ path: name, content }, { userId }) => describeWriting(workspaces.for(userId), name, content),
    ...{ state, tookEffect },
  });

  const editFile = defineTool({
    name: 'edit_file',
    description:
      'Change parts of a text file: give either edits (find and replace; each find must occur exactly once, unless all is true) or patch (a unified diff). Everything applies, or nothing does.',
    schema: z.object({
      path,
      edits: edits.min(1).optional(),
      patch: z.string().min(1).optional().describe('A unified diff for this one file'),
    }),
    effect: 'write',
    run: async ({ path: name, ...change }, context) => {
      const workspace = workspaceOf(workspaces, context);
      await refuseUnseen(workspace, name, context);
      const condition = conditionOf(context.before);
      if (change.edits && change.patch === undefined)
        return editedText(await workspace.edit(name, change.edits, condition), context);
      if (change.patch !== undefined && change.edits === undefined)
        return patchedText(await workspace.patch(name, change.patch, condition), context);
      throw new ProblemError(
        'edit_does_not_apply',
        'Give either edits or patch, one of the two. Nothing was changed.',
      );
    },
    describe: async ({ path: name, ...change }) => ({
      summary: `edit ${name}`,
      preview:
        change.patch ?? (change.edits ?? []).map(({ find, replace }) => `- ${find}\n+ ${replace}`).join('\n'),
    }),
    ...{ state, tookEffect },
  });

  const deleteFile = defineTool({
    name: 'delete_file',
    description:
      'Delete a file, or a folder (with recursive: true, all that is in it). Needs approval; can be undone.',
    schema: z.object({
      path,
      recursive: z.boolean().optional().describe('Delete a folder that is not empty'),
    }),
    effect: 'destroy',
    run: async ({ path: name, recursive }, context) => {
      const workspace = workspaceOf(workspaces, context);
      await refuseUnseen(workspace, name, context);
      const { ifMatch, fingerprint } = conditionOf(context.before);
      const removal = await workspace.remove(name, { recursive, ifMatch, fingerprint });
      return `${removal.path}: deleted, ${counted(removal.files, 'file')}, ${removal.bytes} bytes.`;
    },
    describe: async ({ path: name, recursive }, { userId }) => {
      const workspace = workspaces.for(userId);
      await refuseFilledFolder(workspace, name, recursive === true);
      return describeDeleting(workspace, name);
    },
    ...{ state, tookEffect },
  });

  return [writeFile, editFile, deleteFile];
}

/** The workspace as the call changes it: the journal names the call. */
export function workspaceOf(
  workspaces: Workspaces,
  { userId, agent, runId, callId }: ToolContext,
): Workspace {
  return workspaces.for(userId, { agent, runId, callId });
}

function editedText(
  { path: name, replacements, size, etag, edits: made }: FileEdit,
  context: ToolContext,
): string {
  context.note(name, etag);
  const places = made.map(
    ({ matches, lines }) => `${counted(matches, 'match')} in ${linesText(lines, matches)}`,
  );
  return `${name}: ${replacements} replaced (${places.join('; ')}), ${size} bytes.`;
}

function patchedText({ path: name, hunks, size, etag }: FilePatch, context: ToolContext): string {
  context.note(name, etag);
  const lines = hunks.map(({ line, added, removed }) => `line ${line}: +${added} -${removed}`);
  return `${name}: patched (${lines.join('; ')}), ${size} bytes.`;
}

function linesText(lines: number[], matches: number): string {
  const more = lines.length < matches && lines.length >= 10 ? ' and more' : '';
  return `${lines.length === 1 ? 'line' : 'lines'} ${lines.join(', ')}${more}`;
}

/** A person is not asked about a call that cannot be done. */
async function refuseFilledFolder(workspace: Workspace, path: string, recursive: boolean): Promise<void> {
  if (recursive || (await stateOf(workspace, path)) === ABSENT) return;
  if ((await workspace.stat(path)).type === 'file') return;
  const { files, folders } = await workspace.measure(path);
  if (files + folders === 0) return;
  throw new ProblemError(
    'folder_not_empty',
    `The folder ${path} is not empty: it has ${counted(files, 'file')} and ${counted(folders, 'folder')}. To delete all of it, set recursive to true.`,
  );
}
