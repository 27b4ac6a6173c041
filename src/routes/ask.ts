import { createHash } from 'node:crypto';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ProblemError } from '../errors.ts';
import { ON_BUSY } from '../turns/run-types.ts';
import type { Turns } from '../turns/turns.ts';
import { asksForStream, type StreamSource, sendTurn } from './event-stream.ts';
import { memoryMode, problems, queryText, turnAnswer, uuid } from './schemas.ts';

const body = z.strictObject({
  query: queryText,
  session_id: z
    .union([uuid, z.literal('new')], 'takes a session id, or "new"')
    .optional()
    .describe('The session to continue, or "new"; left out: the latest session'),
  memory: memoryMode.default('hybrid').describe('Which memories the answer may draw on'),
  on_busy: z
    .enum(ON_BUSY, `takes one of ${ON_BUSY.join(', ')}`)
    .default('queue')
    .describe(
      'What to do while the session answers another question: wait, refuse with 409, or cancel that one',
    ),
  stream: z
    .boolean('takes true or false')
    .default(false)
    .describe('Whether the answer comes as server-sent events; so it does with "Accept: text/event-stream"'),
});

interface AskOptions {
  turns: Turns;
  stream: StreamSource;
  /** Who answers: `assistant`, or an agent by name. */
  entry: string;
}

/** `POST …/ask`: the supervisor's and every agent's, with the same body and answer. */
export const askRoute: FastifyPluginAsyncZod<AskOptions> = async (app, { turns, stream, entry }) => {
  app.post(
    '/ask',
    {
      schema: {
        tags: [entry],
        summary: entry === 'assistant' ? 'Ask the team' : `Ask ${entry} directly`,
        description: 'With the header Idempotency-Key, the same request is answered once within 24 hours.',
        body,
        response: { 200: turnAnswer, ...problems },
      },
    },
    async (request, reply) => {
      const { stream: isStreamed, ...asked } = request.body;
      const { query, session_id, memory, on_busy } = asked;
      const key = idempotencyKey(request.headers['idempotency-key']);
      const started = await turns.ask({
        userId: request.user.id,
        sessionId: session_id,
        text: query,
        memory,
        entry,
        onBusy: on_busy,
        idempotency: key === undefined ? undefined : { key, requestHash: hashOf({ entry, ...asked }) },
      });
      return await sendTurn(started, {
        request,
        reply,
        stream,
        isStreamed: isStreamed || asksForStream(request),
      });
    },
  );
};

/** @throws ProblemError `invalid_request` for a key that is empty, too long, or not made of visible ASCII characters. */
function idempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && /^[\x21-\x7e]{1,255}$/.test(header)) return header;
  throw new ProblemError(
    'invalid_request',
    'headers.idempotency-key: takes 1 to 255 visible ASCII characters, once.',
  );
}

function hashOf(asked: object): string {
  const inOrder = Object.entries(asked).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(inOrder)).digest('hex');
}
