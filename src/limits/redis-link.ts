import { Redis } from 'ioredis';
import type { Logger } from 'pino';

/** No request waits longer for Redis. */
const COMMAND_TIMEOUT_MS = 250;
const CONNECT_TIMEOUT_MS = 1_000;
const LONGEST_PAUSE_MS = 2_000;

interface RedisLinkNeeds {
  /** May have a password, so it is never logged. */
  url: string;
  log: Pick<Logger, 'info' | 'warn'>;
}

/**
 * A connection to Redis that is there or not, and never waited for: after a first failure it counts as down until it is
 * connected anew, which is tried for ever. Resolves when the first try is over.
 */
export async function createRedisLink({ url, log }: RedisLinkNeeds) {
  let isUp = false;
  let wasTold = false;
  let isClosed = false;
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(100 * 2 ** Math.min(attempt, 6), LONGEST_PAUSE_MS),
    // A replica that was a primary refuses writes until the connection is made anew.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });

  function goUp(): void {
    if (wasTold) log.info('Redis answers again; the limits of all replicas are counted together');
    isUp = true;
    wasTold = false;
  }

  function goDown(error?: unknown): void {
    isUp = false;
    if (wasTold || isClosed) return;
    wasTold = true;
    // Only its words: the error itself carries the command that failed, which can be the one with the password.
    const reason = error instanceof Error ? error.message : 'the connection was closed';
    log.warn({ reason }, 'Redis does not answer; limits are counted by each process until it does');
  }

  client.on('ready', goUp);
  client.on('error', goDown);
  client.on('close', () => goDown());

  /** A command failed or took too long: the connection is made anew, and nobody asks until then. */
  function fail(error: unknown): void {
    if (!isUp) return;
    goDown(error);
    client.disconnect(true);
  }

  function close(): void {
    isClosed = true;
    isUp = false;
    client.disconnect();
  }

  await client.connect().catch(goDown);
  return { client, state: () => (isUp ? ('ok' as const) : ('down' as const)), fail, close };
}

export type RedisLink = Awaited<ReturnType<typeof createRedisLink>>;
