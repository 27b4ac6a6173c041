import type { Logger } from 'pino';
import type { TurnLog } from '../agents/turn-context.ts';
import { toDatabaseProblem } from '../db/failures.ts';
import type { EventType } from '../db/schema.ts';
import type { RunFeed } from './run-feed.ts';
import type { ActiveRun, RunEvent } from './run-types.ts';
import type { Runs } from './runs.ts';
import { toStoredJson } from './stored-json.ts';

/** Events are written at most this often, twenty times a second, where somebody follows in this process. */
const WRITE_INTERVAL_MS = 50;
/** Where nobody does, so that most turns write all their events with their answer. */
const UNFOLLOWED_INTERVAL_MS = 200;
/** A fast model's text of one interval is cut into events of about so many characters, so that readers can take it in bits. */
const LONGEST_TEXT = 4_000;
/** A database that does not answer is asked again so often. */
const RETRY_MS = 500;

interface RunLogNeeds {
  run: ActiveRun;
  runs: Pick<Runs, 'append'>;
  feed: Pick<RunFeed, 'publish' | 'isFollowed' | 'write'>;
  /** Told once when the run turns out not to be this process's any more. */
  onLost: () => void;
  log: Pick<Logger, 'warn'>;
}

/** A run is another process's now, or was erased or ended from outside: nothing more may be done for it here. */
export class RunLostError extends Error {
  override readonly name = 'RunLostError';
}

/**
 * Keeps the events of a run in order and writes them in groups; pieces of text that come between two writes become one event.
 * Those who follow the run get an event once it is stored, so that nobody has seen what is not there to be resumed.
 */
export function createRunLog({ run, runs, feed, onLost, log }: RunLogNeeds) {
  let lastSeq = run.lastSeq;
  let storedSeq = run.lastSeq;
  let pending: RunEvent[] = [];
  let text = { step: 0, pieces: '' };
  let writing: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let lastWrite = 0;
  let isClosed = false;
  const writesNoMore = feed.write(run.runId, { stored: () => storedSeq, onFollowed: hurry });

  /** Somebody follows from now on: what waits need not wait so long. */
  function hurry(): void {
    if (!timer || isClosed) return;
    clearTimeout(timer);
    timer = undefined;
    plan();
  }

  function append(type: EventType, data: object): void {
    endText();
    push(type, data);
    plan();
  }

  function token(piece: string, step: number): void {
    if (text.pieces !== '' && text.step !== step) endText();
    text = { step, pieces: text.pieces + piece };
    if (text.pieces.length >= LONGEST_TEXT) endText(false);
    plan();
  }

  function push(type: EventType, data: object): void {
    lastSeq += 1;
    pending.push({ seq: lastSeq, type, data: toStoredJson(data) });
  }

  /** Half a character, which a model can break off at, waits for its other half unless nothing more comes. */
  function endText(isLast = true): void {
    const rest = !isLast && /[\uD800-\uDBFF]$/.test(text.pieces) ? 1 : 0;
    const whole = text.pieces.slice(0, text.pieces.length - rest);
    if (whole !== '') push('token', { text: whole, step: text.step });
    text = { ...text, pieces: text.pieces.slice(whole.length) };
  }

  /** Writes at once where somebody follows and the last write was long enough ago, otherwise soon. */
  function plan(): void {
    if (timer || isClosed) return;
    const wait = Math.max(0, lastWrite + WRITE_INTERVAL_MS - performance.now());
    timer = setTimeout(writeInBackground, feed.isFollowed(run.runId) ? wait : UNFOLLOWED_INTERVAL_MS);
  }

  function writeInBackground(): void {
    timer = undefined;
    write().catch((error: unknown) => {
      if (error instanceof RunLostError) return;
      log.warn({ err: error, run_id: run.runId }, 'events of a run could not be stored yet');
      if (!isClosed && toDatabaseProblem(error)) timer ??= setTimeout(writeInBackground, RETRY_MS);
    });
  }

  /** One write at a time; whoever asks meanwhile waits for the one that follows. */
  async function write(): Promise<void> {
    while (writing) await writing.catch(() => undefined);
    endText(false);
    if (pending.length === 0) return;
    writing = store();
    try {
      await writing;
    } finally {
      writing = undefined;
    }
  }

  async function store(): Promise<void> {
    const events = pending;
    pending = [];
    lastWrite = performance.now();
    try {
      if (!(await runs.append(run, events))) {
        onLost();
        throw new RunLostError(`Run ${run.runId} is no longer this process's.`);
      }
    } catch (error) {
      pending = [...events, ...pending];
      throw error;
    }
    storedSeq = events.at(-1)?.seq ?? storedSeq;
    feed.publish(run.runId, events);
  }

  /** The events that are not stored yet, with the last ones behind them, for the statement that ends the run. */
  async function close(...last: { type: EventType; data: object }[]): Promise<RunEvent[]> {
    isClosed = true;
    clearTimeout(timer);
    writesNoMore();
    while (writing) await writing.catch(() => undefined);
    endText();
    const ending = last.map(({ type, data }, place) => ({
      seq: lastSeq + 1 + place,
      type,
      data: toStoredJson(data),
    }));
    return [...pending, ...ending];
  }

  const turnLog: TurnLog = { append, token, settle: write };
  return { ...turnLog, close, end: writesNoMore };
}

export type RunLog = ReturnType<typeof createRunLog>;
