import { Embeddings } from '@langchain/core/embeddings';
import { OpenAIEmbeddings } from '@langchain/openai';
import { EMBEDDING_DIMENSIONS } from '../config.ts';
import { ProblemError } from '../errors.ts';
import { isRefusal, isTooLong, toModelProblem } from './failures.ts';
import type { Gate } from './gate.ts';
import { type CallLimits, LONGEST_RETRY_WAIT_MS, openAIClientFields } from './retry.ts';
import type { EmbeddingSettings, NeuralEmbeddingModel, ServerSettings } from './settings.ts';
import { splitText, weigh } from './text-parts.ts';

/** OpenAI takes at most 300,000 tokens in one request, whatever the number of texts. */
const MOST_REQUEST_TOKENS = 250_000;
/** A text that the server still finds too long is halved at most so often: to a 64th of the limit. */
const MOST_HALVINGS = 6;
/** Recall has a deadline, so its one retry comes soon or never. */
const QUERY_LIMITS = { longestWaitMs: 1_000, firstBackoffMs: 100 } as const;

/** Of the users who asked last. */
const MOST_CLIENTS = 500;
/** Whose questions are embedded, where nobody said it: not the background's. */
const SOMEBODY = '';

type ServerEmbeddingSettings = Extract<EmbeddingSettings, { provider: 'openai' }>;

/** An embedding model behind the OpenAI protocol. What its embedders throw is a ProblemError `model_failed` or `model_timeout`. */
export function createServerEmbeddings(settings: ServerEmbeddingSettings, gate: Gate): NeuralEmbeddingModel {
  const { timeoutMs, maxRetries } = settings;
  const memory: ShapeMemory = { length: undefined, cut: false };
  const totalTimeoutMs = (timeoutMs + LONGEST_RETRY_WAIT_MS) * (maxRetries + 1);
  const patient: CallLimits = { timeoutMs, maxRetries, totalTimeoutMs, gate };
  const prompt: CallLimits = {
    ...QUERY_LIMITS,
    timeoutMs,
    maxRetries: Math.min(1, maxRetries),
    totalTimeoutMs: timeoutMs,
    gate,
    caller: SOMEBODY,
  };
  const create = (limits: CallLimits) =>
    new EvenEmbeddings({ ...settings, memory, server: createServer(settings, limits) });
  return {
    name: settings.model,
    kind: 'neural',
    documents: create(patient),
    queries: create(prompt),
    // LangChain's class takes nothing by the call, so each user gets a client of their own.
    queriesOf: rememberLast(MOST_CLIENTS, (userId) => create({ ...prompt, caller: userId })),
  };
}

/** The same function, which makes what it made lately not again. */
function rememberLast<Made>(most: number, make: (name: string) => Made): (name: string) => Made {
  const known = new Map<string, Made>();
  return (name) => {
    const made = known.get(name) ?? make(name);
    known.delete(name);
    known.set(name, made);
    const [oldest] = known.keys();
    if (known.size > most && oldest !== undefined) known.delete(oldest);
    return made;
  };
}

/** Asks a server for the vectors of some texts as they are, in its own dimension or cut to the stored one. */
type EmbeddingServer = (texts: string[], cut: boolean) => Promise<number[][]>;

function createServer(settings: ServerSettings, limits: CallLimits): EmbeddingServer {
  const fields = {
    ...openAIClientFields(settings, limits),
    stripNewLines: false,
    batchSize: Number.MAX_SAFE_INTEGER,
  };
  const native = new CountedEmbeddings(fields);
  const cutToStored = new CountedEmbeddings({ ...fields, dimensions: EMBEDDING_DIMENSIONS });
  return (texts, cut) => (cut ? cutToStored : native).embedDocuments(texts);
}

/** LangChain takes the first vectors of an answer, however many there are and whatever their `index` says; this one looks. */
class CountedEmbeddings extends OpenAIEmbeddings {
  protected override async embeddingWithRetry(
    request: Parameters<OpenAIEmbeddings['embeddingWithRetry']>[0],
  ): ReturnType<OpenAIEmbeddings['embeddingWithRetry']> {
    const response = await super.embeddingWithRetry(request);
    const asked = Array.isArray(request.input) ? request.input.length : 1;
    if (response.data.length !== asked) throw badAnswer(`${response.data.length} vectors for ${asked} texts`);
    response.data.sort((one, other) => one.index - other.index);
    return response;
  }
}

/** What one process has learned about the vectors of its model. */
interface ShapeMemory {
  /** As the server sends them. */
  length: number | undefined;
  /** Whether the server is asked for shorter vectors than it would give. */
  cut: boolean;
}

interface EvenEmbeddingsNeeds {
  server: EmbeddingServer;
  memory: ShapeMemory;
  maxInputTokens: number;
  batchSize: number;
}

/**
 * Gives each text one vector of the stored length: long texts are split and their parts' vectors averaged, what the server sends
 * is checked. A blank text is never sent, because servers refuse it; its vector points along the last axis, near to nothing.
 */
