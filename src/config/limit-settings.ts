import { isIP } from 'node:net';
import { z } from 'zod';
import { whole } from './values.ts';

/** Node's timers take no longer times. */
const LONGEST_MS = 3_600_000;
/** Networks that proxy-addr, which Fastify asks, knows by name. */
const NAMED_NETWORKS = ['loopback', 'linklocal', 'uniquelocal'];
const PROXIES = `"none", or the proxies' addresses and networks with commas: 10.0.0.0/8, 192.0.2.7, ${NAMED_NETWORKS.join(', ')}`;

function isNetwork(text: string): boolean {
  if (NAMED_NETWORKS.includes(text)) return true;
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

/** Which proxies are believed when they say whom they ask for. A number of them would let anyone claim to be one. */
const proxies = z
  .string()
  .transform((value) => value.split(',').map((one) => one.trim().toLowerCase()))
  .refine((networks) => networks.join() === 'none' || networks.every(isNetwork), PROXIES)
  .transform((networks) => (networks.join() === 'none' ? false : networks));

/** The environment variables of the limits. */
export const limitFields = {
  RATE_LIMIT_PER_USER: whole(600, 0, 1_000_000),
  RATE_LIMIT_PER_ADDRESS: whole(1_200, 0, 1_000_000),
  TRUST_PROXY: proxies.default(false),
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'a redis:// or rediss:// URL' }).optional(),
  TURNS_PER_USER: whole(8, 0, 1_000),
  TOKENS_PER_USER_PER_DAY: whole(5_000_000, 0, Number.MAX_SAFE_INTEGER),
  MODEL_QUEUE_TIMEOUT_MS: whole(30_000, 10, LONGEST_MS),
  MODEL_QUEUE_LENGTH: whole(1_000, 1, 100_000),
  MAX_CONNECTIONS: whole(4_096, 1, 1_000_000),
  HEADERS_TIMEOUT_MS: whole(15_000, 100, LONGEST_MS),
  REQUEST_TIMEOUT_MS: whole(60_000, 100, LONGEST_MS),
  MAX_EVENT_LOOP_DELAY_MS: whole(1_000, 0, 60_000),
};

type LimitEnvironment = z.infer<z.ZodObject<typeof limitFields>> & { MODEL_MAX_CONCURRENCY: number };

/** What the server takes on at most. Zero means no limit, times are milliseconds. */
export function limitSettings(env: LimitEnvironment) {
  return {
    requestsPerUser: env.RATE_LIMIT_PER_USER,
    requestsPerAddress: env.RATE_LIMIT_PER_ADDRESS,
    trustProxy: env.TRUST_PROXY,
    redisUrl: env.REDIS_URL,
    turns: { turnsPerUser: env.TURNS_PER_USER, tokensPerDay: env.TOKENS_PER_USER_PER_DAY },
    modelCalls: {
      places: env.MODEL_MAX_CONCURRENCY,
      waitMs: env.MODEL_QUEUE_TIMEOUT_MS,
      lineLength: env.MODEL_QUEUE_LENGTH,
    },
    connections: {
      most: env.MAX_CONNECTIONS,
      headersTimeoutMs: env.HEADERS_TIMEOUT_MS,
      requestTimeoutMs: env.REQUEST_TIMEOUT_MS,
    },
    maxEventLoopDelayMs: env.MAX_EVENT_LOOP_DELAY_MS,
  };
}

export type LimitSettings = ReturnType<typeof limitSettings>;
