import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
/** What clients read beside the body, which a browser keeps from a page unless it is named. */
const EXPOSED_HEADERS = [
  'Accept-Ranges',
  'Content-Range',
  'Degraded',
  'ETag',
  'Link',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'Retry-After',
  'Server-Timing',
  'WWW-Authenticate',
  'X-Request-Id',
];
/** How long a browser may remember a preflight's answer, in seconds. */
const REMEMBERED_SECONDS = 600;

/**
 * Lets pages of these origins read answers; with none, no answer has a CORS header and no page can. Cookies are never taken.
 * Goes before the hook that identifies, because a browser sends a preflight without any key.
 */
export async function allowOrigins(app: FastifyInstance, origins: string[]): Promise<void> {
  if (origins.length === 0) return;
  await app.register(cors, {
    origin: origins,
    methods: METHODS,
    exposedHeaders: EXPOSED_HEADERS,
    credentials: false,
    maxAge: REMEMBERED_SECONDS,
    strictPreflight: false,
  });
}
