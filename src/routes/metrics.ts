import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { isLoopback, namesLoopback } from '../config/loopback.ts';
import { ProblemError } from '../errors.ts';
import { problems } from './schemas.ts';

interface MetricsOptions {
  metrics: { text: () => Promise<string>; contentType: string };
  /** What one who scrapes has to show; undefined: only this machine is served. */
  token: string | undefined;
}

/** `/metrics`: what the process counts about itself, for Prometheus. */
export const metricsRoutes: FastifyPluginAsyncZod<MetricsOptions> = async (app, { metrics, token }) => {
  app.get(
    '/metrics',
    {
      config: { withoutUser: true },
      schema: {
        tags: ['health'],
        summary: 'What the process counts about itself, for Prometheus',
        description:
          'Takes "Authorization: Bearer <METRICS_TOKEN>"; without that setting, only this machine is served.',
        response: { 200: z.string(), ...problems },
      },
    },
    async (request, reply) => {
      if (token === undefined) requireLoopback(request);
      else requireToken(request, token);
      const text = await metrics.text();
      // Fastify would take a string for JSON where the schema says string.
      return reply.type(metrics.contentType).serializer(String).send(text);
    },
  );
};

/** A proxy on this machine speaks for others, whom its headers show; a name that is not local is a lured browser. */
function requireLoopback({ socket, headers }: FastifyRequest): void {
  const isForwarded = headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined;
  const from = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  if (isForwarded || !isLoopback(from) || !namesLoopback(headers.host)) {
    throw new ProblemError(
      'metrics_not_allowed',
      'Without METRICS_TOKEN the metrics are for the server’s own machine only; set it, and send it as a bearer token.',
    );
  }
}

function requireToken({ headers }: FastifyRequest, token: string): void {
  const given = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1] ?? '';
  if (!timingSafeEqual(digest(given), digest(token))) {
    throw new ProblemError('unauthorized', 'The metrics take "Authorization: Bearer <METRICS_TOKEN>".');
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
