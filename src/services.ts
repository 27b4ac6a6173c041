import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import { v4 as uuidv4 } from 'uuid';
import type { Agent } from './agents/agent.ts';
import { createOrchestrator } from './agents/orchestrator.ts';
import { createAgents } from './agents/registry.ts';
import type { Config } from './config.ts';
import type { Database } from './db/database.ts';
import { createQueueDepths } from './db/queue-depths.ts';
import { createErasure } from './erasure/erasure.ts';
import { createExport } from './exporting/export.ts';
import { type GitHub, openGitHub } from './github/github.ts';
import { createIdentity, type Identity } from './identity/identity.ts';
import { createKnowledge, type Knowledge } from './knowledge/knowledge.ts';
import { createRedisLink } from './limits/redis-link.ts';
import { createEmbedder } from './memory/embedder.ts';
import { createImporter, type Importer } from './memory/importer.ts';
import { createMessages } from './memory/messages.ts';
import { createQuestionEmbedder } from './memory/question-vector.ts';
import { createRecall } from './memory/recall.ts';
import { createMetrics } from './metrics/metrics.ts';
import { createChatModel } from './models/chat.ts';
import { createEmbeddings } from './models/embeddings.ts';
import { createGate } from './models/gate.ts';
import { observedEmbeddings } from './models/observed-embeddings.ts';
import { createModelProbe } from './models/reachable.ts';
import type { EmbeddingModel, NamedChatModel } from './models/settings.ts';
import { createObserve, type Observe } from './observing/observe.ts';
import { createProjects } from './projects/projects.ts';
import { watchReadiness } from './readiness/server-checks.ts';
import { createRepositories } from './repositories/repositories.ts';
import { createTracer } from './tracing/create-tracer.ts';
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
  /** Told of each request, call or connection that a limit refused, by the name of the limit. */
  onRefused?: (limit: string) => void;
  /** Open and migrated; the services close it when they are closed. */
  database: Database;
  log: Logger;
}

/** Builds every service once, with what tells of their work, and starts what runs in the background. */
export async function createServices(config: Config, needs: ServicesNeeds) {
  const { database, log } = needs;
  const { metrics, tracer, observe } = await createObservation(config, needs);
  const onRefused = (limit: string) => {
    metrics.refusals.inc({ limit });
    needs.onRefused?.(limit);
  };
  const identity = await openIdentity(config, needs);
  const limits = await openLimits(config, { log, onRefused });
  const { gates, redis, redisState } = limits;
  metrics.watchQueue('model', () => gates.chat.waiting() + gates.embeddings.waiting());
  if (redis) metrics.watchRedis(() => redisState() === 'ok');
  const working = await createWorkingServices(config, { ...needs, observe, identity, limits, onRefused });
  const checks = watchReadiness({
    database,
    workspaceFolder: config.workspace.root,
    dataFolder: config.database.dataDir,
    leastFreeMebibytes: config.observability.leastFreeMebibytes,
    probeModel: createModelProbe(config.chat),
    isStopping: working.turns.isStopping,
    notes: { limits: () => (redisState() === 'down' ? 'per process: Redis does not answer' : undefined) },
    onFailure: (error, check) => log.warn({ err: error, check }, 'a check of readiness failed'),
  });

  /** Stops the turns, then closes everything. */
  async function close(): Promise<void> {
    await working.close();
    redis?.close();
    checks.stop();
    await tracer.close();
  }

  const { metricsToken, corsOrigins } = config.observability;
  const { readiness } = checks;
  return { ...working, identity, limits, observe, metrics, metricsToken, corsOrigins, readiness, close };
}

interface WorkingNeeds {
  observe: Observe;
  identity: Identity;
  limits: Awaited<ReturnType<typeof openLimits>>;
  onRefused: (limit: string) => void;
}

