import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { TurnAnswer, Turns } from '../turns/turns.ts';
import { memoryMode, problems, queryText, recalled, usage, uuid } from './schemas.ts';

const body = z.strictObject({
  query: queryText,
  session_id: z
    .union([uuid, z.literal('new')], 'takes a session id, or "new"')
    .optional()
    .describe('The session to continue, or "new"; left out: the latest session'),
  memory: memoryMode.default('hybrid').describe('Which memories the answer may draw on'),
  stream: z.literal(false, 'takes false: answers come in one piece').optional(),
});

/** The answer of a turn. */
export const turnAnswer = z.object({
  response: z.string(),
  session_id: uuid,
  run_id: uuid,
  status: z.literal('completed'),
  model: z.string(),
  agents: z.array(z.string()),
  sources: z.array(z.unknown()),
  approvals: z.array(z.unknown()),
  recalled: z.array(recalled),
  degraded: z.array(z.string()).describe('What the turn had to do without'),
  usage,
});

export function showAnswer(answer: TurnAnswer): z.infer<typeof turnAnswer> {
  const { response, sessionId, runId, status, model, agents, degraded } = answer;
  return {
    response,
    session_id: sessionId,
    run_id: runId,
    status,
    model,
    agents,
    sources: [],
    approvals: [],
    recalled: answer.recalled,
    degraded,
    usage: answer.usage,
  };
}

interface AskOptions {
  turns: Turns;
  /** Who answers: `assistant`, or an agent by name. */
  entry: string;
}

/** `POST …/ask`: the supervisor's and every agent's, with the same body and answer. */
export const askRoute: FastifyPluginAsyncZod<AskOptions> = async (app, { turns, entry }) => {
  app.post(
    '/ask',
    {
      schema: {
        tags: [entry],
        summary: entry === 'assistant' ? 'Ask the team' : `Ask ${entry} directly`,
        body,
        response: { 200: turnAnswer, ...problems },
      },
    },
    async ({ user, body: { query, session_id, memory } }) => {
      const question = { userId: user.id, sessionId: session_id, text: query, memory, entry };
      return showAnswer(await turns.ask(question));
    },
  );
};
