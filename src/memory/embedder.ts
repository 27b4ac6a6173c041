import type { Logger } from 'pino';
import type { Executor } from '../db/database.ts';
import { and, asc, gt, isNull, lt, sql } from '../db/drizzle.ts';
import { messages } from '../db/schema.ts';
import type { EmbeddingModel } from '../models/settings.ts';

/** Beyond this many waiting messages new ones are left to the sweep, so that memory stays bounded. */
const QUEUE_LIMIT = 1_000;
/** A sweep leaves younger messages to the process that stored them, which is about to embed them. */
const SWEEP_AGE_SECONDS = 10;
/** A sweep gives up after this many texts in a row that could not be embedded: the embedder is down, not the texts odd. */
const FAILURES_IN_A_ROW = 3;

/** A stored message that has no vector yet. */
export interface PendingMessage {
  userId: string;
  id: string;
  content: string;
}

interface EmbedderNeeds {
  executor: Executor;
  embeddings: EmbeddingModel;
  batchSize: number;
  sweepIntervalMs: number;
  log: Pick<Logger, 'warn'>;
}

/**
 * Gives stored messages their vectors, in small batches and outside any answer. What is left without one (a crash, an
 * embedder that is down) is found at the start and by a sweep in every interval, oldest first.
 */
export function createEmbedder({ executor, embeddings, batchSize, sweepIntervalMs, log }: EmbedderNeeds) {
  const queue: PendingMessage[] = [];
  let working: Promise<void> = Promise.resolve();
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  /** Has these messages embedded soon; returns at once. */
  function add(pending: PendingMessage[]): void {
    if (stopped || queue.length + pending.length > QUEUE_LIMIT) return;
    queue.push(...pending);
    afterCurrentWork(drain);
  }

  /** Starts with everything that was left, then sweeps in every interval. */
  function start(): void {
    afterCurrentWork(() => sweep(0));
    timer = setInterval(() => afterCurrentWork(() => sweep(SWEEP_AGE_SECONDS)), sweepIntervalMs).unref();
  }

  /** Lets the batch at hand finish and starts no other. What is left is found at the next start. */
  async function stop(): Promise<void> {
    stopped = true;
    clearInterval(timer);
    await working;
  }

  /** Resolves when all that was added or swept up so far has been tried. */
  async function settled(): Promise<void> {
    await working;
  }

  function afterCurrentWork(task: () => Promise<void>): void {
    working = working.then(task).catch((error: unknown) => {
      log.warn({ err: error }, 'messages could not be embedded; the next sweep tries again');
    });
  }

  async function drain(): Promise<void> {
    while (queue.length > 0 && !stopped) await embedAndStore(queue.splice(0, batchSize));
  }

  async function sweep(ageSeconds: number): Promise<void> {
    let after = '00000000-0000-0000-0000-000000000000';
    let failures = 0;
    while (!stopped) {
      await drain();
      const batch = await executor
        .select({ userId: messages.userId, id: messages.id, content: messages.content })
        .from(messages)
        .where(
          and(
            isNull(messages.embeddingModel),
            gt(messages.id, after),
            lt(messages.createdAt, sql`now() - make_interval(secs => ${ageSeconds})`),
          ),
        )
        .orderBy(asc(messages.id))
        .limit(batchSize);
      after = batch.at(-1)?.id ?? after;
      if (batch.length === 0) return;
      failures = await embedApart(batch, failures);
    }
  }

  /** Embeds a batch at once or, if that fails, one by one, so that one odd text does not keep the others back. */
  async function embedApart(batch: PendingMessage[], failuresBefore: number): Promise<number> {
    let failures = failuresBefore;
    try {
      await embedAndStore(batch);
      return 0;
    } catch {
      for (const message of batch) {
        try {
          await embedAndStore([message]);
          failures = 0;
        } catch (error) {
          failures += 1;
          if (failures >= FAILURES_IN_A_ROW) throw error;
          log.warn(
            { err: error, message_id: message.id },
            'a message could not be embedded; the next sweep tries again',
          );
        }
      }
      return failures;
    }
  }

  async function embedAndStore(batch: PendingMessage[]): Promise<void> {
    const vectors = await embeddings.documents.embedDocuments(batch.map(({ content }) => content));
    const rows = batch.map(({ userId, id }, position) => ({
      userId,
      id,
      vector: JSON.stringify(vectors[position]),
    }));
    await executor.execute(sql`
      update messages as m set embedding = row.vector::halfvec, embedding_model = ${embeddings.name}
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row("userId" text, id uuid, vector text)
      where m.user_id = row."userId" and m.id = row.id`);
  }

  return { add, start, stop, settled };
}

export type Embedder = ReturnType<typeof createEmbedder>;
