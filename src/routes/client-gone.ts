import type { FastifyReply } from 'fastify';
import { ProblemError } from '../errors.ts';

/**
 * Aborted when the client goes away before its answer is sent. Fastify's own `request.signal` is aborted as soon as the body
 * of a request was read.
 */
export function clientGone(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const leave = () => {
    // Nobody hears it, but it is the caller's doing and no failure of the server's.
    if (!reply.raw.writableFinished)
      controller.abort(new ProblemError('invalid_request', 'The client went away before it had its answer.'));
  };
  // It can have gone while the server found out who asks; then nothing would say so any more.
  if (reply.raw.destroyed) leave();
  else reply.raw.once('close', leave);
  return controller.signal;
}
