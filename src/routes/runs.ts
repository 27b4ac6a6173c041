import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { EFFECTS } from '../config.ts';
import { DECISIONS, RUN_STATUSES, TOOL_OUTCOMES } from '../db/schema.ts';
import { ProblemError } from '../errors.ts';
import { showApproval } from '../turns/answer.ts';
import type { Approvals } from '../turns/approvals.ts';
import { eventsRemoved, runErased } from '../turns/run-feed.ts';
import type { Run } from '../turns/run-reader.ts';
import type { Approval } from '../turns/run-types.ts';
import type { Runs } from '../turns/runs.ts';
import type { Turns } from '../turns/turns.ts';
import { asksForStream, type StreamSource, sendEvents, sendTurn } from './event-stream.ts';
import {
  approval,
  memoryMode,
  passage,
  problems,
  reason,
  recalled,
  timestamp,
  turnAnswer,
  usage,
  uuid,
} from './schemas.ts';

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
      id: uuid.optional(),
      agent: z.string(),
      tool: z.string(),
      arguments: z.unknown(),
      effect: z.enum(EFFECTS).nullish(),
      outcome: z.enum(TOOL_OUTCOMES),
      result: z.string(),
    }),
  ),
  approvals: z.array(
    approval.extend({
      decision: z.enum(DECISIONS).nullable(),
      reason: z.string().nullable(),
      decided_at: timestamp.nullable(),
      outcome: z
        .enum(TOOL_OUTCOMES)
        .nullable()
        .describe('What became of the call; null while it has not been made'),
    }),
  ),
  recalled: z.array(recalled),
  passages: z.array(passage).describe('The passages of documents that were recalled'),
  cut: z.array(recalled).describe('What was recalled too, but had no room in the token budget'),
  degraded: z.array(z.string()),
  usage: usage.nullable(),
  error: z.object({ code: z.string(), detail: z.string() }).nullable(),
  created_at: timestamp,
  started_at: timestamp,
  finished_at: timestamp.nullable(),
});

const tags = ['runs'];
const params = z.object({ id: uuid });

interface RunOptions {
  runs: Runs;
  approvals: Approvals;
  turns: Turns;
  stream: StreamSource;
}

/** `/runs`: what became of each question, and what can still be done about it. */
export const runRoutes: FastifyPluginAsyncZod<RunOptions> = async (
  app,
  { runs, approvals, turns, stream },
) => {
  app.get(
    '/:id',
    { schema: { tags, summary: 'What became of a question', params, response: { 200: run, ...problems } } },
    async ({ user, params: { id } }) => {
      const found = await runs.get(user.id, id);
      return show(found, await runs.answerOf(user.id, id), await approvals.ofRun(user.id, id));
    },
  );

  app.get(
    '/:id/events',
    {
      schema: {
        tags,
        summary: 'Follow a question, live or afterwards, as server-sent events',
        description: 'The header Last-Event-ID takes up a stream that broke off, on any replica.',
        params,
        response: problems,
      },
    },
    async (request, reply) => {
      const { user, params: place } = request;
      const after = lastEventId(request.headers['last-event-id']);
      const found = await runs.get(user.id, place.id);
      if (found.erased) throw runErased(place.id);
      if (found.trimmed) throw eventsRemoved(place.id);
      return sendEvents({ userId: user.id, runId: place.id, after }, { request, reply, stream });
    },
  );

  app.post(
    '/:id/cancel',
    {
      schema: {
        tags,
        summary: 'Stop a question that is being answered, waits, or waits for an approval',
        params,
        response: { 200: turnAnswer, ...problems },
      },
    },
    async ({ user, params: { id } }) => await turns.cancel(user.id, id),
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
    async (request, reply) => {
      const started = await turns.retry(request.user.id, request.params.id);
      return await sendTurn(started, { request, reply, stream, isStreamed: asksForStream(request) });
    },
  );

  app.post(
    '/:id/approvals/:approval_id',
    {
      schema: {
        tags,
        summary: 'Approve or reject a call, and have the run go on',
        params: params.extend({ approval_id: uuid }),
        body: z.strictObject({
          decision: z.enum(['approve', 'reject'], 'takes approve or reject'),
          reason: reason.optional(),
        }),
        response: { 200: turnAnswer, ...problems },
      },
    },
    async (request, reply) => {
      const { id, approval_id } = request.params;
      const decided = { userId: request.user.id, runId: id, approvalId: approval_id, ...request.body };
      const started = await turns.decide({ ...decided, reason: request.body.reason });
      return await sendTurn(started, { request, reply, stream, isStreamed: asksForStream(request) });
    },
  );
};

/** @throws ProblemError `invalid_request` for an id that no event of ours has. */
function lastEventId(header: string | string[] | undefined): number {
  if (header === undefined || header === '') return 0;
  if (typeof header === 'string' && /^\d{1,9}$/.test(header)) return Number(header);
  throw new ProblemError(
    'invalid_request',
    'headers.last-event-id: takes the id of an event of this run, a number.',
  );
}

function show(found: Run, response: string | null, approvals: Approval[]): z.infer<typeof run> {
  const { id, entry, memory, status, attempt, model, agents, recalled, passages, degraded, usage, error } =
    found;
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
    approvals: approvals.map((one) => ({
      ...showApproval(one),
      decision: one.decision,
      reason: one.reason,
      decided_at: one.decidedAt?.toISOString() ?? null,
      outcome: found.toolCalls.find((call) => call.id === one.id)?.outcome ?? null,
    })),
    recalled: recalled.filter(({ cut }) => !cut),
    passages,
    cut: recalled.filter(({ cut }) => cut),
    degraded,
    usage,
    error,
    created_at: found.createdAt.toISOString(),
    started_at: found.startedAt.toISOString(),
    finished_at: found.finishedAt?.toISOString() ?? null,
  };
}
