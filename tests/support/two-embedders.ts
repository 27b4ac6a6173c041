import { type FakeOpenAI, startFakeOpenAI } from './fake-openai.ts';
import { fakeVector } from './fake-openai-embeddings.ts';

export const OLD = 'fake-embed';
export const NEW = 'other-embed';

/** A server of two embedding models that share no meaning, which counts what each is given and can be held up. */
export async function startTwoEmbedders() {
  const fake: FakeOpenAI = await startFakeOpenAI({ embeddingModel: OLD, otherEmbeddingModels: [NEW] });
  const inputs: Record<string, string[]> = { [OLD]: [], [NEW]: [] };
  let free: PromiseWithResolvers<void> | undefined;
  let passes = 0;
  let refused: ((text: string) => number | undefined) | undefined;
  fake.onEmbeddings(async ({ input, model }) => {
    const texts = [input].flat();
    const status = texts.map((text) => refused?.(text)).find((one) => one !== undefined);
    if (status !== undefined) return { status };
    if (model === NEW && free && passes === 0) await free.promise;
    else if (model === NEW && free) passes -= 1;
    inputs[model]?.push(...texts);
    return { vectors: texts.map((text) => vectorBy(model, text)) };
  });

  return {
    fake,
    inputs,
    /** Holds up the new model after so many requests more, until it is released. */
    hold: (after = 0) => {
      free = Promise.withResolvers();
      passes = after;
    },
    release: () => {
      free?.resolve();
      free = undefined;
    },
    /** Answers a request that has such a text with a status. */
    refuse: (judge: typeof refused) => {
      refused = judge;
    },
    env: (model: string): Record<string, string> => ({
      EMBEDDING_API_KEY: 'test-key',
      EMBEDDING_BASE_URL: fake.baseUrl,
      EMBEDDING_MODEL: model,
      EMBEDDING_BATCH_SIZE: '4',
      EMBEDDING_CHECK_INTERVAL_MS: '200',
      MODEL_MAX_RETRIES: '0',
      RECALL_DEADLINE_MS: '20000',
      RUN_LEASE_MS: '2000',
      KNOWLEDGE_SCAN_INTERVAL_MS: '200',
    }),
    close: async () => {
      free?.resolve();
      await fake.close();
    },
  };
}

export type TwoEmbedders = Awaited<ReturnType<typeof startTwoEmbedders>>;

/** The new model hears every word as another one than the old model does. */
function vectorBy(model: string, text: string): number[] {
  return fakeVector(model === NEW ? text.replaceAll(/[\p{L}\p{N}]+/gu, (word) => `${word}x`) : text);
}
