import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ProblemError } from '../errors.ts';
import type { AnswerBody } from '../turns/answer.ts';
import type { StartedTurn } from '../turns/launcher.ts';
import { isEnd, type RunFeed } from '../turns/run-feed.ts';
import type { RunEvent } from '../turns/run-types.ts';

/** What is written ahead for a client that reads slowly, in bytes; the rest stays in the database. */
const WRITTEN_AHEAD = 16_384;
/** What a client is told to wait before it connects again. */
const RECONNECT_MS = 1_000;
export const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  // A proxy that collects the answer (nginx) would hold the events back.
  'x-accel-buffering': 'no',
};

/** Where streams get their events, and what ends all of them. */
export interface StreamSource {
  feed: RunFeed;
  heartbeatMs: number;
  /** Aborted when the server closes: streams then end with an event that says where to go on. */
  closing: AbortSignal;
  /** Throws a ProblemError `unauthorized` when the caller may not come in any more. */
  identify: (request: FastifyRequest) => unknown;
}

interface Exchange {
  request: FastifyRequest;
  reply: FastifyReply;
  stream: StreamSource;
}

/** Whether a client wants server-sent events by its `Accept` header. */
export function asksForStream({ headers }: FastifyRequest): boolean {
  return headers.accept?.includes('text/event-stream') ?? false;
}

/** Answers with a turn: as events while it goes on, or with its answer when that is there. */
export async function sendTurn(
  { userId, runId, after, outcome }: StartedTurn,
  { isStreamed, ...exchange }: Exchange & { isStreamed: boolean },
): Promise<AnswerBody> {
  return isStreamed ? sendEvents({ userId, runId, after }, exchange) : await outcome;
}

/** Answers with the events of a run after a certain one. The answer is sent already when this returns. */
export function sendEvents(
  place: { userId: string; runId: string; after: number },
  { request, reply, stream }: Exchange,
): never {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  const events = stream.feed.follow(place, AbortSignal.any([gone.signal, stream.closing]));
  const frames = Readable.from(framesOf(events, { ...place, request, leave: () => gone.abort() }, stream), {
    objectMode: false,
    highWaterMark: WRITTEN_AHEAD,
  });
  frames.on('error', (error) => request.log.error({ err: error }, 'a stream of events broke off'));
  // The reply is typed for JSON answers; a stream is sent as it is.
  return reply.headers(STREAM_HEADERS).send(frames as never) as never;
}

/** Who follows which run, from where on. */
interface Follower {
  runId: string;
  after: number;
  request: FastifyRequest;
  /** Gives up waiting for events. */
  leave: () => void;
}

/** The text of a stream: a run's events as they come, and a comment now and then that keeps proxies from closing it. */
async function* framesOf(
  events: AsyncGenerator<RunEvent[]>,
  { runId, after, request, leave }: Follower,
  { heartbeatMs, closing, identify }: StreamSource,
): AsyncGenerator<string> {
  const guard = guardStream(request, { heartbeatMs, identify });
  let last = after;
  let isOver = false;
  let next = events.next();
  try {
    yield `retry: ${RECONNECT_MS}\n\n`;
    for (;;) {
      const timer = new AbortController();
      const beat = sleep(heartbeatMs, 'beat' as const, { signal: timer.signal }).catch(() => 'beat' as const);
      const come = await Promise.race([next, beat]);
      timer.abort();
      await guard();
      if (come === 'beat') {
        yield ': heartbeat\n\n';
        continue;
      }
      if (come.done) break;
      yield come.value.map(frame).join('');
      last = come.value.at(-1)?.seq ?? last;
      isOver = isEnd(come.value.at(-1));
      next = events.next();
    }
    if (closing.aborted && !isOver)
      yield `event: resume\ndata: ${JSON.stringify({ run_id: runId, last_event_id: last })}\n\n`;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    yield `event: error\ndata: ${JSON.stringify(error.toDocument())}\n\n`;
  } finally {
    // Otherwise this would wait for the event that is being waited for.
    leave();
    await events.return(undefined);
  }
}

/**
 * Makes what ends a stream whose caller may not come in any more, because the key was revoked, say: it asks at most once in each
 * heartbeat, and throws a ProblemError `unauthorized`.
 */
export function guardStream(
  request: FastifyRequest,
  { heartbeatMs, identify }: Pick<StreamSource, 'heartbeatMs' | 'identify'>,
): () => Promise<void> {
  let askedAt = performance.now();
  return async () => {
    // A timer may fire a little early.
    if (performance.now() - askedAt < heartbeatMs - 1) return;
    askedAt = performance.now();
    try {
      await identify(request);
    } catch (error) {
      // While nobody can tell, the stream goes on.
      if (error instanceof ProblemError && error.code === 'unauthorized') throw error;
    }
  };
}

function frame({ seq, type, data }: RunEvent): string {
  return `id: ${seq}\nevent: ${type}\ndata: ${data}\n\n`;
}
