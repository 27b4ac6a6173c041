import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** A call that the fake model makes; `arguments` as a string go out as they are, JSON or not. */
interface FakeToolCall {
  name: string;
  arguments: object | string;
  id?: string;
}

/** Ways to fail that both endpoints know. `cut` destroys the socket in the middle of the body, `hang-up` before any byte. */
export type FakeFailure =
  | 'cut'
  | 'hang-up'
  | 'malformed'
  | { stall: true }
  | { status: number; headers?: Record<string, string>; body?: unknown };

/**
 * What the fake chat model answers; `delayMs` comes before it, and alone before "ok". `unfinished` is a stream that ends too
 * early, politely.
 */
export type ChatReply =
  | FakeFailure
  | 'unfinished'
  | {
      content?: string;
      /** Streams the text in these pieces, as they come, and not word by word; an async generator decides when each one comes. */
      pieces?: Iterable<string> | AsyncIterable<string>;
      toolCalls?: FakeToolCall[];
      finishReason?: string;
      delayMs?: number;
      /** Streams the content and then nothing more, the connection left open. */
      stallAfter?: boolean;
    };

/** Answers a request in the form that it asked for. */
export interface AnswerForm {
  model: string;
  stream: boolean;
  includeUsage: boolean;
  promptTokens: number;
}

interface WireToolCall {
  id: string;
  type: 'function';
  function: { name: string; arguments: string };
}

const EVENT_STREAM = { 'content-type': 'text/event-stream; charset=utf-8' };
const JSON_TYPE = { 'content-type': 'application/json' };
let sequence = 0;

/** Sends a body as JSON. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { ...JSON_TYPE, 'content-length': Buffer.byteLength(text), ...headers });
  response.end(text);
}

/** The body that OpenAI sends with a status. */
export function errorBody(
  message: string,
  fields: { type?: string; param?: string | null; code?: string | null } = {},
) {
  return {
    error: {
      message,
      type: fields.type ?? 'invalid_request_error',
      param: fields.param ?? null,
      code: fields.code ?? null,
    },
  };
}

/** Fails as asked; answers whether it was one of the failures. */
export function sendFailure(response: ServerResponse, reply: unknown, stream: boolean): boolean {
  if (reply === 'hang-up') {
    response.destroy();
    return true;
  }
  if (reply === 'malformed') {
    if (stream) response.writeHead(200, EVENT_STREAM).end('data: {"id": "broken\n\n');
    else response.writeHead(200, JSON_TYPE).end('{"id": "broken');
    return true;
  }
  if (reply === 'cut') {
    response.writeHead(200, stream ? EVENT_STREAM : { ...JSON_TYPE, 'content-length': 1000 });
    const start = stream
      ? event({ ...envelope('fake-chat'), choices: [delta({ role: 'assistant', content: 'Half' })] })
      : '{"id": "cut", ';
    response.write(start, () => response.destroy());
    return true;
  }
  if (typeof reply !== 'object' || reply === null) return false;
  if ('stall' in reply) {
    response.writeHead(200, stream ? EVENT_STREAM : JSON_TYPE);
    response.flushHeaders();
    return true;
  }
  if (!('status' in reply) || typeof reply.status !== 'number') return false;
  const { status } = reply;
  const body =
    'body' in reply ? reply.body : errorBody(`The fake answers ${status}.`, { type: 'server_error' });
  // A reply with a status is a FakeFailure, whose headers are of this type.
  const headers = 'headers' in reply ? (reply.headers as Record<string, string>) : {};
  sendJson(response, status, body, headers);
  return true;
}

/** Sends a chat reply, streamed or whole. */
export async function sendChat(response: ServerResponse, reply: ChatReply, form: AnswerForm): Promise<void> {
  if (sendFailure(response, reply, form.stream)) return;
  const unfinished = reply === 'unfinished';
  // What is no failure is 'unfinished' or an object of this form.
  const planned = unfinished ? { content: 'Half' } : (reply as Exclude<ChatReply, FakeFailure | string>);
  if (planned.delayMs !== undefined) await sleep(planned.delayMs);
  const toolCalls = (planned.toolCalls ?? []).map(wireToolCall);
  const calls = toolCalls.length > 0;
  const finish = planned.finishReason ?? (calls ? 'tool_calls' : 'stop');
  if (form.stream) {
    const pieces = planned.pieces ?? wordsOf(planned.content ?? (calls ? '' : 'ok'));
    const stalls = planned.stallAfter ?? false;
    await streamAnswer(response, { pieces, toolCalls, finish }, { ...form, unfinished, stalls });
    return;
  }
  const given = planned.pieces ? (await Array.fromAsync(planned.pieces)).join('') : planned.content;
  sendJson(response, 200, wholeAnswer({ text: given ?? (calls ? null : 'ok'), toolCalls, finish }, form));
}

