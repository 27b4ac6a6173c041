import type { MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { type ErrorCode, ProblemError } from '../../errors.ts';
import { hasCode } from '../sandbox/file-errors.ts';
import { slotsOf } from './slots.ts';

/** How a task ended: with its value, or because its time was over. */
type TaskOutcome<Value> = { ended: 'done'; value: Value } | { ended: 'overtime' };

/** What a function in a thread answers: an outcome, or a ProblemError as plain data. */
export type ThreadReply<Value> =
  | TaskOutcome<Value>
  | { ended: 'refused'; code: ErrorCode; detail: string; cause: unknown };

/** How long to run a task, and what else ends it. */
interface RunOptions {
  /** What the task itself keeps to, in milliseconds; a second later its thread is ended. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  transferList?: MessagePort[];
}

/** Threads that can be ended when code in them, a regular expression above all, does not come to an end. */
export interface ThreadPool {
  /**
   * Runs the function `name` of the worker file with a task that can be cloned.
   *
   * @throws ProblemError what the function answered, `workspace_failed`, `shutting_down`; or the signal's reason.
   */
  run<Value>(name: string, task: object, options: RunOptions): Promise<TaskOutcome<Value>>;
  /** Ends all tasks and threads. */
  close(): Promise<void>;
}

const THREADS = 2;
const IDLE_MS = 30_000;
/** How much longer a thread lives than its task should take. */
const GRACE_MS = 1000;
/** A thread that needs more ends with a failure of its own task, not of the server. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 };

/**
 * Makes a pool of at most two threads that start when there is work and end when there is none; they do not keep the
 * process alive. Up to `waiting` tasks wait, further ones are refused.
 */
export function createThreadPool({ worker, waiting }: { worker: URL; waiting: number }): ThreadPool {
  const closing = new AbortController();
  // Piscina's own queue takes any number of tasks that can be aborted, and may forget them when a thread is ended.
  const slots = slotsOf({ count: THREADS, waiting });
  const pool = new Piscina({
    filename: worker.href,
    minThreads: 0,
    maxThreads: THREADS,
    idleTimeout: IDLE_MS,
    resourceLimits: RESOURCE_LIMITS,
    recordTiming: false,
    // Otherwise a thread sleeps between tasks and never closes what the last one left behind.
    atomics: 'disabled',
  });
  // The end of a thread without a task; one with a task rejects it.
  pool.on('error', () => {});

  return {
    async run<Value>(name: string, task: object, { timeoutMs, signal, transferList }: RunOptions) {
      const cancelled = AbortSignal.any(signal === undefined ? [closing.signal] : [closing.signal, signal]);
      await slots.take(cancelled);
      const overtime = new AbortController();
      const timer = setTimeout(() => overtime.abort(), timeoutMs + GRACE_MS);
      try {
        const reply: ThreadReply<Value> = await pool.run(task, {
          name,
          signal: AbortSignal.any([cancelled, overtime.signal]),
          ...(transferList === undefined ? {} : { transferList }),
        });
        if (reply.ended === 'refused') {
          throw new ProblemError(reply.code, reply.detail, { cause: reply.cause });
        }
        return reply;
      } catch (error) {
        cancelled.throwIfAborted();
        if (overtime.signal.aborted) return { ended: 'overtime' };
        throw hasCode(error, 'ERR_WORKER_OUT_OF_MEMORY') ? outOfMemory(error) : error;
      } finally {
        clearTimeout(timer);
        slots.release();
      }
    },
    async close() {
      closing.abort(new ProblemError('shutting_down', 'The server is stopping.'));
      await pool.destroy();
    },
  };
}

function outOfMemory(cause: unknown): ProblemError {
  const limit = RESOURCE_LIMITS.maxOldGenerationSizeMb;
  return new ProblemError(
    'workspace_failed',
    `Looking through these files takes more than ${limit} MiB of memory. Ask for fewer at a time.`,
    { cause },
  );
}
