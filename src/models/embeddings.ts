import type { Gate } from './gate.ts';
import { embedText, embedWord, OFFLINE_EMBEDDING_NAME } from './offline/embeddings.ts';
import type { EmbeddingModel, EmbeddingSettings } from './settings.ts';

/** A place where embedding models are served, whichever of them. */
export type EmbeddingPlace = Omit<Extract<EmbeddingSettings, { provider: 'openai' }>, 'model'>;

/** What an embedding model is called, and of which kind it is. */
export type EmbeddingIdentity = Pick<EmbeddingModel, 'name' | 'kind'>;

/** Creates the embedding model; the client of a server is loaded only where there is one to talk to. Its calls pass the gate. */
export async function createEmbeddings(settings: EmbeddingSettings, gate: Gate): Promise<EmbeddingModel> {
  if (settings.provider === 'openai') {
    const { createServerEmbeddings } = await import('./server-embeddings.ts');
    return createServerEmbeddings(settings, gate);
  }
  return { name: OFFLINE_EMBEDDING_NAME, kind: 'lexical', embedText, embedWord };
}

/**
 * Opens a model other than the configured one: the built-in one, or one of the given place. What cannot be reached fails whenever
 * it is asked, as a model does whose server is down.
 */
export async function openEmbeddings(
  { name, kind }: EmbeddingIdentity,
  { place, gate }: { place: EmbeddingPlace | undefined; gate: Gate },
): Promise<EmbeddingModel> {
  if (name === OFFLINE_EMBEDDING_NAME) return await createEmbeddings({ provider: 'offline' }, gate);
  if (kind === 'neural' && place) return await createEmbeddings({ ...place, model: name }, gate);
  const { createUnreachableEmbeddings } = await import('./unreachable-embeddings.ts');
  return createUnreachableEmbeddings(name);
}
