import type { Config } from './config.ts';
import type { ActiveModels } from './embedding/active-models.ts';
import { MODELS_CHANGED } from './embedding/model-changes.ts';
import { createExport } from './exporting/export.ts';
import { createMessages } from './memory/messages.ts';
import { createChatModel } from './models/chat.ts';
import { createModelProbe } from './models/reachable.ts';
import { watchReadiness } from './readiness/server-checks.ts';
import { createFoundation } from './services/foundation.ts';
import { createMemory } from './services/memory.ts';
import type { ServicesNeeds } from './services/needs.ts';
import { createTeam } from './services/team.ts';
import { createTurning } from './services/turning.ts';
import { createSessions } from './turns/sessions.ts';
import { CHANNEL } from './turns/signals.ts';

/** Builds every service once, with what tells of their work, and starts what runs in the background. */
export async function createServices(config: Config, needs: ServicesNeeds) {
  const { database, log } = needs;
  const { executor } = database;
  const foundation = await createFoundation(config, needs);
  const { metrics, observe, identity, limits } = foundation;
  const chat = await createChatModel(config.chat, limits.gates.chat);
  const memory = await createMemory(config, { ...foundation, database, log });
  const { embedding, embedder, knowledge, workspaces, importer, recall } = memory;
  const { projects, repositories, agents } = await createTeam(config, { ...needs, ...memory, chat, observe });
  const turning = createTurning(config, { database, log, foundation, memory, chat, agents, repositories });
  const { signals, caretaker, turns, feed, runs, approvals, retention, erasure } = turning;
  const checks = watchReadiness({
    database,
    workspaceFolder: config.workspace.root,
    dataFolder: config.database.dataDir,
    leastFreeMebibytes: config.observability.leastFreeMebibytes,
    probeModel: createModelProbe(config.chat),
    isStopping: turns.isStopping,
    notes: {
      limits: () => (limits.redisState() === 'down' ? 'per process: Redis does not answer' : undefined),
    },
    onFailure: (error, check) => log.warn({ err: error, check }, 'a check of readiness failed'),
  });

  signals.on(MODELS_CHANGED, embedding.reembedding.check);
  database.listen(CHANNEL, signals.receive);
  await caretaker.start();
  embedder.start();
  embedding.reembedding.start();
  await knowledge.start();
  await repositories.deliveries.start();

  /** Takes no more turns and lets the running ones end, at most so long; reading goes on. */
  async function stopTurns(): Promise<void> {
    await turns.stop(config.shutdownTimeoutMs);
  }

  /** Stops the turns, then closes everything. */
  async function close(): Promise<void> {
    await stopTurns();
    caretaker.stop();
    await embedding.reembedding.stop();
    await embedder.stop();
    await knowledge.close();
    await repositories.deliveries.close();
    await workspaces.close();
    await identity.close();
    checks.stop();
    await database.close();
    await foundation.close();
  }

  const { metricsToken, corsOrigins } = config.observability;
  return {
    ...{ database, jobs: embedding.jobs, identity, limits, observe, metrics, metricsToken, corsOrigins },
    ...{ agents, workspaces, projects, repositories, recall, knowledge, importer, embedder },
    ...{ runs, approvals, feed, turns, retention, erasure, stopTurns, close },
    models: { chat: chat.name, embedding: describeModels(embedding.models) },
    readiness: checks.readiness,
    sessions: createSessions({ executor }),
    messages: createMessages({ executor }),
    memoryExport: createExport({ executor }),
    uploadLimit: config.knowledge.maximumBytes,
  };
}

function describeModels({ serving, wanted }: ActiveModels): string {
  const { name } = serving();
  return name === wanted.name ? name : `${name}, until all is embedded by ${wanted.name}`;
}

export type Services = Awaited<ReturnType<typeof createServices>>;