function wordsOf(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

interface Answer {
  text: string | null;
  toolCalls: WireToolCall[];
  finish: string;
}

function wholeAnswer({ text, toolCalls, finish }: Answer, form: AnswerForm) {
  const message = {
    role: 'assistant',
    content: text,
    refusal: null,
    ...(toolCalls.length > 0 ? { tool_calls: toolCalls } : {}),
  };
  return {
    ...envelope(form.model),
    object: 'chat.completion',
    choices: [{ index: 0, message, logprobs: null, finish_reason: finish }],
    usage: usageOf({ text, toolCalls, finish }, form),
  };
}

async function streamAnswer(
  response: ServerResponse,
  { pieces, toolCalls, finish }: Omit<Answer, 'text'> & { pieces: Iterable<string> | AsyncIterable<string> },
  form: AnswerForm & { unfinished: boolean; stalls: boolean },
): Promise<void> {
  const base = {
    ...envelope(form.model),
    object: 'chat.completion.chunk',
    ...(form.includeUsage ? { usage: null } : {}),
  };
  const send = (choice: object) => response.write(event({ ...base, choices: [choice] }));
  response.writeHead(200, EVENT_STREAM);
  send(delta({ role: 'assistant', content: toolCalls.length > 0 ? null : '' }));
  let text = '';
  for await (const piece of pieces) {
    if (response.destroyed) break;
    text += piece;
    send(delta({ content: piece }));
  }
  if (response.destroyed) return;
  for (const piece of toolCallPieces(toolCalls)) send(delta({ tool_calls: [piece] }));
  if (form.stalls) return;
  if (form.unfinished) {
    response.end();
    return;
  }
  send({ ...delta({}), finish_reason: finish });
  if (form.includeUsage) {
    const answer = { text: text || null, toolCalls, finish };
    response.write(event({ ...base, choices: [], usage: usageOf(answer, form) }));
  }
  response.end('data: [DONE]\n\n');
}

/** Openings first, then the arguments a few characters at a time, the calls by turns. */
function toolCallPieces(calls: WireToolCall[]): object[] {
  const openings = calls.map((call, index) => ({
    index,
    ...call,
    function: { ...call.function, arguments: '' },
  }));
  const pieces = calls.map((call, index) =>
    (call.function.arguments.match(/[\s\S]{1,7}/g) ?? []).map((text) => ({
      index,
      function: { arguments: text },
    })),
  );
  const turns = Math.max(0, ...pieces.map((list) => list.length));
  const interleaved = Array.from({ length: turns }, (_, turn) => pieces.flatMap((list) => list[turn] ?? []));
  return [...openings, ...interleaved.flat()];
}

function wireToolCall({ name, arguments: given, id }: FakeToolCall): WireToolCall {
  sequence += 1;
  const text = typeof given === 'string' ? given : JSON.stringify(given);
  return { id: id ?? `call_${sequence}`, type: 'function', function: { name, arguments: text } };
}

function usageOf(answer: Answer, form: AnswerForm) {
  const completion = estimateTokens(JSON.stringify([answer.text, answer.toolCalls]));
  return {
    prompt_tokens: form.promptTokens,
    completion_tokens: completion,
    total_tokens: form.promptTokens + completion,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  };
}

/** The fake's tokens: four bytes each. */
export function estimateTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / 4);
}

function envelope(model: string) {
  sequence += 1;
  return {
    id: `chatcmpl-fake${sequence}`,
    created: Math.floor(Date.now() / 1000),
    model,
    system_fingerprint: 'fp_fake',
  };
}

function delta(fields: object) {
  return { index: 0, delta: fields, logprobs: null, finish_reason: null };
}

function event(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
