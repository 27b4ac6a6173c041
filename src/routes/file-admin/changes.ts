import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { CHANGE_OPERATIONS, CHANGE_STATES, type EntryVersion } from '../../db/workspace-schema.ts';
import type { Undoing } from '../../workspace/journal/changes.ts';
import type { JournalEntry } from '../../workspace/journal/journal-reader.ts';
import type { Workspaces } from '../../workspace/workspace.ts';
import { pageSize, pathFilter, problems, timestamp, uuid } from '../schemas.ts';
import { linkNext } from '../shapes.ts';
import { tags } from './shapes.ts';

const version = z
  .object({
    type: z.enum(['file', 'folder']),
    etag: z.string().optional(),
    size: z.number().optional(),
    files: z.number().optional(),
    bytes: z.number().optional(),
  })
  .nullable();

const entry = z.object({
  id: uuid,
  operation: z.enum(CHANGE_OPERATIONS),
  path: z.string(),
  from: z.string().nullable().describe('Where a moved file or folder was'),
  before: version.describe('What was at the path; null where there was nothing'),
  after: version,
  run_id: uuid.nullable(),
  agent: z.string().nullable().describe('The agent that made it; null for a call of an endpoint'),
  undoes: uuid.nullable(),
  undone_by: uuid.nullable(),
  state: z.enum(CHANGE_STATES),
  created_at: timestamp,
});

const undoing = z.object({
  undone: z.array(entry).describe('The changes that this made, the first one first'),
  skipped: z.array(z.object({ id: uuid, path: z.string(), detail: z.string() })),
});

/** `/file-admin/changes`: the journal of the user's workspace, and undoing what is in it. */
export const changesRoutes: FastifyPluginAsyncZod<{ workspaces: Workspaces }> = async (
  app,
  { workspaces },
) => {
  app.get(
    '/changes',
    {
      schema: {
        tags,
        summary: 'What was changed, the latest first',
        querystring: z.strictObject({
          limit: pageSize(50),
          before: uuid.optional().describe('Only changes before this one'),
          path: pathFilter.min(1).optional().describe('Only changes of this file or folder'),
          run_id: uuid.optional(),
        }),
        response: { 200: z.array(entry), ...problems },
      },
    },
    async (request, reply) => {
      const { limit, run_id: runId, ...filter } = request.query;
      const changes = await workspaces
        .for(request.user.id)
        .changes.list({ ...filter, runId, limit: limit + 1 });
      const last = changes[limit - 1];
      if (last && changes.length > limit) linkNext(request, reply, { before: last.id });
      return changes.slice(0, limit).map(showEntry);
    },
  );

  app.get(
    '/changes/:id',
    {
      schema: {
        tags,
        summary: 'A change, with what it did to a text',
        params: z.object({ id: uuid }),
        response: {
          200: entry.extend({
            diff: z
              .string()
              .nullable()
              .describe('A unified diff; null where it is no text, or not kept any more'),
          }),
          ...problems,
        },
      },
    },
    async (request) => {
      const { changes } = workspaces.for(request.user.id);
      const found = await changes.find(request.params.id);
      const comparison = await changes.diff(found);
      return { ...showEntry(found), diff: comparison?.diff ?? null };
    },
  );

  app.post(
    '/changes/:id/undo',
    {
      schema: {
        tags,
        summary: 'Undo a change, which is a change itself',
        params: z.object({ id: uuid }),
        response: { 200: undoing, ...problems },
      },
    },
    async (request) => showUndoing(await workspaces.for(request.user.id).changes.undo(request.params.id)),
  );

  app.post(
    '/changes/undo',
    {
      schema: {
        tags,
        summary: 'Undo all changes of a run, or none of them',
        body: z.strictObject({
          run_id: uuid,
          skip_changed: z.boolean().optional().describe('Undo all that can be, and leave the others'),
        }),
        response: { 200: undoing, ...problems },
      },
    },
    async (request) => {
      const { run_id: runId, skip_changed: skipChanged } = request.body;
      return showUndoing(await workspaces.for(request.user.id).changes.undoRun(runId, { skipChanged }));
    },
  );
};

function showEntry(change: JournalEntry): z.infer<typeof entry> {
  const { id, operation, path, fromPath, before, after, runId, agent, undoes, undoneBy, state, createdAt } =
    change;
  return {
    ...{ id, operation, path, from: fromPath, before: showVersion(before), after: showVersion(after) },
    ...{ run_id: runId, agent, undoes, undone_by: undoneBy, state, created_at: createdAt.toISOString() },
  };
}

function showVersion(version: EntryVersion): z.infer<typeof entry>['before'] {
  if (version === null) return null;
  if (version.type === 'file') {
    const { type, etag, size } = version;
    return { type, etag, size };
  }
  const { type, files, bytes } = version;
  return { type, files, bytes };
}

function showUndoing({ undone, skipped }: Undoing): z.infer<typeof undoing> {
  return { undone: undone.map(showEntry), skipped };
}
