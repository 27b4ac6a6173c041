import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import type { BaseMessage } from '@langchain/core/messages';
import { Command, type Interrupt, isInterrupted, MemorySaver } from '@langchain/langgraph';
import type { Logger } from 'pino';
import type { Effect } from '../config.ts';
import type { ToolCallRecord } from '../db/schema.ts';
import type { Observe } from '../observing/observe.ts';
import type { Agent } from './agent.ts';
import { type AgentGraph, createAgentGraph, type Decisions } from './agent-graph.ts';
import { exportThread, importThread } from './checkpoint.ts';
import { type Delegate, describeDelegation } from './delegation.ts';
import type { Proposal } from './judge.ts';
import { settleCall } from './tool-runner.ts';
import { expected, type TurnContext } from './turn-context.ts';

/** Who is asked when no agent is named. */
const SUPERVISOR = 'assistant';
/** Our own limits end a turn; LangGraph's would only end it with an exception. */
const RECURSION_LIMIT = 10_000;

interface OrchestratorNeeds {
  model: BaseChatModel;
  agents: Agent[];
  gated: readonly Effect[];
  modelName: string;
  observe: Observe;
  log: Pick<Logger, 'error'>;
}

/**
 * What came of a turn: an answer and the agent that wrote it (null for the supervisor), or the calls that wait for a person
 * and the graph as it stands.
 */
export type Orchestrated =
  | { kind: 'answered'; text: string; agent: string | null }
  | { kind: 'paused'; proposals: Proposal[]; graph: Buffer };

/**
 * Has turns answered by graphs of agents: the supervisor, whose team are all agents, or the one agent that was asked. The
 * thread of a graph is one run, never the conversation, and is in memory only until the run pauses.
 */
export function createOrchestrator({ agents, ...needs }: OrchestratorNeeds) {
  const saver = new MemorySaver();
  const graphs = new Map<string, ReturnType<typeof createAgentGraph>>();
  const delegate: Delegate = async (name, task, runtime) =>
    (await expected(graphs.get(name)).graph.invoke(task, runtime)).messages;
  const supervisor: Agent = {
    name: SUPERVISOR,
    description: 'answers, with the help of the team.',
    instructions: '',
    tools: [],
    team: agents.map(({ name }) => name),
  };
  for (const agent of [supervisor, ...agents]) {
    const team = agents.filter(({ name }) => agent.team?.includes(name));
    const delegation = describeDelegation(team);
    graphs.set(agent.name, createAgentGraph({ ...needs, agent, delegation, delegate, checkpointer: saver }));
  }
  const tools = new Map(
    agents.flatMap((agent) => agent.tools.map((tool) => [`${agent.name} ${tool.name}`, tool])),
  );

  /**
   * Has a dialogue answered: system message first, the question last.
   * @throws ProblemError `model_failed` or `model_timeout`; what was done until then is in the turn's trace.
   */
  async function answer(entry: string, dialogue: BaseMessage[], turn: TurnContext): Promise<Orchestrated> {
    if (entry !== SUPERVISOR && !turn.trace.agents.includes(entry)) turn.trace.agents.push(entry);
    const begun = await expected(graphs.get(entry)).begin(dialogue, turn);
    if (begun.answer !== undefined) return answered(entry, begun.answer);
    return await carryOn(entry, { dialogue: begun.dialogue, depth: 0 }, turn);
  }

  /** Goes on with a paused turn, as far as the decisions allow; those that the graph has had already are passed over. */
  async function resume(
    entry: string,
    graph: Buffer,
    decisions: Decisions,
    turn: TurnContext,
  ): Promise<Orchestrated> {
    importThread(saver, turn.runId, graph);
    const { tasks } = await expected(graphs.get(entry)).graph.getState(configOf(turn));
    // The gate's interrupts are the only ones, and carry their proposals.
    const waiting = tasks.flatMap((task) => task.interrupts as Interrupt<Proposal[]>[]);
    const decided = waiting.flatMap(({ id, value = [] }) => {
      const given = value.filter((proposal) => decisions[proposal.id]);
      return id && given.length > 0
        ? [[id, Object.fromEntries(given.map((proposal) => [proposal.id, decisions[proposal.id]]))]]
        : [];
    });
    if (waiting.length > 0 && decided.length === 0) {
      await saver.deleteThread(turn.runId);
      return { kind: 'paused', proposals: waiting.flatMap(({ value = [] }) => value), graph };
    }
    return await carryOn(entry, new Command({ resume: Object.fromEntries(decided) }), turn);
  }

  async function carryOn(
    entry: string,
    input: Parameters<AgentGraph['invoke']>[0],
    turn: TurnContext,
  ): Promise<Orchestrated> {
    try {
      const result = await expected(graphs.get(entry)).graph.invoke(input, configOf(turn));
      if (isInterrupted<Proposal[]>(result)) {
        const proposals = result.__interrupt__.flatMap(({ value = [] }) => value);
        return { kind: 'paused', proposals, graph: exportThread(saver, turn.runId) };
      }
      return answered(entry, result.messages.at(-1)?.text ?? '');
    } finally {
      await saver.deleteThread(turn.runId);
    }
  }

  /** Finds out what became of a call whose process ended before the tool returned. */
  async function settle(record: ToolCallRecord, userId: string): Promise<ToolCallRecord> {
    return await settleCall(record, tools.get(`${record.agent} ${record.tool}`), userId);
  }

  return { answer, resume, settle };
}

export type Orchestrator = ReturnType<typeof createOrchestrator>;

function answered(entry: string, text: string): Orchestrated {
  return { kind: 'answered', text, agent: entry === SUPERVISOR ? null : entry };
}

function configOf(turn: TurnContext) {
  return {
    context: { turn },
    configurable: { thread_id: turn.runId },
    durability: 'exit' as const,
    recursionLimit: RECURSION_LIMIT,
  };
}
