import { Readable } from 'node:stream';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { READING_LANGUAGES } from '../db/memory-schema.ts';
import { RECALL_LEGS } from '../db/schema.ts';
import type { Erasure } from '../erasure/erasure.ts';
import { ProblemError } from '../errors.ts';
import type { Export } from '../exporting/export.ts';
import type { Importer } from '../memory/importer.ts';
import type { ExplainedRecollection, Recall } from '../memory/recall.ts';
import type { Recalled } from '../memory/recalled.ts';
import { erasureReceipt, legScores, memoryMode, message, problems, queryText, uuid } from './schemas.ts';
import { showMessage } from './shapes.ts';

const body = z.strictObject({
  query: queryText,
  memory: memoryMode.default('hybrid'),
  session_id: uuid.optional().describe('Brings the last five messages of this session, too; no filter'),
  limit: z.number('takes a whole number').int().min(1).max(100).default(10),
  explain: z.boolean('takes true or false').default(false).describe('Adds to each hit why it was found'),
});

const explanation = z.object({
  terms: z
    .array(
      z.object({
        term: z.string().describe('A word of the question, as its stem'),
        language: z.enum(READING_LANGUAGES).describe('The language in which it was read so'),
        frequency: z.number().describe('How often the message has it'),
        weight: z.number().describe('How telling it is: its inverse document frequency in your memory'),
      }),
    )
    .describe('The words of the question that the message has'),
  own: z
    .number()
    .describe('Of the score: what its own words and its vector are worth, the best words counting 1'),
  context: z.number().describe('Of the score: added for the messages beside it'),
  session: z.number().describe('Of the score: added for the best message of its session'),
  time: z.number().describe('Of the score: added for being from the time that the question names'),
  took_ms: z.record(z.string(), z.number()).describe('What each leg took by itself, and the search in all'),
});

const hit = z.object({
  message,
  via: z.array(z.enum(RECALL_LEGS)),
  score: z.number(),
  legs: legScores,
  explanation: explanation.optional(),
});

const importReport = z.object({
  imported: z.number(),
  skipped: z.number().describe('What was there already'),
  failed: z.number().describe('The lines that were not taken'),
  passed_over: z
    .number()
    .optional()
    .describe('Lines of an export that are no messages; left out without any'),
  errors: z
    .array(z.object({ line: z.number(), detail: z.string() }))
    .describe('Why, of the first thousand; lines count from 1'),
});

const NDJSON_TYPES = ['application/x-ndjson', 'application/jsonl', 'application/x-jsonlines'];

/** A client that takes nothing for so long has gone away. */
const STALLED_MS = 60_000;

interface KeepingOptions {
  erasure: Erasure;
  memoryExport: Export;
}

interface MemoryRoutesOptions extends KeepingOptions {
  recall: Recall;
  importer: Importer;
}

/** `/memory/import`, whose body is read line by line, whatever its length; it takes no other. */
const importRoute: FastifyPluginAsyncZod<{ importer: Importer }> = async (app, { importer }) => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  app.post(
    '/import',
    {
      schema: {
        tags: ['memory'],
        summary: 'Bring history from elsewhere, a message a line (NDJSON)',
        description:
          'Each line: `{ "session": any text, "title"?, "role": "user" | "assistant", "name"?, "content", "created_at" }`. Stored in the order of the lines; the same lines again change nothing. Lines of an export that are no messages are passed over. The body has to arrive within 60 seconds: send longer histories in parts, as `npm run import` does.',
        consumes: NDJSON_TYPES,
        response: { 200: importReport, ...problems },
      },
    },
    async ({ user, headers, body: lines }) => {
      const takes = `lines of JSON as ${NDJSON_TYPES[0]}`;
      if (!(lines instanceof Readable)) throw new ProblemError('invalid_request', `body: takes ${takes}.`);
      const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
      if (!NDJSON_TYPES.includes(type)) throw new ProblemError('unsupported_media_type', `Send ${takes}.`);
      return await importer.importLines(user.id, lines);
    },
  );
};

