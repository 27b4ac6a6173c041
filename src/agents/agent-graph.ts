import { AIMessage, type BaseMessage } from '@langchain/core/messages';
import {
  Annotation,
  type BaseCheckpointSaver,
  END,
  interrupt,
  Send,
  START,
  StateGraph,
} from '@langchain/langgraph';
import { type AgentState, createSteps, ownCalls, type StepsNeeds } from './agent.ts';
import type { Delegation } from './delegation.ts';
import { type GivenDecision, isWaiting, type JudgedCall, type Proposal } from './judge.ts';
import { pendingCalls } from './model-call.ts';
import { expected, graphContext, type TurnContext } from './turn-context.ts';

const dialogueChannel = () =>
  Annotation<BaseMessage[]>({ reducer: (before, added) => [...before, ...added], default: () => [] });

/** What an agent is given: a task (with the call to answer), or a whole dialogue when a person asks it. */
const AgentInput = Annotation.Root({
  task: Annotation<string | undefined>,
  callId: Annotation<string | undefined>,
  /** How many agents delegated before this one. */
  depth: Annotation<number>,
  dialogue: dialogueChannel(),
});
/** What it gives back to the graph above: one message, an answer to the call or to the person. */
const AgentOutput = Annotation.Root({ messages: dialogueChannel() });
const State = Annotation.Root({
  ...AgentInput.spec,
  ...AgentOutput.spec,
  /** What the calls of the model's last message need before they may run, by call id. */
  judged: Annotation<Record<string, JudgedCall>>,
  stopped: Annotation<string | undefined>,
});
/** A delegated task on its way to an agent. */
const Task = Annotation.Root({ ...AgentInput.spec, agent: Annotation<string> });

/** Decisions by proposal id: what the gate's interrupt is resumed with. */
export type Decisions = Record<string, GivenDecision>;

interface AgentGraphNeeds extends StepsNeeds {
  /** Keeps a paused graph; the saver of the graph above goes before it. */
  checkpointer: BaseCheckpointSaver;
}

/** An agent's steps as a graph. Only the gate interrupts, and it has no side effect: a resumed node starts again. */
export function createAgentGraph(needs: AgentGraphNeeds) {
  const { think, judge, act, delegate, report } = createSteps(needs);
  const { afterThinking, afterJudging, afterActing } = createRoutes(needs.delegation);
  const graph = new StateGraph({ stateSchema: State, input: AgentInput, output: AgentOutput }, graphContext)
    .addNode('think', think)
    .addNode('judge', judge)
    .addNode('gate', gate)
    .addNode('act', act)
    .addNode('delegate', delegate, { input: Task })
    .addNode('report', report)
    // A dialogue may come with the model's first message.
    .addConditionalEdges(START, afterThinking, ['judge', 'think', 'report'])
    .addConditionalEdges('think', afterThinking, ['judge', 'think', 'report'])
    .addConditionalEdges('judge', afterJudging, ['gate', 'act', 'delegate', 'think'])
    .addEdge('gate', 'act')
    .addConditionalEdges('act', afterActing, ['gate', 'delegate', 'think', 'report'])
    .addEdge('delegate', 'think')
    .addEdge('report', END)
    .compile({ checkpointer: needs.checkpointer });

  /**
   * Has the model say its first message. Most turns end with it: nothing of them could be resumed, so they need no graph, which costs
   * as much as all the rest of such a turn. Otherwise the graph goes on from the dialogue that comes back.
   */
  async function begin(asked: BaseMessage[], turn: TurnContext): Promise<Beginning> {
    const state = { task: undefined, callId: undefined, depth: 0, messages: [], judged: {} };
    const runtime = { context: { turn } };
    const { dialogue: said = [], stopped } = await think(
      { ...state, dialogue: asked, stopped: undefined },
      runtime,
    );
    const dialogue = [...asked, ...said];
    const thought = { ...state, dialogue, stopped };
    if (afterThinking(thought) !== 'report') return { dialogue };
    return { dialogue, answer: report(thought, runtime).messages[0]?.text ?? '' };
  }

  return { graph, begin };
}

export type AgentGraph = ReturnType<typeof createAgentGraph>['graph'];

/** A dialogue up to the model's first message, and the answer where that is one. */
interface Beginning {
  dialogue: BaseMessage[];
  answer?: string;
}

/** Waits for a person to decide on at least one of the calls that need it. */
function gate({ judged, dialogue }: AgentState) {
  const waiting = pendingCalls(dialogue).flatMap(({ id }) => {
    const call = judged[id];
    return call?.proposal && isWaiting(call) ? [call.proposal] : [];
  });
  const decisions = interrupt<Proposal[], Decisions>(waiting);
  const decided = Object.entries(judged).map(([callId, call]) => {
    const given = isWaiting(call) ? decisions[call.id] : undefined;
    return [callId, given ? { ...call, given } : call];
  });
  return { judged: Object.fromEntries(decided) };
}

/** Where the loop goes next. Calls of an agent's own come before those that it delegates. */
function createRoutes(delegation: Delegation) {
  function afterThinking(state: AgentState): 'judge' | 'think' | 'report' {
    if (state.stopped !== undefined) return 'report';
    if (pendingCalls(state.dialogue).length > 0) return 'judge';
    return state.dialogue.at(-1) instanceof AIMessage ? 'report' : 'think';
  }

  function afterJudging(state: AgentState): 'gate' | 'act' | 'think' | Send[] {
    const calls = ownCalls(state, delegation);
    if (calls.some(({ id }) => isWaiting(expected(state.judged[id])))) return 'gate';
    return calls.length > 0 ? 'act' : delegateOrThink(state);
  }

  function afterActing(state: AgentState): 'gate' | 'think' | 'report' | Send[] {
    if (state.stopped !== undefined) return 'report';
    return ownCalls(state, delegation).length > 0 ? 'gate' : delegateOrThink(state);
  }

  function delegateOrThink(state: AgentState): 'think' | Send[] {
    const calls = pendingCalls(state.dialogue);
    if (calls.length === 0) return 'think';
    return calls.map((call) => new Send('delegate', delegation.taskOf(call, state.depth)));
  }

  return { afterThinking, afterJudging, afterActing };
}
