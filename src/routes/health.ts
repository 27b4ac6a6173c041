import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Readiness } from '../readiness/readiness.ts';

interface HealthOptions {
  readiness: () => Promise<Readiness>;
}

const readiness = z.object({
  status: z.enum(['ready', 'not_ready']),
  checks: z.record(z.string(), z.string()).describe('By name: "ok", a note, or the reason'),
});

/** `/health`: the process answers. `/ready`: so does all that it needs, so that traffic may come. */
export const healthRoutes: FastifyPluginAsyncZod<HealthOptions> = async (app, options) => {
  app.get(
    '/health',
    {
      config: { withoutUser: true },
      schema: {
        tags: ['health'],
        summary: 'The process answers',
        response: { 200: z.object({ status: z.literal('ok') }) },
      },
    },
    async () => ({ status: 'ok' as const }),
  );

  app.get(
    '/ready',
    {
      config: { withoutUser: true },
      schema: {
        tags: ['health'],
        summary: 'The server can answer questions',
        description: 'Each check is made at most once a second, and takes two seconds at most.',
        response: { 200: readiness, 503: readiness },
      },
    },
    async (_request, reply) => {
      const { isReady, checks } = await options.readiness();
      return reply
        .code(isReady ? 200 : 503)
        .header('cache-control', 'no-store')
        .send({ status: isReady ? ('ready' as const) : ('not_ready' as const), checks });
    },
  );
};
