import type { LexicalEmbeddingModel } from '../models/settings.ts';

/** A question is searched by at most so many of its words: a long one says what it is about at its start, and asks at its end. */
const MOST_WORDS = 64;
/** A longer "word" is no word that anybody looks for. */
const MOST_CHARACTERS = 100;

/** One word of a question, as the recall statement takes it. */
export interface QuestionWord {
  word: string;
  /** What it adds to the vector of the question, before it is weighed: axes, counted from 1, and the values there. */
  axes: number[];
  values: number[];
  /** Whether it names the event that the question takes as a time ("before the trip"). */
  ofEvent: boolean;
}

/** The distinct words of a question in their order, without their cases and with whatever signs they were written. */
export function readWords(
  text: string,
  eventText: string,
  embedder: Pick<LexicalEmbeddingModel, 'embedWord'> | null,
): QuestionWord[] {
  const ofEvent = new Set(eventText === '' ? [] : distinctWords(eventText));
  const words = distinctWords(text);
  const half = MOST_WORDS / 2;
  const chosen = words.length > MOST_WORDS ? [...words.slice(0, half), ...words.slice(-half)] : words;
  return chosen.map((word) => {
    const features = embedder?.embedWord(word) ?? new Map<number, number>();
    return { word, axes: [...features.keys()], values: [...features.values()], ofEvent: ofEvent.has(word) };
  });
}

/** Never empty: what has no letters or digits is one word of its signs. */
function distinctWords(text: string): string[] {
  const folded = text.normalize('NFKC').toLowerCase();
  const found = folded.match(/[\p{L}\p{N}\p{M}]+/gu) ?? [folded.replaceAll(/\s+/gu, '')];
  return [
    ...new Set(found.map((word) => word.slice(0, MOST_CHARACTERS).toWellFormed().replaceAll('\0', ''))),
  ];
}
