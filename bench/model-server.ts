import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { sentence } from './support/sentences.ts';

// A model that answers at once, in a process of its own, so that what is measured is everything but the model. It speaks as much
// of the OpenAI protocol as the measured programs use, checks nothing, and keeps nothing.

const DIMENSIONS = 1536;
/** Answers `Write N words` with so many pieces. */
const WORDS = /^Write (\d+) words/;
/** Has a question delegated, where there is whom to. */
const DELEGATED = /^Delegate: /;
const DELEGATE = 'delegate_to_file_consultant';
const USAGE = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 };

interface ChatRequest {
  model: string;
  stream?: boolean;
  messages: { role: string; content: unknown }[];
  tools?: { function: { name: string } }[];
}

interface EmbeddingRequest {
  model: string;
  input: string | string[];
  encoding_format?: 'float' | 'base64';
}

function numberOf(text: string): number {
  return createHash('sha1').update(text).digest().readUInt32BE();
}

/** The same vector for the same text: numbers from https://en.wikipedia.org/wiki/Linear_congruential_generator, seeded by a hash. */
function vectorOf(text: string): Float32Array {
  let state = numberOf(text);
  return Float32Array.from({ length: DIMENSIONS }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

function embed({ model, input, encoding_format }: EmbeddingRequest): object {
  const texts = Array.isArray(input) ? input : [input];
  const data = texts.map((text, index) => {
    const vector = vectorOf(text);
    const embedding =
      encoding_format === 'base64' ? Buffer.from(vector.buffer).toString('base64') : [...vector];
    return { object: 'embedding', index, embedding };
  });
  return { object: 'list', model, data, usage: { prompt_tokens: 10, total_tokens: 10 } };
}

/** What is answered: a text in pieces, or a call that delegates. */
function reply({ messages, tools = [] }: ChatRequest): { pieces: string[] } | { task: string } {
  const last = messages.at(-1);
  const question = String(messages.findLast(({ role }) => role === 'user')?.content ?? '');
  const canDelegate = tools.some(({ function: { name } }) => name === DELEGATE);
  if (canDelegate && last?.role === 'user' && DELEGATED.test(question)) return { task: question.slice(10) };
  const words = Number(WORDS.exec(question)?.[1] ?? 0);
  if (words > 0) return { pieces: Array.from({ length: words }, (_, index) => `word${index} `) };
  return { pieces: sentence(numberOf(question)).split(/(?<=^.{20})/s) };
}

function chat(request: ChatRequest, response: ServerResponse): void {
  const answer = reply(request);
  const common = { id: 'chatcmpl-bench', created: 0, model: request.model };
  const call = 'task' in answer && {
    index: 0,
    id: `call_${Math.random().toString(36).slice(2)}`,
    type: 'function',
    function: { name: DELEGATE, arguments: JSON.stringify({ task: answer.task }) },
  };
  const reason = call ? 'tool_calls' : 'stop';
  if (!request.stream) {
    const content = 'pieces' in answer ? answer.pieces.join('') : null;
    const message = { role: 'assistant', content, ...(call ? { tool_calls: [call] } : {}) };
    send(response, {
      ...common,
      object: 'chat.completion',
      choices: [{ index: 0, message, finish_reason: reason }],
      usage: USAGE,
    });
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const tell = (chunk: object) =>
    `data: ${JSON.stringify({ ...common, object: 'chat.completion.chunk', ...chunk })}\n\n`;
  const piece = (delta: object, finish_reason: string | null = null) =>
    tell({ choices: [{ index: 0, delta, finish_reason }] });
  const pieces = call
    ? [piece({ role: 'assistant', content: null, tool_calls: [call] })]
    : 'pieces' in answer
      ? answer.pieces.map((content) => piece({ role: 'assistant', content }))
      : [];
  response.end(
    `${pieces.join('')}${piece({}, reason)}${tell({ choices: [], usage: USAGE })}data: [DONE]\n\n`,
  );
}

function send(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  if (request.url === '/v1/models') return send(response, { object: 'list', data: [] });
  const body = JSON.parse(Buffer.concat(chunks).toString());
  if (request.url === '/v1/embeddings') return send(response, embed(body));
  chat(body, response);
}

const server = createServer((request, response) => {
  serve(request, response).catch((error: unknown) =>
    response.destroy(error instanceof Error ? error : undefined),
  );
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(`ready at http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`);
});
