import type { DatabaseSync } from "node:sqlite";
import Fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from "fastify";
import {
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from "fastify-type-provider-zod";
import type { z } from "zod";
import { clockAgent } from "./agents/clock-agent.ts";
import { notesAgent } from "./agents/notes-agent.ts";
import { createOrchestrator } from "./agents/orchestrator.ts";
import { createMessageStore } from "./db/messages.ts";
import { createNoteStore } from "./db/notes.ts";
import { type ErrorAnswer, ModelError } from "./errors.ts";
import type { Model } from "./models/model.ts";
import { assistantRoutes } from "./routes/assistant.ts";
import { healthRoutes } from "./routes/health.ts";

export interface AppOptions {
  database: DatabaseSync;
  model: Model;
  logger?: boolean;
  now?: () => Date;
}

/** Builds the whole server, without listening yet. This is the one place that knows every part. */
export async function buildApp({ database, model, logger = false, now }: AppOptions) {
  const messages = createMessageStore(database);
  const agents = [notesAgent(createNoteStore(database)), clockAgent(now)];
  const orchestrator = createOrchestrator({ model, messages, agents });

  const app = Fastify({ logger }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) =>
    send(reply, 404, "not_found", `There is no ${request.method} ${request.url}.`),
  );
  await app.register(assistantRoutes, { orchestrator, messages });
  await app.register(healthRoutes, { database, model });
  return app;
}

function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  if (error instanceof ModelError) {
    request.log.warn(error);
    return send(reply, 502, "model_failed", error.message);
  }
  if (error.validation) return send(reply, 400, "invalid_request", error.message);
  if (error.statusCode && error.statusCode < 500) {
    return send(reply, error.statusCode, "bad_request", error.message);
  }
  request.log.error(error);
  return send(reply, 500, "internal", "Something went wrong on our side.");
}

function send(reply: FastifyReply, status: number, code: string, message: string) {
  const answer: z.infer<typeof ErrorAnswer> = { error: { code, message } };
  return reply.code(status).send(answer);
}
