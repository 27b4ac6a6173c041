import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Turns } from '../turns/turns.ts';
import type { Workspaces } from '../workspace/workspace.ts';
import { askRoute } from './ask.ts';
import { clientGone } from './client-gone.ts';
import type { StreamSource } from './event-stream.ts';
import { changesRoutes } from './file-admin/changes.ts';
import { filesRoutes } from './file-admin/files.ts';
import { searchRoutes } from './file-admin/search.ts';
import { change, conditions, headers, tags } from './file-admin/shapes.ts';
import { problems, uuid } from './schemas.ts';

interface FileAdminOptions {
  turns: Turns;
  stream: StreamSource;
  workspaces: Workspaces;
}

const path = z.string().min(1, 'takes a path such as notes/todo.md').max(4_096);
const ends = z.strictObject({
  from: path,
  to: path.describe('The new path; one that ends in / is a folder to put it into'),
  overwrite: z.boolean().default(false).describe('Replace a file that is there; If-Match names its ETag'),
});
const newFolder = z.object({
  id: uuid,
  path: z.string(),
  operation: z.literal('created'),
  files: z.number(),
  bytes: z.number(),
});
const fileVersion = z.object({ path: z.string(), etag: z.string(), size: z.number() });

/** `/file-admin`: the files of the user's workspace, and the agent that looks after them. */
export const fileAdminRoutes: FastifyPluginAsyncZod<FileAdminOptions> = async (
  app,
  { turns, stream, workspaces },
) => {
  await app.register(askRoute, { turns, stream, entry: 'file-admin' });
  await app.register(filesRoutes, { workspaces });
  await app.register(changesRoutes, { workspaces });
  await app.register(searchRoutes, { workspaces });
  await app.register(movingRoutes, { workspaces });
  await app.register(zipRoutes, { workspaces });
  await app.register(compareRoute, { workspaces });
};

const movingRoutes: FastifyPluginAsyncZod<{ workspaces: Workspaces }> = async (app, { workspaces }) => {
  const moved = {
    id: uuid.nullable(),
    from: z.string(),
    path: z.string(),
    type: z.enum(['file', 'folder']),
    previous_etag: z.string().nullable().describe('Of the file that was replaced'),
  };
  app.post(
    '/move',
    {
      schema: {
        tags,
        summary: 'Move or rename a file or a folder',
        headers,
        body: ends,
        response: { 200: z.object({ ...moved, operation: z.literal('moved') }), ...problems },
      },
    },
    async ({ body: { from, to, overwrite }, headers: given, user }) =>
      await workspaces.for(user.id).move(from, to, { overwrite, ...conditions(given) }),
  );

  const copied = z.object({
    ...moved,
    operation: change.shape.operation,
    files: z.number(),
    bytes: z.number(),
  });
  app.post(
    '/copy',
    {
      schema: {
        tags,
        summary: 'Copy a file or a folder',
        headers,
        body: ends,
        response: { 200: copied, 201: copied, ...problems },
      },
    },
    async ({ body: { from, to, overwrite }, headers: given, user }, reply) => {
      const options = { overwrite, signal: clientGone(reply), ...conditions(given) };
      const copy = await workspaces.for(user.id).copy(from, to, options);
      return reply.code(copy.operation === 'created' ? 201 : 200).send(copy);
    },
  );

  const made = z.object({
    id: uuid.nullable(),
    path: z.string(),
    operation: z.enum(['created', 'unchanged']),
  });
  app.post(
    '/folders',
    {
      schema: {
        tags,
        summary: 'Make an empty folder',
        body: z.strictObject({ path }),
        response: { 200: made, 201: made, ...problems },
      },
    },
    async ({ body, user }, reply) => {
      const folder = await workspaces.for(user.id).makeFolder(body.path);
      return reply.code(folder.operation === 'created' ? 201 : 200).send(folder);
    },
  );
};

const zipRoutes: FastifyPluginAsyncZod<{ workspaces: Workspaces }> = async (app, { workspaces }) => {
  app.post(
    '/archive',
    {
      schema: {
        tags,
        summary: 'Pack files and folders into a new zip file',
        body: z.strictObject({ paths: z.array(path).min(1).max(100), to: path }),
        response: {
          201: change.extend({
            files: z.number(),
            folders: z.number(),
            bytes: z.number(),
            left_out: z.number().describe('Links, devices, and what has a name that no path can hold'),
          }),
          ...problems,
        },
      },
    },
    async ({ body: { paths, to }, user }, reply) => {
      const signal = clientGone(reply);
      const archive = await workspaces.for(user.id).archive(paths, to, { signal });
      return reply.code(201).header('etag', archive.etag).send(archive);
    },
  );

  app.post(
    '/unpack',
    {
      schema: {
        tags,
        summary: 'Unpack a zip file into a new folder: all of it, or nothing',
        body: z.strictObject({
          path,
          to: path.optional().describe('The new folder; left out: the path without .zip'),
        }),
        response: { 201: newFolder, ...problems },
      },
    },
    async ({ body: { path: from, to }, user }, reply) => {
      const signal = clientGone(reply);
      const folder = await workspaces
        .for(user.id)
        .unpack(from, to ?? from.replace(/\.zip$/i, ''), { signal });
      return reply.code(201).send(folder);
    },
  );
};

const compareRoute: FastifyPluginAsyncZod<{ workspaces: Workspaces }> = async (app, { workspaces }) => {
  app.get(
    '/compare',
    {
      schema: {
        tags,
        summary: 'The difference between two files',
        querystring: z.strictObject({ from: path, to: path }),
        response: {
          200: z.object({
            from: fileVersion,
            to: fileVersion,
            identical: z.boolean(),
            diff: z.string().nullable().describe('A unified diff; null where one of them is no text'),
            added: z.number().nullable(),
            removed: z.number().nullable(),
            truncated: z.boolean(),
          }),
          ...problems,
        },
      },
    },
    async ({ query, user }, reply) => {
      const signal = clientGone(reply);
      const { comparison, ...files } = await workspaces
        .for(user.id)
        .compare(query.from, query.to, { signal });
      const { diff = null, added = null, removed = null, truncated = false } = comparison ?? {};
      return { ...files, diff, added, removed, truncated };
    },
  );
};
