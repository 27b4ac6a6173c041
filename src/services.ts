import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import { v4 as uuidv4 } from 'uuid';
import type { Agent } from './agents/agent.ts';
import { createOrchestrator } from './agents/orchestrator.ts';
import { createAgents } from './agents/registry.ts';
import type { Config } from './config.ts';
import type { Database } from './db/database.ts';
import { type GitHub, openGitHub } from './github/github.ts';
import { createIdentity, type Identity } from './identity/identity.ts';
import { createKnowledge, type Knowledge } from './knowledge/knowledge.ts';
import { createEmbedder } from './memory/embedder.ts';
import { createImporter, type Importer } from './memory/importer.ts';
import { createMessages } from './memory/messages.ts';
import { createQuestionEmbedder } from './memory/question-vector.ts';
import { createRecall } from './memory/recall.ts';
import { createChatModel } from './models/chat.ts';
import { createEmbeddings } from './models/embeddings.ts';
import { createModelProbe } from './models/reachable.ts';
import type { EmbeddingModel, NamedChatModel } from './models/settings.ts';
import { createProjects } from './projects/projects.ts';
import { createRepositories } from './repositories/repositories.ts';
import { createActiveRuns } from './turns/active-runs.ts';
import { createApprovals } from './turns/approvals.ts';
import { createCaretaker } from './turns/caretaker.ts';
import { createCarryOut } from './turns/carry-out.ts';
import { createDecide } from './turns/decisions.ts';
import { createEndings } from './turns/endings.ts';
import { createGather } from './turns/gather.ts';
import { createLauncher } from './turns/launcher.ts';
import { createQueue } from './turns/queue.ts';
import { createRetention } from './turns/retention.ts';
import { createRunFeed } from './turns/run-feed.ts';
import { createRuns } from './turns/runs.ts';
import { createSessions } from './turns/sessions.ts';
import { CHANNEL, createSignals } from './turns/signals.ts';
import { createStopRun } from './turns/stop-run.ts';
import { createTurns } from './turns/turns.ts';
import { createExplorer } from './workspace/explorer/explorer.ts';
import { createJournal } from './workspace/journal/journal.ts';
import { createWorkspaces, type Workspaces } from './workspace/workspace.ts';

interface ServicesNeeds {
  /** Agents beside those of the registry; one takes the place of an agent of the same name. */
  moreAgents?: Agent[];
  /** GitHub, where it is not to be reached as the configuration says. */
  github?: GitHub | undefined;
  /** Open and migrated; the services close it when they are closed. */
  database: Database;
  log: Logger;
}

