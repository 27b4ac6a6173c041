import type { Logger } from 'pino';
import { v4 as uuidv4 } from 'uuid';
import type { Executor } from '../db/database.ts';
import type { EmbeddingIdentity } from '../models/embeddings.ts';
import type { EmbeddingModel } from '../models/settings.ts';
import { createActiveModels } from './active-models.ts';
import { chunkTexts } from './chunk-texts.ts';
import { createReembedJobs } from './jobs.ts';
import { messageTexts } from './message-texts.ts';
import { createModelChanges } from './model-changes.ts';
import { createReembedding } from './reembedding.ts';

interface EmbeddingNeeds {
  executor: Executor;
  /** The model of the configuration. */
  wanted: EmbeddingModel;
  /** Opens a model that is not the configured one. */
  open: (identity: EmbeddingIdentity) => Promise<EmbeddingModel>;
  /** Texts that are embedded at a time. */
  batchSize: number;
  /** How often a process looks which model serves, in milliseconds. */
  checkMs: number;
  leaseMs: number;
  isAlone: boolean;
  /** The notification channel of the database. */
  channel: string;
  log: Pick<Logger, 'info' | 'warn'>;
}

/** Which embedding model serves, and the change from one to another. */
export function createEmbedding(needs: EmbeddingNeeds) {
  const { executor, wanted, open, batchSize, checkMs, leaseMs, isAlone, channel, log } = needs;
  const self = uuidv4();
  const models = createActiveModels({ executor, wanted, open, log });
  const jobs = createReembedJobs({ executor, owner: self, leaseMs });
  const changes = createModelChanges({ executor, self, wanted, checkMs, channel });
  const sources = { messages: messageTexts(executor), chunks: chunkTexts(executor) };
  const reembedding = createReembedding({
    ...{ models, changes, jobs, sources, checkMs, leaseMs, batchSize, isAlone, log },
  });
  return { models, jobs, changes, reembedding };
}

export type Embedding = ReturnType<typeof createEmbedding>;
