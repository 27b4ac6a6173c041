import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { RECALL_LEGS } from '../db/schema.ts';
import type { Recall } from '../memory/recall.ts';
import { memoryMode, message, problems, queryText, uuid } from './schemas.ts';
import { showMessage } from './shapes.ts';

const body = z.strictObject({
  query: queryText,
  memory: memoryMode.default('hybrid'),
  session_id: uuid.optional().describe('The session whose last messages count as recent; no filter'),
  limit: z.number('takes a whole number').int().min(1).max(100).default(10),
});

/** `/memory`: recall without asking. */
export const memoryRoutes: FastifyPluginAsyncZod<{ recall: Recall }> = async (app, { recall }) => {
  app.post(
    '/search',
    {
      schema: {
        tags: ['memory'],
        summary: 'Recall without asking, best first',
        description: 'What could not be searched in time is named in the header `Degraded`.',
        body,
        response: {
          200: z.array(z.object({ message, via: z.array(z.enum(RECALL_LEGS)), score: z.number() })),
          ...problems,
        },
      },
    },
    async ({ user, body: { query, memory, session_id: sessionId, limit } }, reply) => {
      const found = await recall.recall({ userId: user.id, text: query, mode: memory, sessionId, limit });
      if (found.degraded.length > 0) reply.header('degraded', found.degraded.join(', '));
      return found.recalled.map((one) => ({
        message: showMessage(one.message),
        via: one.via,
        score: one.score,
      }));
    },
  );
};
