import { normalizeIP } from '@fastify/rate-limit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { LimitSettings } from '../config/limit-settings.ts';
import { ProblemError } from '../errors.ts';
import { type Count, openCounters } from './counters.ts';
import type { RedisLink } from './redis-link.ts';
import type { App } from './server-app.ts';

/** Requests of one address in a minute whose caller could not be identified: enough for mistakes, too few for guessing. */
const FAILURES_PER_MINUTE = 60;
/** What supervises a server must always get its answer. */
const UNLIMITED = ['/health', '/ready', '/metrics'];

/** Whether a request is for one of the addresses that no limit holds. */
export function isUnlimited({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.url !== undefined && UNLIMITED.includes(routeOptions.url);
}

interface RequestLimitsNeeds {
  settings: Pick<LimitSettings, 'requestsPerUser' | 'requestsPerAddress'>;
  redis: RedisLink | undefined;
  onRefused: (limit: string) => void;
}

/**
 * The limits of requests in a minute, as hooks around the one that identifies the caller: by address before it, so that
 * guessing keys is limited, too, and by user after it. Each answer says in `RateLimit-*` how far the tighter one is used up.
 */
export async function createRequestLimits(app: App, needs: RequestLimitsNeeds) {
  const { settings, redis, onRefused } = needs;
  const { requestsPerUser, requestsPerAddress } = settings;
  const open = await openCounters(app, redis);
  const failures = open({ name: 'failure', limit: FAILURES_PER_MINUTE, keyOf: addressOf });
  const addresses = open({ name: 'address', limit: requestsPerAddress, keyOf: addressOf });
  const users = open({ name: 'user', limit: requestsPerUser, keyOf: ({ user }) => user.id });

  async function byAddress(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (requestsPerAddress === 0 || isUnlimited(request)) return;
    const [count, failed] = await Promise.all([addresses(request), failures(request, 'look')]);
    tell(reply, count);
    if (count.isExceeded) {
      refuse('requests_per_address', count, `One address may send ${count.limit} requests a minute`);
    }
    if (failed.remaining === 0) {
      tell(reply, failed);
      refuse(
        'failures_per_address',
        failed,
        `One address may send ${failed.limit} requests a minute whose caller is not identified`,
      );
    }
  }

  /** Counts a request whose caller could not be identified. */
  async function countFailure(request: FastifyRequest): Promise<void> {
    if (requestsPerAddress > 0 && !isUnlimited(request)) await failures(request);
  }

  async function byUser(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    // A webhook has no user.
    if (requestsPerUser === 0 || isUnlimited(request) || !request.user) return;
    const count = await users(request);
    tell(reply, count);
    if (count.isExceeded) {
      refuse('requests_per_user', count, `One user may send ${count.limit} requests a minute`);
    }
  }

  function refuse(limit: string, { resetSeconds }: Count, rule: string): never {
    onRefused(limit);
    const retryAfterSeconds = Math.max(1, resetSeconds);
    throw new ProblemError('rate_limited', `${rule}; ask again in ${retryAfterSeconds} s.`, {
      retryAfterSeconds,
    });
  }

  return { byAddress, byUser, countFailure };
}

/** An IPv6 network of 64 bits is one customer's, who has all of its addresses. */
function addressOf({ ip }: FastifyRequest): string {
  return normalizeIP(ip);
}

/** https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-06 */
function tell(reply: FastifyReply, { limit, remaining, resetSeconds }: Count): void {
  const told = reply.getHeader('ratelimit-remaining');
  if (typeof told === 'string' && Number(told) <= remaining) return;
  reply.header('ratelimit-limit', String(limit));
  reply.header('ratelimit-remaining', String(remaining));
  reply.header('ratelimit-reset', String(resetSeconds));
}
