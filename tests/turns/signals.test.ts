import { getEventListeners } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cancelOf, createSignals, eventsOf, slotOf } from '../../src/turns/signals.ts';

/** Longer than any test: a wait that is over sooner was not ended by its limit. */
const LONG_MS = 3_600_000;
const LIMIT_MS = 60;
/** A timer counts from the beginning of the event loop's turn, so that it can seem to fire too soon. */
const LEAST_MS = LIMIT_MS / 2;

let signals: ReturnType<typeof createSignals>;
/** Ends what still waits when a test is over. */
let testEnd: AbortController;

beforeEach(() => {
  signals = createSignals();
  testEnd = new AbortController();
});
afterEach(() => testEnd.abort());

/** Whether a wait is over once everything that was set off has run its course. */
async function stateOf(wait: Promise<void>): Promise<'over' | 'waiting'> {
  return await Promise.race([wait.then(() => 'over' as const), setImmediate('waiting' as const)]);
}

async function durationOf(wait: Promise<void>): Promise<number> {
  const began = performance.now();
  await wait;
  return performance.now() - began;
}

const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

describe('a wait', { timeout: 10_000 }, () => {
  it('ends at a signal of its name, and of no other', async () => {
    const wait = signals.watch('one').next(LONG_MS, testEnd.signal);
    expect(await stateOf(wait)).toBe('waiting');
    signals.signal('another');
    expect(await stateOf(wait)).toBe('waiting');
    signals.signal('one');
    expect(await stateOf(wait)).toBe('over');
  });

  it('ends for everyone who watches the name', async () => {
    const waits = [1, 2, 3].map(() => signals.watch('one').next(LONG_MS, testEnd.signal));
    signals.signal('one');
    expect(await Promise.all(waits.map(stateOf))).toEqual(['over', 'over', 'over']);
  });

  it('ends at once when there was a signal before the first wait', async () => {
    const watch = signals.watch('one');
    signals.signal('one');
    expect(await stateOf(watch.next(LONG_MS, testEnd.signal))).toBe('over');
  });

  it('ends at once when there was a signal between two waits, however many there were, and the next one does not', async () => {
    const watch = signals.watch('one');
    const first = watch.next(LONG_MS, testEnd.signal);
    signals.signal('one');
    await first;
    for (let count = 0; count < 3; count += 1) signals.signal('one');
    expect(await stateOf(watch.next(LONG_MS, testEnd.signal))).toBe('over');
    expect(await stateOf(watch.next(LONG_MS, testEnd.signal))).toBe('waiting');
  });

  it('is not cut short by the signal that ended the wait before it', async () => {
    const watch = signals.watch('one');
    const first = watch.next(LONG_MS, testEnd.signal);
    signals.signal('one');
    await first;
    expect(await stateOf(watch.next(LONG_MS, testEnd.signal))).toBe('waiting');
  });

  it('ends at its limit, and a signal after that counts for the next wait', async () => {
    const watch = signals.watch('one');
    await setImmediate();
    expect(await durationOf(watch.next(LIMIT_MS))).toBeGreaterThanOrEqual(LEAST_MS);
    signals.signal('one');
    expect(await stateOf(watch.next(LONG_MS, testEnd.signal))).toBe('over');
  });

  it('ends when it is aborted, and at once when it was aborted before', async () => {
    const watch = signals.watch('one');
    const abort = new AbortController();
    const wait = watch.next(LONG_MS, abort.signal);
    expect(await stateOf(wait)).toBe('waiting');
    abort.abort();
    expect(await stateOf(wait)).toBe('over');
    expect(await stateOf(watch.next(LONG_MS, abort.signal))).toBe('over');
  });

  it('ends without an error whatever the abort gives as its reason', async () => {
    const abort = new AbortController();
    const wait = signals.watch('one').next(LONG_MS, abort.signal);
    abort.abort(new Error('stopped'));
    await expect(wait).resolves.toBeUndefined();
  });
});

