import type { FastifyReply } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Orchestrator } from "../agents/orchestrator.ts";
import { Message, type MessageStore } from "../db/messages.ts";
import { ErrorAnswer } from "../errors.ts";

export interface AssistantRoutesOptions {
  orchestrator: Orchestrator;
  messages: MessageStore;
}

const Session = z.string().min(1).max(100).default("default");

export const assistantRoutes: FastifyPluginAsyncZod<AssistantRoutesOptions> = async (
  app,
  { orchestrator, messages },
) => {
  app.post(
    "/ask",
    {
      schema: {
        body: z.strictObject({ query: z.string().trim().min(1).max(10_000), session: Session }),
        response: {
          200: z.object({ answer: z.string(), agents: z.array(z.string()) }),
          "4xx": ErrorAnswer,
          "5xx": ErrorAnswer,
        },
      },
    },
    ({ body }, reply) => orchestrator.ask({ ...body, signal: clientGone(reply) }),
  );

  app.get(
    "/history",
    {
      schema: {
        querystring: z.object({
          session: Session,
          limit: z.coerce.number().int().min(1).max(200).default(50),
        }),
        response: { 200: z.object({ messages: z.array(Message) }), "4xx": ErrorAnswer },
      },
    },
    async ({ query }) => ({ messages: messages.latest(query.session, query.limit) }),
  );
};

/** Aborted when the client goes away before it has its answer: then the model need not go on. */
function clientGone(reply: FastifyReply): AbortSignal {
  // Fastify's own request.signal will not do: it is aborted as soon as the body has been read.
  const controller = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}
