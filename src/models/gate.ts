import { ProblemError } from '../errors.ts';

/** What a caller that was refused is told to wait, in seconds: lines of this kind empty within a few model calls. */
const BUSY_RETRY_SECONDS = 5;

/** Whose call it is; null for the background, which waits behind everybody and is never refused. */
export type Caller = string | null;

interface GateNeeds {
  /** The most calls in flight. */
  places: number;
  /** The longest that a user's call waits for a place, in milliseconds. */
  waitMs: number;
  /** The most users' calls that wait at one time. */
  lineLength: number;
  /** Told of each refused call. */
  onRefused: (limit: string) => void;
}

/** Lets a limited number of calls in; the others wait, each user in a line of their own. */
export interface Gate {
  /**
   * Resolves with the function that gives the place back; rejects with the signal's reason if it aborts first.
   * @throws ProblemError `model_busy` when the wait or the line is too long.
   */
  enter(signal: AbortSignal, caller: Caller): Promise<() => void>;
  inFlight(): number;
  waiting(): number;
}

interface Waiter {
  admit: () => void;
  refuse: (reason: unknown) => void;
}

/**
 * Creates a gate that is fair: users whose calls wait take turns, whoever came first and however many calls each has, and the
 * background gets what they leave. Where the line is full, the user with the most waiting calls is the one who is refused.
 */
export function createGate({ places, waitMs, lineLength, onRefused }: GateNeeds): Gate {
  let free = places;
  /** By user, in the order of their next turn: a map keeps the order in which keys were added. */
  const lines = new Map<string, Waiter[]>();
  const background: Waiter[] = [];
  let usersWaiting = 0;

  function next(): Waiter | undefined {
    const [first] = lines;
    if (!first) return background.shift();
    const [user, line] = first;
    const waiter = line.shift();
    lines.delete(user);
    if (line.length > 0) lines.set(user, line);
    usersWaiting -= 1;
    return waiter;
  }

  function createLeave(): () => void {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const waiter = next();
      if (waiter) waiter.admit();
      else free += 1;
    };
  }

  function add(caller: Caller, waiter: Waiter): void {
    if (caller === null) {
      background.push(waiter);
      return;
    }
    const line = lines.get(caller);
    if (line) line.push(waiter);
    else lines.set(caller, [waiter]);
    usersWaiting += 1;
  }

  function remove(caller: Caller, waiter: Waiter): void {
    const line = caller === null ? background : lines.get(caller);
    const position = line?.indexOf(waiter) ?? -1;
    if (!line || position < 0) return;
    line.splice(position, 1);
    if (caller === null) return;
    usersWaiting -= 1;
    if (line.length === 0) lines.delete(caller);
  }

  function refusal(detail: string): ProblemError {
    onRefused('model_calls');
    return new ProblemError('model_busy', detail, { retryAfterSeconds: BUSY_RETRY_SECONDS });
  }

  /** Makes room for one more call in a full line: the last one of the longest line goes, or the newcomer where its own is as long. */
  function makeRoom(caller: string): void {
    const own = lines.get(caller)?.length ?? 0;
    const [longest] = [...lines.values()].toSorted((one, other) => other.length - one.length);
    const detail = `${lineLength} calls wait for the model already (MODEL_QUEUE_LENGTH), most of them this user's; try again in a moment.`;
    if (!longest || longest.length <= own) throw refusal(detail);
    longest.at(-1)?.refuse(refusal(detail));
  }

  async function enter(signal: AbortSignal, caller: Caller): Promise<() => void> {
    signal.throwIfAborted();
    if (free > 0) {
      free -= 1;
      return createLeave();
    }
    if (caller !== null && usersWaiting >= lineLength) makeRoom(caller);
    const { promise, resolve, reject } = Promise.withResolvers<() => void>();
    const settle = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', quit);
    };
    const waiter: Waiter = {
      admit: () => {
        settle();
        resolve(createLeave());
      },
      refuse: (reason) => {
        settle();
        remove(caller, waiter);
        reject(reason);
      },
    };
    const quit = () => waiter.refuse(signal.reason);
    const timer =
      caller === null ? undefined : setTimeout(() => waiter.refuse(refusal(tooLong(waitMs))), waitMs);
    signal.addEventListener('abort', quit, { once: true });
    add(caller, waiter);
    return promise;
  }

  return { enter, inFlight: () => places - free, waiting: () => usersWaiting + background.length };
}

/** The sentence avoids the words by which the OpenAI client recognises a time-out and drops the cause. */
function tooLong(waitMs: number): string {
  return `All places for calls of the model (MODEL_MAX_CONCURRENCY) were taken for ${waitMs / 1000} s; try again in a moment.`;
}
