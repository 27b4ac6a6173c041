import type { Logger } from 'pino';
import type { Executor } from '../db/database.ts';
import { sql } from '../db/drizzle.ts';
import type { ActiveModels } from '../embedding/active-models.ts';
import { storeMessageVectors } from '../embedding/message-texts.ts';
import { embedTexts, type StoredVector, textOfMessage } from '../embedding/vectors.ts';
import type { EmbeddingModel } from '../models/settings.ts';
import type { Observe } from '../observing/observe.ts';

/** Beyond this many waiting messages new ones are left to the sweep, so that memory stays bounded. */
const QUEUE_LIMIT = 1_000;
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
  models: Pick<ActiveModels, 'serving' | 'coming' | 'onChange'>;
  /** The vector that a model has made of a text already, for a question; undefined for all others. */
  known: (model: string, text: string) => number[] | undefined;
  batchSize: number;
  sweepIntervalMs: number;
  observe: Pick<Observe, 'phase'>;
  log: Pick<Logger, 'warn'>;
}

/**
 * Gives stored messages their vectors, in small batches and outside any answer. Each message waits in a queue in the database
 * from the moment it is stored, so what is left without a vector (a crash, an embedder that is down, an import) is found at the
 * start and by a sweep in every interval, oldest first.
 */
export function createEmbedder(needs: EmbedderNeeds) {
  const { executor, models, known, batchSize, sweepIntervalMs, observe, log } = needs;
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
    afterCurrentWork(() => sweep(0));
    models.onChange(() => {
      if (!stopped) afterCurrentWork(() => sweep(0));
    });
    timer = setInterval(() => afterCurrentWork(() => sweep(SWEEP_AGE_SECONDS)), sweepIntervalMs).unref();
  }

  /** Looks for messages that wait, of any age, as soon as no more have been stored for a moment. Returns at once. */
  function wake(): void {
    clearTimeout(waking);
    if (!stopped) waking = setTimeout(() => afterCurrentWork(() => sweep(0)), WAKE_DELAY_MS).unref();
  }

  /** Drops the texts that wait in memory, since one may be erased by now; those that are still there are found in the database. */
  function forget(): void {
    if (queue.length === 0) return;
    queue.length = 0;
    afterCurrentWork(() => sweep(0));
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
    if (!stopped) await passOverEmbedded();
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

  /** By the serving model; and by the one that is to follow, so that no message lacks its vector when that one serves. */
  async function embedAndStore(batch: PendingMessage[]): Promise<void> {
    await observe.phase('embed', () => embedBatch(batch), { messages: batch.length });
  }

  async function embedBatch(batch: PendingMessage[]): Promise<void> {
    const [serving, coming] = [models.serving(), models.coming()];
    const texts = batch.map(textOfMessage);
    const [vectors, later] = await Promise.all([
      embedUnknown(serving, texts, known),
      // What fails here is made up for before the change.
      coming && embedTexts(coming, texts).catch(() => null),
    ]);
    const embedded = batch.map(({ userId, id }, index) => ({
      ...{ userId, id, text: texts[index] ?? '' },
      vectors: [
        { model: serving.name, vector: vectors[index] },
        { model: coming?.name, vector: later?.[index] },
      ].filter((one) => isWhole(one)),
    }));
    await storeMessageVectors(executor, embedded);
  }

  /** Messages that had their vector before the model served wait for nothing. */
  async function passOverEmbedded(): Promise<void> {
    await executor.execute(sql`
      delete from embedding_queue as q using message_vectors as v
      where v.user_id = q.user_id and v.message_id = q.message_id and v.model = ${models.serving().name}
        and exists (select from embedding_models where role = 'serving' and name = v.model)`);
  }

  return { add, start, wake, forget, stop, settled };
}

/** A question was embedded already to be looked for. */
async function embedUnknown(
  model: EmbeddingModel,
  texts: string[],
  known: EmbedderNeeds['known'],
): Promise<(StoredVector | undefined)[]> {
  const vectors = texts.map((text) => known(model.name, text));
  const unknown = texts.filter((_, place) => !vectors[place]);
  const made = unknown.length === 0 ? [] : await embedTexts(model, unknown);
  return vectors.map((vector) => (vector ? { vector } : made.shift()));
}

/** A spread type, because drizzle asks for one that can be indexed. */
type Row = { [Key in keyof PendingMessage]: PendingMessage[Key] };

function isWhole(one: { model: string | undefined; vector: StoredVector | undefined }): one is {
  model: string;
  vector: StoredVector;
} {
  return one.model !== undefined && one.vector !== undefined;
}

export type Embedder = ReturnType<typeof createEmbedder>;
