import { Readable } from 'node:stream';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { READING_LANGUAGES } from '../db/memory-schema.ts';
import { RECALL_LEGS } from '../db/schema.ts';
import { ProblemError } from '../errors.ts';
import type { Importer } from '../memory/importer.ts';
import type { ExplainedRecollection, Recall } from '../memory/recall.ts';
import type { Recalled } from '../memory/recalled.ts';
import { legScores, memoryMode, message, problems, queryText, uuid } from './schemas.ts';
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
  errors: z
    .array(z.object({ line: z.number(), detail: z.string() }))
    .describe('Why, of the first thousand; lines count from 1'),
});

const NDJSON_TYPES = ['application/x-ndjson', 'application/jsonl', 'application/x-jsonlines'];

interface MemoryRoutesOptions {
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
          'Each line: `{ "session": any text, "title"?, "role": "user" | "assistant", "name"?, "content", "created_at" }`. Stored in the order of the lines; the same lines again change nothing. The body has to arrive within 60 seconds: send longer histories in parts, as `npm run import` does.',
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

/** `/memory`: recall without asking, and history from elsewhere. */
export const memoryRoutes: FastifyPluginAsyncZod<MemoryRoutesOptions> = async (app, { recall, importer }) => {
  await app.register(importRoute, { importer });
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
