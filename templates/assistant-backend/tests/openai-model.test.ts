import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import { ModelError } from "../src/errors.ts";
import type { ModelRequest } from "../src/models/model.ts";
import { openaiModel } from "../src/models/openai-model.ts";

const ADD_NOTE = { name: "add_note", description: "Writes down", parameters: { type: "object" } };

let server: FastifyInstance;

afterEach(() => server.close());

/** Asks a server that speaks the protocol and answers this; returns what it was sent, too. */
async function askServer(status: number, answer: object, messages: ModelRequest["messages"]) {
  server = Fastify();
  const received: { authorization?: string | undefined; body?: unknown } = {};
  server.post("/v1/chat/completions", (request, reply) => {
    received.authorization = request.headers.authorization;
    received.body = request.body;
    return reply.code(status).send(answer);
  });
  const baseURL = `${await server.listen({ port: 0, host: "127.0.0.1" })}/v1`;
  const model = openaiModel({ apiKey: "secret", baseURL, model: "tiny" });
  const reply = model.reply({ messages, tools: [ADD_NOTE], signal: AbortSignal.timeout(10_000) });
  return { received, reply };
}

describe("the model behind the OpenAI protocol", () => {
  it("sends the conversation and its tools, and reads the tools that are asked for", async () => {
    const toolCall = { id: "b", type: "function", function: { name: "add_note", arguments: "{}" } };
    const { received, reply } = await askServer(
      200,
      { choices: [{ message: { role: "assistant", content: null, tool_calls: [toolCall] } }] },
      [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Hi" },
        {
          role: "assistant",
          content: "",
          toolCalls: [{ id: "a", name: "add_note", input: '{"text":"x"}' }],
        },
        { role: "tool", callId: "a", content: "Noted." },
      ],
    );

    expect(await reply).toEqual({
      content: "",
      toolCalls: [{ id: "b", name: "add_note", input: "{}" }],
    });
    expect(received.authorization).toBe("Bearer secret");
    expect(received.body).toEqual({
      model: "tiny",
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Hi" },
        {
          role: "assistant",
          content: "",
          tool_calls: [
            {
              id: "a",
              type: "function",
              function: { name: "add_note", arguments: '{"text":"x"}' },
            },
          ],
        },
        { role: "tool", tool_call_id: "a", content: "Noted." },
      ],
      tools: [{ type: "function", function: ADD_NOTE }],
    });
  });

  it("reads a plain answer", async () => {
    const answer = { choices: [{ message: { role: "assistant", content: "Hello!" } }] };
    const { reply } = await askServer(200, answer, [{ role: "user", content: "Hi" }]);
    expect(await reply).toEqual({ content: "Hello!", toolCalls: [] });
  });

  it.each([
    ["the key is refused", 401, { error: { message: "Wrong key" } }, "Wrong key"],
    ["there is no answer in the answer", 200, { choices: [] }, "without a message"],
  ])("fails as a model when %s", async (_, status, answer, reason) => {
    const { reply } = await askServer(status, answer, [{ role: "user", content: "Hi" }]);
    const error = await reply.catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(ModelError);
    expect(String(error)).toContain(reason);
  });
});
