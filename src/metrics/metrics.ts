import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { STEP_BUCKETS, TURN_BUCKETS } from './buckets.ts';

/** How many wait in each queue. */
type QueueDepths = Record<string, number>;

interface Sources {
  /** The connections of the database's pool. */
  connections: () => { total: number; idle: number; waiting: number };
  /** How many wait in the queues that the database keeps; undefined when it does not say so in time. Never rejects. */
  queueDepths: () => Promise<QueueDepths | undefined>;
}

/**
 * What this process counts about itself, in the form that Prometheus reads. No label has a value that a person chose: neither
 * users, paths nor texts, so the number of series is bounded.
 */
export function createMetrics({ connections, queueDepths }: Sources) {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const queues = new Map<string, () => number>();

  new Gauge({
    name: 'tertulia_queue_depth',
    help: 'What waits, by queue; the queues in the database are the same for all replicas',
    labelNames: ['queue'],
    registers,
    async collect() {
      this.reset();
      for (const [queue, depth] of Object.entries((await queueDepths()) ?? {})) this.set({ queue }, depth);
      for (const [queue, waiting] of queues) this.set({ queue }, waiting());
    },
  });
  new Gauge({
    name: 'tertulia_database_pool',
    help: 'Connections of the pool (total, idle), and the statements that wait for one',
    labelNames: ['state'],
    registers,
    collect() {
      for (const [state, count] of Object.entries(connections())) this.set({ state }, count);
    },
  });

  return {
    ...workMetrics(registers),
    ...edgeMetrics(registers),
    /** Shows the depth of a queue that this process keeps in memory. */
    watchQueue: (queue: string, waiting: () => number): void => {
      queues.set(queue, waiting);
    },
    /** Shows whether the Redis that limits are counted in answers; without one there is no such gauge. */
    watchRedis: (isUp: () => boolean): void => {
      new Gauge({
        name: 'tertulia_redis_up',
        help: 'Whether Redis answers (1), or limits are counted by each process for itself (0)',
        registers,
        collect() {
          this.set(isUp() ? 1 : 0);
        },
      });
    },
    contentType: registry.contentType,
    /** All of it as text. */
    text: async (): Promise<string> => await registry.metrics(),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;

function workMetrics(registers: Registry[]) {
  return {
    turns: new Counter({
      name: 'tertulia_turns_total',
      help: 'Turns that ended or paused here, by how and by who was asked',
      labelNames: ['status', 'entry'] as const,
      registers,
    }),
    turnSeconds: new Histogram({
      name: 'tertulia_turn_seconds',
      help: 'From the accepted question to its answer, the wait for the session included',
      buckets: TURN_BUCKETS,
      registers,
    }),
    phaseSeconds: new Histogram({
      name: 'tertulia_phase_seconds',
      help: 'The parts of a turn',
      labelNames: ['phase'] as const,
      buckets: STEP_BUCKETS,
      registers,
    }),
    modelCalls: new Counter({
      name: 'tertulia_model_calls_total',
      help: 'Calls to models, further attempts not counted apart',
      labelNames: ['kind', 'outcome'] as const,
      registers,
    }),
    modelCallSeconds: new Histogram({
      name: 'tertulia_model_call_seconds',
      help: 'A call to a model with its waits and further attempts, to the end of its answer',
      labelNames: ['kind'] as const,
      buckets: TURN_BUCKETS,
      registers,
    }),
    modelTokens: new Counter({
      name: 'tertulia_model_tokens_total',
      help: 'Tokens of chat models, as their servers count them',
      labelNames: ['direction'] as const,
      registers,
    }),
    recallDegraded: new Counter({
      name: 'tertulia_recall_degraded_total',
      help: 'Recalls that brought less than they could, by what was missing',
      labelNames: ['leg'] as const,
      registers,
    }),
    toolCalls: new Counter({
      name: 'tertulia_tool_calls_total',
      help: 'Calls of agents to their tools',
      labelNames: ['tool', 'effect', 'outcome'] as const,
      registers,
    }),
  };
}

function edgeMetrics(registers: Registry[]) {
  return {
    requests: new Counter({
      name: 'tertulia_http_requests_total',
      help: 'Requests that were answered, by the pattern of their route',
      labelNames: ['method', 'route', 'status'] as const,
      registers,
    }),
    requestSeconds: new Histogram({
      name: 'tertulia_http_request_seconds',
      help: 'From a request to the end of its answer; a stream lasts as long as its turn',
      labelNames: ['method', 'route'] as const,
      buckets: STEP_BUCKETS,
      registers,
    }),
    refusals: new Counter({
      name: 'tertulia_limit_refusals_total',
      help: 'Requests that were refused, by the limit that they met',
      labelNames: ['limit'] as const,
      registers,
    }),
  };
}
