import { setTimeout as sleep } from 'node:timers/promises';
import type { Executor } from '../db/database.ts';
import type { MemoryMode, RecallLeg } from '../db/schema.ts';
import { toModelProblem } from '../models/failures.ts';
import type { EmbeddingModel } from '../models/settings.ts';
import type { Message } from './messages.ts';
import { LEGS_OF_MODE, type RecallQuestion, recallQuery } from './recall-query.ts';

/** How many messages a mode brings: the last five, the nearest five, or both with what full text and neighbours add. */
const LIMIT_OF_MODE = { recent: 5, similar: 5, hybrid: 20 } as const satisfies Record<MemoryMode, number>;
const RECENT_MESSAGES = 5;
/** The part of the deadline that the question's embedding may take; the rest is for the database. */
const EMBEDDING_SHARE = 0.75;

/** A recalled message, by which ways it was found, and its fused score (higher is better; comparable within one answer). */
export interface Recalled {
  message: Message;
  via: RecallLeg[];
  score: number;
}

/** Why a recall brought less than it could. */
export type Degradation = 'embedder_timeout' | 'embedder_failed' | 'recall_timeout';

/** What a recall brought, best first. */
export interface Recollection {
  recalled: Recalled[];
  degraded: Degradation[];
}

interface RecallRequest {
  userId: string;
  text: string;
  mode: MemoryMode;
  sessionId?: string | undefined;
  /** The message that asks: its context is what was said before it. */
  beforeId?: string | undefined;
  /** Instead of the mode's own limit. */
  limit?: number | undefined;
}

interface RecallNeeds {
  executor: Executor;
  embeddings: EmbeddingModel;
  deadlineMs: number;
  tokenBudget: number;
}

type Vector = RecallQuestion['vector'];

/** Finds what matters for a question among everything that its asker said or was told. */
export function createRecall({ executor, embeddings, deadlineMs, tokenBudget }: RecallNeeds) {
  /** Never fails for the embedder's sake: without a vector, recent messages and full text serve, and `degraded` says so. */
  async function recall(request: RecallRequest): Promise<Recollection> {
    const { mode } = request;
    const started = performance.now();
    const wanted: readonly RecallLeg[] = LEGS_OF_MODE[mode];
    const embedded = wanted.includes('similar')
      ? await embedQuestion(request.text)
      : { vector: null, degraded: [] };
    const question: RecallQuestion = {
      userId: request.userId,
      sessionId: request.sessionId ?? null,
      beforeId: request.beforeId ?? null,
      text: request.text,
      vector: embedded.vector,
      legs: [...LEGS_OF_MODE[embedded.degraded.length > 0 ? 'hybrid' : mode]],
      neighbours: mode === 'hybrid',
      recentLimit: Math.min(RECENT_MESSAGES, request.limit ?? RECENT_MESSAGES),
      limit: request.limit ?? LIMIT_OF_MODE[mode],
      tokenBudget,
    };
    if (mode === 'recent') question.recentLimit = question.limit;
    const remainingMs = Math.max(1, deadlineMs - (performance.now() - started));
    const rows = await beforeDeadline(executor.execute<Row>(recallQuery(question)), remainingMs);
    if (rows === 'late') return { recalled: [], degraded: [...embedded.degraded, 'recall_timeout'] };
    return { recalled: rows.rows.map(toRecalled), degraded: embedded.degraded };
  }

  async function embedQuestion(text: string): Promise<{ vector: Vector; degraded: Degradation[] }> {
    const asked = embeddings.queries
      .embedQuery(text)
      .catch((error: unknown) =>
        toModelProblem(error, 'embeddings').code === 'model_timeout' ? 'late' : 'failed',
      );
    const values = await beforeDeadline(asked, deadlineMs * EMBEDDING_SHARE);
    if (values === 'late') return { vector: null, degraded: ['embedder_timeout'] };
    if (values === 'failed') return { vector: null, degraded: ['embedder_failed'] };
    return { vector: { values, model: embeddings.name }, degraded: [] };
  }

  return { recall };
}

export type Recall = ReturnType<typeof createRecall>;

/** What the statement returns: a spread type, because drizzle asks for one that can be indexed. */
type Row = { [Key in keyof Message]: Message[Key] } & { via: RecallLeg[]; score: number };

function toRecalled({ via, score, ...message }: Row): Recalled {
  return { message: { ...message, createdAt: new Date(message.createdAt) }, via, score };
}

/**
 * Waits for a promise at most so long; a late failure is nobody's any more, and `race` drops it. The promise is touched once
 * only: each `then` of a drizzle query runs its statement again.
 */
async function beforeDeadline<Value>(promise: Promise<Value>, milliseconds: number): Promise<Value | 'late'> {
  const timer = new AbortController();
  try {
    return await Promise.race([
      promise,
      sleep(milliseconds, 'late' as const, { signal: timer.signal, ref: false }).catch(() => 'late' as const),
    ]);
  } finally {
    timer.abort();
  }
}
