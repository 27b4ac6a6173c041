import type { Logger } from 'pino';
import { v4 as uuidv4 } from 'uuid';
import type { Executor } from '../db/database.ts';
import type { ActiveModels } from '../embedding/active-models.ts';
import type { QuestionEmbedder } from '../memory/question-vector.ts';
import type { Workspaces } from '../workspace/workspace.ts';
import { createCatalogue } from './library/catalogue.ts';
import { createEmbedDocument } from './library/embed-document.ts';
import { createIndexer } from './library/indexer.ts';
import { createJobs } from './library/jobs.ts';
import { createLibrary } from './library/library.ts';
import { createReadDocument } from './library/read-document.ts';
import { createScan } from './library/scan.ts';
import { createReadingStore } from './library/store-reading.ts';
import { createReader } from './reader/reader.ts';
import { createKnowledgeSearch } from './search/search.ts';

/** What was read by other readers is read again: to be changed with anything that changes the chunks of a document. */
const READ_AS = 'readers-1';

interface KnowledgeNeeds {
  executor: Executor;
  workspaces: Workspaces;
  models: Pick<ActiveModels, 'serving' | 'onChange'>;
  questionEmbedder: QuestionEmbedder;
  /** Chunks that are embedded at a time. */
  batchSize: number;
  scanIntervalMs: number;
  /** The largest file that is read. */
  maximumBytes: number;
  parser: { timeoutMs: number; memoryMb: number };
  leaseMs: number;
  isAlone: boolean;
  log: Pick<Logger, 'warn' | 'error'>;
}

/**
 * What is in the user's documents. With a lexical embedder passages get no vectors: it sees in them what their words and trigrams
 * say already.
 */
export function createKnowledge(needs: KnowledgeNeeds) {
  const { executor, workspaces, models, questionEmbedder, maximumBytes, leaseMs, log } = needs;
  const owner = uuidv4();
  const neural = () => {
    const serving = models.serving();
    return serving.kind === 'neural' ? serving : null;
  };
  const model = () => neural()?.name ?? null;
  const catalogue = createCatalogue({ executor, model });
  const jobs = createJobs({ executor, owner, leaseMs });
  const store = createReadingStore({ executor, owner, readAs: READ_AS, model });
  const reader = createReader(needs.parser);
  const scan = createScan({ executor, workspaces, catalogue, log });
  const indexer = createIndexer({
    executor,
    jobs,
    scan,
    readDocument: createReadDocument({
      workspaces,
      reader,
      store,
      jobs,
      readAs: READ_AS,
      maximumBytes,
      log,
    }),
    embedDocument: createEmbedDocument({ executor, jobs, batchSize: needs.batchSize }),
    neural,
    scanIntervalMs: needs.scanIntervalMs,
    leaseMs,
    isAlone: needs.isAlone,
    log,
  });

  models.onChange(() => void indexer.adopt());

  /** Ends what is read, then the processes that read. */
  async function close(): Promise<void> {
    await indexer.stop();
    await reader.close();
  }

  return {
    library: createLibrary({ executor, workspaces, catalogue, scan, indexer }),
    search: createKnowledgeSearch({ executor, serving: models.serving, embedder: questionEmbedder }),
    start: indexer.start,
    /** Tells that something in a user's workspace was changed. */
    hint: indexer.hint,
    close,
  };
}

export type Knowledge = ReturnType<typeof createKnowledge>;
