import type { Executor } from '../../db/database.ts';
import { sql } from '../../db/drizzle.ts';
import { storeChunkVectors } from '../../embedding/chunk-texts.ts';
import { isRefusal, isTooLong } from '../../models/failures.ts';
import type { NeuralEmbeddingModel } from '../../models/settings.ts';
import type { Job, Jobs } from './jobs.ts';

/** After so many texts in a row that cannot be embedded, the embedder is down, not the texts odd. */
const FAILURES_IN_A_ROW = 3;

interface EmbedDocumentNeeds {
  executor: Executor;
  jobs: Pick<Jobs, 'keep' | 'finish'>;
  batchSize: number;
}

/** What is embedded, and by which model. */
interface Part {
  job: Job;
  embeddings: NeuralEmbeddingModel;
}

interface WaitingChunk {
  id: string;
  text: string;
}

/** Gives the chunks of a document their vectors, batch by batch; those that have one of the model are not embedded again. */
export function createEmbedDocument({ executor, jobs, batchSize }: EmbedDocumentNeeds) {
  /** @throws what the embedder throws when it is down; what was embedded until then stays. */
  async function embedDocument(
    job: Job,
    embeddings: NeuralEmbeddingModel,
    signal: AbortSignal,
  ): Promise<void> {
    const part = { job, embeddings };
    let after = '00000000-0000-0000-0000-000000000000';
    let odd = 0;
    for (;;) {
      signal.throwIfAborted();
      const batch = await waiting(part, after);
      const last = batch.at(-1);
      if (!last) break;
      after = last.id;
      odd += await embedApart(part, batch);
      if (!(await jobs.keep(job))) return;
    }
    if (odd === 0) return await jobs.finish(job, embeddings.name, null);
    const detail = `${odd} passages could not be embedded and are found by their words only; it is tried again at the next start.`;
    await jobs.finish(job, null, { code: 'embedder_failed', detail });
  }

  async function waiting({ job: { userId, id }, embeddings }: Part, after: string): Promise<WaitingChunk[]> {
    const { rows } = await executor.execute<{ [Key in keyof WaitingChunk]: WaitingChunk[Key] }>(sql`
      select c.id, c.text from chunks as c
      where c.user_id = ${userId} and c.document_id = ${id}::uuid and c.id > ${after}::uuid and not exists (
        select from chunk_vectors as v
        where v.user_id = c.user_id and v.document_id = c.document_id and v.chunk_id = c.id and v.model = ${embeddings.name})
      order by c.id limit ${batchSize}::int`);
    return rows;
  }

  /** Embeds a batch at once or, if that fails, one by one. How many could not be embedded. */
  async function embedApart(part: Part, batch: WaitingChunk[]): Promise<number> {
    try {
      await embed(part, batch);
      return 0;
    } catch (error) {
      if (batch.length === 1 && isOdd(error)) return 1;
      if (batch.length === 1) throw error;
      let failures = 0;
      let inARow = 0;
      for (const chunk of batch) {
        try {
          await embed(part, [chunk]);
          inARow = 0;
        } catch (cause) {
          failures += 1;
          // An embedder that refuses a text is not down.
          inARow = isOdd(cause) ? 0 : inARow + 1;
          if (inARow >= FAILURES_IN_A_ROW) throw cause;
        }
      }
      return failures;
    }
  }

  async function embed({ job, embeddings }: Part, batch: WaitingChunk[]): Promise<void> {
    const vectors = await embeddings.documents.embedDocuments(batch.map(({ text }) => text));
    const rows = batch.map((chunk, position) => ({
      ...{ userId: job.userId, documentId: job.id, id: chunk.id },
      vector: vectors[position] ?? [],
    }));
    await storeChunkVectors(executor, embeddings.name, rows);
  }

  return embedDocument;
}

/** Whether it is the text that the embedder does not take. */
function isOdd(error: unknown): boolean {
  return isRefusal(error) || isTooLong(error);
}

export type EmbedDocument = ReturnType<typeof createEmbedDocument>;
