import rateLimit from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';
import type { RedisLink } from './redis-link.ts';
import type { App } from './server-app.ts';

const WINDOW_MS = 60_000;
/** How many users and addresses one process remembers; those that were not seen for longest are forgotten first. */
const REMEMBERED = 20_000;
const KEY_PREFIX = 'tertulia:limits:';

/** How far a limit is used up. */
export interface Count {
  limit: number;
  remaining: number;
  isExceeded: boolean;
  /** Until the count starts anew. */
  resetSeconds: number;
}

interface CounterNeeds {
  name: string;
  /** Requests in a minute. */
  limit: number;
  keyOf: (request: FastifyRequest) => string;
}

/** Counts a request, or only looks. */
export type Counter = (request: FastifyRequest, how?: 'count' | 'look') => Promise<Count>;

/**
 * Makes counters that @fastify/rate-limit keeps: in Redis, where all replicas count together, and in this process while Redis
 * does not answer, or where there is none.
 */
export async function openCounters(app: App, redis: RedisLink | undefined) {
  const own = await openPlugin(app, undefined);
  const shared = redis && (await openPlugin(app, redis));

  return ({ name, limit, keyOf }: CounterNeeds): Counter => {
    const settings = {
      max: limit,
      timeWindow: WINDOW_MS,
      cache: REMEMBERED,
      keyGenerator: (request: FastifyRequest) => `${name}:${keyOf(request)}`,
    };
    const ownLimit = own(settings);
    const sharedLimit = shared?.(settings);

    return async (request, how = 'count') => {
      const options = { increment: how === 'count' };
      if (sharedLimit && redis?.state() === 'ok') {
        try {
          return toCount(limit, await sharedLimit(request, options));
        } catch (error) {
          redis.fail(error);
        }
      }
      return toCount(limit, await ownLimit(request, options));
    };
  };
}

type CreateRateLimit = App['createRateLimit'];

/** The plugin takes one store for each place where it is registered. */
async function openPlugin(app: App, redis: RedisLink | undefined): Promise<CreateRateLimit> {
  const { promise, resolve } = Promise.withResolvers<CreateRateLimit>();
  await app.register(async (place) => {
    await place.register(rateLimit, {
      global: false,
      ...(redis ? { redis: redis.client, nameSpace: KEY_PREFIX } : {}),
    });
    resolve(place.createRateLimit);
  });
  return await promise;
}

type Found = Awaited<ReturnType<ReturnType<CreateRateLimit>>>;

function toCount(limit: number, found: Found): Count {
  // Without an allow-list of the plugin's own, every request is counted.
  if (found.isAllowed) return { limit, remaining: limit, isExceeded: false, resetSeconds: 0 };
  const { remaining, isExceeded, ttlInSeconds } = found;
  return { limit, remaining, isExceeded, resetSeconds: Math.max(0, ttlInSeconds) };
}
