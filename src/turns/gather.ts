import type { Findings, KnowledgeSearch, Passage } from '../knowledge/search/search.ts';
import { beforeDeadline } from '../memory/question-vector.ts';
import type { Recall, Recollection } from '../memory/recall.ts';
import { estimateTokens } from '../models/tokens.ts';
import type { ActiveRun } from './run-types.ts';

/** How many passages are looked for, and which part of the question's words one must have to be shown unasked. */
const PASSAGES = 5;
const LEAST_COVERAGE = 0.5;
/** What passages may take of the context budget; messages have the rest. */
const PASSAGE_SHARE = 1 / 3;

const NOTHING: Findings = { passages: [], degraded: [] };

/** What a turn is given to answer from: messages and passages of documents, together within one budget. */
export interface Gathered extends Recollection {
  passages: Passage[];
}

interface GatherNeeds {
  recall: Recall;
  search: KnowledgeSearch;
  deadlineMs: number;
  tokenBudget: number;
}

/**
 * Gathers the context of a turn from what was said and from what is in the documents, before one deadline. The recall of messages
 * says whether there are documents, so that those who have none do not pay for a search.
 */
export function createGather({ recall, search, deadlineMs, tokenBudget }: GatherNeeds) {
  return async (run: ActiveRun, askedAt: Date): Promise<Gathered> => {
    const { userId, text, memory, sessionId, messageId } = run;
    const deadline = performance.now() + deadlineMs;
    const found = await recall.recall({
      ...{ userId, text, mode: memory, sessionId, beforeId: messageId, askedAt },
    });
    const isSearched = memory === 'hybrid' && found.hasDocuments !== false;
    const files = isSearched ? await searchUntil(deadline, userId, text) : NOTHING;
    const passages = choose(files.passages, tokenBudget * PASSAGE_SHARE);
    const left = tokenBudget - sizeOf(passages);
    return {
      recalled: found.recalled.filter(({ neededTokens }) => neededTokens <= left),
      cut: [...found.recalled.filter(({ neededTokens }) => neededTokens > left), ...found.cut],
      degraded: [...new Set([...found.degraded, ...files.degraded])],
      passages,
    };
  };

  async function searchUntil(deadline: number, userId: string, text: string): Promise<Findings> {
    const remainingMs = Math.max(1, deadline - performance.now());
    const found = await beforeDeadline(search.search({ userId, text, limit: PASSAGES }), remainingMs);
    return found === 'late' ? { passages: [], degraded: ['recall_timeout'] } : found;
  }
}

export type Gather = ReturnType<typeof createGather>;

/** The best passages that have enough of the question, as far as the budget goes. */
function choose(passages: Passage[], budget: number): Passage[] {
  const chosen: Passage[] = [];
  for (const passage of passages.filter(({ coverage }) => coverage >= LEAST_COVERAGE))
    if (sizeOf([...chosen, passage]) <= budget) chosen.push(passage);
  return chosen;
}

function sizeOf(passages: Passage[]): number {
  return passages.reduce((sum, { text }) => sum + estimateTokens(text), 0);
}
