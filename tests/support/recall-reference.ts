import { cosineDistance } from './vectors.ts';

/** How often a text has each lexeme, in each of the two readings. */
export interface Reading {
  english: Map<string, number>;
  spanish: Map<string, number>;
}

/** A stored message as the reference sees it. */
export interface ReferenceMessage {
  id: string;
  sessionId: string;
  tokenCount: number;
  createdAt: Date;
  reading: Reading;
  /** Dense for a neural embedder, by axis for a lexical one; null where none is stored. */
  vector: number[] | Map<number, number> | null;
}

/** A question as the reference sees it, word by word. */
export interface ReferenceQuestion {
  words: { reading: Reading; features: Map<number, number> }[];
  vector: { kind: 'neural'; values: number[] } | { kind: 'lexical' } | null;
  ranges: { from: Date | null; to: Date | null }[];
}

/** What the reference holds a message to be worth. */
export interface ReferenceScore {
  id: string;
  text: number | null;
  similarity: number | null;
  own: number;
  context: number;
  session: number;
  time: number;
  score: number;
}

const LANGUAGES = ['english', 'spanish'] as const;
type Language = (typeof LANGUAGES)[number];

/**
 * BM25 with context, fused with vectors, written down as plainly as can be over one user's messages: what the SQL must equal.
 * Only messages that something speaks for are in the result.
 */
export function referenceScores(
  messages: ReferenceMessage[],
  question: ReferenceQuestion,
): Map<string, ReferenceScore> {
  const terms = termsOf(question);
  const frequency = (message: ReferenceMessage, [language, lexeme]: [Language, string]) =>
    Math.min(64, message.reading[language].get(lexeme) ?? 0);
  const found = (term: [Language, string]) =>
    messages.filter((message) => frequency(message, term) > 0).length;
  const idf = (count: number) => Math.log(1 + (messages.length - count + 0.5) / (count + 0.5));
  const lengths = messages.map(({ tokenCount }) => tokenCount);
  const averageLength = Math.max(1, sum(lengths) / lengths.length);
  const text = new Map<string, number>();
  for (const message of messages) {
    const parts = terms
      .filter((term) => frequency(message, term) > 0)
      .map((term) => {
        const times = frequency(message, term);
        return (
          (idf(found(term)) * times) / (times + 0.9 * (1 - 0.4 + (0.4 * message.tokenCount) / averageLength))
        );
      });
    if (parts.length > 0) text.set(message.id, sum(parts));
  }

  const known = tellingOf(question).map((word) =>
    Math.max(0, ...lexemesOf(word.reading).map((term) => found(term))),
  );
  const share = shareOf(question, known);
  const near = share > 0 ? nearest(messages, question, known.map(idf)) : new Map<string, Near>();
  const best = Math.max(0, ...text.values());
  const own = new Map(
    messages.map(({ id }) => [
      id,
      (1 - share) * (best > 0 ? (text.get(id) ?? 0) / best : 0) + share * (near.get(id)?.nearness ?? 0),
    ]),
  );
  const scores = new Map<string, ReferenceScore>();
  for (const session of Map.groupBy(messages, ({ sessionId }) => sessionId).values()) {
    const ordered = session.toSorted((one, other) => (one.id < other.id ? -1 : 1));
    const at = (place: number) => own.get(ordered[place]?.id ?? '') ?? 0;
    const top = Math.max(...ordered.map((_, place) => at(place)));
    for (const [place, { id, createdAt }] of ordered.entries()) {
      const context = 0.3 * (at(place - 1) + at(place + 1)) + 0.15 * (at(place - 2) + at(place + 2));
      const isDuring = question.ranges.some(
        ({ from, to }) => (!from || createdAt >= from) && (!to || createdAt < to),
      );
      const isFound = at(place) + context > 0 || near.has(id);
      const session = isFound ? 0.2 * top : 0;
      const relevance = isFound ? at(place) + context + session : 0;
      const time = isDuring ? 0.5 * relevance + 0.05 : 0;
      if (relevance + time === 0 && !isFound) continue;
      scores.set(id, {
        id,
        text: text.get(id) ?? null,
        similarity: near.get(id)?.similarity ?? null,
        own: at(place),
        context,
        session,
        time,
        score: relevance + time,
      });
    }
  }
  return scores;
}

