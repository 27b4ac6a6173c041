import { z } from 'zod';
import { errorBody, estimateTokens } from './fake-openai-replies.ts';

/** An answer that refuses, with the message OpenAI gives as far as it is known. */
export interface Refusal {
  status: number;
  message: string;
  param?: string;
  code?: string;
}

const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const SPEAKER_NAME = /^[^\s<|\\/>]+$/;
const LONGEST_TOOL_CALL_ID = 40;
const MOST_TOOLS = 128;
const CHAT_PARAMETERS = new Set(
  `messages model stream stream_options temperature top_p n stop max_tokens max_completion_tokens presence_penalty
  frequency_penalty logit_bias logprobs top_logprobs user tools tool_choice parallel_tool_calls response_format seed functions
  function_call store metadata reasoning_effort service_tier modalities audio prediction verbosity prompt_cache_key
  prompt_cache_retention safety_identifier web_search_options`.split(/\s+/),
);
const EMBEDDING_PARAMETERS = new Set(['model', 'input', 'encoding_format', 'dimensions', 'user']);

const toolCall = z.strictObject({
  id: z.string().min(1).max(LONGEST_TOOL_CALL_ID),
  type: z.literal('function'),
  function: z.strictObject({ name: z.string().regex(TOOL_NAME), arguments: z.string() }),
});
const parts = z.array(z.looseObject({ type: z.string() })).min(1);
const content = z.union([z.string(), parts]);
const name = z.string().regex(SPEAKER_NAME).optional();
const message = z.discriminatedUnion('role', [
  z.strictObject({ role: z.enum(['system', 'developer', 'user']), content, name }),
  z.strictObject({ role: z.literal('tool'), content, tool_call_id: z.string().min(1), name }),
  z.strictObject({
    role: z.literal('assistant'),
    content: content.nullish(),
    name,
    refusal: z.string().nullish(),
    tool_calls: z.array(toolCall).min(1).optional(),
  }),
]);
const tool = z.strictObject({
  type: z.literal('function'),
  function: z.strictObject({
    name: z.string().regex(TOOL_NAME),
    description: z.string().optional(),
    parameters: z
      .looseObject({ type: z.literal('object'), properties: z.record(z.string(), z.unknown()) })
      .optional(),
    strict: z.boolean().nullish(),
  }),
});
const chatBody = z.looseObject({
  model: z.string().min(1),
  messages: z.array(message).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.strictObject({ include_usage: z.boolean().optional() }).nullish(),
  tools: z.array(tool).min(1).max(MOST_TOOLS).optional(),
  tool_choice: z
    .union([z.enum(['none', 'auto', 'required']), z.looseObject({ type: z.literal('function') })])
    .optional(),
  parallel_tool_calls: z.boolean().optional(),
  temperature: z.number().min(0).max(2).nullish(),
});
const embeddingBody = z.looseObject({
  model: z.string().min(1),
  input: z.union([z.string(), z.array(z.string())]),
  encoding_format: z.enum(['float', 'base64']).optional(),
  dimensions: z.int().min(1).optional(),
});

/** A chat request that OpenAI would take. */
export type ChatRequest = z.infer<typeof chatBody>;
type ChatMessage = z.infer<typeof message>;
/** An embeddings request that OpenAI would take. */
export type EmbeddingRequest = z.infer<typeof embeddingBody>;

interface ChatLimits {
  models: string[];
  contextTokens: number;
}

interface EmbeddingLimits {
  models: string[];
  nativeDimensions: number;
  maxInputTokens: number;
  refusesDimensions: boolean;
}

/** Judges a chat request as OpenAI does. */
export function judgeChat(
  body: unknown,
  limits: ChatLimits,
): { request: ChatRequest } | { refusal: Refusal } {
  const known = judgeShape(body, chatBody, CHAT_PARAMETERS);
  if ('refusal' in known) return known;
  const request = known.data;
  const refusal =
    judgeModel(request.model, limits.models) ??
    judgeTools(request) ??
    judgeOrder(request.messages) ??
    judgeLength(request, limits);
  return refusal ? { refusal } : { request };
}

/** Judges an embeddings request as OpenAI does. */
export function judgeEmbeddings(
  body: unknown,
  limits: EmbeddingLimits,
): { request: EmbeddingRequest } | { refusal: Refusal } {
  const known = judgeShape(body, embeddingBody, EMBEDDING_PARAMETERS);
  if ('refusal' in known) return known;
  const request = known.data;
  const refusal = judgeModel(request.model, limits.models) ?? judgeInput(request, limits);
  return refusal ? { refusal } : { request };
}

/** The wire form of a refusal. */
export function refusalBody({ message: text, param, code }: Refusal) {
  return errorBody(text, { param: param ?? null, code: code ?? null });
}

function refuse(text: string, fields: Partial<Refusal> = {}): Refusal {
  return { status: 400, message: text, ...fields };
}