describe('what the database tells', { timeout: 10_000 }, () => {
  it('is a signal like any other where it has a name', async () => {
    const wait = signals.watch(slotOf('a')).next(LONG_MS, testEnd.signal);
    const other = signals.watch(slotOf('b')).next(LONG_MS, testEnd.signal);
    signals.receive(slotOf('a'));
    expect([await stateOf(wait), await stateOf(other)]).toEqual(['over', 'waiting']);
  });

  it('cancels where it names a cancellation', () => {
    const cancelled = vi.fn<() => void>();
    signals.on(cancelOf('run'), cancelled);
    signals.receive(cancelOf('another run'));
    expect(cancelled).not.toHaveBeenCalled();
    signals.receive(cancelOf('run'));
    expect(cancelled).toHaveBeenCalledOnce();
  });

  it('wakes everyone when some of it may have been missed, but cancels nothing', async () => {
    const cancelled = vi.fn<() => void>();
    signals.on(cancelOf('run'), cancelled);
    const order = signals.watch(cancelOf('run')).next(LONG_MS, testEnd.signal);
    const waits = [eventsOf('run'), eventsOf('other'), slotOf('session')].map((name) =>
      signals.watch(name).next(LONG_MS, testEnd.signal),
    );
    signals.receive(undefined);
    expect(await Promise.all(waits.map(stateOf))).toEqual(['over', 'over', 'over']);
    expect(await stateOf(order)).toBe('waiting');
    expect(cancelled).not.toHaveBeenCalled();
  });

  it('is for nobody where nobody listens', () => {
    expect(() => {
      signals.receive('nobody');
      signals.receive(undefined);
      signals.signal('nobody');
    }).not.toThrow();
  });
});

describe('what is over', { timeout: 10_000 }, () => {
  it('hears nothing any more', async () => {
    const watch = signals.watch('one');
    const listener = vi.fn<() => void>();
    const forget = signals.on('one', listener);
    signals.signal('one');
    await watch.next(LONG_MS, testEnd.signal);
    watch.end();
    forget();
    signals.signal('one');
    signals.receive(undefined);
    expect(listener).toHaveBeenCalledOnce();
    expect(await stateOf(watch.next(LONG_MS, testEnd.signal))).toBe('waiting');
  });

  it('takes nothing away from those who still listen, also when it is ended twice', async () => {
    const first = signals.watch('one');
    const beside = signals.watch('one');
    first.end();
    signals.signal('one');
    expect(await stateOf(beside.next(LONG_MS, testEnd.signal))).toBe('over');
    beside.end();
    const later = signals.watch('one');
    first.end();
    beside.end();
    signals.signal('one');
    expect(await stateOf(later.next(LONG_MS, testEnd.signal))).toBe('over');
  });

  it('leaves no timer and no listener on the abort signal behind, however the wait ended', async () => {
    const watch = signals.watch('one');
    const { signal } = testEnd;
    const listeners = () => getEventListeners(signal, 'abort').length;
    // No timer of the test runner can come or go before these waits are over: they end without a turn of the event loop.
    let before = timers();
    const wait = watch.next(LONG_MS, signal);
    expect([timers(), listeners()]).toEqual([before + 1, 1]);
    signals.signal('one');
    await wait;
    expect([timers(), listeners()]).toEqual([before, 0]);
    const abort = new AbortController();
    before = timers();
    const aborted = watch.next(LONG_MS, abort.signal);
    expect(timers()).toBe(before + 1);
    abort.abort();
    await aborted;
    expect(timers()).toBe(before);
    await watch.next(1, signal);
    expect(listeners()).toBe(0);
  });

  it('leaves no name behind', async () => {
    const maps: Map<string, unknown>[] = [];
    class RecordedMap extends Map<string, unknown> {
      constructor() {
        super();
        maps.push(this);
      }
    }
    vi.stubGlobal('Map', RecordedMap);
    const recorded = createSignals();
    vi.unstubAllGlobals();
    const names = () => maps.reduce((sum, { size }) => sum + size, 0);
    const watches = Array.from({ length: 100 }, (_, place) => recorded.watch(`name ${place % 50}`));
    const forget = recorded.on('another', () => undefined);
    expect(names()).toBe(51);
    for (const watch of watches) watch.end();
    expect(names()).toBe(1);
    forget();
    expect(names()).toBe(0);
  });
});
