import { v4 as uuidv4 } from 'uuid';
import type { Agent } from '../agents/agent.ts';
import { createOrchestrator } from '../agents/orchestrator.ts';
import type { Config } from '../config.ts';
import { createErasure } from '../erasure/erasure.ts';
import type { NamedChatModel } from '../models/settings.ts';
import type { Repositories } from '../repositories/repositories.ts';
import { createActiveRuns } from '../turns/active-runs.ts';
import { createApprovals } from '../turns/approvals.ts';
import { createCaretaker } from '../turns/caretaker.ts';
import { createCarryOut } from '../turns/carry-out.ts';
import { createDecide } from '../turns/decisions.ts';
import { createEndings } from '../turns/endings.ts';
import { createGather } from '../turns/gather.ts';
import { createLauncher } from '../turns/launcher.ts';
import { createQueue } from '../turns/queue.ts';
import { createRetention } from '../turns/retention.ts';
import { createRunFeed } from '../turns/run-feed.ts';
import { createRuns } from '../turns/runs.ts';
import { createSignals } from '../turns/signals.ts';
import { createStopRun } from '../turns/stop-run.ts';
import { createTurns } from '../turns/turns.ts';
import type { Foundation } from './foundation.ts';
import type { createMemory } from './memory.ts';
import type { ServicesNeeds } from './needs.ts';

interface TurningNeeds extends Pick<ServicesNeeds, 'database' | 'log'> {
  foundation: Foundation;
  memory: Awaited<ReturnType<typeof createMemory>>;
  chat: NamedChatModel;
  agents: Agent[];
  repositories: Repositories;
}

/** Builds what takes a question through its life, and what looks after questions whose process has gone. */
export function createTurning(config: Config, needs: TurningNeeds) {
  const { database, chat, agents, memory, repositories, log } = needs;
  const { observe, limits } = needs.foundation;
  const { onRefused } = limits;
  const { executor } = database;
  const { knowledge, recall, embedder, workspaces, questionEmbedder } = memory;
  const { leaseMs, queueLimit, queueTimeoutMs, approvalTtlMs, retentionMs, ...turnLimits } = config.turn;
  const modelName = chat.name;
  const orchestrator = createOrchestrator({
    ...{ model: chat.model, modelName, agents, gated: config.approvals, observe, log },
  });
  const signals = createSignals();
  const feed = createRunFeed({ executor, signals });
  const allowance = config.limits.turns;
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
  const forget = () => [questionEmbedder, repositories, embedder].map((one) => one.forget());
  const erasure = createErasure({ executor, signals, workspaces, forget, modelName, log });
  const caretaker = createCaretaker({
    ...{ runs, active, approvals, stopRun, orchestrator, retention, workspaces, erasure, leaseMs, log },
    isAlone: database.kind === 'embedded',
  });
  return { signals, feed, runs, approvals, turns, retention, erasure, caretaker };
}
