import type { Logger } from 'pino';
import { ProblemError } from '../errors.ts';
import type { Deliver } from './deliver.ts';
import type { Delivery, DeliveryQueue } from './delivery-queue.ts';

const MOST_ATTEMPTS = 8;
const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 900_000;
/** How often deliveries are looked for that another process took in, or that wait after a failure. */
const POLL_MS = 5_000;
const CLEARING_INTERVAL_MS = 3_600_000;
/** A lease is renewed this many times before it would be over. */
const RENEWALS_PER_LEASE = 3;

interface DeliveryWorkerNeeds {
  queue: DeliveryQueue;
  deliver: Deliver;
  leaseMs: number;
  /** Whether no other process can have the database open. */
  isAlone: boolean;
  log: Pick<Logger, 'warn' | 'error'>;
}

/** Delivers what is queued, in the background. */
export function createDeliveryWorker({ queue, deliver, leaseMs, isAlone, log }: DeliveryWorkerNeeds) {
  const stopping = new AbortController();
  const { signal } = stopping;
  /** Resolved when there is nothing to do that was there when they came. */
  const waiting: PromiseWithResolvers<void>[] = [];
  let woken = Promise.withResolvers<void>();
  let worker: Promise<void> | undefined;
  let clearedAt = 0;

  /** Begins with what is waiting, also from before. */
  async function start(): Promise<void> {
    if (isAlone) await queue.freeAll();
    worker ??= work();
  }

  /** Lets what is at hand end soon and takes nothing more; it is gone on with at the next start. */
  async function close(): Promise<void> {
    stopping.abort(new ProblemError('shutting_down', 'The server is stopping.'));
    wake();
    await worker;
  }

  /** Resolves when nothing can be done for now; what waits after a failure goes on waiting. */
  async function settled(): Promise<void> {
    if (worker === undefined || signal.aborted) return;
    const rest = Promise.withResolvers<void>();
    waiting.push(rest);
    wake();
    await rest.promise;
  }

  /** Has what was queued taken up at once. */
  function wake(): void {
    woken.resolve();
  }

  async function work(): Promise<void> {
    while (!signal.aborted) {
      woken = Promise.withResolvers();
      const wakened = woken.promise;
      const asking = waiting.splice(0);
      const delivery = await take();
      if (delivery) {
        waiting.push(...asking);
        await attempt(delivery);
      } else {
        await clear();
        for (const { resolve } of asking) resolve();
        await pause(wakened);
      }
    }
    for (const { resolve } of waiting) resolve();
  }

  async function take(): Promise<Delivery | undefined> {
    try {
      return await queue.take();
    } catch (error) {
      log.warn({ err: error }, 'deliveries of GitHub could not be looked for; it is tried again');
      return undefined;
    }
  }

  async function attempt(delivery: Delivery): Promise<void> {
    const keeping = setInterval(() => tell(queue.keep(delivery)), leaseMs / RENEWALS_PER_LEASE);
    try {
      await deliver(delivery, signal);
      await queue.finish(delivery, null);
    } catch (error) {
      await tell(putOff(delivery, error));
    } finally {
      clearInterval(keeping);
    }
  }

  async function putOff(delivery: Delivery, error: unknown): Promise<void> {
    const { id, event, attempts } = delivery;
    if (signal.aborted) return queue.giveBack({ ...delivery, attempts: attempts - 1 }, 0);
    const isLast = attempts >= MOST_ATTEMPTS;
    const outcome = isLast ? 'was given up' : 'is tried again';
    log.warn({ err: error, delivery: id, event, attempts }, `a delivery of GitHub failed; it ${outcome}`);
    if (isLast) await queue.finish(delivery, error instanceof ProblemError ? error.code : 'internal');
    else await queue.giveBack(delivery, Math.min(FIRST_DELAY_MS * 4 ** (attempts - 1), LONGEST_DELAY_MS));
  }

  async function clear(): Promise<void> {
    if (Date.now() - clearedAt < CLEARING_INTERVAL_MS) return;
    clearedAt = Date.now();
    await tell(queue.clear());
  }

  /** A failed statement is no end of the work: leases end by themselves. */
  async function tell(task: Promise<void>): Promise<void> {
    await task.catch((error: unknown) => {
      log.error({ err: error }, 'work on deliveries of GitHub failed; it is tried again');
    });
  }

  async function pause(wakened: Promise<void>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, POLL_MS).unref();
    await Promise.race([wakened, promise]);
    clearTimeout(timer);
  }

  return { start, close, settled, wake };
}

export type DeliveryWorker = ReturnType<typeof createDeliveryWorker>;
