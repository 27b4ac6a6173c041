import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import mime from 'mime';
import { z } from 'zod';
import { ProblemError } from '../../errors.ts';
import type { Workspace, Workspaces } from '../../workspace/workspace.ts';
import { clientGone } from '../client-gone.ts';
import { problems, timestamp, uuid } from '../schemas.ts';
import { change, conditions, headers, onOff, tags } from './shapes.ts';

/** The largest file that can be sent, and the largest diff, in bytes. */
const BODY_LIMIT = 5 * 1024 * 1024;

const params = z.object({ '*': z.string().default('') });
const readHeaders = headers.extend({ range: z.string().optional() });

const querystring = z.strictObject({
  limit: z.coerce.number('takes a whole number').int().min(1).max(1_000).default(1_000),
  after: z
    .string()
    .optional()
    .describe('Only entries behind this one: the name, or with recursive the path in the folder'),
  recursive: onOff.describe('Of a folder: also what is below'),
  pattern: z
    .string()
    .min(1)
    .max(1_000)
    .optional()
    .describe('Of a folder: only what matches this glob, such as **/*.md'),
  all: onOff.describe('Of a folder: also what .gitignore leaves out'),
  lines: z
    .string()
    .regex(/^\d{1,9}(-\d{0,9})?$/, 'takes lines such as 10-20, 10- or 10')
    .optional()
    .describe('Of a text file: only these lines, from 1'),
});

const folder = z.object({
  path: z.string(),
  type: z.literal('folder'),
  entries: z.array(
    z.object({
      name: z.string(),
      path: z.string(),
      type: z.enum(['file', 'folder', 'link', 'other']),
      size: z.number(),
      modified_at: timestamp,
    }),
  ),
  truncated: z.boolean(),
});

type ReadRequest = FastifyRequest<{
  Params: z.infer<typeof params>;
  Querystring: z.infer<typeof querystring>;
  Headers: z.infer<typeof readHeaders>;
}>;

/** `/file-admin/files`: folders and files of the user's workspace. */
export const filesRoutes: FastifyPluginAsyncZod<{ workspaces: Workspaces }> = async (app, { workspaces }) => {
  await app.register(readRoutes, { workspaces });
  await app.register(writeRoutes, { workspaces });
  await app.register(putRoute, { workspaces });
};

const readRoutes: FastifyPluginAsyncZod<{ workspaces: Workspaces }> = async (app, { workspaces }) => {
  app.get('/files', { schema: { hide: true, params, querystring, headers: readHeaders } }, send);
  app.get(
    '/files/*',
    {
      schema: {
        tags,
        summary: 'A folder’s entries, or a file’s content with its ETag',
        params,
        querystring,
        headers: readHeaders,
        // A file's content has no JSON schema, and a folder shares its status.
        response: { 200: z.unknown(), 206: z.unknown(), 304: z.unknown(), ...problems },
        description:
          'A folder is answered as JSON (`path`, `type`, `entries`, `truncated`), a file as its bytes.',
      },
    },
    send,
  );

  async function send(request: ReadRequest, reply: FastifyReply) {
    const workspace = workspaces.for(request.user.id);
    const path = request.params['*'];
    const { lines, ...page } = request.query;
    const signal = clientGone(reply);
    const found = await workspace.stat(path, { signal });
    if (found.type === 'folder') {
      const listing = await workspace.list(path, { signal, ...page });
      return reply.type('application/json').serializer(JSON.stringify).send(folder.parse(listing));
    }
    reply
      .header('etag', found.etag)
      // A file is the user's own data: shown by a browser, it must not act in the API's name.
      .header('content-security-policy', "sandbox; default-src 'none'");
    if (matchesAny(request.headers['if-none-match'], found.etag)) return reply.code(304).send(undefined);
    if (lines !== undefined) return await sendLines(workspace, request, { reply, signal });
    reply.header('accept-ranges', 'bytes');
    const range = parseRange(request.headers.range, found.size);
    const file = await workspace.read(path, { ...range, signal });
    if (range) reply.code(206).header('content-range', `bytes ${range.start}-${range.end - 1}/${found.size}`);
    return reply.header('etag', file.etag).type(contentType(path)).send(file.bytes);
  }
};

