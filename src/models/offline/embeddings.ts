import { LEXICAL_DIMENSIONS } from '../../config.ts';
import type { SparseVector } from '../settings.ts';

/** Vectors are compared only under the same name, so a change of anything below that changes vectors must change it. */
export const OFFLINE_EMBEDDING_NAME = 'offline-grams-v1';

/** The most features of a text that are kept, first come first served: pgvector takes 16,000. */
const MOST_FEATURES = 12_000;
/**
 * Weights tuned on XQuAD and on the conversations of bench/recall, as they are and with a letter changed in each content word:
 * heavier words find a little more of the first, heavier sequences much more of the second.
 */
const WORD_WEIGHT = 1;
const GRAM_WEIGHTS = new Map([
  [3, 0.5],
  [4, 0.5],
]);
/** Scripts that write without spaces or with few letters a word need shorter pieces than Latin ones. */
const SHORT_GRAM_WEIGHTS = new Map([
  [2, 0.3],
  [3, 0.25],
]);
/** BM25's saturation of term frequency: https://nlp.stanford.edu/IR-book/html/htmledition/okapi-bm25-a-non-binary-model-1.html */
const SATURATION = 2;

const STOP_WORDS = new Set(
  `a about after again all also am an and any are as at be because been before being below between both but by can could d did
  do does doing don down during each few for from further had has have having he her here hers him his how i if in into is it
  its just ll m many me more most much my no nor not now of off on once only or other our out over own re s same she should so
  some such t than that the their them then there these they this those through to too under until up us ve very was we were
  what when where which while who whom why will with would you your
  al algo ante antes aquel aquella aquello aquellos aquellas asi aun aunque cada como con cual cuales cuando cuanto cuanta
  cuantos cuantas de del desde donde durante e el ella ellas ello ellos en entre era eran eres es esa esas ese eso esos esta
  estaba estaban estan estar estas este esto estos estoy fue fueron ha haber habia habian han has hasta hay he la las le les lo
  los mas mi mis mucho mucha muchos muchas muy ni nos nosotros nosotras o os otra otras otro otros para pero poco por porque
  pues que quien quienes se sea ser si sido sin sobre son soy su sus tambien tan tanto te tenia tiene tienen toda todas todo
  todos tu tus u un una unas uno unos y ya yo`.split(/\s+/),
);

/**
 * The vector of a text without a model: its words and the letter sequences in them, each on an axis of its own, so that texts are
 * near which share words, their inflections or their misspellings. Knows nothing of meaning. Its length is 1, and it is the same
 * on every machine.
 */
export function embedText(text: string): SparseVector {
  const vector: SparseVector = new Map();
  for (const [name, { count, weight }] of featuresOf(wordsOf(text))) {
    add(vector, name, (weight * count * (1 + SATURATION)) / (count + SATURATION));
    if (vector.size === MOST_FEATURES) break;
  }
  const length = Math.sqrt([...vector.values()].reduce((sum, value) => sum + value * value, 0));
  return new Map([...vector].map(([axis, value]) => [axis, value / length]));
}

/** What a word of a question adds to the question's vector, before the word is weighed. */
export function embedWord(word: string): SparseVector {
  const vector: SparseVector = new Map();
  for (const [name, { count, weight }] of featuresOf(tokensOf(word))) add(vector, name, weight * count);
  return vector;
}

function add(vector: SparseVector, name: string, value: number): void {
  const axis = 1 + (hashOf(name) % LEXICAL_DIMENSIONS);
  vector.set(axis, (vector.get(axis) ?? 0) + value);
}

interface Feature {
  count: number;
  weight: number;
}

function featuresOf(words: string[]): Map<string, Feature> {
  const features = new Map<string, Feature>();
  const count = (name: string, weight: number) => {
    const known = features.get(name);
    if (known) known.count += 1;
    else features.set(name, { count: 1, weight });
  };
  for (const word of words) {
    count(`word ${stem(word)}`, WORD_WEIGHT);
    const bounded = ` ${word} `;
    for (const [size, weight] of isLatin(word) ? GRAM_WEIGHTS : SHORT_GRAM_WEIGHTS) {
      for (let start = 0; start + size <= bounded.length; start += 1) {
        count(bounded.slice(start, start + size), weight);
      }
    }
  }
  return features;
}

/** Never without a word: a text of signs or blanks alone has its characters, or nothing, as its one word. */
function wordsOf(text: string): string[] {
  const words = tokensOf(text);
  const telling = words.filter((word) => !STOP_WORDS.has(word));
  return telling.length > 0 ? telling : words;
}

function tokensOf(text: string): string[] {
  const folded = text.toLowerCase().normalize('NFKD').replaceAll(/\p{M}/gu, '');
  return folded.match(/[\p{L}\p{N}]+/gu) ?? [folded.replaceAll(/\s+/gu, '')];
}

function isLatin(word: string): boolean {
  return /^[\p{Script=Latin}\p{N}]*$/u.test(word);
}

/** Strips plurals and the last vowel (perro, perra, perros: perr; name, names: nam), which both languages bear. */
function stem(word: string): string {
  if (word.length < 4 || /\d/.test(word)) return word;
  const singular = word.replace(/(es|as|os|s)$/, '');
  const base = singular.length < 3 ? word : singular;
  return base.length > 3 ? base.replace(/[aeo]$/, '') : base;
}

/** FNV-1a over the UTF-16 code units, then murmur3's finaliser. */
function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let position = 0; position < name.length; position += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(position), 0x01000193);
  }
  return scramble(hash);
}

/** murmur3's finaliser: every bit of the input reaches every bit of the result, an unsigned 32-bit number. */
export function scramble(input: number): number {
  let hash = input ^ (input >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
