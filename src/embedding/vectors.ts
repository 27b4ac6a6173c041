import { LEXICAL_DIMENSIONS } from '../config.ts';
import type { EmbeddingModel, SparseVector } from '../models/settings.ts';

/** One vector for the column of its model's kind; a sparse one as pgvector writes it. */
export type StoredVector = { vector: number[] } | { features: string };

/** Embeds texts for the background, patiently. @throws what the model's server throws. */
export async function embedTexts(model: EmbeddingModel, texts: string[]): Promise<StoredVector[]> {
  if (model.kind === 'lexical') {
    return texts.map((text) => ({ features: toSparsevec(model.embedText(text)) }));
  }
  const vectors = await model.documents.embedDocuments(texts);
  return vectors.map((vector) => ({ vector }));
}

/** https://github.com/pgvector/pgvector#sparsevec */
function toSparsevec(vector: SparseVector): string {
  const entries = [...vector].map(([axis, value]) => `${axis}:${value}`);
  return `{${entries.join(',')}}/${LEXICAL_DIMENSIONS}`;
}

/** What is embedded of a message: who said it belongs to what it means. */
export function textOfMessage({ name, content }: { name: string | null; content: string }): string {
  return name === null ? content : `${name}: ${content}`;
}
