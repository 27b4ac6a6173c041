import type { Gate } from './gate.ts';
import { embedText, embedWord, OFFLINE_EMBEDDING_NAME } from './offline/embeddings.ts';
import type { EmbeddingModel, EmbeddingSettings } from './settings.ts';

/** Creates the embedding model; the client of a server is loaded only where there is one to talk to. Its calls pass the gate. */
export async function createEmbeddings(settings: EmbeddingSettings, gate: Gate): Promise<EmbeddingModel> {
  if (settings.provider === 'openai') {
    const { createServerEmbeddings } = await import('./server-embeddings.ts');
    return createServerEmbeddings(settings, gate);
  }
  return { name: OFFLINE_EMBEDDING_NAME, kind: 'lexical', embedText, embedWord };
}