/** The language of the question is the one that takes more of its words for stop words; they are left out. */
function tellingOf({ words }: ReferenceQuestion): ReferenceQuestion['words'] {
  const kept = (language: Language) => words.filter(({ reading }) => reading[language].size > 0);
  const [english, spanish] = [kept('english'), kept('spanish')];
  if (english.length !== spanish.length) return english.length < spanish.length ? english : spanish;
  return words.filter(({ reading }) => reading.english.size + reading.spanish.size > 0);
}

function lexemesOf(reading: Reading): [Language, string][] {
  return LANGUAGES.flatMap((language) =>
    [...reading[language].keys()].map((lexeme): [Language, string] => [language, lexeme]),
  );
}

function termsOf(question: ReferenceQuestion): [Language, string][] {
  const terms = tellingOf(question).flatMap(({ reading }) => lexemesOf(reading));
  return [...new Map(terms.map((term) => [term.join(' '), term])).values()];
}

/** Neural vectors count half; lexical ones as far as the question has words that no message has. */
function shareOf({ vector }: ReferenceQuestion, known: number[]): number {
  if (!vector) return 0;
  if (vector.kind === 'neural') return 0.5;
  return known.length === 0 ? 0 : known.filter((count) => count === 0).length / known.length;
}

interface Near {
  similarity: number;
  nearness: number;
}

function nearest(
  messages: ReferenceMessage[],
  question: ReferenceQuestion,
  idfs: number[],
): Map<string, Near> {
  const { vector } = question;
  const asked = tellingOf(question).map(({ features }, place) => ({ features, weight: idfs[place] ?? 0 }));
  const similarityTo = (stored: ReferenceMessage['vector']): number | null => {
    if (stored === null || vector === null) return null;
    if (vector.kind === 'neural')
      return Array.isArray(stored) ? 1 - cosineDistance(stored, vector.values) : null;
    return Array.isArray(stored) ? null : sparseCosine(stored, added(asked));
  };
  const isLexical = vector?.kind === 'lexical';
  const all = messages
    .map(({ id, vector: stored }) => ({ id, similarity: similarityTo(stored) }))
    .filter((one): one is { id: string; similarity: number } => one.similarity !== null)
    .filter(({ similarity }) => similarity > (isLexical ? 0 : -1))
    .toSorted((one, other) => other.similarity - one.similarity);
  const steps = [...new Set(all.map(({ similarity }) => similarity))].slice(0, isLexical ? 200 : 50);
  const similar = all.filter(({ similarity }) => steps.includes(similarity));
  const highest = similar[0]?.similarity ?? 0;
  const lowest = similar.at(-1)?.similarity ?? 0;
  return new Map(
    similar.map(({ id, similarity }) => {
      const spread = highest === lowest ? 1 : (similarity - lowest) / (highest - lowest);
      return [id, { similarity, nearness: isLexical ? (similarity / highest) ** 3 : spread }];
    }),
  );
}

function added(parts: { features: Map<number, number>; weight: number }[]): Map<number, number> {
  const vector = new Map<number, number>();
  for (const { features, weight } of parts) {
    for (const [axis, value] of features) vector.set(axis, (vector.get(axis) ?? 0) + value * weight);
  }
  return vector;
}

function sparseCosine(one: Map<number, number>, other: Map<number, number>): number {
  const product = sum([...one].map(([axis, value]) => value * (other.get(axis) ?? 0)));
  const length = (vector: Map<number, number>) => Math.hypot(...vector.values());
  return product / (length(one) * length(other));
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
