import { Embeddings } from '@langchain/core/embeddings';
import type { Observe } from '../observing/observe.ts';
import type { EmbeddingModel } from './settings.ts';

/** The same model, whose calls are observed; one that calls no server has none. */
export function observedEmbeddings(
  embeddings: EmbeddingModel,
  observe: Pick<Observe, 'modelCall'>,
): EmbeddingModel {
  if (embeddings.kind === 'lexical') return embeddings;
  const { name, documents, queries, queriesOf } = embeddings;
  const names = { kind: 'embedding' as const, model: name };
  const call = <Result>(work: () => Promise<Result>) => observe.modelCall(names, work);
  return {
    ...embeddings,
    documents: new ObservedEmbeddings(documents, call),
    queries: new ObservedEmbeddings(queries, call),
    ...(queriesOf && { queriesOf: (userId: string) => new ObservedEmbeddings(queriesOf(userId), call) }),
  };
}

type Call = <Result>(work: () => Promise<Result>) => Promise<Result>;

class ObservedEmbeddings extends Embeddings {
  readonly #model: Embeddings;
  readonly #call: Call;

  constructor(model: Embeddings, call: Call) {
    super({});
    this.#model = model;
    this.#call = call;
  }

  async embedQuery(text: string): Promise<number[]> {
    return await this.#call(() => this.#model.embedQuery(text));
  }

  async embedDocuments(texts: string[]): Promise<number[][]> {
    return await this.#call(() => this.#model.embedDocuments(texts));
  }
}
