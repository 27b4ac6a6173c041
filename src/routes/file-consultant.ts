import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { FORMATS } from '../knowledge/document.ts';
import type { Library } from '../knowledge/library/library.ts';
import type { KnowledgeSearch } from '../knowledge/search/search.ts';
import { citationOf } from '../models/passages.ts';
import type { Turns } from '../turns/turns.ts';
import type { Workspaces } from '../workspace/workspace.ts';
import { askRoute } from './ask.ts';
import type { StreamSource } from './event-stream.ts';
import { documentRoutes } from './file-consultant/documents.ts';
import { eventsRoute } from './file-consultant/events.ts';
import { passageShape, showPassage, tags } from './file-consultant/shapes.ts';
import { pathFilter, problems, queryText, timestamp } from './schemas.ts';

interface FileConsultantOptions {
  turns: Turns;
  stream: StreamSource;
  library: Library;
  search: KnowledgeSearch;
  workspaces: Workspaces;
  /** The largest file that can be uploaded, in bytes. */
  maximumBytes: number;
}

/** PostgreSQL has no year 0. */
const moment = timestamp.refine((text) => text >= '0001', 'takes a time from the year 1 on');
const body = z.strictObject({
  query: queryText,
  limit: z.number('takes a whole number').int().min(1).max(50).default(10),
  path: pathFilter
    .min(1, 'takes a path or a glob')
    .optional()
    .describe('A file, a folder, or a glob such as docs/**/*.md'),
  formats: z
    .array(z.enum(FORMATS, `takes some of ${FORMATS.join(', ')}`))
    .max(FORMATS.length)
    .optional(),
  modified_after: moment.optional().describe('Only files changed at or after this time'),
  modified_before: moment.optional(),
});

/** `/file-consultant`: the user's documents, and the agent that answers from them. */
export const fileConsultantRoutes: FastifyPluginAsyncZod<FileConsultantOptions> = async (
  app,
  { turns, stream, library, search, workspaces, maximumBytes },
) => {
  await app.register(askRoute, { turns, stream, entry: 'file-consultant' });
  await app.register(documentRoutes, { library, workspaces, maximumBytes });
  await app.register(eventsRoute, { library, ...stream });

  app.post(
    '/search',
    {
      schema: {
        tags,
        summary: 'Search the documents, best first',
        description: 'What could not be searched in time is named in the header `Degraded`.',
        body,
        response: { 200: z.array(passageShape), ...problems },
      },
    },
    async ({ user, body: { query, modified_after: from, modified_before: to, ...filters } }, reply) => {
      const { passages, degraded } = await search.search({
        userId: user.id,
        text: query,
        ...filters,
        modifiedFrom: from === undefined ? undefined : new Date(from),
        modifiedTo: to === undefined ? undefined : new Date(to),
      });
      if (degraded.length > 0) reply.header('degraded', degraded.join(', '));
      return passages.map((passage) => showPassage(passage, citationOf(passage)));
    },
  );
};
