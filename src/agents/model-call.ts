import { randomUUID } from 'node:crypto';
import type { BaseLanguageModelInput } from '@langchain/core/language_models/base';
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { AIMessage, type AIMessageChunk, type BaseMessage, ToolMessage } from '@langchain/core/messages';
import type { Runnable } from '@langchain/core/runnables';
import { z } from 'zod';
import type { Usage } from '../db/schema.ts';
import { ProblemError } from '../errors.ts';
import { callOptions } from '../models/caller.ts';
import { toModelProblem } from '../models/failures.ts';
import { estimateTokens } from '../models/tokens.ts';
import type { Observe } from '../observing/observe.ts';
import type { TurnContext } from './turn-context.ts';

const NOT_JSON = 'Error: the arguments are not a JSON object. Call the tool again with valid JSON.';
const CUT_OFF =
  'Error: your message was cut off at its length limit, so the arguments may not be whole and nothing was done. Do it in smaller parts.';
const NO_ANSWER = 'The model answered with nothing. Retry the run.';
const jsonObject = z.record(z.string(), z.unknown());

/** A tool as a model is told of it. */
type ToolSpecification = Parameters<NonNullable<BaseChatModel['bindTools']>>[0][number];

/** Asks the model for the next message of a dialogue; undefined when the turn was stopped. */
export type ModelCall = (
  dialogue: BaseMessage[],
  turn: TurnContext,
  /** Told each piece of the message's text as it comes. */
  onText?: (piece: string) => void,
) => Promise<BaseMessage[] | undefined>;

interface ModelCallNeeds {
  model: BaseChatModel;
  modelName: string;
  /** Who calls. */
  agent: string;
  tools: ToolSpecification[];
  observe: Pick<Observe, 'modelCall'>;
}

/**
 * A model with its tools bound once. Each call returns the model's message and, right behind it, an answer to each tool
 * call that cannot be read, so that the dialogue stays one that every provider accepts.
 * @throws ProblemError `model_failed` or `model_timeout`, from the call.
 */
