import { ChatOpenAICompletions } from '@langchain/openai';
import type { Gate } from './gate.ts';
import { LONGEST_RETRY_WAIT_MS, openAIClientFields } from './retry.ts';
import type { ChatSettings, NamedChatModel } from './settings.ts';

/**
 * A chat model behind the OpenAI protocol. Its calls throw what `toModelProblem` understands.
 *
 * It is LangChain's class for the chat completions API itself: `ChatOpenAI` turns to OpenAI's Responses API, which no other
 * server speaks, whenever it sees certain words in the model's name.
 */
export function createServerChatModel(
  settings: Extract<ChatSettings, { provider: 'openai' }>,
  gate: Gate,
): NamedChatModel {
  const { timeoutMs, maxRetries } = settings;
  const model = new ChatOpenAICompletions({
    ...openAIClientFields(settings, {
      timeoutMs,
      maxRetries,
      totalTimeoutMs: (timeoutMs + LONGEST_RETRY_WAIT_MS) * (maxRetries + 1),
      gate,
    }),
    streamUsage: true,
  });
  return { model, name: settings.model };
}