class EvenEmbeddings extends Embeddings {
  readonly #needs: EvenEmbeddingsNeeds;

  constructor(needs: EvenEmbeddingsNeeds) {
    super({});
    this.#needs = needs;
  }

  async embedQuery(text: string): Promise<number[]> {
    const [vector] = await this.embedDocuments([text]);
    return vector ?? blankVector();
  }

  async embedDocuments(texts: string[]): Promise<number[][]> {
    const parts = texts.map((text) =>
      text.trim() === '' ? [] : splitText(text.toWellFormed(), this.#needs.maxInputTokens),
    );
    const batches = batchesOf(parts.flat(), this.#needs.batchSize);
    try {
      const answers = await Promise.all(batches.map((batch) => this.#embed(batch, MOST_HALVINGS)));
      const vectors = answers.flat();
      return parts.map((partsOfText) => pool(partsOfText, vectors.splice(0, partsOfText.length)));
    } catch (error) {
      throw toModelProblem(error, 'embeddings');
    }
  }

  /** Embeds texts of the right size. When the server finds one too long, the batch is bisected, and a single text halved. */
  async #embed(texts: string[], halvingsLeft: number): Promise<number[][]> {
    try {
      return await this.#request(texts);
    } catch (error) {
      const [first = ''] = texts;
      if (!isTooLong(error) || halvingsLeft === 0) throw error;
      if (texts.length > 1) {
        const middle = Math.ceil(texts.length / 2);
        const halves = [texts.slice(0, middle), texts.slice(middle)];
        return (await Promise.all(halves.map((half) => this.#embed(half, halvingsLeft)))).flat();
      }
      const parts = splitText(first, weigh(first) / 2);
      return [pool(parts, await this.#embed(parts, halvingsLeft - 1))];
    }
  }

  async #request(texts: string[]): Promise<number[][]> {
    const memory = this.#needs.memory;
    const { cut } = memory;
    const vectors = await this.#needs.server(texts, cut).catch((error: unknown) => {
      throw cut && isRefusal(error) ? cannotCut(error) : error;
    });
    const length = vectors[0]?.length ?? 0;
    if (vectors.some((vector) => vector.length !== length)) throw badAnswer('vectors of different lengths');
    if (vectors.some((vector) => !vector.every(Number.isFinite) || vector.every((value) => value === 0))) {
      throw badAnswer('a vector that is empty, all zeros or not all numbers');
    }
    if (cut !== memory.cut) return this.#request(texts);
    if (memory.length !== undefined && memory.length !== length) {
      throw badAnswer(`vectors of ${length} dimensions after vectors of ${memory.length}`);
    }
    if (length > EMBEDDING_DIMENSIONS) {
      if (cut)
        throw badAnswer(`vectors of ${length} dimensions where ${EMBEDDING_DIMENSIONS} were asked for`);
      memory.cut = true;
      return this.#request(texts);
    }
    memory.length = length;
    return vectors.map(pad);
  }
}

function badAnswer(what: string): ProblemError {
  return new ProblemError(
    'model_failed',
    `The embedding model's server sent ${what}. Check EMBEDDING_MODEL.`,
  );
}

function cannotCut(cause: unknown): ProblemError {
  const detail = `The embedding model gives vectors of more than ${EMBEDDING_DIMENSIONS} dimensions and cannot be asked for fewer. Set EMBEDDING_MODEL to another one.`;
  return new ProblemError('model_failed', detail, { cause });
}

function pad(vector: number[]): number[] {
  return [...vector, ...new Array<number>(EMBEDDING_DIMENSIONS - vector.length).fill(0)];
}

function blankVector(): number[] {
  return pad([]).with(-1, 1);
}

function batchesOf(texts: string[], batchSize: number): string[][] {
  const batches: string[][] = [];
  let weight = 0;
  for (const text of texts) {
    const batch = batches.at(-1);
    weight += weigh(text);
    if (batch && batch.length < batchSize && weight <= MOST_REQUEST_TOKENS) {
      batch.push(text);
    } else {
      batches.push([text]);
      weight = weigh(text);
    }
  }
  return batches;
}

/** The mean of a text's parts, weighted by their length and normalised; the vector itself when there is one part. */
function pool(texts: string[], vectors: number[][]): number[] {
  const [first, second] = vectors;
  if (!first) return blankVector();
  if (!second) return first;
  const sum = new Array<number>(first.length).fill(0);
  for (const [position, vector] of vectors.entries()) {
    const weight = weigh(texts[position] ?? '') / lengthOf(vector);
    for (const [axis, value] of vector.entries()) sum[axis] = (sum[axis] ?? 0) + value * weight;
  }
  const length = lengthOf(sum);
  return length === 0 ? first : sum.map((value) => value / length);
}

function lengthOf(vector: number[]): number {
  return Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
}
