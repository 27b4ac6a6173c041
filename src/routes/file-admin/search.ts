import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ProblemError } from '../../errors.ts';
import type { Search, SearchEvent } from '../../workspace/explorer/explorer.ts';
import type { Workspaces } from '../../workspace/workspace.ts';
import { clientGone } from '../client-gone.ts';
import { problems } from '../schemas.ts';
import { tags } from './shapes.ts';

const NDJSON = 'application/x-ndjson';

const body = z
  .strictObject({
    text: z.string().min(1).max(1_000).optional().describe('The text to find'),
    regex: z
      .string()
      .min(1)
      .max(1_000)
      .optional()
      .describe('Or a regular expression of JavaScript, for one line at a time'),
    path: z.string().max(4_096).default('').describe('The folder or the file to search'),
    pattern: z
      .string()
      .min(1)
      .max(1_000)
      .optional()
      .describe('Only files that match this glob, such as **/*.md'),
    case_sensitive: z.boolean().default(false),
    all: z.boolean().default(false).describe('Also what .gitignore leaves out'),
    context: z.number().int().min(0).max(5).default(0).describe('Lines to show before and after each match'),
    limit: z.number().int().min(1).max(10_000).default(200),
    timeout_ms: z.number().int().min(1).max(60_000).default(10_000),
  })
  .refine(
    ({ text, regex }) => (text === undefined) !== (regex === undefined),
    'takes either text or regex, one of them',
  );

const match = z.object({
  path: z.string(),
  line: z.number(),
  column: z.number(),
  text: z.string().describe('The line, or 500 characters of it around the match'),
  before: z.array(z.string()).optional(),
  after: z.array(z.string()).optional(),
});

const summary = z.object({
  files_searched: z.number(),
  files_skipped_binary: z.number(),
  bytes: z.number(),
  truncated: z.enum(['limit', 'time']).nullable().describe('Why there may be more matches than these'),
});

/** `/file-admin/search`: the lines of files that hold a text. */
export const searchRoutes: FastifyPluginAsyncZod<{ workspaces: Workspaces }> = async (
  app,
  { workspaces },
) => {
  app.post(
    '/search',
    {
      schema: {
        tags,
        summary: 'Find the lines that hold a text or match a regular expression',
        description: `With \`Accept: ${NDJSON}\` each match is sent as soon as it is found, as a line \`{"match": …}\`, and at the end a line \`{"summary": …}\`.`,
        body,
        response: { 200: summary.extend({ matches: z.array(match) }), ...problems },
      },
    },
    async (request, reply) => {
      const { path, timeout_ms: timeoutMs, ...query } = request.body;
      const search = workspaces
        .for(request.user.id)
        .search(path, { ...query, timeoutMs, signal: clientGone(reply) });
      if (!request.headers.accept?.includes(NDJSON)) return await collect(search);
      return await sendLines(search, reply);
    },
  );
};

/** What is wrong with the search is said before the first line; then each match is sent as it is found. */
async function sendLines(search: Search, reply: FastifyReply) {
  const first = await search.next();
  return reply.type(`${NDJSON}; charset=utf-8`).send(Readable.from(linesOf(first, search)));
}

async function collect(search: Search) {
  const matches: z.infer<typeof match>[] = [];
  for await (const event of search) {
    if (event.type === 'match') matches.push(event.match);
    else return { ...event.summary, matches };
  }
  throw new ProblemError('workspace_failed', 'The search ended without saying what it had searched.');
}

async function* linesOf(first: IteratorResult<SearchEvent, void>, search: Search): AsyncGenerator<string> {
  try {
    if (first.done !== true) yield lineOf(first.value);
    for await (const event of search) yield lineOf(event);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    yield `${JSON.stringify({ error: error.toDocument() })}\n`;
  }
}

function lineOf(event: SearchEvent): string {
  return `${JSON.stringify(event.type === 'match' ? { match: event.match } : { summary: event.summary })}\n`;
}
