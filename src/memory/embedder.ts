import type { Logger } from 'pino';
import { LEXICAL_DIMENSIONS } from '../config.ts';
import type { Executor } from '../db/database.ts';
import { sql } from '../db/drizzle.ts';
import type { EmbeddingModel, SparseVector } from '../models/settings.ts';
import type { Observe } from '../observing/observe.ts';

/** Beyond this many waiting messages new ones are left to the sweep, so that memory stays bounded. */
const QUEUE_LIMIT = 1_000;
/** How many messages with a vector of another model are queued again at a time. */
const REQUEUE_BATCH = 10_000;
/** A sweep leaves younger messages to the process that stored them, which is about to embed them. */
const SWEEP_AGE_SECONDS = 10;
/** An import's messages are embedded when it has paused so long: storing goes first. */
const WAKE_DELAY_MS = 1_000;
/** A sweep gives up after this many texts in a row that could not be embedded: the embedder is down, not the texts odd. */
const FAILURES_IN_A_ROW = 3;

/** A stored message that waits for its vector. */
export interface PendingMessage {
  userId: string;
  id: string;
  /** Who spoke, in a message that was imported. */
  name: string | null;
  content: string;
}

interface EmbedderNeeds {
  executor: Executor;
  embeddings: EmbeddingModel;
  batchSize: number;
  sweepIntervalMs: number;
  observe: Pick<Observe, 'phase'>;
  log: Pick<Logger, 'warn'>;
}

/**
 * Gives stored messages their vectors, in small batches and outside any answer. Each message waits in a queue in the database
 * from the moment it is stored, so what is left without a vector (a crash, an embedder that is down, an import) is found at the
 * start and by a sweep in every interval, oldest first. Vectors of another model are replaced.
 */
export function createEmbedder(needs: EmbedderNeeds) {
  const { executor, embeddings, batchSize, sweepIntervalMs, observe, log } = needs;
  const queue: PendingMessage[] = [];
  let working: Promise<void> = Promise.resolve();
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let waking: NodeJS.Timeout | undefined;

  /** Has these messages embedded soon; returns at once. */
  function add(pending: PendingMessage[]): void {
    if (stopped || queue.length + pending.length > QUEUE_LIMIT) return;
    queue.push(...pending);
    afterCurrentWork(drain);
  }

  /** Starts with everything that was left, then sweeps in every interval. */
  function start(): void {
    afterCurrentWork(async () => {
      await requeueOtherModels();
      await sweep(0);
    });
    timer = setInterval(() => afterCurrentWork(() => sweep(SWEEP_AGE_SECONDS)), sweepIntervalMs).unref();
  }

  /** Looks for messages that wait, of any age, as soon as no more have been stored for a moment. Returns at once. */
  function wake(): void {
    clearTimeout(waking);
    if (!stopped) waking = setTimeout(() => afterCurrentWork(() => sweep(0)), WAKE_DELAY_MS).unref();
  }

  /** Lets the batch at hand finish and starts no other. What is left is found at the next start. */
  async function stop(): Promise<void> {
    stopped = true;
    clearInterval(timer);
    clearTimeout(waking);
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
    let after = { id: '00000000-0000-0000-0000-000000000000', userId: '' };
    let failures = 0;
    while (!stopped) {
      await drain();
      const { rows: batch } = await executor.execute<Row>(sql`
        select m.user_id as "userId", m.id, m.name, m.content
        from embedding_queue as q join messages as m on m.user_id = q.user_id and m.id = q.message_id
        where (q.message_id, q.user_id) > (${after.id}::uuid, ${after.userId}::text) and m.created_at < now() - make_interval(secs => ${ageSeconds}::int)
        order by q.message_id, q.user_id limit ${batchSize}::int`);
      after = batch.at(-1) ?? after;
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
    await observe.phase('embed', () => embedBatch(batch), { messages: batch.length });
  }

  async function embedBatch(batch: PendingMessage[]): Promise<void> {
    const vectors = await vectorsOf(batch.map(textOf));
    const rows = batch.map(({ userId, id }, position) => ({ userId, id, ...vectors[position] }));
    // What was erased meanwhile is left out; what is erased now waits for this statement, then falls with its message.
    await executor.execute(sql`
      with embedded as (
        select m.user_id, m.id, row.vector::halfvec as vector, row.features::sparsevec as features
        from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row("userId" text, id uuid, vector text, features text)
        join messages as m on m.user_id = row."userId" and m.id = row.id
        for key share of m
      ), done as (
        delete from embedding_queue as q using embedded as e where q.user_id = e.user_id and q.message_id = e.id
      )
      insert into message_vectors (user_id, message_id, model, vector, features)
      select user_id, id, ${embeddings.name}, vector, features from embedded
      on conflict (user_id, message_id) do update
        set model = excluded.model, vector = excluded.vector, features = excluded.features`);
  }

  /** As pgvector reads them. */
  async function vectorsOf(texts: string[]): Promise<({ vector: string } | { features: string })[]> {
    if (embeddings.kind === 'lexical') {
      return texts.map((text) => ({ features: toSparsevec(embeddings.embedText(text)) }));
    }
    const vectors = await embeddings.documents.embedDocuments(texts);
    return vectors.map((vector) => ({ vector: JSON.stringify(vector) }));
  }

  /** Has the vectors of other models made anew; until then their messages are found by time and by text. */
  async function requeueOtherModels(): Promise<void> {
    let queued = REQUEUE_BATCH;
    while (queued === REQUEUE_BATCH && !stopped) {
      const { rowCount } = await executor.execute(sql`
        insert into embedding_queue (user_id, message_id)
        select v.user_id, v.message_id from message_vectors as v
        where (md5(v.model) < md5(${embeddings.name}) or md5(v.model) > md5(${embeddings.name}))
          and not exists (select from embedding_queue as q where q.user_id = v.user_id and q.message_id = v.message_id)
        limit ${REQUEUE_BATCH}::int
        on conflict do nothing`);
      queued = rowCount ?? 0;
    }
  }

  return { add, start, wake, stop, settled };
}

/** https://github.com/pgvector/pgvector#sparsevec */
function toSparsevec(vector: SparseVector): string {
  const entries = [...vector].map(([axis, value]) => `${axis}:${value}`);
  return `{${entries.join(',')}}/${LEXICAL_DIMENSIONS}`;
}

/** A spread type, because drizzle asks for one that can be indexed. */
type Row = { [Key in keyof PendingMessage]: PendingMessage[Key] };

/** What is embedded of a message: who said it belongs to what it means. */
function textOf({ name, content }: PendingMessage): string {
  return name === null ? content : `${name}: ${content}`;
}

export type Embedder = ReturnType<typeof createEmbedder>;
