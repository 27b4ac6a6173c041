import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from '@langchain/core/messages';
import type { Logger } from 'pino';
import type { Effect } from '../config.ts';
import type { Observe } from '../observing/observe.ts';
import { checkCitations, citationStream, sayRemoved } from './citations.ts';
import type { Delegate, DelegatedTask, Delegation } from './delegation.ts';
import { type Call, createJudge, hashCall, isWaiting, type JudgedCall } from './judge.ts';
import { createModelCall, pendingCalls, refusal, stepsTaken } from './model-call.ts';
import type { AgentTool } from './tool.ts';
import { createToolRunner } from './tool-runner.ts';
import {
  expected,
  type Runtime,
  reachLimit,
  retrievedIn,
  scopeOfCall,
  stopText,
  type TurnContext,
} from './turn-context.ts';

/** A specialist: what it is for, how it works, and what it can do. */
export interface Agent {
  name: string;
  /** For whoever decides to delegate: what this agent is good for. */
  description: string;
  instructions: string;
  tools: AgentTool[];
  /** The names of the agents that it may delegate to; left out: none. */
  team?: string[];
}

export interface StepsNeeds {
  agent: Agent;
  delegation: Delegation;
  /** Has a task done by another agent and returns its report. */
  delegate: Delegate;
  model: BaseChatModel;
  /** Effects that wait for an approval. */
  gated: readonly Effect[];
  modelName: string;
  observe: Observe;
  log: Pick<Logger, 'error'>;
}

/** A delegated task on its way to an agent, with what is said about it so far. */
interface Task extends DelegatedTask {
  agent: string;
  dialogue: BaseMessage[];
}

/** What an agent has before it. */
export interface AgentState extends DelegatedTask {
  dialogue: BaseMessage[];
  /** What it gives back: one message, an answer to the call or to the person. */
  messages: BaseMessage[];
  /** What the calls of the model's last message need before they may run, by call id. */
  judged: Record<string, JudgedCall>;
  stopped: string | undefined;
}

/**
 * The steps of an agent's loop, the supervisor being one: model, judge, tools and delegations, and again, until the model answers or a
 * limit is reached. None of them waits for a person.
 */
export function createSteps({ agent, delegation, delegate, gated, ...needs }: StepsNeeds) {
  const { observe } = needs;
  const callModel = createModelCall({
    ...needs,
    agent: agent.name,
    tools: [...agent.tools, ...delegation.tools],
  });
  const tools = new Map(agent.tools.map((tool) => [tool.name, tool]));
  const judgeCall = createJudge({ agent: agent.name, tools, gated });
  const runner = createToolRunner({ ...needs, agent: agent.name });

  async function think(
    state: AgentState,
    { context }: Runtime,
  ): Promise<{ dialogue?: BaseMessage[]; stopped?: string }> {
    const { turn } = expected(context);
    const opening =
      state.dialogue.length === 0
        ? [new SystemMessage(agent.instructions), new HumanMessage(state.task ?? '')]
        : [];
    const dialogue = [...opening, ...state.dialogue];
    const step = stepsTaken(dialogue);
    if (step >= turn.maxSteps) return { stopped: reachLimit(turn, 'step_limit') };
    // A person follows only what is written to them.
    const tell = state.callId === undefined ? tellText(turn, step) : undefined;
    const reply = await callModel(dialogue, turn, tell?.push);
    tell?.end();
    return reply ? { dialogue: [...opening, ...reply] } : { stopped: stopText(turn) };
  }

  /** Answers the calls that cannot run, and notes what the others need. */
  async function judge(state: AgentState, { context }: Runtime) {
    const { turn } = expected(context);
    const judged: Record<string, JudgedCall> = {};
    const refusals: ToolMessage[] = [];
    for (const call of pendingCalls(state.dialogue)) {
      if (delegation.names(call.name)) {
        const refused = delegation.refuse(call, state.depth);
        if (refused) refusals.push(refusal(call.id, call.name, refused));
        else announce(delegation.taskOf(call, state.depth), turn);
        continue;
      }
      const found = await judgeCall(call, (callId) => scopeOfCall(turn, agent.name, callId));
      if ('refused' in found) refusals.push(runner.refuse(call, turn, found.refused));
      else judged[call.id] = found;
    }
    return { judged, dialogue: refusals };
  }

  /** Runs what may run, in the order in which the model asked for it; what still waits for a person is left. */
  async function act(state: AgentState, { context }: Runtime) {
    const { turn } = expected(context);
    const results: ToolMessage[] = [];
    for (const call of ownCalls(state, delegation)) {
      const judged = expected(state.judged[call.id]);
      if (isWaiting(judged)) continue;
      if (turn.signal.aborted) return { dialogue: results, stopped: stopText(turn) };
      if (turn.trace.toolCalls.length >= turn.maxToolCalls)
        return { dialogue: results, stopped: reachLimit(turn, 'tool_call_limit') };
      results.push(await runDecided(call, judged, turn));
    }
    return { dialogue: results };
  }

  async function runDecided(call: Call, judged: JudgedCall, turn: TurnContext): Promise<ToolMessage> {
    const { given } = judged;
    if (given?.decision === 'reject') return runner.refuse(call, turn, rejection(given.reason), judged);
    if (given && given.callHash !== hashCall(call.name, call.args))
      return runner.refuse(call, turn, 'Not done: it is not the call that was approved.', judged);
    return await runner.run(call, judged, expected(tools.get(call.name)), turn);
  }

  async function handOver({ agent: name, ...task }: Task, runtime: Runtime) {
    const { turn } = expected(runtime.context);
    const dialogue = await observe.agent(name, () => delegate(name, task, runtime));
    turn.log.append('agent', { agent: name, phase: 'finished' });
    return { dialogue };
  }

  /** Citations of what nobody retrieved do not leave the agent. */
  function report(state: AgentState, { context }: Runtime) {
    const { turn } = expected(context);
    const checked = checkCitations(state.stopped ?? state.dialogue.at(-1)?.text ?? '', retrievedIn(turn));
    const removed = sayRemoved(checked);
    if (removed !== '' && state.callId === undefined)
      turn.log.token(removed, Math.max(0, stepsTaken(state.dialogue) - 1));
    const text = checked.text + removed;
    const message = state.callId
      ? new ToolMessage({ tool_call_id: state.callId, name: agent.name, content: text })
      : new AIMessage(text);
    return { messages: [message] };
  }

  return { think, judge, act, delegate: handOver, report };
}

/** The calls that wait to be run by this agent itself. */
export function ownCalls(state: AgentState, delegation: Delegation): Call[] {
  return pendingCalls(state.dialogue).filter(({ name }) => !delegation.names(name));
}

/** Tells that an agent gets a task: before the node that a resumed run enters again. */
function announce({ agent, task }: { agent: string; task: string }, turn: TurnContext): void {
  if (!turn.trace.agents.includes(agent)) turn.trace.agents.push(agent);
  turn.log.append('agent', { agent, phase: 'started', task });
}

/** Tells a person who follows the turn what the model is writing. */
function tellText(turn: TurnContext, step: number) {
  turn.trace.partialAnswer = '';
  const checked = citationStream(() => retrievedIn(turn));
  const tell = (piece: string) => {
    if (piece === '') return;
    turn.trace.partialAnswer += piece;
    turn.log.token(piece, step);
  };
  return { push: (piece: string) => tell(checked.push(piece)), end: () => tell(checked.end()) };
}

function rejection(reason: string | null): string {
  return `Not done: the person rejected it${reason ? `, because: ${reason}` : ''}. Do not try it again.`;
}
