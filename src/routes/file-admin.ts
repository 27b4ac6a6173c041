import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import mime from 'mime';
import { z } from 'zod';
import { ProblemError } from '../errors.ts';
import type { Turns } from '../turns/turns.ts';
import type { Workspaces } from '../workspace/workspace.ts';
import { askRoute } from './ask.ts';
import type { StreamSource } from './event-stream.ts';
import { problems, timestamp } from './schemas.ts';

/** The largest file that can be sent, in bytes. */
const BODY_LIMIT = 5 * 1024 * 1024;

interface FileAdminOptions {
  turns: Turns;
  stream: StreamSource;
  workspaces: Workspaces;
}

const tags = ['file-admin'];
const params = z.object({ '*': z.string().default('') });
const headers = z.object({
  'if-match': z.string().optional(),
  'if-none-match': z.string().optional(),
  range: z.string().optional(),
});

const querystring = z.strictObject({
  limit: z.coerce.number('takes a whole number').int().min(1).max(1_000).default(1_000),
  after: z.string().optional().describe('Only entries whose name sorts behind this one'),
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

const change = z.object({
  path: z.string(),
  operation: z.enum(['created', 'replaced', 'unchanged']),
  size: z.number(),
  etag: z.string(),
  previous_etag: z.string().nullable(),
});

type ReadRequest = FastifyRequest<{
  Params: z.infer<typeof params>;
  Querystring: z.infer<typeof querystring>;
  Headers: z.infer<typeof headers>;
}>;

/** `/file-admin`: the files of the user's workspace, and the agent that looks after them. */
export const fileAdminRoutes: FastifyPluginAsyncZod<FileAdminOptions> = async (
  app,
  { turns, stream, workspaces },
) => {
  await app.register(askRoute, { turns, stream, entry: 'file-admin' });
  await app.register(readRoutes, { workspaces });
  await app.register(writeRoutes, { workspaces });
  await app.register(putRoute, { workspaces });
};

const readRoutes: FastifyPluginAsyncZod<{ workspaces: Workspaces }> = async (app, { workspaces }) => {
  app.get('/files', { schema: { hide: true, params, querystring, headers } }, send);
  app.get(
    '/files/*',
    {
      schema: {
        tags,
        summary: 'A folder’s entries, or a file’s content with its ETag',
        params,
        querystring,
        headers,
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
    const found = await workspace.stat(path);
    if (found.type === 'folder') {
      const listing = await workspace.list(path, { signal: request.signal, ...request.query });
      return reply.type('application/json').serializer(JSON.stringify).send(folder.parse(listing));
    }
    reply.header('etag', found.etag).header('accept-ranges', 'bytes');
    if (matchesAny(request.headers['if-none-match'], found.etag)) return reply.code(304).send(undefined);
    const range = parseRange(request.headers.range, found.size);
    const file = await workspace.read(path, range ?? {});
    if (range) reply.code(206).header('content-range', `bytes ${range.start}-${range.end - 1}/${found.size}`);
    return (
      reply
        .header('etag', file.etag)
        .type(contentType(path))
        // A file is the user's own data: shown by a browser, it must not act in the API's name.
        .header('content-security-policy', "sandbox; default-src 'none'")
        .send(file.bytes)
    );
  }
};

const writeRoutes: FastifyPluginAsyncZod<{ workspaces: Workspaces }> = async (app, { workspaces }) => {
  const edit = z.strictObject({
    find: z.string().min(1, 'takes the text to find'),
    replace: z.string(),
    all: z.boolean().optional(),
  });
  app.patch(
    '/files/*',
    {
      schema: {
        tags,
        summary: 'Replace text in a file: every edit applies, or none',
        params,
        headers,
        body: z.strictObject({ edits: z.array(edit).min(1).max(100) }),
        response: { 200: change.extend({ replacements: z.number() }), ...problems },
      },
    },
    async (request, reply) => {
      const { edits } = request.body;
      const changed = await workspaces
        .for(request.user.id)
        .edit(request.params['*'], edits, conditions(request.headers));
      return reply.header('etag', changed.etag).send(changed);
    },
  );

  app.delete(
    '/files/*',
    {
      schema: {
        tags,
        summary: 'Delete a file or a folder',
        params,
        headers,
        querystring: z.strictObject({
          recursive: z.enum(['true', 'false'], 'takes true or false').default('false'),
        }),
        response: {
          200: z.object({
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
        recursive: request.query.recursive === 'true',
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

/** Reads the preconditions of a change (RFC 9110, section 13). */
function conditions(given: z.infer<typeof headers>): { ifMatch?: string; ifNoneMatch?: '*' } {
  const ifMatch = given['if-match'];
  const ifNoneMatch = given['if-none-match'];
  if (ifNoneMatch !== undefined && ifNoneMatch.trim() !== '*') {
    throw new ProblemError('invalid_request', 'headers.if-none-match: takes * when a file is changed');
  }
  return {
    ...(ifMatch === undefined ? {} : { ifMatch }),
    ...(ifNoneMatch === undefined ? {} : { ifNoneMatch: '*' }),
  };
}

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
