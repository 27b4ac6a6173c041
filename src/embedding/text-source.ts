import type { StoredVector } from './vectors.ts';

/** A text that lacks a vector, by the columns of its key. */
export interface WaitingText {
  key: string[];
  text: string;
}

/** A text with the vector that a model gave it. */
export interface EmbeddedText extends WaitingText {
  vector: StoredVector;
}

/** A page of what there is, in the order of the keys. */
export interface TextPage {
  /** The key with which the page ends; null for the page behind the last one. */
  last: string[] | null;
  /** The keys in it that lack the model's vector. */
  missing: string[][];
}

/** Texts of one kind, of all users, that a model gives vectors to. */
export interface TextSource {
  page(model: string, after: string[], size: number): Promise<TextPage>;
  /** The texts of those keys that are still there, and still lack the vector. */
  load(model: string, keys: string[][]): Promise<WaitingText[]>;
  /** What was changed or removed since it was loaded is passed over. */
  store(model: string, texts: EmbeddedText[]): Promise<void>;
  /** Leaves texts that the serving model refused to those who embed what is new. */
  leave(keys: string[][]): Promise<void>;
}