/** What people want to have of what is kept about them: all of it, or none. */
const keepingRoutes: FastifyPluginAsyncZod<KeepingOptions> = async (app, { erasure, memoryExport }) => {
  const tags = ['memory'];
  app.delete(
    '/messages/:id',
    {
      schema: {
        tags,
        summary: 'Erase a message, and what its run held of it',
        params: z.object({ id: uuid }),
        response: { 200: erasureReceipt, ...problems },
      },
    },
    async ({ user, params: { id } }) => await erasure.message(user.id, id),
  );

  app.delete(
    '/',
    {
      schema: {
        tags,
        summary: 'Erase everything that is remembered',
        description:
          'Conversations, runs, documents, the journal of file changes, what is followed and the GitHub token. Files, API keys and counters stay.',
        response: { 200: erasureReceipt, ...problems },
      },
    },
    async ({ user }) => await erasure.everything(user.id),
  );

  app.get(
    '/export',
    {
      schema: {
        tags,
        summary: 'Everything that is kept about you, a thing a line (NDJSON)',
        description:
          'The last line is `{ "type": "end", "lines": … }`; without it the export was cut off. `POST /memory/import` takes it as it is.',
        response: {
          200: { description: 'The lines', content: { 'application/x-ndjson': { schema: z.string() } } },
          ...problems,
        },
      },
    },
    async ({ user, log }, reply) => {
      const lines = memoryExport.lines(user.id);
      // What fails at once is a problem; what fails later cuts the connection, so that it is not taken for the end.
      const first = await lines.next();
      const body = Readable.from(following(first, lines), { objectMode: false });
      body.on('error', (error) => log.error({ err: error }, 'an export broke off'));
      reply.raw.setTimeout(STALLED_MS, () => reply.raw.destroy());
      const name = `tertulia-${new Date().toISOString().slice(0, 10)}.ndjson`;
      return reply
        .headers({
          'content-type': NDJSON_TYPES[0],
          'content-disposition': `attachment; filename="${name}"`,
          'cache-control': 'no-store',
        })
        .send(body as never) as never;
    },
  );
};

async function* following(first: IteratorResult<string>, rest: AsyncGenerator<string>) {
  if (!first.done) yield first.value;
  yield* rest;
}

/** `/memory`: recall without asking, history from elsewhere, and erasing and taking along what is kept. */
export const memoryRoutes: FastifyPluginAsyncZod<MemoryRoutesOptions> = async (
  app,
  { recall, importer, erasure, memoryExport },
) => {
  await app.register(importRoute, { importer });
  await app.register(keepingRoutes, { erasure, memoryExport });
  app.post(
    '/search',
    {
      schema: {
        tags: ['memory'],
        summary: 'Recall without asking, best first',
        description:
          'What could not be searched in time is named in the header `Degraded`. With `explain`, the header `Server-Timing` says what each leg took.',
        body,
        response: { 200: z.array(hit), ...problems },
      },
    },
    async ({ user, body: { query, memory, session_id: sessionId, limit, explain } }, reply) => {
      const request = { userId: user.id, text: query, mode: memory, sessionId, limit };
      const explained = explain ? await recall.explain(request) : undefined;
      const found = explained ?? (await recall.search(request));
      if (found.degraded.length > 0) reply.header('degraded', found.degraded.join(', '));
      if (!explained) return found.recalled.map(showHit);
      const took = inMilliseconds(explained);
      const timings = Object.entries(took).map(([leg, duration]) => `${leg};dur=${duration}`);
      reply.header('server-timing', timings.join(', '));
      return found.recalled.map((one) => {
        const { matched: terms, ...parts } = one.parts;
        return { ...showHit(one), explanation: { terms, ...parts, took_ms: took } };
      });
    },
  );
};

function showHit({ message, via, score, legs }: Recalled) {
  return { message: showMessage(message), via, score, legs };
}

function inMilliseconds({ took }: ExplainedRecollection): Record<string, number> {
  return Object.fromEntries(
    Object.entries(took).map(([leg, duration]) => [leg, Number(duration.toFixed(2))]),
  );
}
