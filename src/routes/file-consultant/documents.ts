import multipart from '@fastify/multipart';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { DOCUMENT_STATES } from '../../db/knowledge-schema.ts';
import { ProblemError } from '../../errors.ts';
import type { Library } from '../../knowledge/library/library.ts';
import { slotsOf } from '../../workspace/explorer/slots.ts';
import type { Workspaces } from '../../workspace/workspace.ts';
import { clientGone } from '../client-gone.ts';
import { pageSize, pathFilter, problems, uuid } from '../schemas.ts';
import { documentShape, entryShape, path, showDocument, showEntry, tags } from './shapes.ts';
import { storeUpload } from './upload.ts';

const UPLOADS_AT_A_TIME = 4;
const params = z.object({ id: uuid });
const querystring = z.strictObject({
  type: z
    .enum(['file', 'folder'], 'takes file or folder')
    .default('file')
    .describe('The documents, or the folders that are followed'),
  path: pathFilter.optional().describe('Only what is at or below this path'),
  state: z.enum(DOCUMENT_STATES, `takes one of ${DOCUMENT_STATES.join(', ')}`).optional(),
  limit: pageSize(100),
  after: pathFilter.optional().describe('Only documents behind this path'),
});
const line = z.coerce.number('takes a whole number').int().min(1).max(1_000_000_000);

interface DocumentsOptions {
  library: Library;
  workspaces: Workspaces;
  /** The largest file that can be uploaded, in bytes. */
  maximumBytes: number;
}

/** `/file-consultant/documents`: what is read in, and how far. */
export const documentRoutes: FastifyPluginAsyncZod<DocumentsOptions> = async (app, options) => {
  await app.register(addRoute, options);
  await app.register(shownRoutes, options);
};

const addRoute: FastifyPluginAsyncZod<DocumentsOptions> = async (
  app,
  { library, workspaces, maximumBytes },
) => {
  const places = slotsOf({ count: UPLOADS_AT_A_TIME, waiting: Number.POSITIVE_INFINITY });
  await app.register(multipart, {
    limits: { fileSize: maximumBytes, files: 1, fields: 2, fieldSize: 8_192 },
  });
  app.post(
    '/documents',
    {
      // A file's own limit is the one that counts; this is for what is around it.
      bodyLimit: maximumBytes + 64 * 1024,
      schema: {
        tags,
        summary: 'Read a file or a folder in, and follow it from now on',
        description:
          'JSON `{ "path" }` names a file or folder of the workspace (`.` for all of it). multipart/form-data puts a file (field `file`) there first, at `path` or in `uploads/`; that is a change like any other and can be undone. Reading goes on in the background; what is unchanged is not read again.',
        consumes: ['application/json', 'multipart/form-data'],
        body: z.strictObject({ path }).nullish(),
        response: { 202: entryShape, ...problems },
      },
    },
    async (request, reply) => {
      const wanted = request.isMultipart() ? await upload(request, reply) : request.body?.path;
      if (wanted === undefined) {
        throw new ProblemError(
          'invalid_request',
          'body: takes { "path": … }, or a file as multipart/form-data.',
        );
      }
      const entry = await library.add(request.user.id, wanted);
      return reply
        .code(202)
        .header('location', `/file-consultant/documents/${entry.id}`)
        .send(showEntry(entry));
    },
  );

  /** Uploads are in memory as a whole, so only some are taken at a time. */
  async function upload(request: FastifyRequest, reply: FastifyReply): Promise<string> {
    await places.take(clientGone(reply));
    try {
      return await storeUpload(request, { workspaces, maximumBytes });
    } finally {
      places.release();
    }
  }
};

const shownRoutes: FastifyPluginAsyncZod<{ library: Library }> = async (app, { library }) => {
  app.get(
    '/documents',
    {
      schema: {
        tags,
        summary: 'What is indexed, by path',
        description: 'The header `Link` leads to the next page.',
        querystring,
        response: { 200: z.array(entryShape), ...problems },
      },
    },
    async ({ user, query: { type, path: place, ...query } }, reply) => {
      const at = place?.replaceAll(/^(?:\.?\/)+|\/+$/g, '').replace(/^\.$/, '');
      if (type === 'folder') {
        const folders = await library.folders(user.id);
        return folders
          .filter((folder) => at === undefined || `${folder.path}/`.startsWith(`${at}/`) || at === '')
          .map(showEntry);
      }
      const { limit } = query;
      const found = await library.documents({ ...query, path: at, userId: user.id, limit: limit + 1 });
      const page = found.slice(0, limit);
      const last = page.at(-1);
      if (last && found.length > limit) {
        const next = new URLSearchParams({ limit: String(limit), after: last.path });
        if (place !== undefined) next.set('path', place);
        if (query.state !== undefined) next.set('state', query.state);
        reply.header('link', `</file-consultant/documents?${next}>; rel="next"`);
      }
      return page.map(showEntry);
    },
  );

  app.get(
    '/documents/:id',
    {
      schema: {
        tags,
        summary: 'A document, or a followed folder: state and progress',
        params,
        response: { 200: entryShape, ...problems },
      },
    },
    async ({ user, params: { id } }) => showEntry(await library.get(user.id, id)),
  );

  app.delete(
    '/documents/:id',
    {
      schema: {
        tags,
        summary: 'Forget a document, or a folder with its documents; no file is touched',
        params,
        response: { 200: z.object({ documents: z.number(), chunks: z.number() }), ...problems },
      },
    },
    async ({ user, params: { id } }) => await library.remove(user.id, id),
  );

  app.get(
    '/documents/:id/passages',
    {
      schema: {
        tags,
        summary: 'Read a document as it was read in, from a line or a page on',
        params,
        querystring: z.strictObject({ line: line.optional(), page: line.optional(), limit: pageSize(10) }),
        response: {
          200: z.object({
            document: documentShape,
            passages: z.array(
              z.object({
                text: z.string(),
                start_line: z.number(),
                end_line: z.number(),
                page: z.number().nullable(),
                headings: z.array(z.string()),
              }),
            ),
            more: z.boolean(),
          }),
          ...problems,
        },
      },
    },
    async ({ user, params: { id }, query }) => {
      const entry = await library.get(user.id, id);
      const { document, passages, more } = await library.open(user.id, entry.path, query);
      return {
        document: showDocument(document),
        passages: passages.map(({ text, startLine, endLine, page, trail }) => ({
          ...{ text, start_line: startLine, end_line: endLine, page, headings: trail },
        })),
        more,
      };
    },
  );
};
