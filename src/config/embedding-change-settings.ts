import { httpUrl, text, whole } from './values.ts';

/** The settings of a change of the embedding model. */
export const embeddingChangeFields = {
  EMBEDDING_PREVIOUS_API_KEY: text.optional(),
  EMBEDDING_PREVIOUS_BASE_URL: httpUrl.optional(),
  EMBEDDING_CHECK_INTERVAL_MS: whole(5_000, 50, 60_000),
};

interface EmbeddingChangeEnvironment {
  EMBEDDING_PREVIOUS_API_KEY?: string | undefined;
  EMBEDDING_PREVIOUS_BASE_URL?: string | undefined;
  EMBEDDING_CHECK_INTERVAL_MS: number;
  EMBEDDING_TIMEOUT_MS: number;
  EMBEDDING_MAX_INPUT_TOKENS: number;
  EMBEDDING_BATCH_SIZE: number;
  MODEL_MAX_RETRIES: number;
  MODEL_MAX_CONCURRENCY: number;
}

/** How a change is carried out, and where the model is that serves until it is done; undefined where that is the new one's place. */
export function embeddingChangeSettings(env: EmbeddingChangeEnvironment) {
  const apiKey = env.EMBEDDING_PREVIOUS_API_KEY;
  const baseUrl = env.EMBEDDING_PREVIOUS_BASE_URL;
  const limits = {
    timeoutMs: env.EMBEDDING_TIMEOUT_MS,
    maxRetries: env.MODEL_MAX_RETRIES,
    maxConcurrency: env.MODEL_MAX_CONCURRENCY,
    maxInputTokens: env.EMBEDDING_MAX_INPUT_TOKENS,
    batchSize: env.EMBEDDING_BATCH_SIZE,
  };
  return {
    checkMs: env.EMBEDDING_CHECK_INTERVAL_MS,
    previous:
      apiKey === undefined && baseUrl === undefined
        ? undefined
        : { provider: 'openai' as const, apiKey, baseUrl, ...limits },
  };
}
