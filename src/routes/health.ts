import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';

/** How long the database may take to answer before the server counts as not ready. */
const PING_TIMEOUT_MS = 2_000;

interface HealthOptions {
  ping: () => Promise<void>;
  /** Resolves to the reason why the model cannot be reached, or to undefined. */
  probeModel: () => Promise<string | undefined>;
  /** Whether the server takes no more questions, because it is about to end. */
  isStopping: () => boolean;
}

const readiness = z.object({
  status: z.enum(['ready', 'not_ready']),
  checks: z
    .object({ database: z.string(), model: z.string(), server: z.string() })
    .describe('"ok", or the reason'),
});

/** `/health`: the process answers. `/ready`: so do the database (migrated at the start) and the model. */
export const healthRoutes: FastifyPluginAsyncZod<HealthOptions> = async (
  app,
  { ping, probeModel, isStopping },
) => {
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
        response: { 200: readiness, 503: readiness },
      },
    },
    async (request, reply) => {
      const [database, model] = await Promise.all([
        checkDatabase(request.log.warn.bind(request.log)),
        probeModel(),
      ]);
      const server = isStopping() ? 'the server is stopping' : undefined;
      const isReady = !database && !model && !server;
      return reply.code(isReady ? 200 : 503).send({
        status: isReady ? 'ready' : 'not_ready',
        checks: { database: database ?? 'ok', model: model ?? 'ok', server: server ?? 'ok' },
      });
    },
  );

  async function checkDatabase(warn: (details: object, text: string) => void): Promise<string | undefined> {
    const { promise: late, resolve } = Promise.withResolvers<string>();
    const timer = setTimeout(
      () => resolve(`the database did not answer within ${PING_TIMEOUT_MS} ms`),
      PING_TIMEOUT_MS,
    );
    try {
      return await Promise.race([ping().then(() => undefined), late]);
    } catch (error) {
      warn({ err: error }, 'the database does not answer');
      return 'the database does not answer';
    } finally {
      clearTimeout(timer);
    }
  }
};
