import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager';
import type { BaseLanguageModelInput, ToolDefinition } from '@langchain/core/language_models/base';
import {
  BaseChatModel,
  type BaseChatModelCallOptions,
  type BaseChatModelParams,
  type BindToolsInput,
} from '@langchain/core/language_models/chat_models';
import {
  AIMessage,
  AIMessageChunk,
  type BaseMessage,
  type StandardMessageStructure,
  type UsageMetadata,
} from '@langchain/core/messages';
import { ChatGenerationChunk, type ChatResult } from '@langchain/core/outputs';
import type { Runnable } from '@langchain/core/runnables';
import { convertToOpenAITool } from '@langchain/core/utils/function_calling';
import { estimateTokens } from '../tokens.ts';
import { type Reply, replyTo } from './reply.ts';

const MODEL_NAME = 'offline';
/** A long answer is streamed in pieces of several words, so that their number stays bounded. */
const MOST_PIECES = 400;

interface OfflineCallOptions extends BaseChatModelCallOptions {
  tools?: ToolDefinition[];
}

/**
 * A chat model that needs no server: a rule engine for English and Spanish that turns commands into calls of the tools bound
 * to it and answers questions by quoting what it was told. It never pretends to be a language model.
 */
export class OfflineChatModel extends BaseChatModel<OfflineCallOptions> {
  constructor(fields: BaseChatModelParams = {}) {
    super(fields);
  }

  static override lc_name(): string {
    return 'OfflineChatModel';
  }

  override _llmType(): string {
    return MODEL_NAME;
  }

  /** @throws TypeError for a tool in the format of another provider. */
  override bindTools(
    tools: BindToolsInput[],
    options: Partial<OfflineCallOptions> = {},
  ): Runnable<BaseLanguageModelInput, AIMessageChunk, OfflineCallOptions> {
    return this.withConfig({ ...options, tools: tools.map(toDefinition) });
  }

  override async _generate(messages: BaseMessage[], options: this['ParsedCallOptions']): Promise<ChatResult> {
    options.signal?.throwIfAborted();
    const reply = replyTo(messages, boundTools(options));
    const message = new AIMessage<StandardMessageStructure>({
      content: reply.text,
      tool_calls: reply.calls.map((call) => ({ ...call, id: callId(), type: 'tool_call' as const })),
      usage_metadata: usageOf(messages, reply),
      response_metadata: { model_name: MODEL_NAME },
    });
    return { generations: [{ text: reply.text, message }] };
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    options.signal?.throwIfAborted();
    const reply = replyTo(messages, boundTools(options));
    for (const message of chunksOf(messages, reply)) {
      // Everything here is computed already: without a turn of the event loop nobody could abort in between.
      await setImmediate();
      options.signal?.throwIfAborted();
      const chunk = new ChatGenerationChunk({ text: message.text, message });
      yield chunk;
      await runManager?.handleLLMNewToken(chunk.text, undefined, undefined, undefined, undefined, { chunk });
    }
  }
}

function toDefinition(tool: BindToolsInput): ToolDefinition {
  const definition = convertToOpenAITool(tool);
  if (definition.type === 'function' && definition.function) return definition;
  throw new TypeError('The offline model takes LangChain tools and OpenAI function definitions.');
}

function* chunksOf(messages: BaseMessage[], reply: Reply): Generator<AIMessageChunk> {
  for (const content of piecesOf(reply.text)) yield new AIMessageChunk({ content });
  for (const [index, { name, args }] of reply.calls.entries()) {
    const call = { type: 'tool_call_chunk' as const, index, id: callId(), name, args: JSON.stringify(args) };
    yield new AIMessageChunk({ content: '', tool_call_chunks: [call] });
  }
  yield new AIMessageChunk<StandardMessageStructure>({
    content: '',
    usage_metadata: usageOf(messages, reply),
    response_metadata: { model_name: MODEL_NAME },
  });
}

/** Cuts a text into words with the space behind them, or into so many pieces of several words. */
function piecesOf(text: string): string[] {
  const words = text.match(/\s*\S+\s*/g) ?? [];
  const perPiece = Math.ceil(words.length / MOST_PIECES);
  return words
    .filter((_, position) => position % perPiece === 0)
    .map((_, piece) => words.slice(piece * perPiece, (piece + 1) * perPiece).join(''));
}

function boundTools({ tools = [], tool_choice: choice }: OfflineCallOptions): Set<string> {
  return new Set(choice === 'none' ? [] : tools.map((tool) => tool.function.name));
}

function callId(): string {
  return `call_${randomUUID().replaceAll('-', '')}`;
}

function usageOf(messages: BaseMessage[], { text, calls }: Reply): UsageMetadata {
  const input = messages.reduce((total, message) => total + estimateTokens(message.text), 0);
  const output = estimateTokens(text + (calls.length > 0 ? JSON.stringify(calls) : ''));
  return { input_tokens: input, output_tokens: output, total_tokens: input + output };
}
