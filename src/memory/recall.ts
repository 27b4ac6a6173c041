import { readTime } from '../dates/question-time.ts';
import type { Executor } from '../db/database.ts';
import type { MemoryMode } from '../db/schema.ts';
import type { EmbeddingModel } from '../models/settings.ts';
import { beforeDeadline, type Degradation, type QuestionEmbedder } from './question-vector.ts';
import { readWords } from './question-words.ts';
import { LEGS_OF_MODE, type RecallQuestion, type SearchLeg } from './recall-question.ts';
import { createRecallStatements } from './recall-statements.ts';
import { type Recalled, toRecalled } from './recalled.ts';

/** How many hits a mode brings: the last five, the nearest five, or what words, context and vectors find beside the last five. */
const LIMIT_OF_MODE = { recent: 5, similar: 5, hybrid: 20 } as const satisfies Record<MemoryMode, number>;
const RECENT_MESSAGES = 5;

/** What a recall brought, best first, and what was found but did not fit into the token budget. */
export interface Recollection {
  recalled: Recalled[];
  cut: Recalled[];
  degraded: Degradation[];
  /** Whether the user has documents to be searched, too; undefined when nothing was found that could tell. */
  hasDocuments?: boolean | undefined;
}

/** A recollection with what each leg took by itself, in milliseconds; `total` is the recall as it is without explaining. */
export interface ExplainedRecollection extends Recollection {
  took: Partial<Record<SearchLeg | 'embedding', number>> & { total: number };
}

interface RecallRequest {
  userId: string;
  text: string;
  mode: MemoryMode;
  sessionId?: string | undefined;
  /** The message that asks: its context is what was said before it. */
  beforeId?: string | undefined;
  /** When it is asked; without it, now. */
  askedAt?: Date | undefined;
  /** Instead of the mode's own limit. */
  limit?: number | undefined;
}

interface RecallNeeds {
  executor: Pick<Executor, 'prepare'>;
  /** The model by which questions are compared now. */
  serving: () => EmbeddingModel;
  /** Embeds questions where the model is a neural one. */
  embedder: QuestionEmbedder;
  deadlineMs: number;
  tokenBudget: number;
}

type Vector = RecallQuestion['vector'];

/** Finds what matters for a question among everything that its asker said or was told. */
export function createRecall({ executor, serving, embedder, deadlineMs, tokenBudget }: RecallNeeds) {
  const statements = createRecallStatements(executor);

  /**
   * What a model is to be shown: whole exchanges within the token budget. Never fails for the embedder's sake: without a vector,
   * recent messages and full text serve, and `degraded` says so.
   */
  async function recall(request: RecallRequest): Promise<Recollection> {
    const asked = await ask(request, { tokenBudget });
    return await run(asked);
  }

  /** The bare hits, best first, without a budget; the last messages of a session only where one is named. */
  async function search(request: RecallRequest): Promise<Recollection> {
    const asked = await ask(request, { tokenBudget: null });
    return await run(asked);
  }

  /** As `search`, and why each hit was found; the legs are timed one by one, after the search itself. */
  async function explain(request: RecallRequest): Promise<ExplainedRecollection> {
    const started = performance.now();
    const asked = await ask(request, { tokenBudget: null });
    const embedding = performance.now() - started;
    const found = await run({ ...asked, question: { ...asked.question, explain: true } });
    const took: ExplainedRecollection['took'] = { total: performance.now() - started };
    if (asked.question.vector?.kind === 'neural') took.embedding = embedding;
    for (const leg of asked.question.legs) {
      if (leg === 'similar' && !asked.question.vector) continue;
      const begun = performance.now();
      await statements.run({ ...asked.question, legs: [leg] });
      took[leg] = performance.now() - begun;
    }
    return { ...found, took };
  }

  async function ask(request: RecallRequest, budget: Pick<RecallQuestion, 'tokenBudget'>): Promise<Asked> {
    const { mode, text, sessionId } = request;
    const embeddings = serving();
    const deadline = performance.now() + deadlineMs;
    const wanted: readonly SearchLeg[] = LEGS_OF_MODE[mode];
    const { vector, degraded } = wanted.includes('similar')
      ? await vectorOf(text, { embeddings, userId: request.userId })
      : { vector: null, degraded: [] };
    const legs = LEGS_OF_MODE[degraded.length > 0 ? 'hybrid' : mode];
    const { ranges, event } =
      mode === 'recent' ? { ranges: [], event: null } : readTime(text, request.askedAt ?? new Date());
    const limit = request.limit ?? LIMIT_OF_MODE[mode];
    const question: RecallQuestion = {
      ...budget,
      userId: request.userId,
      sessionId: sessionId ?? null,
      beforeId: request.beforeId ?? null,
      words: readWords(text, event?.text ?? '', embeddings.kind === 'lexical' ? embeddings : null),
      vector,
      legs: mode === 'recent' || sessionId ? legs : legs.filter((leg) => leg !== 'recent'),
      ranges: mode === 'hybrid' ? ranges : [],
      event: mode === 'hybrid' ? event : null,
      recentLimit: mode === 'recent' ? limit : Math.min(RECENT_MESSAGES, limit),
      limit,
      explain: false,
    };
    return { question, degraded, deadline };
  }

  async function run({ question, degraded, deadline }: Asked): Promise<Recollection> {
    const remainingMs = Math.max(1, deadline - performance.now());
    const rows = await beforeDeadline(statements.run(question), remainingMs);
    if (rows === 'late') return { recalled: [], cut: [], degraded: [...degraded, 'recall_timeout'] };
    return {
      recalled: rows.filter(({ isKept }) => isKept).map(toRecalled),
      cut: rows.filter(({ isKept }) => !isKept).map(toRecalled),
      hasDocuments: rows[0]?.hasDocuments,
      degraded,
    };
  }

  async function vectorOf(
    text: string,
    { embeddings, userId }: { embeddings: EmbeddingModel; userId: string },
  ): Promise<{ vector: Vector; degraded: Degradation[] }> {
    if (embeddings.kind === 'lexical') {
      return { vector: { kind: 'lexical', model: embeddings.name }, degraded: [] };
    }
    const { vector, degraded } = await embedder.vectorOf(text, { embeddings, userId });
    return { vector: vector && { kind: 'neural', ...vector }, degraded };
  }

  return { recall, search, explain };
}

export type Recall = ReturnType<typeof createRecall>;

/** A question ready for the database, and the moment (of `performance.now()`) by which its answer is wanted. */
interface Asked {
  question: RecallQuestion;
  degraded: Degradation[];
  deadline: number;
}
