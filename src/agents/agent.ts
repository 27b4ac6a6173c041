import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from '@langchain/core/messages';
import { Annotation, END, START, StateGraph } from '@langchain/langgraph';
import type { Logger } from 'pino';
import type { Effect } from '../config.ts';
import type { ToolCallRecord } from '../db/schema.ts';
import { createModelCall, pendingCalls, refusal, stepsTaken } from './model-call.ts';
import { type AgentTool, failureText, isCallersFault } from './tool.ts';
import { expected, graphContext, type Runtime, reachLimit, type TurnContext } from './turn-context.ts';

const RECORDED_CHARACTERS = 500;
const EFFECT_WORDS = {
  read: 'read',
  write: 'write',
  destroy: 'destroy what is there',
  publish: 'publish something',
} as const satisfies Record<Effect, string>;
const OUT_OF_TIME = 'Error: the time was over before the tool returned; it may have taken effect.';

/** A specialist: what it is for, how it works, and what it can do. */
export interface Agent {
  name: string;
  /** For whoever decides to delegate: what this agent is good for. */
  description: string;
  instructions: string;
  tools: AgentTool[];
}

interface AgentGraphNeeds {
  agent: Agent;
  model: BaseChatModel;
  /** Effects that do not happen without an approval. */
  gated: readonly Effect[];
  log: Pick<Logger, 'error'>;
}

const dialogueChannel = () =>
  Annotation<BaseMessage[]>({ reducer: (before, added) => [...before, ...added], default: () => [] });

/** What an agent is given: a task of the supervisor's (with the call to answer), or a whole dialogue when asked directly. */
const AgentInput = Annotation.Root({
  task: Annotation<string | undefined>,
  callId: Annotation<string | undefined>,
  dialogue: dialogueChannel(),
});
/** What it gives back to the graph above: one message, an answer to the call or to the person. */
const AgentOutput = Annotation.Root({ messages: dialogueChannel() });
const AgentState = Annotation.Root({
  ...AgentInput.spec,
  ...AgentOutput.spec,
  /** The calls that the gate let through in this step, with the effect that it judged. */
  cleared: Annotation<Record<string, Effect>>,
  stopped: Annotation<string | undefined>,
});
type State = typeof AgentState.State;

/** The loop that runs an agent: model, gate, tools, and again, until the model answers or a limit is reached. */
export function createAgentGraph({ agent, model, gated, log }: AgentGraphNeeds) {
  const callModel = createModelCall(model, agent.tools);
  const toolsByName = new Map(agent.tools.map((tool) => [tool.name, tool]));

  async function think(state: State, { context }: Runtime) {
    const { turn } = expected(context);
    const opening =
      state.dialogue.length === 0
        ? [new SystemMessage(agent.instructions), new HumanMessage(state.task ?? '')]
        : [];
    const dialogue = [...opening, ...state.dialogue];
    if (stepsTaken(dialogue) >= turn.maxSteps) return { stopped: reachLimit(turn, 'step_limit') };
    const reply = await callModel(dialogue, turn);
    return reply ? { dialogue: [...opening, ...reply] } : { stopped: reachLimit(turn, 'time_limit') };
  }

  /** Answers the calls that must not run. It has no side effect, so that it may be run again when a paused turn goes on. */
  async function gate(state: State, { context }: Runtime) {
    const { turn } = expected(context);
    const cleared: Record<string, Effect> = {};
    const refusals: ToolMessage[] = [];
    for (const call of pendingCalls(state.dialogue)) {
      const judged = await judge(call, turn.userId);
      if ('effect' in judged) {
        cleared[call.id] = judged.effect;
      } else {
        record(turn, call, { outcome: 'refused', result: judged.refused });
        refusals.push(refusal(call.id, call.name, judged.refused));
      }
    }
    return { cleared, dialogue: refusals };
  }

  async function judge(call: Call, userId: string): Promise<{ effect: Effect } | { refused: string }> {
    const tool = toolsByName.get(call.name);
    if (!tool) {
      return {
        refused: `Error: there is no tool ${call.name}. The tools are: ${[...toolsByName.keys()].join(', ')}.`,
      };
    }
    try {
      const effect = await tool.effectOf(call.args, userId);
      return gated.includes(effect) ? { refused: needsApproval(call.name, effect) } : { effect };
    } catch (error) {
      return { refused: failureText(error) };
    }
  }

  /** Runs what the gate let through, in the order in which the model asked for it. */
  async function act(state: State, { context }: Runtime) {
    const { turn } = expected(context);
    const results: ToolMessage[] = [];
    for (const call of pendingCalls(state.dialogue)) {
      if (turn.signal.aborted) return { dialogue: results, stopped: reachLimit(turn, 'time_limit') };
      if (turn.trace.toolCalls.length >= turn.maxToolCalls)
        return { dialogue: results, stopped: reachLimit(turn, 'tool_call_limit') };
      results.push(await runCall(call, expected(state.cleared[call.id]), turn));
    }
    return { dialogue: results };
  }

  async function runCall(call: Call, effect: Effect, turn: TurnContext): Promise<ToolMessage> {
    const tool = expected(toolsByName.get(call.name));
    const { userId, signal } = turn;
    try {
      const result = await untilAborted(tool.run(call.args, { userId, signal, effect }), signal);
      record(turn, call, { outcome: 'returned', result });
      return new ToolMessage({ tool_call_id: call.id, name: call.name, content: result });
    } catch (error) {
      const result = signal.aborted ? OUT_OF_TIME : failureText(error);
      if (!signal.aborted && !isCallersFault(error))
        log.error({ err: error, tool: call.name, run_id: turn.runId }, 'a tool failed');
      record(turn, call, { outcome: 'failed', result });
      return refusal(call.id, call.name, result);
    }
  }

  function record(turn: TurnContext, call: Call, outcome: Pick<ToolCallRecord, 'outcome' | 'result'>): void {
    const result = outcome.result.slice(0, RECORDED_CHARACTERS);
    turn.trace.toolCalls.push({
      agent: agent.name,
      tool: call.name,
      arguments: call.args,
      ...outcome,
      result,
    });
  }

  function report(state: State) {
    const text = state.stopped ?? state.dialogue.at(-1)?.text ?? '';
    const message = state.callId
      ? new ToolMessage({ tool_call_id: state.callId, name: agent.name, content: text })
      : new AIMessage(text);
    return { messages: [message] };
  }

  return new StateGraph({ stateSchema: AgentState, input: AgentInput, output: AgentOutput }, graphContext)
    .addNode('think', think)
    .addNode('gate', gate)
    .addNode('act', act)
    .addNode('report', report)
    .addEdge(START, 'think')
    .addConditionalEdges('think', afterThinking, ['gate', 'think', 'report'])
    .addEdge('gate', 'act')
    .addConditionalEdges('act', (state) => (state.stopped ? 'report' : 'think'), ['think', 'report'])
    .addEdge('report', END)
    .compile();
}

type Call = ReturnType<typeof pendingCalls>[number];

/** Told to the model, and likely by it to the person. */
function needsApproval(tool: string, effect: Effect): string {
  return `Not done, nothing was changed: ${tool} would ${EFFECT_WORDS[effect]}, which needs a person's approval, and approval cannot be given in conversation. The person can do it through the HTTP API, or allow it by taking "${effect}" out of the setting APPROVALS.`;
}

function afterThinking(state: State): 'gate' | 'think' | 'report' {
  if (state.stopped) return 'report';
  if (pendingCalls(state.dialogue).length > 0) return 'gate';
  return state.dialogue.at(-1) instanceof AIMessage ? 'report' : 'think';
}

async function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
