import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { AIMessage, type BaseMessage, type ToolMessage } from '@langchain/core/messages';
import { Annotation, END, Send, START, StateGraph } from '@langchain/langgraph';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Effect } from '../config.ts';
import { type Agent, createAgentGraph } from './agent.ts';
import { createModelCall, pendingCalls, refusal, stepsTaken } from './model-call.ts';
import { expected, graphContext, type Runtime, reachLimit, type TurnContext } from './turn-context.ts';

/** Who is asked when no agent is named. */
const SUPERVISOR = 'assistant';
/** Our own limits end a turn; LangGraph's would only end it with an exception. */
const RECURSION_LIMIT = 10_000;

interface OrchestratorNeeds {
  model: BaseChatModel;
  agents: Agent[];
  gated: readonly Effect[];
  log: Pick<Logger, 'error'>;
}

/** An answer, and the agent that wrote it (null for the supervisor). */
export interface OrchestratedAnswer {
  text: string;
  agent: string | null;
}

const delegation = z.object({
  task: z
    .string()
    .trim()
    .min(1)
    .describe('What the agent is to do, complete in itself: it sees nothing of the conversation.'),
});

const messagesChannel = () =>
  Annotation<BaseMessage[]>({ reducer: (before, added) => [...before, ...added], default: () => [] });
const TurnState = Annotation.Root({ messages: messagesChannel(), entry: Annotation<string> });
/** What reaches an agent: a task with the call to answer, or the whole dialogue when it was asked directly. */
const AgentTask = Annotation.Root({
  agent: Annotation<string>,
  task: Annotation<string | undefined>,
  callId: Annotation<string | undefined>,
  dialogue: Annotation<BaseMessage[]>,
});
type State = typeof TurnState.State;

/**
 * The graph of a turn: the supervisor answers, or delegates to agents (several at once, side by side), reads their reports
 * and goes on. A question to one agent goes straight to it. The thread of the graph is one run, never the conversation.
 */
export function createOrchestrator({ model, agents, gated, log }: OrchestratorNeeds) {
  const graphs = new Map(agents.map((agent) => [agent.name, createAgentGraph({ agent, model, gated, log })]));
  const agentOfTool = new Map(agents.map((agent) => [delegationTool(agent).name, agent.name]));
  const callModel = createModelCall(model, agents.map(delegationTool));

  async function supervise(state: State, { context }: Runtime) {
    const { turn } = expected(context);
    if (stepsTaken(state.messages) >= turn.maxSteps)
      return { messages: [new AIMessage(reachLimit(turn, 'step_limit'))] };
    const reply = await callModel(state.messages, turn);
    if (!reply) return { messages: [new AIMessage(reachLimit(turn, 'time_limit'))] };
    return { messages: [...reply, ...refuseImpossible(reply)] };
  }

  function refuseImpossible(reply: BaseMessage[]): ToolMessage[] {
    return pendingCalls(reply).flatMap(({ id, name, args }) => {
      if (!agentOfTool.has(name)) {
        return [
          refusal(
            id,
            name,
            `Error: there is no tool ${name}. The tools are: ${[...agentOfTool.keys()].join(', ')}.`,
          ),
        ];
      }
      const parsed = delegation.safeParse(args);
      return parsed.success
        ? []
        : [refusal(id, name, `Error: the arguments do not fit ${name}:\n${z.prettifyError(parsed.error)}`)];
    });
  }

  function afterSupervising({ messages }: State) {
    const calls = pendingCalls(messages);
    if (calls.length === 0) return messages.at(-1) instanceof AIMessage ? END : 'supervisor';
    return calls.map(({ id, name, args }) => {
      const task: Partial<typeof AgentTask.State> = {
        agent: expected(agentOfTool.get(name)),
        task: delegation.parse(args).task,
        callId: id,
      };
      return new Send('agent', task);
    });
  }

  async function work({ agent, ...input }: typeof AgentTask.State, runtime: Runtime) {
    const { turn } = expected(runtime.context);
    if (!turn.trace.agents.includes(agent)) turn.trace.agents.push(agent);
    const { messages } = await expected(graphs.get(agent)).invoke(input, runtime);
    return { messages };
  }

  const graph = new StateGraph(TurnState, graphContext)
    .addNode('supervisor', supervise)
    .addNode('agent', work, { input: AgentTask })
    .addConditionalEdges(
      START,
      ({ entry, messages }) =>
        entry === SUPERVISOR ? 'supervisor' : new Send('agent', { agent: entry, dialogue: messages }),
      ['supervisor', 'agent'],
    )
    .addConditionalEdges('supervisor', afterSupervising, ['supervisor', 'agent', END])
    .addConditionalEdges('agent', ({ entry }) => (entry === SUPERVISOR ? 'supervisor' : END), [
      'supervisor',
      END,
    ])
    .compile();

  /**
   * Has a dialogue answered: system message first, the question last.
   * @throws ProblemError `model_failed` or `model_timeout`; what was done until then is in the turn's trace.
   */
  async function answer(
    entry: string,
    dialogue: BaseMessage[],
    turn: TurnContext,
  ): Promise<OrchestratedAnswer> {
    const { messages } = await graph.invoke(
      { entry, messages: dialogue },
      { context: { turn }, configurable: { thread_id: turn.runId }, recursionLimit: RECURSION_LIMIT },
    );
    return { text: messages.at(-1)?.text ?? '', agent: entry === SUPERVISOR ? null : entry };
  }

  return { answer };
}

export type Orchestrator = ReturnType<typeof createOrchestrator>;

function delegationTool({ name, description }: Agent) {
  return {
    name: `delegate_to_${name.replaceAll('-', '_')}`,
    description: `Delegate a task to the agent ${name}: ${description}`,
    schema: delegation,
  };
}