function judgeShape<T>(
  body: unknown,
  schema: z.ZodType<T>,
  parameters: Set<string>,
): { data: T } | { refusal: Refusal } {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return { refusal: refuse('We could not parse the JSON body of your request.') };
  }
  if (!('model' in body)) return { refusal: refuse('you must provide a model parameter') };
  const unknown = Object.keys(body).find((key) => !parameters.has(key));
  if (unknown) {
    return {
      refusal: refuse(`Unknown parameter: '${unknown}'.`, { param: unknown, code: 'unknown_parameter' }),
    };
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return { data: parsed.data };
  const [issue] = parsed.error.issues;
  const param = issue?.path.join('.') ?? '';
  return {
    refusal: refuse(`Invalid value for '${param}': ${issue?.message}`, { param, code: 'invalid_value' }),
  };
}

function judgeModel(model: string, models: string[]): Refusal | undefined {
  if (models.includes(model)) return undefined;
  const text = `The model \`${model}\` does not exist or you do not have access to it.`;
  return { status: 404, message: text, code: 'model_not_found' };
}

function judgeTools(request: ChatRequest): Refusal | undefined {
  if (request.stream_options && !request.stream) {
    return refuse("The 'stream_options' parameter is only allowed when 'stream' is enabled.", {
      param: 'stream_options',
    });
  }
  if (!request.tools && (request.tool_choice !== undefined || request.parallel_tool_calls !== undefined)) {
    return refuse("'tool_choice' and 'parallel_tool_calls' are only allowed when 'tools' are specified.");
  }
  for (const [position, { function: described }] of (request.tools ?? []).entries()) {
    const fault = schemaFault(described.parameters);
    if (fault) {
      const text = `Invalid schema for function '${described.name}': ${fault}`;
      return refuse(text, {
        param: `tools[${position}].function.parameters`,
        code: 'invalid_function_parameters',
      });
    }
  }
  return undefined;
}

/** OpenAI looks into the schema: an array must say what it holds, an object's properties must be schemas. */
function schemaFault(schema: unknown): string | undefined {
  if (schema === undefined || typeof schema === 'boolean') return undefined;
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema))
    return 'a schema must be an object.';
  if ('type' in schema && schema.type === 'array' && !('items' in schema))
    return 'array schema missing items.';
  const properties = 'properties' in schema && schema.properties ? Object.values(schema.properties) : [];
  const inner = [...properties, ...('items' in schema ? [schema.items] : [])];
  return inner.map(schemaFault).find((fault) => fault !== undefined);
}

function judgeOrder(messages: ChatMessage[]): Refusal | undefined {
  let owed: string[] = [];
  for (const [position, entry] of messages.entries()) {
    const param = `messages.[${position}]`;
    if (entry.role === 'tool') {
      if (!owed.includes(entry.tool_call_id)) {
        return refuse(
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
          { param: `${param}.role` },
        );
      }
      owed = owed.filter((id) => id !== entry.tool_call_id);
      continue;
    }
    if (owed.length > 0) return unanswered(owed, param);
    if (entry.role !== 'assistant') continue;
    owed = (entry.tool_calls ?? []).map(({ id }) => id);
    if (new Set(owed).size < owed.length)
      return refuse('Duplicate tool call ids.', { param: `${param}.tool_calls` });
    if (owed.length === 0 && (entry.content === null || entry.content === undefined)) {
      return refuse("Invalid value for 'content': expected a string, got null.", {
        param: `${param}.content`,
      });
    }
  }
  return owed.length > 0 ? unanswered(owed, 'messages') : undefined;
}

function unanswered(ids: string[], param: string): Refusal {
  const text = `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${ids.join(', ')}`;
  return refuse(text, { param });
}

function judgeLength(request: ChatRequest, { contextTokens }: ChatLimits): Refusal | undefined {
  const tokens = promptTokens(request);
  if (tokens <= contextTokens) return undefined;
  const text = `This model's maximum context length is ${contextTokens} tokens. However, your messages resulted in ${tokens} tokens.`;
  return refuse(text, { param: 'messages', code: 'context_length_exceeded' });
}

function judgeInput({ input, dimensions }: EmbeddingRequest, limits: EmbeddingLimits): Refusal | undefined {
  const texts = typeof input === 'string' ? [input] : input;
  if (texts.length === 0 || texts.length > 2048 || texts.some((text) => text === '')) {
    return refuse("'$.input' is invalid. Please check the API reference.", { param: 'input' });
  }
  const longest = Math.max(...texts.map(estimateTokens));
  if (longest > limits.maxInputTokens) {
    const text = `This model's maximum context length is ${limits.maxInputTokens} tokens, however you requested ${longest} tokens.`;
    return refuse(text);
  }
  if (dimensions === undefined) return undefined;
  if (limits.refusesDimensions)
    return refuse('This model does not support specifying dimensions.', { param: 'dimensions' });
  if (dimensions > limits.nativeDimensions) {
    return refuse(
      `Invalid value for 'dimensions' = ${dimensions}. Must be at most ${limits.nativeDimensions}.`,
      { param: 'dimensions' },
    );
  }
  return undefined;
}

/** The tokens of a request's messages by the fake's estimate. */
export function promptTokens(request: ChatRequest): number {
  return estimateTokens(JSON.stringify(request.messages));
}
