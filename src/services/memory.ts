import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { Database } from '../db/database.ts';
import type { ActiveModels } from '../embedding/active-models.ts';
import { createEmbedding } from '../embedding/embedding.ts';
import { createKnowledge } from '../knowledge/knowledge.ts';
import { createEmbedder } from '../memory/embedder.ts';
import { createImporter } from '../memory/importer.ts';
import { createQuestionEmbedder } from '../memory/question-vector.ts';
import { createRecall } from '../memory/recall.ts';
import { createEmbeddings, openEmbeddings } from '../models/embeddings.ts';
import { createGate, type Gate } from '../models/gate.ts';
import { observedEmbeddings } from '../models/observed-embeddings.ts';
import type { EmbeddingModel } from '../models/settings.ts';
import { CHANNEL } from '../turns/signals.ts';
import { createExplorer } from '../workspace/explorer/explorer.ts';
import { createJournal } from '../workspace/journal/journal.ts';
import { createWorkspaces } from '../workspace/workspace.ts';
import type { Foundation } from './foundation.ts';
import type { ServicesNeeds } from './needs.ts';

type MemoryNeeds = Pick<ServicesNeeds, 'database' | 'log'> &
  Pick<Foundation, 'identity' | 'limits' | 'observe'>;

/** Builds what remembers: messages, files and documents, and the models that they are found by. */
export async function createMemory(config: Config, needs: MemoryNeeds) {
  const { database, limits, observe, log } = needs;
  const { executor } = database;
  const embedding = await createEmbeddingOf(config, {
    ...{ database, log, gate: limits.gates.embeddings },
    watch: (model) => observedEmbeddings(model, observe),
  });
  await embedding.reembedding.prepare();
  const { models } = embedding;
  const { workspaces, knowledge, questionEmbedder } = createFiles(config, { ...needs, models });
  const embedder = createEmbedder({
    ...{ executor, models, known: questionEmbedder.known },
    ...{ ...config.embedder, observe, log },
  });
  const importer = createImporter({ executor, embedder });
  const recall = createRecall({
    ...{ executor, serving: models.serving, embedder: questionEmbedder },
    ...config.recall,
  });
  return { embedding, workspaces, knowledge, questionEmbedder, embedder, importer, recall };
}

interface EmbeddingNeeds {
  database: Database;
  log: Pick<Logger, 'info' | 'warn'>;
  /** Where calls wait for their place; a gate of their own when left out. */
  gate?: Gate;
  /** Puts something between the services and each model. */
  watch?: (model: EmbeddingModel) => EmbeddingModel;
}

/** Which embedding model serves, and the change to the configured one. `npm run reembed` needs this much of the services. */
export async function createEmbeddingOf(config: Config, needs: EmbeddingNeeds) {
  const { database, log, watch = (model) => model } = needs;
  const gate = needs.gate ?? createGate({ ...config.limits.modelCalls, onRefused: () => undefined });
  const { previous, checkMs } = config.embeddingChange;
  const place = previous ?? (config.embedding.provider === 'openai' ? config.embedding : undefined);
  return createEmbedding({
    ...{ checkMs, log, channel: CHANNEL, batchSize: config.embedder.batchSize },
    executor: database.executor,
    wanted: watch(await createEmbeddings(config.embedding, gate)),
    open: async (identity) => watch(await openEmbeddings(identity, { place, gate })),
    leaseMs: config.turn.leaseMs,
    isAlone: database.kind === 'embedded',
  });
}

/** Builds what is about files: the workspaces, and what is known of the documents in them. */
function createFiles(
  config: Config,
  { database, models, identity, log }: MemoryNeeds & { models: ActiveModels },
) {
  const { executor } = database;
  const changes = new EventEmitter<{ change: [userId: string] }>();
  const workspaces = createWorkspaces({
    ...config.workspace,
    // As soon as there are users, none of them sees the whole root.
    perUser: () => !identity.wasOpen(),
    journal: createJournal({ executor, onChange: (userId) => changes.emit('change', userId) }),
    exclusively: database.exclusively,
    explorer: createExplorer(),
  });
  const questionEmbedder = createQuestionEmbedder({ deadlineMs: config.recall.deadlineMs });
  const knowledge = createKnowledge({
    ...config.knowledge,
    ...{ executor, workspaces, models, questionEmbedder, log },
    batchSize: config.embedder.batchSize,
    leaseMs: config.turn.leaseMs,
    isAlone: database.kind === 'embedded',
  });
  changes.on('change', knowledge.hint);
  return { workspaces, knowledge, questionEmbedder };
}
