import type { EventAnchor, TimeRange } from '../dates/question-time.ts';
import type { MemoryMode, RecallLeg } from '../db/schema.ts';
import type { QuestionWord } from './question-words.ts';

/** The legs that look for messages by themselves; the others follow from what these found. */
export type SearchLeg = Extract<RecallLeg, 'recent' | 'similar' | 'text'>;

/** What the one recall statement is asked. */
export interface RecallQuestion {
  userId: string;
  /** The session whose last messages count as recent; null for the user's last messages anywhere. */
  sessionId: string | null;
  /** The question itself: only what was said before it is recalled, and no question that is to be answered after it. */
  beforeId: string | null;
  words: QuestionWord[];
  /** What the vector leg compares with; null leaves the leg out. A lexical embedder's vector is made of the words. */
  vector: { kind: 'neural'; model: string; values: number[] } | { kind: 'lexical'; model: string } | null;
  legs: readonly SearchLeg[];
  ranges: TimeRange[];
  event: Pick<EventAnchor, 'relation'> | null;
  recentLimit: number;
  /** The most hits that come back. */
  limit: number;
  /** The most tokens that the hits may have together, with the exchanges that they are part of; null for the bare hits. */
  tokenBudget: number | null;
  /** Whether each hit says which words matched. */
  explain: boolean;
}

/** The legs that a mode asks for, before anything degrades. */
export const LEGS_OF_MODE = {
  recent: ['recent'],
  similar: ['similar'],
  hybrid: ['recent', 'similar', 'text'],
} as const satisfies Record<MemoryMode, readonly SearchLeg[]>;
