import { ProblemError } from '../errors.ts';

/** Keeps account of the turns that are running, so that a server that stops can let them end. */
export function createInFlight() {
  const running = new Set<Promise<unknown>>();
  let stopping = false;

  /** @throws ProblemError `shutting_down` once `stop` was called. */
  async function run<Value>(start: () => Promise<Value>): Promise<Value> {
    if (stopping) {
      throw new ProblemError('shutting_down', 'The server is stopping; ask again in a moment.', {
        retryAfterSeconds: 5,
      });
    }
    const turn = start();
    running.add(turn);
    try {
      return await turn;
    } finally {
      running.delete(turn);
    }
  }

  /** Takes no more turns and waits for the running ones, at most so long. */
  async function stop(timeoutMs: number): Promise<void> {
    stopping = true;
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeoutMs);
    await Promise.race([Promise.allSettled(running), over]);
    clearTimeout(timer);
  }

  return { run, stop };
}
