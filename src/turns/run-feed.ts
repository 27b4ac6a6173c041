import type { Executor } from '../db/database.ts';
import { sql } from '../db/drizzle.ts';
import type { RunStatus } from '../db/schema.ts';
import { type ProblemDocument, ProblemError } from '../errors.ts';
import type { AnswerBody } from './answer.ts';
import type { RunEvent } from './run-types.ts';
import { eventsOf, type Signals } from './signals.ts';

/** Events that are read from the database at a time: what a client that reads slowly can make the server hold. */
const PAGE = 25;
/** Signals can be missed while the listening connection is down; then this is how late events come. */
const POLL_MS = 1_000;

interface Place {
  userId: string;
  runId: string;
  /** The number of the last event that the follower has. */
  after: number;
}

interface Page {
  status: RunStatus;
  isTrimmed: boolean;
  isErased: boolean;
  events: RunEvent[];
}

/** A follower in this process: the events that were stored since it last looked, as long as it keeps up. */
interface Follower {
  fresh: RunEvent[] | undefined;
}

/** The process that carries a run out, as those who follow it here know it. */
interface Writer {
  /** The number of the last event that is stored. */
  stored: () => number;
  /** Told when somebody begins to follow. */
  onFollowed: () => void;
}

/** Lets anyone follow what a run does, live or afterwards, whichever process carries it out. */
export function createRunFeed({ executor, signals }: { executor: Executor; signals: Signals }) {
  const followers = new Map<string, Set<Follower>>();
  const writers = new Map<string, Writer>();

  /** Hands events that were just stored to the followers in this process. One that is behind gets them from the database. */
  function publish(runId: string, events: RunEvent[]): void {
    for (const follower of followers.get(runId) ?? []) {
      follower.fresh = follower.fresh === undefined ? events : [];
    }
    signals.signal(eventsOf(runId));
  }

  function isFollowed(runId: string): boolean {
    return followers.has(runId);
  }

  /** Whether this process writes the run's events, and none is stored behind that one: then what comes next is handed over. */
  function isUpToDate(runId: string, last: number): boolean {
    const writer = writers.get(runId);
    return writer !== undefined && writer.stored() <= last;
  }

  /** Notes that this process writes a run's events; what is returned says that it does no more. */
  function write(runId: string, writer: Writer): () => void {
    writers.set(runId, writer);
    return () => {
      if (writers.get(runId) === writer) writers.delete(runId);
    };
  }

  /**
   * The events of a run after a certain one, in groups, until its `done` or `error` or the abort signal.
   * @throws ProblemError `run_not_found`, also for one that is erased meanwhile, `run_erased` where its content is, or `events_removed`
   * for a run that ended long ago.
   */
  async function* follow({ userId, runId, after }: Place, abort?: AbortSignal): AsyncGenerator<RunEvent[]> {
    const follower: Follower = { fresh: undefined };
    const known = followers.get(runId) ?? new Set();
    followers.set(runId, known.add(follower));
    const watch = signals.watch(eventsOf(runId));
    let last = after;
    let lookAt = performance.now() + POLL_MS;
    writers.get(runId)?.onFollowed();
    try {
      while (!abort?.aborted) {
        const fresh = takeFresh(follower, last);
        const waitMs = lookAt - performance.now();
        if (!fresh && waitMs > 0 && isUpToDate(runId, last)) {
          await watch.next(waitMs, abort);
          continue;
        }
        if (!fresh) lookAt = performance.now() + POLL_MS;
        const { status, isTrimmed, isErased, events } = fresh
          ? { status: 'running', isTrimmed: false, isErased: false, events: fresh }
          : await readPage({ userId, runId, after: last });
        if (isErased) throw runErased(runId);
        if (isTrimmed && events.length === 0) throw eventsRemoved(runId);
        last = events.at(-1)?.seq ?? last;
        if (events.length > 0) yield events;
        if (fresh && isEnd(events.at(-1))) return;
        if (!fresh && events.length > 0) continue;
        if (status !== 'running' && status !== 'queued') return;
        await watch.next(POLL_MS, abort);
      }
    } finally {
      watch.end();
      known.delete(follower);
      if (known.size === 0 && followers.get(runId) === known) followers.delete(runId);
    }
  }

  async function readPage({ userId, runId, after }: Place): Promise<Page> {
    const { rows } = await executor.execute<{
      status: RunStatus;
      trimmed: boolean;
      erased: boolean;
      seq: number | null;
      type: RunEvent['type'];
      data: string;
    }>(sql`
      select r.status, r.trimmed, r.erased, e.seq, e.type, e.data
      from runs as r left join lateral (
        select seq, type, data from run_events
        where user_id = ${userId} and run_id = ${runId} and seq > ${after}::int order by seq limit ${PAGE}::int
      ) as e on true
      where r.user_id = ${userId} and r.id = ${runId} order by e.seq`);
    const [first] = rows;
    if (!first) {
      const detail = `There is no run ${runId}; one that was erased while it was at work has stored nothing.`;
      throw new ProblemError('run_not_found', detail);
    }
    const events = rows.flatMap(({ seq, type, data }) => (seq === null ? [] : [{ seq, type, data }]));
    return { status: first.status, isTrimmed: first.trimmed, isErased: first.erased, events };
  }

  /**
   * Waits for a run to end or pause and returns its answer: its last one, or the first one after a certain event.
   * @throws ProblemError: what the run failed with, or what `follow` throws.
   */
  async function outcomeOf(
    place: Place,
    { abort, isFirst = false }: { abort?: AbortSignal; isFirst?: boolean } = {},
  ): Promise<AnswerBody> {
    let end: RunEvent | undefined;
    for await (const events of follow(place, abort)) {
      for (const event of events.filter(isEnd)) end = isFirst && end?.type === 'done' ? end : event;
    }
    if (!end)
      throw new ProblemError('interrupted', 'The wait for the run was given up; ask for it by its id.');
    // What a run ends with was written by this program, as one of the two.
    if (end.type === 'error') throw ProblemError.fromDocument(JSON.parse(end.data) as ProblemDocument);
    return JSON.parse(end.data) as AnswerBody;
  }

  return { publish, isFollowed, write, follow, outcomeOf };
}

export type RunFeed = ReturnType<typeof createRunFeed>;

/** What the follower was handed, where it goes on from what it has. */
function takeFresh(follower: Follower, last: number): RunEvent[] | undefined {
  const { fresh } = follower;
  follower.fresh = undefined;
  return fresh?.[0]?.seq === last + 1 ? fresh : undefined;
}

/** Whether an event is the last one of a run, for as long as the run is not taken up again. */
export function isEnd(event: RunEvent | undefined): boolean {
  return event?.type === 'done' || event?.type === 'error';
}

/** The answer to those who want back what was erased of a run. */
export function runErased(runId: string): ProblemError {
  return new ProblemError(
    'run_erased',
    `A message of run ${runId} was erased, and with it what the run held of its content. Ask again if you want an answer.`,
  );
}

/** The answer to those who follow a run whose events are gone. */
export function eventsRemoved(runId: string): ProblemError {
  return new ProblemError(
    'events_removed',
    `The events of run ${runId} were removed, because it ended long ago; GET /runs/${runId} has its answer.`,
  );
}
