import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type EmbeddingReply, sendEmbeddings } from './fake-openai-embeddings.ts';
import { type ChatReply, errorBody, sendChat, sendJson } from './fake-openai-replies.ts';
import {
  type ChatRequest,
  type EmbeddingRequest,
  judgeChat,
  judgeEmbeddings,
  promptTokens,
  type Refusal,
  refusalBody,
} from './fake-openai-rules.ts';
import { secretsIn } from './watched-secrets.ts';

/** How strict the fake is and what it serves. */
export interface FakeOpenAIOptions {
  /** The only key that it takes; `null` takes any and none, as a server at home does. */
  apiKey?: string | null;
  chatModel?: string;
  contextTokens?: number;
  embeddingModel?: string;
  /** Served beside that one. */
  otherEmbeddingModels?: string[];
  nativeDimensions?: number;
  maxInputTokens?: number;
  /** Refuses the parameter `dimensions`, as older embedding models do. */
  refusesDimensions?: boolean;
  /** Sends plain numbers whatever `encoding_format` says, as some servers do. */
  ignoresEncoding?: boolean;
}

/** A request as it came in. */
interface RecordedRequest {
  path: string;
  headers: IncomingHttpHeaders;
  body: unknown;
  /** Resolves when the exchange is over, to whether the client left before the answer was whole. */
  left: Promise<boolean>;
}

type Handler<Request, Reply> = (request: Request) => Reply | Promise<Reply>;
type Script<Request, Reply> = {
  queue: (Reply | Handler<Request, Reply>)[];
  handler: Handler<Request, Reply> | undefined;
};

/** A server that speaks the OpenAI protocol and refuses what OpenAI refuses. */
export interface FakeOpenAI {
  /** Ends with `/v1`. */
  baseUrl: string;
  requests: RecordedRequest[];
  /** Everything refused for its form, with 400, 401 or 404; a test that expects none asserts that this is empty. */
  refusals: Refusal[];
  /** Secrets of others that came in a request; there must be none when it closes. */
  secrets: string[];
  /** The most requests that were in flight at one time. */
  mostInFlight: number;
  chat: { enqueue(...replies: (ChatReply | Handler<ChatRequest, ChatReply>)[]): void };
  embeddings: { enqueue(...replies: (EmbeddingReply | Handler<EmbeddingRequest, EmbeddingReply>)[]): void };
  /** Answers what the queue leaves; without it an unplanned chat call is refused. */
  onChat(handler: Handler<ChatRequest, ChatReply>): void;
  /** Answers what the queue leaves; without it embeddings are a hash of the words. */
  onEmbeddings(handler: Handler<EmbeddingRequest, EmbeddingReply>): void;
  close(): Promise<void>;
}

