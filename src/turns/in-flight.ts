import { ProblemError } from '../errors.ts';

/** Keeps account of the turns that are running, so that a server that stops can let them end. */
export function createInFlight() {
  const running = new Set<Promise<unknown>>();
  let isStopping = false;

  /** Does what begins a turn. @throws ProblemError `shutting_down` once `stop` was called. */
  async function run<Value>(begin: () => Promise<Value>): Promise<Value> {
    if (isStopping) {
      throw new ProblemError('shutting_down', 'The server is stopping; ask again in a moment.', {
        retryAfterSeconds: 5,
      });
    }
    const beginning = begin();
    track(beginning);
    return await beginning;
  }

  /** Counts something as running until it is settled. */
  function track(work: Promise<unknown>): void {
    running.add(work);
    const forget = () => void running.delete(work);
    work.then(forget, forget);
  }

  /** Takes no more turns and waits for the running ones, at most so long. */
  async function stop(timeoutMs: number): Promise<void> {
    isStopping = true;
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeoutMs);
    const settled = async () => {
      while (running.size > 0) await Promise.allSettled(running);
    };
    await Promise.race([settled(), over]);
    clearTimeout(timer);
  }

  return { run, track, stop };
}
