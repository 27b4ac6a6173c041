import type { FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { LimitSettings } from '../config/limit-settings.ts';
import { ERRORS, ProblemError } from '../errors.ts';
import { capConnections } from './connections.ts';
import { refuseUnderPressure } from './pressure.ts';
import type { RedisLink } from './redis-link.ts';
import { createRequestLimits } from './request-limits.ts';
import type { App } from './server-app.ts';

interface GuardNeeds {
  settings: LimitSettings;
  redis: RedisLink | undefined;
  /** Told of each refusal, by the name of the limit. */
  onRefused: (limit: string) => void;
  /** Finds out who asks, and throws a ProblemError for those who may not. */
  admit: (request: FastifyRequest) => Promise<void>;
  log: Logger;
}

/** Puts the limits of connections and requests on a server, and between them what finds out who asks. */
export async function guardRequests(app: App, { admit, log, ...limits }: GuardNeeds): Promise<void> {
  capConnections(app.server, limits, log);
  await refuseUnderPressure(app, limits);
  const { byAddress, byUser, countFailure } = await createRequestLimits(app, limits);
  app.addHook('onRequest', byAddress);
  app.addHook('onRequest', async (request) => {
    try {
      await admit(request);
    } catch (error) {
      if (isCallersFault(error)) await countFailure(request);
      throw error;
    }
  });
  app.addHook('onRequest', byUser);
}

/** A database that does not answer is no guess at a key, and whoever lacks a role has shown who they are. */
function isCallersFault(error: unknown): boolean {
  return (
    error instanceof ProblemError && ERRORS[error.code].culprit === 'caller' && error.code !== 'admin_only'
  );
}
