import type { Config } from '../config.ts';
import { createQueueDepths } from '../db/queue-depths.ts';
import { createIdentity } from '../identity/identity.ts';
import { createMetrics } from '../metrics/metrics.ts';
import { createGate } from '../models/gate.ts';
import { createObserve } from '../observing/observe.ts';
import { createTracer } from '../tracing/create-tracer.ts';
import type { ServicesNeeds } from './needs.ts';

/**
 * Builds what everything else stands on: what tells of the work, who may come in, and what the limits are counted with.
 * @throws StartupError where everybody could come in.
 */
export async function createFoundation(config: Config, needs: ServicesNeeds) {
  const { metrics, tracer, observe } = await createObservation(config, needs);
  function onRefused(limit: string): void {
    observe.refused(limit);
    needs.onRefused?.(limit);
  }
  const identity = await openIdentity(config, needs);
  const limits = await openLimits(config, { log: needs.log, onRefused });
  const { gates, redis, redisState } = limits;
  metrics.watchQueue('model', () => gates.chat.waiting() + gates.embeddings.waiting());
  if (redis) metrics.watchRedis(() => redisState() === 'ok');

  /** To be called when nothing uses it any more. */
  async function close(): Promise<void> {
    redis?.close();
    await tracer.close();
  }

  return { metrics, observe, identity, limits, close };
}

export type Foundation = Awaited<ReturnType<typeof createFoundation>>;

/** Builds what tells of the work: metrics, and traces where there is a collector. */
async function createObservation(config: Config, { database, log }: ServicesNeeds) {
  const queueDepths = createQueueDepths({ executor: database.executor });
  const metrics = createMetrics({ connections: database.connections, queueDepths });
  const tracer = await createTracer(config.observability.traces, () =>
    log.warn('traces could not be sent; they are dropped'),
  );
  return { metrics, tracer, observe: createObserve({ metrics, tracer }) };
}

async function openIdentity({ host, oidc, observability }: Config, { database, log }: ServicesNeeds) {
  const { executor, kind } = database;
  const identity = createIdentity({
    ...{ executor, host, oidc, log },
    tokens: oidc && (await import('../identity/tokens.ts')).createTokenVerifier(oidc),
    isAlone: kind === 'embedded',
    origins: observability.corsOrigins,
  });
  await identity.refuseUnprotected();
  await identity.start();
  return identity;
}

/** Builds what the limits are counted with: a gate for the calls of each model, and Redis where there is one. */
async function openLimits(
  { limits: settings }: Config,
  { log, onRefused }: Required<Pick<ServicesNeeds, 'log' | 'onRefused'>>,
) {
  const gate = () => createGate({ ...settings.modelCalls, onRefused });
  const { redisUrl: url } = settings;
  // Read only where it is used, as the provider's tokens are: each package makes every start longer.
  const redis =
    url === undefined
      ? undefined
      : await (await import('../limits/redis-link.ts')).createRedisLink({ url, log });
  /** Whether replicas count requests together: there is no Redis to do so, it answers, or it does not. */
  const redisState = () => redis?.state() ?? ('none' as const);
  return { settings, onRefused, redis, redisState, gates: { chat: gate(), embeddings: gate() } };
}
