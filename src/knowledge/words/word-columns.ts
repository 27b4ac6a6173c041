import { scramble } from '../../models/offline/embeddings.ts';
import { readCodeWords } from './code-words.ts';

/** PostgreSQL keeps so many places of a word in a tsvector, none behind the last one. */
const MOST_PLACES = 255;
const LAST_PLACE = 16_383;
/** Shorter words have too few letters to be told from each other when they are misspelt. */
const SPELT_WORD = /^\p{L}{4,30}$/u;
const HASH_BITS = 64;
const FIRST_SEED = 0x811c9dc5;
const SECOND_SEED = 0x2545f491;

/** What of a chunk is stored to find it by its words, beside the readings that the database makes itself. */
export interface WordColumns {
  /** A tsvector, as PostgreSQL reads it. */
  code: string;
  /** Its distinct words, for the trigrams of misspelt ones. */
  words: string;
  /** A signed 64-bit number in decimal digits. */
  simhash: string;
}

/** The columns of a text under its headings. */
export function wordColumns(text: string, heading: string): WordColumns {
  const places = new Map<string, number[]>();
  for (const { word, place } of readCodeWords(`${heading}\n${text}`)) {
    const known = places.get(word);
    if (!known) places.set(word, [Math.min(place, LAST_PLACE)]);
    else if (known.length < MOST_PLACES && place <= LAST_PLACE) known.push(place);
  }
  const lexemes = [...places].map(([word, at]) => `'${word.replaceAll(/['\\]/g, '$&$&')}':${at.join(',')}`);
  const words = [...places.keys()].filter((word) => SPELT_WORD.test(word));
  return { code: lexemes.join(' '), words: words.join(' '), simhash: String(simhash(text)) };
}

/**
 * A number that differs in few bits from that of a text that differs in few words
 * (Charikar: Similarity estimation techniques from rounding algorithms, 2002).
 */
function simhash(text: string): bigint {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [text];
  const sums = new Int32Array(HASH_BITS);
  for (const [index, word] of words.entries()) {
    const pair = `${word} ${words[index + 1] ?? ''}`;
    const halves = [hashOf(pair, FIRST_SEED), hashOf(pair, SECOND_SEED)];
    for (let bit = 0; bit < HASH_BITS; bit += 1) {
      const isSet = ((halves[bit >> 5] ?? 0) >>> (bit & 31)) & 1;
      sums[bit] = (sums[bit] ?? 0) + (isSet ? 1 : -1);
    }
  }
  const number = sums.reduce((value, sum, bit) => (sum > 0 ? value | (1n << BigInt(bit)) : value), 0n);
  return BigInt.asIntN(HASH_BITS, number);
}

/** FNV-1a over the UTF-16 code units, from a seed, then the finaliser of murmur3. */
function hashOf(text: string, seed: number): number {
  let hash = seed;
  for (let position = 0; position < text.length; position += 1)
    hash = Math.imul(hash ^ text.charCodeAt(position), 0x01000193);
  return scramble(hash);
}
