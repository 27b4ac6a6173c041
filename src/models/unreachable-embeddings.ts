import { Embeddings } from '@langchain/core/embeddings';
import { ProblemError } from '../errors.ts';
import type { NeuralEmbeddingModel } from './settings.ts';

/** Stands for a model whose server is not known: it fails whenever it is asked, as one does whose server is down. */
export function createUnreachableEmbeddings(name: string): NeuralEmbeddingModel {
  const embeddings = new UnreachableEmbeddings(name);
  return { name, kind: 'neural', documents: embeddings, queries: embeddings };
}

class UnreachableEmbeddings extends Embeddings {
  readonly #name: string;

  constructor(name: string) {
    super({});
    this.#name = name;
  }

  override async embedQuery(): Promise<number[]> {
    throw this.#problem();
  }

  override async embedDocuments(): Promise<number[][]> {
    throw this.#problem();
  }

  #problem(): ProblemError {
    const detail = `The embedding model ${this.#name} serves until the change to another one is done, and it is not known where it can be reached. Set EMBEDDING_PREVIOUS_BASE_URL and EMBEDDING_PREVIOUS_API_KEY.`;
    return new ProblemError('model_failed', detail);
  }
}
