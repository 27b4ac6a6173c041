import { setTimeout as sleep } from 'node:timers/promises';

/** The notification channel of the database that all processes of an installation share. */
export const CHANNEL = 'tertulia';

/** The names that are signalled. */
export const eventsOf = (runId: string) => `events:${runId}`;
export const slotOf = (sessionId: string) => `slot:${sessionId}`;
/** That something was erased: what keeps copies in memory drops them. */
export const ERASED = 'erased';
export const cancelOf = (runId: string) => `cancel:${runId}`;

/** Somebody's interest in a name. A signal between two waits is not lost: the next wait ends at once. */
export interface Watch {
  /** Resolves at the next signal, at the latest after so many milliseconds or when the abort signal fires. */
  next: (milliseconds: number, abort?: AbortSignal) => Promise<void>;
  end: () => void;
}

/** Wakes those who wait for something by its name: in this process directly, in others by way of the database. */
export function createSignals() {
  const listeners = new Map<string, Set<() => void>>();

  function on(name: string, listener: () => void): () => void {
    const known = listeners.get(name) ?? new Set();
    listeners.set(name, known.add(listener));
    return () => {
      known.delete(listener);
      if (known.size === 0 && listeners.get(name) === known) listeners.delete(name);
    };
  }

  function watch(name: string): Watch {
    let isDue = false;
    let wake: (() => void) | undefined;
    const end = on(name, () => {
      isDue = true;
      wake?.();
    });
    async function next(milliseconds: number, abort?: AbortSignal): Promise<void> {
      if (!isDue && !abort?.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        const over = new AbortController();
        abort?.addEventListener('abort', resolve as () => void, { once: true, signal: over.signal });
        const limit = sleep(milliseconds, undefined, { signal: over.signal }).catch(() => undefined);
        await Promise.race([promise, limit]);
        over.abort();
        wake = undefined;
      }
      isDue = false;
    }
    return { next, end };
  }

  function signal(name: string): void {
    for (const listener of listeners.get(name) ?? []) listener();
  }

  /** Takes what the database tells; undefined when some of it may have been missed, so that everyone looks. */
  function receive(name: string | undefined): void {
    const names = name === undefined ? [...listeners.keys()].filter((known) => !isOrder(known)) : [name];
    for (const one of names) signal(one);
  }

  return { on, watch, signal, receive };
}

/** What nobody gave must not be obeyed. */
function isOrder(name: string): boolean {
  return name.startsWith(cancelOf(''));
}

export type Signals = ReturnType<typeof createSignals>;
