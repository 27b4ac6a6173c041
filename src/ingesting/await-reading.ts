import { setTimeout as sleep } from 'node:timers/promises';
import type { LibraryCalls, LibraryEntry } from './library-calls.ts';

const LOOK_EVERY_MS = 500;
/** When nothing has come on for so long, an embedder that is down perhaps, there is no use in waiting. */
const STALLED_MS = 600_000;

interface AwaitOptions {
  stop: AbortSignal;
  /** `share` is from 0 to 1. */
  onProgress: (share: number, text: string) => void;
}

/** Looks at a document or a folder again and again until nothing waits to be read, nothing has come on for ten minutes, or it is stopped. */
export async function awaitReading(
  entry: LibraryEntry,
  calls: Pick<LibraryCalls, 'get'>,
  { stop, onProgress }: AwaitOptions,
): Promise<LibraryEntry> {
  let now = entry;
  let last = { seen: '', at: performance.now() };
  while (!isRead(now) && !stop.aborted && performance.now() - last.at < STALLED_MS) {
    const seen = howFar(now);
    if (seen !== last.seen) last = { seen, at: performance.now() };
    onProgress(shareOf(now), howFar(now));
    await sleep(LOOK_EVERY_MS, undefined, { signal: stop }).catch(() => undefined);
    if (!stop.aborted) now = await calls.get(entry.id);
  }
  return now;
}

/** Whether nothing is left to do for it. */
export function isRead(entry: LibraryEntry): boolean {
  if (entry.type === 'folder') return entry.state !== 'reading' && entry.files.pending === 0;
  return entry.state === 'ready' || entry.state === 'failed' || entry.state === 'excluded';
}

/** How far it is, for the person. */
export function howFar(entry: LibraryEntry): string {
  if (entry.type === 'folder') {
    const { total, ready, failed } = entry.files;
    return `${(ready + failed).toLocaleString('en')} of ${total.toLocaleString('en')} files read`;
  }
  return `${entry.embedded.toLocaleString('en')} of ${entry.chunks.toLocaleString('en')} passages`;
}

function shareOf(entry: LibraryEntry): number {
  const [done, all] =
    entry.type === 'folder'
      ? [entry.files.ready + entry.files.failed, entry.files.total]
      : [entry.embedded, entry.chunks];
  return all === 0 ? 0 : done / all;
}
