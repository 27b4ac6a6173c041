import { createHash } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { Effect } from '../config.ts';
import { type AgentTool, type CallScope, failureText } from './tool.ts';

const PREVIEW_CHARACTERS = 20_000;

/** A call that waits for a person, as the gate's interrupt hands it to whoever asks that person. */
export interface Proposal {
  id: string;
  agent: string;
  tool: string;
  effect: Effect;
  summary: string;
  preview: string;
  callHash: string;
}

/** What a person decided about a proposal, with the hash of the call that was shown. */
export interface GivenDecision {
  decision: 'approve' | 'reject';
  reason: string | null;
  callHash: string;
}

/** A call that may run, at once or when it is approved. */
export interface JudgedCall {
  /** Names the call in the run's records for good. */
  id: string;
  effect: Effect;
  proposal?: Proposal;
  /** What the call would change, as it was when the person was shown the proposal; null where the tool cannot tell. */
  shownState?: string | null;
  given?: GivenDecision;
}

/** A tool call of a model's. */
export interface Call {
  id: string;
  name: string;
  args: Record<string, unknown>;
}

interface JudgeNeeds {
  agent: string;
  tools: ReadonlyMap<string, AgentTool>;
  /** Effects that wait for an approval. */
  gated: readonly Effect[];
}

/** Decides what a call needs before it may run; a refusal is a sentence for the model. It changes nothing. */
export function createJudge({ agent, tools, gated }: JudgeNeeds) {
  return async (
    call: Call,
    scopeOf: (callId: string) => CallScope,
  ): Promise<JudgedCall | { refused: string }> => {
    const tool = tools.get(call.name);
    if (!tool) return { refused: unknownTool(call.name, [...tools.keys()]) };
    try {
      const id = uuidv7();
      const scope = scopeOf(id);
      const effect = await tool.effectOf(call.args, scope);
      if (!gated.includes(effect)) return { id, effect };
      const shownState = await tool.state(call.args, scope);
      const { summary, preview } = await tool.describe(call.args, scope);
      const shown =
        preview.length > PREVIEW_CHARACTERS ? `${preview.slice(0, PREVIEW_CHARACTERS)}…` : preview;
      const callHash = hashCall(call.name, call.args);
      const proposal = { id, agent, tool: call.name, effect, summary, preview: shown, callHash };
      return { id, effect, proposal, shownState };
    } catch (error) {
      return { refused: failureText(error) };
    }
  };
}

/** Whether a call still waits for a person. */
export function isWaiting({ proposal, given }: JudgedCall): boolean {
  return proposal !== undefined && given === undefined;
}

/** SHA-256 of a tool's name and its arguments, whatever the order of their keys. */
export function hashCall(tool: string, args: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify([tool, inKeyOrder(args)]))
    .digest('hex');
}

function unknownTool(name: string, known: string[]): string {
  return `Error: there is no tool ${name}. The tools are: ${known.join(', ')}.`;
}

function inKeyOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inKeyOrder);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, part]) => [key, inKeyOrder(part)]);
}
