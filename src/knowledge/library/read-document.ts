import type { Logger } from 'pino';
import { toDatabaseProblem } from '../../db/failures.ts';
import { ProblemError } from '../../errors.ts';
import type { Workspaces } from '../../workspace/workspace.ts';
import { DocumentFault } from '../document.ts';
import type { DocumentReader } from '../reader/reader.ts';
import type { Job, Jobs } from './jobs.ts';
import type { ReadingStore, SeenContent } from './store-reading.ts';

/** A document whose reading fails on our side, or ends the process, so often is given up. */
const MOST_ATTEMPTS = 5;
const RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 600_000;

interface ReadDocumentNeeds {
  workspaces: Workspaces;
  reader: DocumentReader;
  store: ReadingStore;
  jobs: Pick<Jobs, 'giveBack'>;
  readAs: string;
  maximumBytes: number;
  log: Pick<Logger, 'warn'>;
}

/** Reads a document from the workspace and stores its chunks; what cannot be read says why. */
export function createReadDocument(needs: ReadDocumentNeeds) {
  const { workspaces, reader, store, jobs, readAs, maximumBytes, log } = needs;

  /** How many new chunks were stored; undefined when nothing is left to do for the document. @throws the signal's reason. */
  async function readDocument(job: Job, signal: AbortSignal): Promise<number | undefined> {
    if (job.attempts > MOST_ATTEMPTS) {
      const detail = `It was tried ${MOST_ATTEMPTS} times. Change the file, or POST its path again.`;
      await store.fail(job, null, { code: 'not_readable', detail });
      return undefined;
    }
    let content: SeenContent | null = null;
    try {
      const { bytes, ...file } = await workspaces
        .for(job.userId)
        .read(job.path, { maximum: maximumBytes, signal });
      content = { etag: file.etag, size: file.size, modifiedAt: file.modified_at };
      if (file.etag === job.etag && job.readAs === readAs) {
        await store.noteUnchanged(job, content);
        return undefined;
      }
      const reading = await reader.read({ path: job.path, bytes }, { signal });
      return await store.store(job, content, { reading, signal });
    } catch (error) {
      signal.throwIfAborted();
      await giveUp(job, content, error);
      return undefined;
    }
  }

  async function giveUp(job: Job, content: SeenContent | null, error: unknown): Promise<void> {
    if (error instanceof DocumentFault) {
      await store.fail(job, content, { code: error.code, detail: error.message });
      return;
    }
    if (error instanceof ProblemError && error.code === 'file_not_found') return await store.forget(job);
    if (error instanceof ProblemError && error.code === 'file_too_large') {
      const detail = `It is larger than ${Math.floor(maximumBytes / 1024 / 1024)} MiB (KNOWLEDGE_MAX_FILE_MB).`;
      await store.fail(job, null, { code: 'too_large', detail });
      return;
    }
    log.warn({ err: error, document_id: job.id }, 'a document could not be read; it is tried again');
    const problem = error instanceof ProblemError ? error : toDatabaseProblem(error);
    const fault = problem ? { code: problem.code, detail: problem.message } : null;
    await jobs.giveBack(job, retryDelay(job), fault);
  }

  return readDocument;
}

export type ReadFromWorkspace = ReturnType<typeof createReadDocument>;

/** Doubles with each attempt. */
export function retryDelay({ attempts }: Pick<Job, 'attempts'>): number {
  return Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** Math.max(0, attempts - 1));
}
