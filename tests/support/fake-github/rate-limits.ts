import type { State } from './state.ts';

/** What is left to one person of one kind of request. */
interface Allowance {
  limit: number;
  used: number;
  /** Seconds since 1970. */
  reset: number;
}

/** What is counted by itself. */
export type Resource = 'core' | 'search';

// Of requests without a token.
const ANONYMOUS = { core: 60, search: 10 };
const SECONDS = { core: 3600, search: 60 };

/** Counts requests as GitHub does: for each token (or for all without one), by the hour or the minute. */
export interface RateLimits {
  allowance(token: string, resource: Resource): Allowance;
  headers(token: string, resource: Resource): Record<string, string>;
}

/** Counters by the limits of a state, none of them used yet. */
export function rateLimitsOf(state: State): RateLimits {
  const allowances = new Map<string, Allowance>();
  const limits: RateLimits = {
    allowance: (token, resource) => {
      const key = `${resource} ${token}`;
      const now = Math.floor(Date.now() / 1000);
      const there = allowances.get(key);
      if (there && there.reset > now) return there;
      const limit = token === '' ? ANONYMOUS[resource] : state.limits[resource];
      const fresh = { limit, used: 0, reset: now + SECONDS[resource] };
      allowances.set(key, fresh);
      return fresh;
    },
    headers: (token, resource) => {
      const { limit, used, reset } = limits.allowance(token, resource);
      return {
        'x-ratelimit-limit': String(limit),
        'x-ratelimit-remaining': String(Math.max(0, limit - used)),
        'x-ratelimit-used': String(used),
        'x-ratelimit-reset': String(reset),
        'x-ratelimit-resource': resource,
      };
    },
  };
  return limits;
}
