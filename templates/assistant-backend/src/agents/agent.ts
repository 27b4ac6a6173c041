import { z } from "zod";
import { ModelError } from "../errors.ts";
import type { Model, ModelMessage, ToolCall, ToolDescription } from "../models/model.ts";

/** How often an agent may ask its model before it has to have an answer. */
const MAX_STEPS = 8;

export interface Tool extends ToolDescription {
  /** Takes the input as the model wrote it, and returns what the model is to read. */
  run(input: string, signal: AbortSignal): Promise<string>;
}

export interface Agent {
  name: string;
  /** Tells the orchestrator what to send here. */
  description: string;
  instructions: string;
  tools: Tool[];
}

interface ToolDefinition<Input extends z.ZodType> {
  name: string;
  description: string;
  input: Input;
  run(input: z.infer<Input>, signal: AbortSignal): string | Promise<string>;
}

/** Makes a tool whose input is checked: a wrong one is not run, and the model is told why. */
export function defineTool<Input extends z.ZodType>(definition: ToolDefinition<Input>): Tool {
  const { name, description, input: schema, run } = definition;
  return {
    name,
    description,
    parameters: z.toJSONSchema(schema, { io: "input" }),
    async run(json, signal) {
      const input = schema.safeParse(parseJson(json));
      if (!input.success) return `The input is wrong. ${z.prettifyError(input.error)}`;
      return run(input.data, signal);
    },
  };
}

/** What one run of an agent needs. */
export interface Run {
  model: Model;
  messages: ModelMessage[];
  signal: AbortSignal;
}

/**
 * Lets the model answer, with the agent's tools, until it asks for no more of them.
 * Throws a ModelError when it fails, says nothing, or does not come to an end.
 */
export async function runAgent(agent: Agent, { model, messages, signal }: Run): Promise<string> {
  const thread: ModelMessage[] = [{ role: "system", content: agent.instructions }, ...messages];
  const tools = agent.tools.map(({ name, description, parameters }) => {
    return { name, description, parameters };
  });
  for (let step = 0; step < MAX_STEPS; step++) {
    const { content, toolCalls } = await model.reply({ messages: [...thread], tools, signal });
    if (toolCalls.length === 0) {
      if (content.trim() === "") throw new ModelError("The model answered nothing.");
      return content;
    }
    thread.push({ role: "assistant", content, toolCalls });
    // One after the other: the second call may count on what the first one did.
    for (const call of toolCalls) {
      thread.push({ role: "tool", callId: call.id, content: await runTool(agent, call, signal) });
    }
  }
  throw new ModelError(`The model came to no answer in ${MAX_STEPS} steps.`);
}

async function runTool(agent: Agent, call: ToolCall, signal: AbortSignal): Promise<string> {
  const tool = agent.tools.find(({ name }) => name === call.name);
  return tool ? tool.run(call.input, signal) : `There is no tool ${call.name}.`;
}

/** The value of a JSON text; undefined, which no tool takes, when it is none. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
