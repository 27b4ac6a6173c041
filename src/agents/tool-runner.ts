import { ToolMessage } from '@langchain/core/messages';
import type { Logger } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import type { PassageRecord, ToolCallRecord } from '../db/schema.ts';
import type { Observe } from '../observing/observe.ts';
import { type Call, hashCall, type JudgedCall } from './judge.ts';
import { refusal } from './model-call.ts';
import { type AgentTool, failureText, isCallersFault } from './tool.ts';
import { scopeOfCall, type TurnContext } from './turn-context.ts';

const RECORDED_CHARACTERS = 500;
/** A tool that is at work when its turn is stopped has so long to say what it did. */
const LAST_WORD_MS = 500;
const NO_LAST_WORD =
  'Error: the turn was stopped before the tool returned; whether it took effect is not known.';
const NOT_AS_SHOWN =
  'Not done: what it would change is no longer as it was shown to the person who approved it. Look at what is there now, and ask again.';
const ALREADY_DONE = '(Done in an earlier attempt of this turn, and not repeated.)';

interface ToolRunnerNeeds {
  agent: string;
  observe: Pick<Observe, 'toolCall' | 'toolRefused'>;
  log: Pick<Logger, 'error'>;
}

type Outcome = Pick<ToolCallRecord, 'outcome' | 'result'>;

/**
 * Runs tool calls and keeps their record. What changes something is recorded before it runs, and does not run when it was
 * done in an earlier attempt of the same turn.
 */
export function createToolRunner({ agent, observe, log }: ToolRunnerNeeds) {
  async function run(
    call: Call,
    judged: JudgedCall,
    tool: AgentTool,
    turn: TurnContext,
  ): Promise<ToolMessage> {
    const { signal } = turn;
    const { effect } = judged;
    const scope = scopeOfCall(turn, agent, judged.id);
    const earlier = effect === 'read' ? undefined : takeEarlier(turn, call, judged);
    if (earlier) return replay(call, earlier, turn);
    const before = effect === 'read' ? null : await tool.state(call.args, scope).catch(() => null);
    const approved = judged.given?.decision === 'approve';
    if (approved && (judged.shownState ?? null) !== before) return refuse(call, turn, NOT_AS_SHOWN, judged);
    const record = open(turn, call, { id: judged.id, effect, before, outcome: 'called', result: '' });
    if (effect !== 'read') await turn.log.settle();
    const note = (name: string, version: string) => {
      record.seen = { ...record.seen, [name]: version };
    };
    const retrieve = (passages: PassageRecord[]) => {
      record.passages = [...(record.passages ?? []), ...passages];
    };
    const context = { ...scope, effect, approved, before, note, retrieve };
    const names = { agent, tool: call.name, effect };
    const outcome = await observe.toolCall(names, () =>
      outcomeOf(call.name, () => tool.run(call.args, context), signal),
    );
    close(turn, record, outcome);
    return outcome.outcome === 'returned'
      ? new ToolMessage({ tool_call_id: call.id, name: call.name, content: outcome.result })
      : refusal(call.id, call.name, outcome.result);
  }

  async function outcomeOf(tool: string, work: () => Promise<string>, signal: AbortSignal): Promise<Outcome> {
    try {
      return { outcome: 'returned', result: await withLastWord(work(), signal) };
    } catch (error) {
      if (error === signal.reason) return { outcome: 'unknown', result: NO_LAST_WORD };
      if (!isCallersFault(error)) log.error({ err: error, tool }, 'a tool failed');
      return { outcome: 'failed', result: failureText(error) };
    }
  }

  /** Answers a call that does not run. */
  function refuse(call: Call, turn: TurnContext, reason: string, judged?: JudgedCall): ToolMessage {
    const { id, effect } = judged ?? { id: uuidv7(), effect: null };
    observe.toolRefused(judged && call.name, effect);
    open(turn, call, { id, effect, before: null, outcome: 'refused', result: reason });
    return refusal(call.id, call.name, reason);
  }

  type Known = Pick<ToolCallRecord, 'id' | 'effect' | 'before' | 'outcome' | 'result'>;

  function open(turn: TurnContext, { name: tool, args }: Call, known: Known): ToolCallRecord {
    const record = { ...known, agent, tool, arguments: args, result: recorded(known.result) };
    // An approved call that an earlier attempt did not come to make has one record, its last.
    turn.trace.toolCalls = [...turn.trace.toolCalls.filter(({ id }) => id !== record.id), record];
    turn.log.append('tool', record);
    return record;
  }

  function close(turn: TurnContext, record: ToolCallRecord, outcome: Outcome): void {
    Object.assign(record, { ...outcome, result: recorded(outcome.result) });
    const { id, tool, result } = record;
    turn.log.append('tool', { id, agent, tool, outcome: record.outcome, result });
  }

  return { run, refuse };
}

function recorded(result: string): string {
  return result.slice(0, RECORDED_CHARACTERS);
}

/** The record of the same call in an earlier attempt, where it took effect or may have. */
function takeEarlier(turn: TurnContext, call: Call, { id }: JudgedCall): ToolCallRecord | undefined {
  const hash = hashCall(call.name, call.args);
  const mayHaveHappened = ({ outcome }: ToolCallRecord) => outcome === 'returned' || outcome === 'unknown';
  const position = turn.earlier.findIndex(
    (one) => mayHaveHappened(one) && (one.id === id || hashCall(one.tool, one.arguments) === hash),
  );
  return position < 0 ? undefined : turn.earlier.splice(position, 1)[0];
}

function replay(call: Call, { outcome, result }: ToolCallRecord, turn: TurnContext): ToolMessage {
  turn.log.append('tool', { tool: call.name, arguments: call.args, outcome: 'replayed', result });
  return outcome === 'returned'
    ? new ToolMessage({ tool_call_id: call.id, name: call.name, content: `${result}\n${ALREADY_DONE}` })
    : refusal(call.id, call.name, `${result} It is not repeated; see first what is there.`);
}

/** Settles what became of a call whose process ended, as far as its tool can tell. */
export async function settleCall(
  record: ToolCallRecord,
  tool: AgentTool | undefined,
  userId: string,
): Promise<ToolCallRecord> {
  if (record.outcome !== 'called') return record;
  if (record.effect === 'read') {
    return { ...record, outcome: 'failed', result: 'The server stopped before the tool returned.' };
  }
  const tookEffect = (await tool?.tookEffect(record.id, userId, record.arguments).catch(() => null)) ?? null;
  if (tookEffect === null) {
    return {
      ...record,
      outcome: 'unknown',
      result: 'The server stopped before the tool returned; whether it took effect is not known.',
    };
  }
  return tookEffect
    ? { ...record, outcome: 'returned', result: 'It took effect; the server stopped right after it.' }
    : { ...record, outcome: 'failed', result: 'It did not take effect: the server stopped before it.' };
}

/** Waits for a tool; when the turn is stopped, a moment longer, then throws the signal's reason. */
async function withLastWord<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    timer = setTimeout(() => reject(signal.reason), LAST_WORD_MS);
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
