import type { ReadingLanguage } from '../db/memory-schema.ts';
import type { LegScores, RecallLeg } from '../db/schema.ts';
import type { Message } from './messages.ts';

/** A lexeme of the question that a message has: how often, and what it is worth in the user's memory. */
interface MatchedTerm {
  term: string;
  language: ReadingLanguage;
  frequency: number;
  weight: number;
}

/** What a score is the sum of: the message's own, what is beside it in its session, its session's best one, its time. */
interface ScoreParts {
  own: number;
  context: number;
  session: number;
  time: number;
  matched: MatchedTerm[];
}

/** A recalled message, by which ways it was found, and its fused score (higher is better; comparable within one answer). */
export interface Recalled {
  message: Message;
  via: RecallLeg[];
  score: number;
  legs: LegScores;
  parts: ScoreParts;
  /** The tokens of its exchange and of all better ones: the budget in which it has room. */
  neededTokens: number;
}

/** What the recall statement returns: a spread type, because drizzle asks for one that can be indexed. */
export type RecallRow = { [Key in keyof Message]: Message[Key] } & {
  score: number;
  own: number | null;
  context: number | null;
  session: number | null;
  during: number | null;
  textScore: number | null;
  textRank: number | null;
  similarity: number | null;
  similarRank: number | null;
  recentRank: number | null;
  isDuring: boolean;
  /** Whether the token budget had room for it. */
  isKept: boolean;
  neededTokens: number;
  /** Whether the user has documents that can be searched, too; the same in every row. */
  hasDocuments: boolean;
  /** The size of the table of all users' messages; the same in every row. */
  storedBytes: number;
  matched: MatchedTerm[] | null;
};

export function toRecalled(row: RecallRow): Recalled {
  const { id, sessionId, runId, role, name, agent, content, partial, createdAt } = row;
  return {
    message: {
      id,
      sessionId,
      runId,
      role,
      name,
      agent,
      content,
      partial,
      createdAt: new Date(createdAt),
    },
    via: viaOf(row),
    score: row.score,
    legs: legsOf(row),
    neededTokens: row.neededTokens,
    parts: {
      own: row.own ?? 0,
      context: row.context ?? 0,
      session: row.session ?? 0,
      time: row.during ?? 0,
      matched: row.matched ?? [],
    },
  };
}

function viaOf({ recentRank, similarRank, textRank, own, context, isDuring }: RecallRow): RecallLeg[] {
  const via: RecallLeg[] = [];
  if (recentRank !== null) via.push('recent');
  if (similarRank !== null) via.push('similar');
  if (textRank !== null) via.push('text');
  if (!own && context) via.push('neighbour');
  if (isDuring) via.push('time');
  return via.length > 0 ? via : ['exchange'];
}

function legsOf({ recentRank, similarRank, similarity, textRank, textScore }: RecallRow): LegScores {
  return {
    ...(recentRank !== null && { recent: { rank: recentRank } }),
    ...(similarRank !== null && similarity !== null && { similar: { rank: similarRank, score: similarity } }),
    ...(textRank !== null && textScore !== null && { text: { rank: textRank, score: textScore } }),
  };
}
