/** A function that the model may ask for; `parameters` is the JSON Schema of its input. */
export interface ToolDescription {
  name: string;
  description: string;
  parameters: Record<string, unknown>;
}

export interface ToolCall {
  id: string;
  name: string;
  /** JSON, as the model wrote it: it may be wrong, or no JSON at all. */
  input: string;
}

export type ModelMessage =
  | { role: "system" | "user"; content: string }
  | { role: "assistant"; content: string; toolCalls?: ToolCall[] }
  | { role: "tool"; callId: string; content: string };

export interface ModelRequest {
  messages: ModelMessage[];
  tools: ToolDescription[];
  signal: AbortSignal;
}

export interface ModelReply {
  content: string;
  toolCalls: ToolCall[];
}

/** All that the agents know of a language model. */
export interface Model {
  name: string;
  /** Throws a ModelError when the model cannot be reached or answers nothing. */
  reply(request: ModelRequest): Promise<ModelReply>;
}