export function createModelCall({ model, modelName, agent, tools, observe }: ModelCallNeeds): ModelCall {
  const bound: Runnable<BaseLanguageModelInput, AIMessageChunk> =
    tools.length > 0 && model.bindTools ? model.bindTools(tools) : model;
  return async (dialogue, turn, onText) => {
    const { signal } = turn;
    if (signal.aborted) return undefined;
    const names = { kind: 'chat' as const, model: modelName, agent, signal };
    try {
      return await observe.modelCall(names, async (tell) => {
        const heard: Heard = { text: '', rest: undefined };
        let isCounted = false;
        try {
          // What `stream` wraps in a web stream, for which nothing here has a use.
          const chunks = bound._streamIterator(dialogue, callOptions(turn.userId, signal));
          await collect(chunks, heard, onText);
          if (signal.aborted) return undefined;
          isCounted = true;
          tell(addUsage(turn, heard.rest?.usage_metadata));
          return readReply(heard);
        } catch (error) {
          throw toModelProblem(error);
        } finally {
          // A call that was stopped has been paid for.
          if (signal.aborted && !isCounted && hasBegun(heard)) addUsage(turn, usageSoFar(dialogue, heard));
        }
      });
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  };
}

/** What has come of a message: its text, and all that is in its pieces beside that. */
interface Heard {
  text: string;
  rest: AIMessageChunk | undefined;
}

function hasBegun({ text, rest }: Heard): boolean {
  return text !== '' || rest !== undefined;
}

async function collect(
  chunks: AsyncIterable<AIMessageChunk>,
  heard: Heard,
  onText: ((piece: string) => void) | undefined,
): Promise<void> {
  for await (const chunk of chunks) {
    const { text } = chunk;
    heard.text += text;
    if (!isPlainText(chunk)) heard.rest = heard.rest ? heard.rest.concat(chunk) : chunk;
    if (text !== '') onText?.(text);
  }
  if (!hasBegun(heard)) throw new ProblemError('model_failed', NO_ANSWER);
}

/** Nothing but a piece of text, as nearly all of a long answer are, each of which would be merged with all before it. */
function isPlainText({ tool_call_chunks: calls = [], usage_metadata, response_metadata }: AIMessageChunk) {
  return calls.length === 0 && !usage_metadata && response_metadata.finish_reason === undefined;
}

/** The calls of the last model message that nothing has answered yet. */
export function pendingCalls(dialogue: readonly BaseMessage[]) {
  const position = dialogue.findLastIndex((message) => message instanceof AIMessage);
  const asked = dialogue[position];
  if (!(asked instanceof AIMessage)) return [];
  const answered = new Set(
    dialogue
      .slice(position + 1)
      .map((message) => (message instanceof ToolMessage ? message.tool_call_id : undefined)),
  );
  return (asked.tool_calls ?? [])
    .map((call) => ({ ...call, id: call.id ?? '' }))
    .filter(({ id }) => !answered.has(id));
}

/** How many times a model has spoken in a dialogue since its last question. */
export function stepsTaken(dialogue: readonly BaseMessage[]): number {
  const question = dialogue.findLastIndex((message) => message.getType() === 'human');
  return dialogue.slice(question + 1).filter((message) => message instanceof AIMessage).length;
}

function addUsage({ trace }: TurnContext, used: Usage | undefined) {
  const { input_tokens = 0, output_tokens = 0 } = used ?? {};
  trace.usage.input_tokens += input_tokens;
  trace.usage.output_tokens += output_tokens;
  return { input_tokens, output_tokens };
}

/** About what a call has used that was cut off: a server tells it behind the last piece only. */
function usageSoFar(dialogue: readonly BaseMessage[], { text: said, rest }: Heard): Usage {
  if (rest?.usage_metadata) return rest.usage_metadata;
  const calls = (rest?.tool_call_chunks ?? []).map(({ args = '' }) => args);
  return {
    input_tokens: dialogue.reduce((sum, { text }) => sum + estimateTokens(text), 0),
    output_tokens: [said, ...calls].reduce((sum, text) => sum + estimateTokens(text), 0),
  };
}

function readReply({ text: said, rest }: Heard): BaseMessage[] {
  // Arguments that were cut off at the model's limit can look whole, because LangChain closes the open brackets.
  const isCut = rest?.response_metadata.finish_reason === 'length';
  const isReadable = ({ args }: { args: unknown }) => !isCut && jsonObject.safeParse(args).success;
  const asked = rest?.tool_calls ?? [];
  const named = [
    ...asked.map(({ name, id, args }) => ({ name, id, args, isBroken: !isReadable({ args }) })),
    ...(rest?.invalid_tool_calls ?? []).map(({ name, id }) => ({ name, id, args: {}, isBroken: true })),
  ];
  if (named.length === 0 && said.trim() === '') {
    throw new ProblemError('model_failed', NO_ANSWER);
  }
  const ids = new Set<string>();
  const calls = named.map(({ name, id, args, isBroken }) => {
    const unique = id && !ids.has(id) ? id : `call_${randomUUID()}`;
    ids.add(unique);
    return {
      type: 'tool_call' as const,
      name: name || 'unnamed',
      id: unique,
      args: isBroken ? {} : args,
      isBroken,
    };
  });
  return [
    new AIMessage({ content: said, tool_calls: calls.map(({ isBroken: _, ...call }) => call) }),
    ...calls
      .filter(({ isBroken }) => isBroken)
      .map(({ id, name }) => refusal(id, name, isCut ? CUT_OFF : NOT_JSON)),
  ];
}

/** The answer to a tool call that did not run or went wrong. */
export function refusal(callId: string, name: string, content: string): ToolMessage {
  return new ToolMessage({ tool_call_id: callId, name, content, status: 'error' });
}
