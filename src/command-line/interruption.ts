import { STOPPING } from './progress.ts';

/** Ends after the request under way at the first interruption, at once at the second. */
export function stopOnInterruption(print: (line: string) => void): AbortSignal {
  const stop = new AbortController();
  process.once('SIGINT', () => {
    stop.abort();
    // On a terminal the progress bar says so.
    if (!process.stdout.isTTY) print(STOPPING);
  });
  return stop.signal;
}
