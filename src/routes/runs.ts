import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { RUN_STATUSES } from '../db/schema.ts';
import type { Run, Runs } from '../turns/runs.ts';
import type { Turns } from '../turns/turns.ts';
import { showAnswer, turnAnswer } from './ask.ts';
import { memoryMode, problems, recalled, timestamp, usage, uuid } from './schemas.ts';

const run = z.object({
  id: uuid,
  session_id: uuid,
  entry: z.string().describe('Who was asked: "assistant", or an agent'),
  memory: memoryMode,
  status: z.enum(RUN_STATUSES),
  attempt: z.number().describe('1, and one more for each retry'),
  response: z.string().nullable(),
  model: z.string().nullable(),
  agents: z.array(z.string()),
  tool_calls: z.array(
    z.object({
      agent: z.string(),
      tool: z.string(),
      arguments: z.unknown(),
      outcome: z.enum(['returned', 'failed', 'refused']),
      result: z.string(),
    }),
  ),
  recalled: z.array(recalled),
  degraded: z.array(z.string()),
  usage: usage.nullable(),
  error: z.object({ code: z.string(), detail: z.string() }).nullable(),
  created_at: timestamp,
  started_at: timestamp,
  finished_at: timestamp.nullable(),
});

const tags = ['runs'];
const params = z.object({ id: uuid });

/** `/runs`: what became of each question. */
export const runRoutes: FastifyPluginAsyncZod<{ runs: Runs; turns: Turns }> = async (
  app,
  { runs, turns },
) => {
  app.get(
    '/:id',
    { schema: { tags, summary: 'What became of a question', params, response: { 200: run, ...problems } } },
    async ({ user, params: { id } }) => {
      const found = await runs.get(user.id, id);
      return show(found, await runs.answerOf(user.id, id));
    },
  );

  app.post(
    '/:id/retry',
    {
      schema: {
        tags,
        summary: 'Answer the stored question of a failed run',
        params,
        response: { 200: turnAnswer, ...problems },
      },
    },
    async ({ user, params: { id } }) => showAnswer(await turns.retry(user.id, id)),
  );
};

function show(found: Run, response: string | null): z.infer<typeof run> {
  const { id, entry, memory, status, attempt, model, agents, recalled, degraded, usage, error } = found;
  return {
    id,
    session_id: found.sessionId,
    entry,
    memory,
    status,
    attempt,
    response,
    model,
    agents,
    tool_calls: found.toolCalls,
    recalled,
    degraded,
    usage,
    error,
    created_at: found.createdAt.toISOString(),
    started_at: found.startedAt.toISOString(),
    finished_at: found.finishedAt?.toISOString() ?? null,
  };
}