/** Builds every service once and starts what runs in the background. */
export async function createServices(
  config: Config,
  { database, moreAgents = [], github, log }: ServicesNeeds,
) {
  const { executor } = database;
  const identity = await openIdentity(config, { database, log });
  const chat = await createChatModel(config.chat);
  const embeddings = await createEmbeddings(config.embedding);
  const { workspaces, knowledge, questionEmbedder } = createFiles(config, {
    ...{ database, embeddings, log, identity },
  });
  const embedder = createEmbedder({ executor, embeddings, ...config.embedder, log });
  const importer = createImporter({ executor, embedder });
  const team = { database, workspaces, knowledge, importer, chat, moreAgents, github, log };
  const { projects, repositories, agents } = await createTeam(config, team);
  const recall = createRecall({ executor, embeddings, embedder: questionEmbedder, ...config.recall });
  const orchestrator = createOrchestrator({ model: chat.model, agents, gated: config.approvals, log });

  const { leaseMs, queueLimit, queueTimeoutMs, approvalTtlMs, retentionMs, ...limits } = config.turn;
  const modelName = chat.name;
  const signals = createSignals();
  const feed = createRunFeed({ executor, signals });
  const runs = createRuns({ executor, owner: uuidv4(), leaseMs, queueLimit });
  const approvals = createApprovals({ executor });
  const active = createActiveRuns({ signals });
  const endings = createEndings({ runs, approvals, feed, signals, embedder, approvalTtlMs, log });
  const carryOut = createCarryOut({
    gather: createGather({ recall, search: knowledge.search, ...config.recall }),
    orchestrator,
    endings,
    agents,
    modelName,
    limits,
    log,
  });
  const stopRun = createStopRun({ runs, approvals, feed, signals, modelName, log });
  const queue = createQueue({ runs, signals, timeoutMs: queueTimeoutMs });
  const decide = createDecide({ runs, approvals, signals, timeoutMs: queueTimeoutMs });
  const launcher = createLauncher({ runs, active, feed, queue, endings, carryOut, modelName, log });
  const turns = createTurns({ runs, approvals, feed, decide, stopRun, launcher, modelName });
  const retention = createRetention({ executor, retentionMs, log });
  const caretaker = createCaretaker({
    ...{ runs, active, approvals, stopRun, orchestrator, retention, workspaces, leaseMs, log },
    isAlone: database.kind === 'embedded',
  });

  database.listen(CHANNEL, signals.receive);
  await caretaker.start();
  embedder.start();
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
    await embedder.stop();
    await knowledge.close();
    await repositories.deliveries.close();
    await workspaces.close();
    await identity.close();
    await database.close();
  }

  return {
    database: { kind: database.kind, description: database.description, ping: database.ping },
    models: { chat: chat.name, embedding: embeddings.name },
    probeModel: createModelProbe(config.chat),
    identity,
    sessions: createSessions({ executor }),
    messages: createMessages({ executor }),
    agents,
    workspaces,
    projects,
    repositories,
    recall,
    knowledge,
    uploadLimit: config.knowledge.maximumBytes,
    importer,
    embedder,
    runs,
    approvals,
    feed,
    turns,
    retention,
    stopTurns,
    close,
  };
}

/** Builds what knows who may come in. @throws StartupError where everybody could. */
async function openIdentity(
  { host, oidc }: Config,
  { database, log }: Pick<ServicesNeeds, 'database' | 'log'>,
) {
  const { executor, kind } = database;
  const identity = createIdentity({ executor, isAlone: kind === 'embedded', host, oidc, log });
  await identity.refuseUnprotected();
  await identity.start();
  return identity;
}

interface TeamNeeds extends ServicesNeeds {
  workspaces: Workspaces;
  knowledge: Knowledge;
  importer: Importer;
  chat: NamedChatModel;
}

/** Builds the agents, and the services that are there for them. */
async function createTeam(config: Config, { database, chat, moreAgents = [], github, ...needs }: TeamNeeds) {
  const { workspaces, knowledge, importer, log } = needs;
  const designer = config.chat.provider === 'offline' ? null : chat.model;
  const projects = await createProjects({ workspaces, designer, timeoutMs: config.turn.timeoutMs });
  const repositories = createRepositories({
    ...{ workspaces, importer, log, config: config.github },
    executor: database.executor,
    github: github ?? openGitHub({ ...config.github, log }),
    leaseMs: config.turn.leaseMs,
    isAlone: database.kind === 'embedded',
  });
  const agents = createAgents({ workspaces, knowledge, projects, repositories });
  const others = agents.filter(({ name }) => !moreAgents.some((more) => more.name === name));
  return { projects, repositories, agents: [...others, ...moreAgents] };
}

interface FilesNeeds {
  identity: Identity;
  database: Database;
  embeddings: EmbeddingModel;
  log: Logger;
}

/** Builds what is about files: the workspaces, and what is known of the documents in them. */
function createFiles(config: Config, { database, embeddings, log, identity }: FilesNeeds) {
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
  const { deadlineMs } = config.recall;
  const questionEmbedder =
    embeddings.kind === 'neural' ? createQuestionEmbedder({ embeddings, deadlineMs }) : null;
  const knowledge = createKnowledge({
    ...config.knowledge,
    executor,
    workspaces,
    embeddings,
    questionEmbedder,
    batchSize: config.embedder.batchSize,
    leaseMs: config.turn.leaseMs,
    isAlone: database.kind === 'embedded',
    log,
  });
  changes.on('change', knowledge.hint);
  return { workspaces, knowledge, questionEmbedder };
}

export type Services = Awaited<ReturnType<typeof createServices>>;
