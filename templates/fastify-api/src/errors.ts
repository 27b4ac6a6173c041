import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";

/** What every failed request is answered with. */
export const ErrorAnswer = z.object({
  error: z.object({ code: z.string(), message: z.string() }),
});

/** Something that was asked for is not there. */
export class NotFoundError extends Error {}

/** Turns whatever a route throws into an answer. What is our own fault is logged, and not told. */
export function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  if (error instanceof NotFoundError) return send(reply, 404, "not_found", error.message);
  if (error.validation) return send(reply, 400, "invalid_request", error.message);
  if (error.statusCode && error.statusCode < 500) {
    return send(reply, error.statusCode, "bad_request", error.message);
  }
  request.log.error(error);
  return send(reply, 500, "internal", "Something went wrong on our side.");
}

export function answerNotFound(request: FastifyRequest, reply: FastifyReply) {
  return send(reply, 404, "not_found", `There is no ${request.method} ${request.url}.`);
}

function send(reply: FastifyReply, status: number, code: string, message: string) {
  return reply
    .code(status)
    .send({ error: { code, message } } satisfies z.infer<typeof ErrorAnswer>);
}
