import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Erasure } from '../erasure/erasure.ts';
import type { Session, Sessions } from '../turns/sessions.ts';
import { erasureReceipt, pageSize, problems, timestamp, title, uuid } from './schemas.ts';
import { linkNext } from './shapes.ts';

const session = z.object({
  id: uuid,
  title: z.string().nullable(),
  assistant: z.string(),
  created_at: timestamp,
  last_message_at: timestamp,
});

const tags = ['sessions'];
const params = z.object({ id: uuid });

/** `/sessions`: the user's conversations. */
export const sessionRoutes: FastifyPluginAsyncZod<{ sessions: Sessions; erasure: Erasure }> = async (
  app,
  { sessions, erasure },
) => {
  app.get(
    '/',
    {
      schema: {
        tags,
        summary: 'The conversations, newest first',
        querystring: z.strictObject({ limit: pageSize(20), before: uuid.optional() }),
        response: { 200: z.array(session), ...problems },
      },
    },
    async (request, reply) => {
      const { limit, before } = request.query;
      const page = await sessions.list(request.user.id, limit, before);
      const last = page.sessions.at(-1);
      if (page.more && last) linkNext(request, reply, { before: last.id });
      return page.sessions.map(show);
    },
  );

  app.post(
    '/',
    {
      schema: {
        tags,
        summary: 'Start a conversation',
        body: z.strictObject({ title: title.nullish() }).nullish(),
        response: { 201: session, ...problems },
      },
    },
    async ({ user, body }, reply) =>
      reply.code(201).send(show(await sessions.create(user.id, body?.title ?? null))),
  );

  app.get(
    '/:id',
    { schema: { tags, summary: 'One conversation', params, response: { 200: session, ...problems } } },
    async ({ user, params: { id } }) => show(await sessions.get(user.id, id)),
  );

  app.patch(
    '/:id',
    {
      schema: {
        tags,
        summary: 'Give a conversation another title',
        params,
        body: z.strictObject({ title: title.nullable() }),
        response: { 200: session, ...problems },
      },
    },
    async ({ user, params: { id }, body }) => show(await sessions.rename(user.id, id, body.title)),
  );

  app.delete(
    '/:id',
    {
      schema: {
        tags,
        summary: 'Erase a conversation and all that came of it',
        params,
        response: { 200: erasureReceipt, ...problems },
      },
    },
    async ({ user, params: { id } }) => await erasure.session(user.id, id),
  );
};

function show({ id, title, assistant, createdAt, lastMessageAt }: Session) {
  return {
    id,
    title,
    assistant,
    created_at: createdAt.toISOString(),
    last_message_at: lastMessageAt.toISOString(),
  };
}
