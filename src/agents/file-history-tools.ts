import { z } from 'zod';
import type { Undoing } from '../workspace/journal/changes.ts';
import type { JournalEntry } from '../workspace/journal/journal-reader.ts';
import type { Workspaces } from '../workspace/workspace.ts';
import { workspaceOf } from './file-changing-tools.ts';
import { type AgentTool, defineTool } from './tool.ts';

const CHANGES = 20;

/** The tools that tell what was changed, and undo it. */
export function historyTools(workspaces: Workspaces): AgentTool[] {
  const listChanges = defineTool({
    name: 'list_changes',
    description: 'List the last changes of files, with their ids, the latest first.',
    schema: z.object({ path: z.string().optional().describe('Only changes of this file or folder') }),
    effect: 'read',
    run: async ({ path }, { userId }) => {
      const changes = await workspaces.for(userId).changes.list({ limit: CHANGES, path });
      return changes.length === 0 ? 'Nothing was changed yet.' : changes.map(changeText).join('\n');
    },
  });

  const undoChanges = defineTool({
    name: 'undo_changes',
    description:
      'Undo changes of files: the last ones (all that the last request changed), or the one with change_id. Files that were changed since are not touched.',
    schema: z.object({
      change_id: z.uuid().optional().describe('The change, from list_changes; left out: the last ones'),
    }),
    effect: 'write',
    run: async ({ change_id }, context) => {
      const { changes } = workspaceOf(workspaces, context);
      const { signal } = context;
      const undoing = change_id
        ? await changes.undo(change_id, { signal })
        : await changes.undoLast({ signal });
      return undoneText(undoing);
    },
    tookEffect: (callId, userId) => workspaces.for(userId).changes.tookEffect(callId),
  });

  return [listChanges, undoChanges];
}

function undoneText({ undone }: Undoing): string {
  return undone
    .map(({ operation, path, fromPath }) => {
      if (operation === 'created') return `${path}: brought back.`;
      if (operation === 'deleted') return `${path}: taken away again.`;
      return operation === 'moved'
        ? `${fromPath}: moved back to ${path}.`
        : `${path}: holds what it did before.`;
    })
    .join('\n');
}

function changeText({
  id,
  operation,
  path,
  fromPath,
  agent,
  createdAt,
  undoes,
  undoneBy,
}: JournalEntry): string {
  const what = fromPath === null ? `${operation} ${path}` : `${operation} ${fromPath} to ${path}`;
  const who = agent ?? 'you';
  const notes = [undoes ? `undoes ${undoes}` : '', undoneBy ? 'undone' : ''].filter(Boolean);
  return `${createdAt.toISOString()} ${what} by ${who}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}, id ${id}`;
}
