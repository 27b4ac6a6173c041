import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Messages } from '../memory/messages.ts';
import type { Turns } from '../turns/turns.ts';
import { askRoute } from './ask.ts';
import type { StreamSource } from './event-stream.ts';
import { message, pageSize, problems, uuid } from './schemas.ts';
import { linkNext, showMessage } from './shapes.ts';

interface AssistantOptions {
  turns: Turns;
  stream: StreamSource;
  messages: Messages;
}

const historyQuery = z.strictObject({
  session_id: uuid.optional().describe('Left out: all of the user’s sessions'),
  limit: pageSize(5),
  order: z.enum(['asc', 'desc'], 'takes asc or desc').default('desc'),
  before: uuid.optional().describe('Only messages older than this one'),
  after: uuid.optional().describe('Only messages newer than this one'),
});

/** `/assistant`: the conversation with the whole team. */
export const assistantRoutes: FastifyPluginAsyncZod<AssistantOptions> = async (
  app,
  { turns, stream, messages },
) => {
  await app.register(askRoute, { turns, stream, entry: 'assistant' });

  app.get(
    '/history',
    {
      schema: {
        tags: ['assistant'],
        summary: 'What was said, newest first',
        querystring: historyQuery,
        response: { 200: z.array(message), ...problems },
      },
    },
    async (request, reply) => {
      const { session_id: sessionId, ...page } = request.query;
      const found = await messages.history({ userId: request.user.id, sessionId, ...page });
      const last = found.messages.at(-1);
      if (found.more && last)
        linkNext(request, reply, { [page.order === 'asc' ? 'after' : 'before']: last.id });
      return found.messages.map(showMessage);
    },
  );
};
