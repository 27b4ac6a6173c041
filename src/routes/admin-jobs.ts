import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { JOB_STATES } from '../db/embedding-schema.ts';
import type { ReembedJobs } from '../embedding/jobs.ts';
import { problems, uuid } from './schemas.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Only an administrator may call it. */
    admin?: boolean;
  }
}

const job = z.object({
  id: uuid,
  kind: z.string().describe('What it does: `reembed` makes the vectors of another embedding model'),
  state: z.enum(JOB_STATES).describe('`interrupted`: nobody works on it at the moment, or it was given up'),
  done: z.number(),
  total: z.number(),
  detail: z.string().nullable().describe('From what to what, and why it waits or what it left out'),
  started_at: z.string(),
  ended_at: z.string().nullable().describe('Null as long as it is to be gone on with'),
});

/** `/admin/jobs`: the long work of the background on the whole installation. */
export const adminJobRoutes: FastifyPluginAsyncZod<{ jobs: Pick<ReembedJobs, 'list'> }> = async (
  app,
  { jobs },
) => {
  app.get(
    '/',
    {
      config: { admin: true },
      schema: {
        tags: ['admin'],
        summary: 'The last hundred jobs, newest first, and how far they are',
        response: { 200: z.array(job), ...problems },
      },
    },
    async () => {
      const found = await jobs.list();
      return found.map(({ startedAt, endedAt, ...one }) => ({
        ...one,
        started_at: startedAt.toISOString(),
        ended_at: endedAt?.toISOString() ?? null,
      }));
    },
  );
};
