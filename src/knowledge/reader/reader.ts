import { ProblemError } from '../../errors.ts';
import { slotsOf } from '../../workspace/explorer/slots.ts';
import { DocumentFault, type DocumentSource, type ReadDocument } from '../document.ts';
import { type ChildLimits, type ReaderChild, startChild } from './reader-child.ts';

const IDLE_MS = 60_000;
const ENTRY = new URL('./reader-process.ts', import.meta.url);

/** What reads documents in processes of their own, where a hostile one can do no harm. */
export interface DocumentReader {
  /**
   * Reads a document, when those before it are read.
   *
   * @throws DocumentFault, ProblemError `shutting_down`, or the signal's reason.
   */
  read(source: DocumentSource, options: { signal?: AbortSignal | undefined }): Promise<ReadDocument>;
  /** Ends what is read and all processes. */
  close(): Promise<void>;
}

/** How many processes there are at most, and what each may use: time for one document, and heap in MiB. */
export interface ReaderOptions extends Partial<ChildLimits> {
  processes?: number;
  /** How long a process without work is kept. */
  idleMs?: number;
}

/** Makes a reader. Its processes start with the first document and end when there has been none for a minute. */
export function createReader({
  processes = 1,
  timeoutMs = 60_000,
  memoryMb = 512,
  entry = ENTRY,
  idleMs = IDLE_MS,
}: ReaderOptions = {}): DocumentReader {
  const closing = new AbortController();
  const places = slotsOf({ count: processes, waiting: Number.POSITIVE_INFINITY });
  const idle = new Map<ReaderChild, NodeJS.Timeout>();
  const children = new Set<ReaderChild>();

  function takeIdle(): ReaderChild | undefined {
    for (const [child, timer] of idle) {
      clearTimeout(timer);
      idle.delete(child);
      if (child.isAlive()) return child;
      children.delete(child);
    }
    return undefined;
  }

  function start(): ReaderChild {
    const child = startChild({ entry, timeoutMs, memoryMb });
    children.add(child);
    return child;
  }

  async function readBy(
    child: ReaderChild,
    source: DocumentSource,
    stop: AbortSignal,
  ): Promise<ReadDocument> {
    try {
      return await child.read(source, stop);
    } catch (error) {
      stop.throwIfAborted();
      throw error;
    } finally {
      await giveBack(child);
    }
  }

  async function giveBack(child: ReaderChild): Promise<void> {
    if (!child.isAlive() || closing.signal.aborted) return endChild(child);
    const timer = setTimeout(() => {
      idle.delete(child);
      void endChild(child);
    }, idleMs);
    timer.unref();
    idle.set(child, timer);
  }

  async function endChild(child: ReaderChild): Promise<void> {
    await child.end();
    children.delete(child);
  }

  return {
    async read(source, { signal }) {
      const stop = signal === undefined ? closing.signal : AbortSignal.any([closing.signal, signal]);
      await places.take(stop);
      try {
        const used = takeIdle();
        if (used === undefined) return await readBy(start(), source, stop);
        try {
          return await readBy(used, source, stop);
        } catch (error) {
          // What the document before left behind, a full heap or a late failure, is not this one's fault.
          if (used.isAlive() || !isCrash(error)) throw error;
          return await readBy(start(), source, stop);
        }
      } finally {
        places.release();
      }
    },
    async close() {
      closing.abort(new ProblemError('shutting_down', 'The server is stopping.'));
      for (const timer of idle.values()) clearTimeout(timer);
      idle.clear();
      await Promise.all([...children].map(endChild));
    },
  };
}

function isCrash(error: unknown): boolean {
  return error instanceof DocumentFault && (error.code === 'broken' || error.code === 'out_of_memory');
}