/** Starts the fake on a free port of the loopback address. */
export async function startFakeOpenAI(options: FakeOpenAIOptions = {}): Promise<FakeOpenAI> {
  const settings = { ...DEFAULTS, ...options };
  const chat: Script<ChatRequest, ChatReply> = { queue: [], handler: undefined };
  const embeddings: Script<EmbeddingRequest, EmbeddingReply> = { queue: [], handler: undefined };
  let inFlight = 0;
  const server = createServer((request, response) => {
    inFlight += 1;
    fake.mostInFlight = Math.max(fake.mostInFlight, inFlight);
    response.once('close', () => {
      inFlight -= 1;
    });
    serve(request, response, { fake, settings, chat, embeddings }).catch((error: unknown) => {
      if (!response.headersSent) sendJson(response, 500, errorBody(`The fake failed: ${error}`));
      else response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A server that listens on TCP has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  const fake: FakeOpenAI = {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests: [],
    refusals: [],
    secrets: [],
    mostInFlight: 0,
    chat: { enqueue: (...replies) => void chat.queue.push(...replies) },
    embeddings: { enqueue: (...replies) => void embeddings.queue.push(...replies) },
    onChat: (handler) => {
      chat.handler = handler;
    },
    onEmbeddings: (handler) => {
      embeddings.handler = handler;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }).then(() => {
        if (fake.secrets.length > 0)
          throw new Error(`The model was sent secrets: ${fake.secrets.join(', ')}`);
      }),
  };
  return fake;
}

const DEFAULTS = {
  apiKey: 'test-key',
  chatModel: 'fake-chat',
  contextTokens: 128_000,
  embeddingModel: 'fake-embed',
  otherEmbeddingModels: [],
  nativeDimensions: 1536,
  maxInputTokens: 8192,
  refusesDimensions: false,
  ignoresEncoding: false,
} satisfies Required<FakeOpenAIOptions>;

interface Scene {
  fake: FakeOpenAI;
  settings: Required<FakeOpenAIOptions>;
  chat: Script<ChatRequest, ChatReply>;
  embeddings: Script<EmbeddingRequest, EmbeddingReply>;
}

async function serve(request: IncomingMessage, response: ServerResponse, scene: Scene): Promise<void> {
  const { fake, settings } = scene;
  const text = await readText(request);
  fake.secrets.push(...secretsIn(text + JSON.stringify(request.headers)));
  const path = new URL(request.url ?? '/', fake.baseUrl).pathname;
  const left = new Promise<boolean>((resolve) =>
    response.once('close', () => resolve(!response.writableFinished)),
  );
  const body = parseJson(text);
  fake.requests.push({ path, headers: request.headers, body, left });
  const refuse = (refusal: Refusal) => {
    fake.refusals.push(refusal);
    sendJson(response, refusal.status, refusalBody(refusal));
  };
  const early = judgeHeaders(request, path, settings.apiKey);
  if (early) return refuse(early);
  if (path === '/v1/models') {
    const models = [settings.chatModel, settings.embeddingModel].map((id) => ({
      id,
      object: 'model',
      created: 0,
      owned_by: 'fake',
    }));
    return sendJson(response, 200, { object: 'list', data: models });
  }
  if (path === '/v1/embeddings') {
    const judged = judgeEmbeddings(body, {
      ...settings,
      models: [settings.embeddingModel, ...settings.otherEmbeddingModels],
    });
    if ('refusal' in judged) return refuse(judged.refusal);
    const reply = (await nextReply(scene.embeddings, judged.request)) ?? {};
    return sendEmbeddings(response, reply, { request: judged.request, ...settings });
  }
  const judged = judgeChat(body, { models: [settings.chatModel], contextTokens: settings.contextTokens });
  if ('refusal' in judged) return refuse(judged.refusal);
  const reply = await nextReply(scene.chat, judged.request);
  if (reply === undefined)
    return refuse({ status: 400, message: 'The test planned no answer for this call.', code: 'unplanned' });
  await sendChat(response, reply, {
    model: judged.request.model,
    stream: judged.request.stream ?? false,
    includeUsage: judged.request.stream_options?.include_usage ?? false,
    promptTokens: promptTokens(judged.request),
  });
}

function judgeHeaders(request: IncomingMessage, path: string, apiKey: string | null): Refusal | undefined {
  const { authorization, 'content-type': contentType } = request.headers;
  if (apiKey !== null && !authorization?.startsWith('Bearer ')) {
    return { status: 401, message: "You didn't provide an API key." };
  }
  if (apiKey !== null && authorization !== `Bearer ${apiKey}`) {
    const shown = `${authorization?.slice(7, 12)}***`;
    return { status: 401, message: `Incorrect API key provided: ${shown}.`, code: 'invalid_api_key' };
  }
  const method = path === '/v1/models' ? 'GET' : 'POST';
  if (!['/v1/models', '/v1/embeddings', '/v1/chat/completions'].includes(path) || request.method !== method) {
    return { status: 404, message: `Invalid URL (${request.method} ${path})`, code: 'unknown_url' };
  }
  if (method === 'POST' && !contentType?.startsWith('application/json')) {
    return { status: 400, message: `Unsupported content type: '${contentType}'.` };
  }
  return undefined;
}

async function nextReply<Request, Reply>(
  script: Script<Request, Reply>,
  request: Request,
): Promise<Reply | undefined> {
  const planned = script.queue.shift() ?? script.handler;
  // A reply is a string or a plain object, so a function is a handler.
  return typeof planned === 'function' ? (planned as Handler<Request, Reply>)(request) : planned;
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
