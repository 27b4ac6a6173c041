import type { Logger } from 'pino';
import type { Executor } from '../../db/database.ts';
import { adoptDocuments } from '../../embedding/chunk-texts.ts';
import { ProblemError } from '../../errors.ts';
import type { NeuralEmbeddingModel } from '../../models/settings.ts';
import type { EmbedDocument } from './embed-document.ts';
import { createFollower } from './follower.ts';
import type { Job, Jobs } from './jobs.ts';
import { type ReadFromWorkspace, retryDelay } from './read-document.ts';
import type { Scan } from './scan.ts';

/** So many documents are worked on at a time: while one is embedded, another is read. */
const WORKERS = 2;
/** After so many new chunks searches are planned anew: at once, or when there is nothing else to do. */
const CHUNKS_BETWEEN_ANALYSES = 2_000;
const WORTH_AN_ANALYSIS = 300;
/** A lease is renewed this many times before it would be over. */
const RENEWALS_PER_LEASE = 3;

interface IndexerNeeds {
  executor: Executor;
  jobs: Jobs;
  scan: Scan;
  readDocument: ReadFromWorkspace;
  embedDocument: EmbedDocument;
  /** The model whose vectors chunks get now; null where they need none. */
  neural: () => NeuralEmbeddingModel | null;
  scanIntervalMs: number;
  leaseMs: number;
  /** Whether no other process can have the database open. */
  isAlone: boolean;
  log: Pick<Logger, 'warn' | 'error'>;
}

/** Does the work of the library in the background: follows the roots, reads what is new or changed, embeds what was read. */
export function createIndexer(needs: IndexerNeeds) {
  const { executor, jobs, scan, readDocument, embedDocument, neural, scanIntervalMs, leaseMs, isAlone, log } =
    needs;
  const stopping = new AbortController();
  const { signal } = stopping;
  const workers: Promise<void>[] = [];
  let chunksSinceAnalysis = 0;
  let woken = Promise.withResolvers<void>();
  const follower = createFollower({
    ...{ executor, scan, leaseMs, attempt },
    intervalMs: scanIntervalMs,
    onScanned: wake,
  });

  async function start(): Promise<void> {
    if (isAlone) await jobs.freeAll();
    await adopt();
    for (let worker = 0; worker < WORKERS; worker += 1) workers.push(work());
    follower.start();
  }

  /** Has the vectors that the serving model made noted, and those made that are missing: at the start, and when another one serves. */
  async function adopt(): Promise<void> {
    const serving = neural();
    if (signal.aborted || !serving) return;
    await adoptDocuments(executor, serving.name);
    wake();
  }

  /** Lets what is at hand end soon and takes nothing more; it is gone on with at the next start. */
  async function stop(): Promise<void> {
    stopping.abort(new ProblemError('shutting_down', 'The server is stopping.'));
    wake();
    await Promise.all([follower.stop(), ...workers]);
  }

  /** Has documents that were queued taken up at once. */
  function wake(): void {
    woken.resolve();
    woken = Promise.withResolvers();
  }

  async function work(): Promise<void> {
    while (!signal.aborted) {
      const wakened = woken.promise;
      const job = await jobs.take().catch((error: unknown) => {
        log.warn({ err: error }, 'waiting documents could not be looked for; it is tried again');
        return undefined;
      });
      if (job) await attempt(() => carryOut(job));
      if (chunksSinceAnalysis > (job ? CHUNKS_BETWEEN_ANALYSES : WORTH_AN_ANALYSIS)) await attempt(analyze);
      if (!job) await pause(wakened);
    }
  }

  async function analyze(): Promise<void> {
    chunksSinceAnalysis = 0;
    await jobs.analyze();
  }

  /** Documents that wait after a failure, or were left by a process that is gone, are looked for in every interval. */
  async function pause(wakened: Promise<void>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, scanIntervalMs).unref();
    await Promise.race([wakened, promise]);
    clearTimeout(timer);
  }

  async function carryOut(job: Job): Promise<void> {
    const keep = async () => void (await jobs.keep(job));
    const keeping = setInterval(() => attempt(keep), leaseMs / RENEWALS_PER_LEASE);
    try {
      const stored = job.state === 'embedding' ? 0 : await readDocument(job, signal);
      chunksSinceAnalysis += stored ?? 0;
      if (stored === undefined) return;
      const serving = neural();
      if (serving) await embed({ ...job, state: 'embedding' }, serving);
      // Vectors that were wanted by a model that serves no more.
      else if (job.state === 'embedding') await jobs.finish(job, null, null);
    } catch (error) {
      if (!signal.aborted) throw error;
      await jobs.giveBack({ ...job, attempts: job.attempts - 1 }, 0, null);
    } finally {
      clearInterval(keeping);
    }
  }

  async function embed(job: Job, serving: NeuralEmbeddingModel): Promise<void> {
    try {
      await embedDocument(job, serving, signal);
    } catch (error) {
      signal.throwIfAborted();
      log.warn({ err: error, document_id: job.id }, 'a document could not be embedded; it is tried again');
      const fault =
        error instanceof ProblemError
          ? { code: error.code, detail: error.message }
          : { code: 'embedder_failed', detail: 'The embedding model failed.' };
      await jobs.giveBack(job, retryDelay(job), fault);
    }
  }

  async function attempt(task: () => Promise<void>): Promise<void> {
    await task().catch((error: unknown) => {
      if (!signal.aborted) log.error({ err: error }, 'work on documents failed; it is tried again');
    });
  }

  return { start, stop, wake, hint: follower.hint, adopt: () => attempt(adopt) };
}

export type Indexer = ReturnType<typeof createIndexer>;
