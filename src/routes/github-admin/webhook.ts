import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { problems } from '../schemas.ts';
import { type GitHubOptions, tags } from './shapes.ts';

/** GitHub sends up to 25 MB, nearly all of it in pushes of thousands of commits, of which a message has no use. */
const BODY_LIMIT = 5 * 1024 * 1024;

/** None of them is required here, so that whoever cannot sign learns nothing from what else is wrong. */
const headers = z.object({
  'x-github-delivery': z.string().optional().describe('The id of the delivery, the same when it comes again'),
  'x-github-event': z.string().optional().describe('What has happened, such as issues or push'),
  'x-hub-signature-256': z.string().optional().describe('HMAC of the body with GITHUB_WEBHOOK_SECRET'),
});

/** `/github-admin/webhook`, in a scope of its own, because the signature is one of bytes. */
export const webhookRoute: FastifyPluginAsyncZod<GitHubOptions> = async (app, { repositories }) => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BODY_LIMIT }, (_request, body, done) =>
    done(null, body),
  );
  app.post(
    '/webhook',
    {
      bodyLimit: BODY_LIMIT,
      // GitHub proves by its signature who it is.
      config: { withoutUser: true },
      schema: {
        tags,
        summary: 'Where GitHub delivers events',
        description:
          'Answered as soon as the event is stored, and worked at later. An event that was delivered before is not worked at again.',
        headers,
        response: { 202: z.object({ status: z.enum(['accepted', 'duplicate']) }), ...problems },
      },
    },
    async (request, reply) => {
      const { headers: given } = request;
      const status = await repositories.deliveries.accept({
        id: given['x-github-delivery'],
        event: given['x-github-event'],
        signature: given['x-hub-signature-256'],
        body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
      });
      return reply.code(202).send({ status });
    },
  );
};