/** Answers with lines, decoded, and says by `Content-Range` which of how many they are, as far as that is known. */
async function sendLines(
  workspace: Workspace,
  request: ReadRequest,
  { reply, signal }: { reply: FastifyReply; signal: AbortSignal },
) {
  const [first = '', last = first] = (request.query.lines ?? '').split('-');
  const range = { from: Number(first), to: last === '' ? undefined : Number(last), signal };
  const read = await workspace.readLines(request.params['*'], range);
  return reply
    .header('content-range', `lines ${read.from}-${read.to}/${read.total_lines ?? '*'}`)
    .type('text/plain; charset=utf-8')
    .send(read.text);
}

const writeRoutes: FastifyPluginAsyncZod<{ workspaces: Workspaces }> = async (app, { workspaces }) => {
  const edit = z.strictObject({
    find: z.string().min(1, 'takes the text to find'),
    replace: z.string(),
    all: z.boolean().optional(),
  });
  const places = z.object({ matches: z.number(), lines: z.array(z.number()) });
  app.patch(
    '/files/*',
    {
      bodyLimit: 2 * BODY_LIMIT,
      schema: {
        tags,
        summary: 'Replace text in a file, or apply a unified diff to it: all of it, or nothing',
        params,
        headers,
        body: z
          .strictObject({
            edits: z.array(edit).min(1).max(100).optional(),
            patch: z.string().min(1).optional(),
          })
          .refine(
            ({ edits, patch }) => (edits === undefined) !== (patch === undefined),
            'takes either edits or patch, one of them',
          ),
        response: {
          200: change.extend({
            replacements: z.number().optional(),
            edits: z
              .array(places)
              .optional()
              .describe('For each edit, how many places matched and the first lines of them'),
            hunks: z
              .array(z.object({ line: z.number(), added: z.number(), removed: z.number() }))
              .optional()
              .describe('For each hunk of a diff, where it was applied'),
          }),
          ...problems,
        },
      },
    },
    async (request, reply) => {
      const { edits, patch = '' } = request.body;
      const workspace = workspaces.for(request.user.id);
      const path = request.params['*'];
      const condition = conditions(request.headers);
      const changed = edits
        ? await workspace.edit(path, edits, condition)
        : await workspace.patch(path, patch, condition);
      return reply.header('etag', changed.etag).send(changed);
    },
  );

  app.delete(
    '/files/*',
    {
      schema: {
        tags,
        summary: 'Delete a file or a folder; it can be undone',
        params,
        headers,
        querystring: z.strictObject({ recursive: onOff }),
        response: {
          200: z.object({
            id: uuid,
            path: z.string(),
            operation: z.literal('deleted'),
            files: z.number(),
            bytes: z.number(),
          }),
          ...problems,
        },
      },
    },
    async (request) =>
      await workspaces.for(request.user.id).remove(request.params['*'], {
        recursive: request.query.recursive,
        ...conditions(request.headers),
      }),
  );
};

/** In a scope of its own, because here the body is the file, whatever its content type. */
const putRoute: FastifyPluginAsyncZod<{ workspaces: Workspaces }> = async (app, { workspaces }) => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BODY_LIMIT }, (_request, body, done) =>
    done(null, body),
  );
  app.put(
    '/files/*',
    {
      schema: {
        tags,
        summary: 'Create or replace a file with the body',
        params,
        headers,
        response: { 200: change, 201: change, ...problems },
      },
    },
    async (request, reply) => {
      const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const changed = await workspaces
        .for(request.user.id)
        .write(request.params['*'], bytes, conditions(request.headers));
      return reply
        .code(changed.operation === 'created' ? 201 : 200)
        .header('etag', changed.etag)
        .send(changed);
    },
  );
};

function matchesAny(header: string | undefined, etag: string): boolean {
  return (
    header?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag || tag.trim() === '*') ?? false
  );
}

/** Reads a single byte range (RFC 9110, section 14); what is not one is ignored, as the standard has it. `end` is exclusive. */
function parseRange(header: string | undefined, size: number): { start: number; end: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const start = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const end = match[1] === '' || match[2] === '' ? size : Math.min(size, Number(match[2]) + 1);
  if (start >= end)
    throw new ProblemError(
      'range_not_satisfiable',
      `The file has ${size} bytes; the range starts behind them.`,
    );
  return { start, end };
}

function contentType(path: string): string {
  const type = mime.getType(path) ?? 'application/octet-stream';
  return /^text\/|\/(json|javascript|xml)$|\+(json|xml)$/.test(type) ? `${type}; charset=utf-8` : type;
}
