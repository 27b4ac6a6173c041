import OpenAI from "openai";
import type { OpenaiSettings } from "../config.ts";
import { ModelError } from "../errors.ts";
import type { Model, ModelMessage } from "./model.ts";

type ChatMessage = OpenAI.Chat.Completions.ChatCompletionMessageParam;

/** A model behind the OpenAI protocol: OpenAI itself, Groq, Ollama, vLLM and many others. */
export function openaiModel({ apiKey, baseURL, model }: OpenaiSettings): Model {
  const client = new OpenAI({ apiKey, baseURL, timeout: 60_000, maxRetries: 2 });
  return {
    name: model,
    async reply({ messages, tools, signal }) {
      const completion = await client.chat.completions
        .create(
          {
            model,
            messages: messages.map(toChatMessage),
            tools: tools.map((tool) => ({ type: "function", function: { ...tool } })),
          },
          { signal },
        )
        .catch((error: unknown) => {
          const reason = error instanceof Error ? error.message : String(error);
          throw new ModelError(`The model failed: ${reason}`, { cause: error });
        });
      const message = completion.choices?.[0]?.message;
      if (!message) throw new ModelError("The model answered without a message.");
      return {
        content: message.content ?? "",
        toolCalls: (message.tool_calls ?? [])
          .filter((call) => call.type === "function")
          .map(({ id, function: { name, arguments: input } }) => ({ id, name, input })),
      };
    },
  };
}

function toChatMessage(message: ModelMessage): ChatMessage {
  switch (message.role) {
    case "tool":
      return { role: "tool", tool_call_id: message.callId, content: message.content };
    case "assistant":
      return {
        role: "assistant",
        content: message.content,
        ...(message.toolCalls?.length && {
          tool_calls: message.toolCalls.map(({ id, name, input }) => ({
            id,
            type: "function" as const,
            function: { name, arguments: input },
          })),
        }),
      };
    default:
      return message;
  }
}
