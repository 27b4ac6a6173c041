import type { RunnableConfig } from '@langchain/core/runnables';
import { z } from 'zod';
import type { EventType, PassageRecord, ToolCallRecord, Usage } from '../db/schema.ts';
import type { CallScope } from './tool.ts';

/** A limit that ended a turn, as the answer's `degraded` names it. */
export type TurnLimit = 'step_limit' | 'tool_call_limit' | 'time_limit';

/** Why a turn's signal was aborted: its time was over, a person cancelled it, the server stops, or another process has the run. */
export type TurnStop = 'time_limit' | 'cancelled' | 'interrupted' | 'lost';

/** What a turn has done so far; kept outside the graph, so that it is there however the turn ends. */
export interface TurnTrace {
  usage: Usage;
  agents: string[];
  toolCalls: ToolCallRecord[];
  limits: TurnLimit[];
  /** What the model has said so far of the answer that it is writing. */
  partialAnswer: string;
}

/** Where a turn tells, step by step, what it does. */
export interface TurnLog {
  append: (type: EventType, data: object) => void;
  /** A piece of the answer's text; `step` counts the model's messages, because only the last one is the answer. */
  token: (text: string, step: number) => void;
  /**
   * Resolves when everything told so far is stored.
   * @throws when the run is no longer this process's, so that nothing more may be done for it.
   */
  settle: () => Promise<void>;
}

/** What belongs to one turn and reaches every node and tool of the graph. */
export interface TurnContext {
  userId: string;
  runId: string;
  /** Aborted, with a `TurnStop` as its reason, when the turn must end. */
  signal: AbortSignal;
  /** The most model calls of one agent (or of the supervisor), and the most tool calls of the turn. */
  maxSteps: number;
  maxToolCalls: number;
  trace: TurnTrace;
  /** The passages of documents that were recalled for the question. */
  passages: PassageRecord[];
  /** Calls of an attempt that did not end, which must not have their effect twice. Each is taken out when it is met again. */
  earlier: ToolCallRecord[];
  log: TurnLog;
}

/** The graph's runtime context: LangGraph hands it to nodes and subgraphs as `runtime.context`. */
export const graphContext = z.object({ turn: z.custom<TurnContext>() });

/** What LangGraph hands to a node beside the state. */
export type Runtime = RunnableConfig & { context?: z.infer<typeof graphContext> };

/** A value that the graph's own construction guarantees; its absence is our fault and stops the turn. */
export function expected<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('the graph is not wired as its nodes expect');
  return value;
}

export function emptyTrace(): TurnTrace {
  return {
    usage: { input_tokens: 0, output_tokens: 0 },
    agents: [],
    toolCalls: [],
    limits: [],
    partialAnswer: '',
  };
}

/** Whom a call of an agent's is made for, and which versions the agent has seen in the run until now, the latest ones. */
export function scopeOfCall(
  { userId, runId, signal, trace }: TurnContext,
  agent: string,
  callId: string,
): CallScope {
  const seen = (name: string) =>
    trace.toolCalls.findLast((call) => call.agent === agent && call.seen?.[name] !== undefined)?.seen?.[name];
  return { userId, runId, agent, callId, signal, seen };
}

/** What an answer of the turn may cite: what was recalled for it, and what its agents have retrieved. */
export function retrievedIn({ passages, trace }: Pick<TurnContext, 'passages' | 'trace'>): PassageRecord[] {
  return [...passages, ...trace.toolCalls.flatMap((call) => call.passages ?? [])];
}

/** Notes that a limit was reached and returns the sentence that tells the person so, with what was done before. */
export function reachLimit(turn: TurnContext, limit: TurnLimit): string {
  if (!turn.trace.limits.includes(limit)) turn.trace.limits.push(limit);
  const reasons: Record<TurnLimit, string> = {
    step_limit: `it reached its limit of ${turn.maxSteps} steps (TURN_MAX_STEPS)`,
    tool_call_limit: `it reached its limit of ${turn.maxToolCalls} tool calls (TURN_MAX_TOOL_CALLS)`,
    time_limit: 'its time was over (TURN_TIMEOUT_MS)',
  };
  const done = turn.trace.toolCalls.map(({ tool, outcome, result }) => `- ${tool} ${outcome}: ${result}`);
  const account = done.length > 0 ? `Done before that:\n${done.join('\n')}` : 'Nothing was changed.';
  return `I stopped this turn before it was finished, because ${reasons[limit]}. ${account}`;
}

/** What a turn says that was aborted: only one whose time was over goes on to an answer. */
export function stopText(turn: TurnContext): string {
  const stop: TurnStop = turn.signal.reason;
  return stop === 'time_limit' ? reachLimit(turn, stop) : '';
}
