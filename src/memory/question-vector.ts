import { toModelProblem } from '../models/failures.ts';
import type { NeuralEmbeddingModel } from '../models/settings.ts';

/** The part of the deadline that the question's embedding may take; the rest is for the database. */
const EMBEDDING_SHARE = 0.75;
/** Questions whose vectors are at hand: a turn looks for the same one in messages and in files, then stores it with its vector. */
const REMEMBERED = 128;

/** Why a recall brought less than it could. */
export type Degradation = 'embedder_timeout' | 'embedder_failed' | 'recall_timeout';

/** What a question is compared by; null when the embedder did not answer in time, and `degraded` says why. */
interface QuestionVector {
  vector: { model: string; values: number[] } | null;
  degraded: Degradation[];
}

/** By which model a question is embedded, and whose it is. */
interface Asking {
  embeddings: NeuralEmbeddingModel;
  userId: string;
}

interface QuestionEmbedderNeeds {
  /** The deadline of a whole recall, in milliseconds. */
  deadlineMs: number;
}

/** Embeds questions before a deadline; it never fails. */
export function createQuestionEmbedder({ deadlineMs }: QuestionEmbedderNeeds) {
  const remembered = new Map<string, { asked: Promise<QuestionVector>; values?: number[] }>();

  async function vectorOf(text: string, asking: Asking): Promise<QuestionVector> {
    const key = keyOf(asking.embeddings.name, text);
    const known = remembered.get(key);
    if (known) return await known.asked;
    const question: { asked: Promise<QuestionVector>; values?: number[] } = { asked: embed(text, asking) };
    remembered.set(key, question);
    const [oldest] = remembered.keys();
    if (remembered.size > REMEMBERED && oldest !== undefined) remembered.delete(oldest);
    const answer = await question.asked;
    if (answer.vector) question.values = answer.vector.values;
    else remembered.delete(key);
    return answer;
  }

  /** The vector of a text that was asked lately, or undefined. */
  function known(model: string, text: string): number[] | undefined {
    return remembered.get(keyOf(model, text))?.values;
  }

  async function embed(text: string, { embeddings, userId }: Asking): Promise<QuestionVector> {
    const asked = (embeddings.queriesOf?.(userId) ?? embeddings.queries)
      .embedQuery(text)
      .catch((error: unknown) =>
        toModelProblem(error, 'embeddings').code === 'model_timeout'
          ? ('late' as const)
          : ('failed' as const),
      );
    const values = await beforeDeadline(asked, deadlineMs * EMBEDDING_SHARE);
    if (values === 'late') return { vector: null, degraded: ['embedder_timeout'] };
    if (values === 'failed') return { vector: null, degraded: ['embedder_failed'] };
    return { vector: { model: embeddings.name, values }, degraded: [] };
  }

  return { vectorOf, known, forget: () => remembered.clear() };
}

function keyOf(model: string, text: string): string {
  return JSON.stringify([model, text]);
}

export type QuestionEmbedder = ReturnType<typeof createQuestionEmbedder>;

/**
 * Waits for a promise at most so long; a late failure is nobody's any more, and `race` drops it. The promise is touched once
 * only: each `then` of a drizzle query runs its statement again.
 */
export async function beforeDeadline<Value>(
  promise: Promise<Value>,
  milliseconds: number,
): Promise<Value | 'late'> {
  const { promise: late, resolve } = Promise.withResolvers<'late'>();
  const timer = setTimeout(resolve, milliseconds, 'late').unref();
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
