import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Message } from '../memory/messages.ts';

/** A stored message as the HTTP contract shows it. */
export function showMessage({
  id,
  sessionId,
  runId,
  role,
  name,
  agent,
  content,
  partial,
  createdAt,
}: Message) {
  return {
    id,
    session_id: sessionId,
    run_id: runId,
    role,
    name,
    agent,
    content,
    partial,
    created_at: createdAt.toISOString(),
  };
}

/** Adds `Link: <…>; rel="next"` (RFC 8288): the same address with the page's cursor changed. */
export function linkNext(request: FastifyRequest, reply: FastifyReply, cursor: Record<string, string>): void {
  const [path, search] = request.url.split('?', 2);
  const parameters = new URLSearchParams(search);
  for (const [name, value] of Object.entries(cursor)) parameters.set(name, value);
  reply.header('link', `<${path}?${parameters}>; rel="next"`);
}
