import type { Logger } from 'pino';
import { v4 as uuidv4 } from 'uuid';
import { createOrchestrator } from './agents/orchestrator.ts';
import { createAgents } from './agents/registry.ts';
import type { Config } from './config.ts';
import type { Database } from './db/database.ts';
import { createEmbedder } from './memory/embedder.ts';
import { createMessages } from './memory/messages.ts';
import { createRecall } from './memory/recall.ts';
import { createChatModel } from './models/chat.ts';
import { createEmbeddings } from './models/embeddings.ts';
import { createModelProbe } from './models/reachable.ts';
import { createCaretaker } from './turns/caretaker.ts';
import { createRuns } from './turns/runs.ts';
import { createSessions } from './turns/sessions.ts';
import { createTurns } from './turns/turns.ts';
import { createWorkspaces } from './workspace/workspace.ts';

interface ServicesNeeds {
  /** Open and migrated; the services close it when they are closed. */
  database: Database;
  log: Logger;
}

/** Builds every service once and starts what runs in the background. */
export async function createServices(config: Config, { database, log }: ServicesNeeds) {
  const { executor } = database;
  const chat = await createChatModel(config.chat);
  const embeddings = await createEmbeddings(config.embedding);
  const workspaces = createWorkspaces({ root: config.workspaceDir, perUser: false });
  const agents = createAgents({ workspaces });
  const embedder = createEmbedder({ executor, embeddings, ...config.embedder, log });
  const recall = createRecall({ executor, embeddings, ...config.recall });
  const runs = createRuns({ executor, owner: uuidv4(), leaseMs: config.turn.leaseMs });
  const orchestrator = createOrchestrator({ model: chat.model, agents, gated: config.approvals, log });
  const turns = createTurns({
    runs,
    recall,
    orchestrator,
    embedder,
    agents,
    modelName: chat.name,
    limits: config.turn,
    log,
  });
  const isAlone = database.kind === 'embedded';
  const caretaker = createCaretaker({ runs, leaseMs: config.turn.leaseMs, isAlone, log });

  await caretaker.start();
  embedder.start();

  /** Lets running turns end, at most so long, then closes everything. */
  async function close(): Promise<void> {
    await turns.stop(config.shutdownTimeoutMs);
    caretaker.stop();
    await embedder.stop();
    await database.close();
  }

  return {
    database: { kind: database.kind, description: database.description, ping: database.ping },
    models: { chat: chat.name, embedding: embeddings.name },
    probeModel: createModelProbe(config.chat),
    sessions: createSessions({ executor }),
    messages: createMessages({ executor }),
    agents,
    workspaces,
    recall,
    embedder,
    runs,
    turns,
    close,
  };
}

export type Services = Awaited<ReturnType<typeof createServices>>;
