import type { Executor } from '../../db/database.ts';
import type { Degradation, QuestionEmbedder } from '../../memory/question-vector.ts';
import { readWords } from '../../memory/question-words.ts';
import type { EmbeddingModel } from '../../models/settings.ts';
import type { Format } from '../document.ts';
import { fold, readCodeWords } from '../words/code-words.ts';
import { pathPattern } from './path-pattern.ts';
import { searchQuery } from './search-query.ts';

const LIMIT = 10;
const MOST_CODES = 64;

/** Where something is in a document: its lines, or its page. */
export interface PlaceInDocument {
  path: string;
  startLine: number;
  endLine: number;
  page: number | null;
}

/** The legs by which a passage was found. */
export const PASSAGE_LEGS = ['similar', 'text', 'path'] as const;
type PassageLeg = (typeof PASSAGE_LEGS)[number];

/** A passage of a document that was found. `score` is comparable within one answer; `coverage` is the part of the question that it has. */
export interface Passage extends PlaceInDocument {
  documentId: string;
  title: string | null;
  format: Format;
  modifiedAt: Date;
  trail: string[];
  text: string;
  score: number;
  coverage: number;
  via: PassageLeg[];
  /** Where the same is said again. */
  copies: PlaceInDocument[];
}

/** What to look for, and where. */
export interface SearchRequest {
  userId: string;
  text: string;
  /** A file, a folder, or a glob. */
  path?: string | undefined;
  formats?: readonly Format[] | undefined;
  modifiedFrom?: Date | undefined;
  modifiedTo?: Date | undefined;
  limit?: number | undefined;
}

/** What a search brought, best first. */
export interface Findings {
  passages: Passage[];
  degraded: Degradation[];
}

interface SearchNeeds {
  executor: Executor;
  /** The model by which questions are compared now: a lexical one sees in documents what their words and trigrams say already. */
  serving: () => EmbeddingModel;
  embedder: QuestionEmbedder;
}

/** Finds passages in what its asker's documents say. */
export function createKnowledgeSearch({ executor, serving, embedder }: SearchNeeds) {
  /** Never fails for the embedder's sake: without a vector words serve, and `degraded` says so. */
  async function search(request: SearchRequest): Promise<Findings> {
    const { userId, text, path, formats = [], modifiedFrom, modifiedTo, limit = LIMIT } = request;
    const embeddings = serving();
    const { vector, degraded } =
      embeddings.kind === 'neural'
        ? await embedder.vectorOf(text, { embeddings, userId })
        : { vector: null, degraded: [] };
    const words = readWords(text, '', null).map((word) => ({ ...word, word: fold(word.word) }));
    const statement = searchQuery({
      userId,
      words,
      codes: codesOf(text, words),
      vector,
      pathPattern: path === undefined ? null : pathPattern(path),
      formats,
      modifiedFrom: modifiedFrom ?? null,
      modifiedTo: modifiedTo ?? null,
      limit,
    });
    const { rows } = await executor.execute<PassageRow>(statement);
    return { passages: rows.map(toPassage), degraded };
  }

  return { search };
}

export type KnowledgeSearch = ReturnType<typeof createKnowledgeSearch>;

/** The identifiers of a question, in parts and as a whole, and its words written together: a "file name" is a `filename`. */
function codesOf(text: string, words: { word: string }[]): { word: string; isCompound: boolean }[] {
  const codes = new Map<string, boolean>();
  for (const { word, isCompound } of readCodeWords(text)) {
    codes.set(word, isCompound || (codes.get(word) ?? false));
    if (codes.size === MOST_CODES) break;
  }
  for (const [index, { word }] of words.entries()) {
    const next = words[index + 1];
    if (next) codes.set(word + next.word, true);
  }
  return [...codes].map(([word, isCompound]) => ({ word, isCompound }));
}

/** A spread type, because drizzle asks for one that can be indexed. */
type PassageRow = { [Key in keyof Omit<Passage, 'via'>]: Passage[Key] } & {
  textRank: number | null;
  textScore: number | null;
  similarRank: number | null;
  similarity: number | null;
};

function toPassage({ textRank, textScore: _, similarRank, similarity: _also, ...row }: PassageRow): Passage {
  const via: PassageLeg[] = [];
  if (similarRank !== null) via.push('similar');
  if (textRank !== null) via.push('text');
  return { ...row, modifiedAt: new Date(row.modifiedAt), via: via.length > 0 ? via : ['path'] };
}