async function createWorkingServices(
  config: Config,
  { database, moreAgents = [], github, observe, log, ...needs }: ServicesNeeds & WorkingNeeds,
) {
  const { executor } = database;
  const { limits, identity, onRefused } = needs;
  const chat = await createChatModel(config.chat, limits.gates.chat);
  const embeddings = observedEmbeddings(
    await createEmbeddings(config.embedding, limits.gates.embeddings),
    observe,
  );
  const { workspaces, knowledge, questionEmbedder } = createFiles(config, {
    ...{ database, embeddings, log, identity },
  });
  const embedder = createEmbedder({ executor, embeddings, ...config.embedder, observe, log });
  const importer = createImporter({ executor, embedder });
  const team = { database, workspaces, knowledge, importer, chat, moreAgents, github, observe, log };
  const { projects, repositories, agents } = await createTeam(config, team);
  const recall = createRecall({ executor, embeddings, embedder: questionEmbedder, ...config.recall });
  const modelName = chat.name;
  const orchestrator = createOrchestrator({
    ...{ model: chat.model, modelName, agents, gated: config.approvals, observe, log },
  });

  const { leaseMs, queueLimit, queueTimeoutMs, approvalTtlMs, retentionMs, ...turnLimits } = config.turn;
  const { turns: allowance } = config.limits;
  const signals = createSignals();
  const feed = createRunFeed({ executor, signals });
  const runs = createRuns({ executor, owner: uuidv4(), leaseMs, limits: { queueLimit, allowance } });
  const approvals = createApprovals({ executor });
  const active = createActiveRuns({ signals });
  const endings = createEndings({ runs, approvals, feed, signals, embedder, approvalTtlMs, log });
  const carryOut = createCarryOut({
    gather: createGather({ recall, search: knowledge.search, ...config.recall }),
    ...{ orchestrator, endings, agents, modelName, limits: turnLimits, observe, log },
  });
  const stopRun = createStopRun({ runs, approvals, feed, signals, modelName, log });
  const queue = createQueue({ runs, signals, timeoutMs: queueTimeoutMs });
  const decide = createDecide({ runs, approvals, signals, timeoutMs: queueTimeoutMs });
  const launcher = createLauncher({ runs, active, feed, queue, endings, carryOut, modelName, observe, log });
  const turns = createTurns({
    ...{ runs, approvals, feed, decide, stopRun, launcher, modelName, observe, onRefused },
  });
  const retention = createRetention({ executor, retentionMs, log });
  const forget = () => [questionEmbedder, repositories].map((one) => one?.forget());
  const erasure = createErasure({ executor, signals, workspaces, forget, modelName, log });
  const caretaker = createCaretaker({
    ...{ runs, active, approvals, stopRun, orchestrator, retention, workspaces, erasure, leaseMs, log },
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
    database: { kind: database.kind, description: database.description },
    models: { chat: chat.name, embedding: embeddings.name },
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
    erasure,
    memoryExport: createExport({ executor }),
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

/** Builds what the limits are counted with: a gate for the calls of each model, and Redis where there is one. */
async function openLimits(
  config: Config,
  { log, onRefused }: Required<Pick<ServicesNeeds, 'log' | 'onRefused'>>,
) {
  const { limits: settings } = config;
  const gate = () => createGate({ ...settings.modelCalls, onRefused });
  const { redisUrl: url } = settings;
  const redis = url === undefined ? undefined : await createRedisLink({ url, log });
  /** Whether replicas count requests together: there is no Redis to do so, it answers, or it does not. */
  const redisState = () => redis?.state() ?? ('none' as const);
  return { settings, onRefused, redis, redisState, gates: { chat: gate(), embeddings: gate() } };
}

interface TeamNeeds extends ServicesNeeds {
  workspaces: Workspaces;
  knowledge: Knowledge;
  importer: Importer;
  chat: NamedChatModel;
  observe: Observe;
}

/** Builds the agents, and the services that are there for them. */
async function createTeam(config: Config, { database, chat, moreAgents = [], github, ...needs }: TeamNeeds) {
  const { workspaces, knowledge, importer, observe, log } = needs;
  const designer = config.chat.provider === 'offline' ? null : chat.model;
  const projects = await createProjects({
    ...{ workspaces, designer, modelName: chat.name, observe },
    timeoutMs: config.turn.timeoutMs,
  });
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

/** Builds what tells of the work: metrics, and traces where there is a collector. */
async function createObservation(config: Config, { database, log }: Pick<ServicesNeeds, 'database' | 'log'>) {
  const queueDepths = createQueueDepths({ executor: database.executor });
  const metrics = createMetrics({ connections: database.connections, queueDepths });
  const tracer = await createTracer(config.observability.traces, () =>
    log.warn('traces could not be sent; they are dropped'),
  );
  return { metrics, tracer, observe: createObserve({ metrics, tracer }) };
}

export type Services = Awaited<ReturnType<typeof createServices>>;
