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
  | ({ provider: 'openai'; timeoutMs: number; maxRetries: number; maxConcurrency: number } & ServerSettings);

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
      maxConcurrency: number;
      /** A longer text is embedded in parts. */
      maxInputTokens: number;
      /** Most texts in one request. */
      batchSize: number;
    } & ServerSettings);

/** An embedding model: its vectors are compared only with vectors of the same `name`. */
export interface EmbeddingModel {
  name: string;
  /** `lexical` finds shared words, `neural` finds shared meaning. */
  kind: 'lexical' | 'neural';
  /** For the background: patient. */
  documents: Embeddings;
  /** For a question that is waiting: one retry at most, and ahead of the documents. */
  queries: Embeddings;
}
