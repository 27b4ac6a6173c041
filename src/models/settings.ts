import type { Embeddings } from '@langchain/core/embeddings';
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';

/** Where a model's server is and how to call it. */
export interface ServerSettings {
  apiKey: string | undefined;
  /** OpenAI's own when undefined. */
  baseUrl: string | undefined;
  model: string;
}

/** Which chat model serves. Times are milliseconds and count for one attempt. */
export type ChatSettings =
  | { provider: 'offline' }
  | ({ provider: 'openai'; timeoutMs: number; maxRetries: number } & ServerSettings);

/** A chat model, and the name that answers carry. */
export interface NamedChatModel {
  model: BaseChatModel;
  name: string;
}

/** Which embedding model serves. Times are milliseconds and count for one attempt. */
export type EmbeddingSettings =
  | { provider: 'offline' }
  | ({
      provider: 'openai';
      timeoutMs: number;
      maxRetries: number;
      /** A longer text is embedded in parts. */
      maxInputTokens: number;
      /** Most texts in one request. */
      batchSize: number;
    } & ServerSettings);

/** Finds shared meaning. Its vectors are compared only with vectors of the same name. */
export interface NeuralEmbeddingModel {
  kind: 'neural';
  name: string;
  /** For the background: patient. */
  documents: Embeddings;
  /** For a question that is waiting: one retry at most, and ahead of the documents. */
  queries: Embeddings;
  /** The same for one user's questions, where users take turns. */
  queriesOf?: (userId: string) => Embeddings;
}

/** What stands on the axes, counted from 1, of a vector that is zero elsewhere. */
export type SparseVector = Map<number, number>;

/**
 * Finds shared words and parts of words, at once and without a server; its vectors have more axes than LangChain's `Embeddings`
 * could return. A question is embedded word by word, so that its words can be weighed by how rare they are in the memory that
 * it is put to, and nothing stored changes when more is said.
 */
export interface LexicalEmbeddingModel {
  kind: 'lexical';
  name: string;
  /** A vector of length 1. */
  embedText: (text: string) => SparseVector;
  embedWord: (word: string) => SparseVector;
}

/** What kind of embedder serves decides how its leg is fused with the others. */
export type EmbeddingModel = NeuralEmbeddingModel | LexicalEmbeddingModel;
