import { z } from 'zod';
import type { Effect } from '../config.ts';
import type { Workspace, Workspaces } from '../workspace/workspace.ts';
import { workspaceOf } from './file-changing-tools.ts';
import { conditionOf, refuseUnseen, stateOf } from './file-guard.ts';
import { counted, describePlacing } from './file-previews.ts';
import { type AgentTool, type CallScope, defineTool, type ToolContext } from './tool.ts';

/** Between the states of both ends. */
const TO = ' to ';
const path = z.string().min(1);
const ends = z.object({
  from: path.describe('The file or folder, for example notes/todo.md'),
  to: path.describe('Its new path; a path that ends in / is a folder to put it into'),
  overwrite: z.boolean().optional().describe('Replace a file that is there (needs approval)'),
});
type Ends = z.infer<typeof ends>;

/** The tools that put files and folders somewhere else, and pack and unpack them. */
export function movingTools(workspaces: Workspaces): AgentTool[] {
  const tookEffect = (callId: string, userId: string) => workspaces.for(userId).changes.tookEffect(callId);
  const target = (input: Ends) => targetPath(input);

  function ofEnds(verb: 'move' | 'copy') {
    return {
      schema: ends,
      effect: 'write' as const,
      effectOf: async (input: Ends, { userId }: CallScope): Promise<Effect> => {
        const isReplacing = (await stateOf(workspaces.for(userId), target(input))).startsWith('file ');
        return isReplacing && input.overwrite === true ? 'destroy' : 'write';
      },
      describe: (input: Ends, { userId }: CallScope) =>
        describePlacing(workspaces.for(userId), { verb, from: input.from, to: target(input) }),
      state: async (input: Ends, { userId }: CallScope) => {
        const workspace = workspaces.for(userId);
        return [await stateOf(workspace, input.from), await stateOf(workspace, target(input))].join(TO);
      },
      tookEffect,
    };
  }

  /** A file is replaced only where the call was cleared as one that does, and only as it was then. */
  async function conditionsFor(workspace: Workspace, input: Ends, context: ToolContext) {
    const { signal, effect } = context;
    if (effect !== 'destroy') return { signal };
    // The state that the call was cleared in, and that a person who approved it was shown.
    const before = context.before?.split(TO)[1] ?? null;
    await refuseUnseen(workspace, target(input), { ...context, before });
    return { overwrite: true, ifMatch: conditionOf(before).ifMatch, signal };
  }

  const moveFile = defineTool({
    name: 'move_file',
    description: 'Move or rename a file or folder.',
    ...ofEnds('move'),
    run: async (input, context) => {
      const workspace = workspaceOf(workspaces, context);
      const move = await workspace.move(input.from, input.to, await conditionsFor(workspace, input, context));
      const over = move.previous_etag === null ? '' : ', over the file that was there';
      return `${move.from}: moved to ${move.path}${over}.`;
    },
  });

  const copyFile = defineTool({
    name: 'copy_file',
    description: 'Copy a file or folder.',
    ...ofEnds('copy'),
    run: async (input, context) => {
      const workspace = workspaceOf(workspaces, context);
      const copy = await workspace.copy(input.from, input.to, await conditionsFor(workspace, input, context));
      return `${copy.from}: copied to ${copy.path}, ${counted(copy.files, 'file')}, ${copy.bytes} bytes.`;
    },
  });

  return [moveFile, copyFile, makeFolder(workspaces), ...zipTools(workspaces)];
}

function makeFolder(workspaces: Workspaces): AgentTool {
  return defineTool({
    name: 'make_folder',
    description: 'Make an empty folder. Not needed before writing a file: folders are made as needed.',
    schema: z.object({ path: path.describe('The folder, for example notes/2026') }),
    effect: 'write',
    run: async (input, context) => {
      const { signal } = context;
      const made = await workspaceOf(workspaces, context).makeFolder(input.path, { signal });
      return made.operation === 'created' ? `${made.path}/: made.` : `${made.path}/: was there already.`;
    },
    state: (input, { userId }) => stateOf(workspaces.for(userId), input.path),
    tookEffect: (callId, userId) => workspaces.for(userId).changes.tookEffect(callId),
  });
}

function zipTools(workspaces: Workspaces): AgentTool[] {
  const tookEffect = (callId: string, userId: string) => workspaces.for(userId).changes.tookEffect(callId);

  const zipFiles = defineTool({
    name: 'zip_files',
    description: 'Pack files and folders into a new zip file.',
    schema: z.object({
      paths: z.array(path).min(1).max(100).describe('What to pack'),
      to: path.describe('The zip file to make, for example backup.zip'),
    }),
    effect: 'write',
    run: async ({ paths, to }, context) => {
      const { signal } = context;
      const archive = await workspaceOf(workspaces, context).archive(paths, to, { signal });
      const left =
        archive.left_out === 0 ? '' : ` Left out: ${counted(archive.left_out, 'link or odd name')}.`;
      return `${archive.path}: made, ${counted(archive.files, 'file')}, ${archive.size} bytes.${left}`;
    },
    state: ({ to }, { userId }) => stateOf(workspaces.for(userId), to),
    tookEffect,
  });

  const unzipFile = defineTool({
    name: 'unzip_file',
    description: 'Unpack a zip file into a new folder.',
    schema: z.object({
      path: path.describe('The zip file'),
      to: path.optional().describe('The new folder; left out: the path of the zip file without .zip'),
    }),
    effect: 'write',
    run: async (input, context) => {
      const { signal } = context;
      const workspace = workspaceOf(workspaces, context);
      const made = await workspace.unpack(input.path, input.to ?? folderFor(input.path), { signal });
      return `${made.path}/: unpacked, ${counted(made.files, 'file')}, ${made.bytes} bytes.`;
    },
    state: (input, { userId }) => stateOf(workspaces.for(userId), input.to ?? folderFor(input.path)),
    tookEffect,
  });

  return [zipFiles, unzipFile];
}

/** Where something comes to be that goes to a path; one that ends in a slash is a folder to put it into. */
function targetPath({ from, to }: Ends): string {
  return to.endsWith('/') ? `${to}${from.split('/').findLast((name) => name !== '') ?? ''}` : to;
}

function folderFor(archive: string): string {
  return archive.replace(/\.zip$/i, '');
}
