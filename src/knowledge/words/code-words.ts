/** Runs of words that are joined as identifiers, paths, versions and error codes are: `fs.readFile`, `ERR_OUT_OF_RANGE`, `utf-8`. */
const COMPOUND = /[\p{L}\p{N}\p{M}_$]+(?:[.:/\-#@+]+[\p{L}\p{N}\p{M}_$]+)*/gu;
const JOINTS = /[.:/\-#@+_$]+/;
/** The parts of `XMLHttpRequest2`: XML, Http, Request, 2. */
const HUMPS = /\p{Lu}+(?=\p{Lu}\p{Ll})|\p{Lu}?[\p{Ll}\p{M}]+|\p{Lu}+|\p{N}+|[\p{L}\p{M}]+/gu;
/** A longer run of joined words, such as a web address, is looked for by its parts only. */
const LONGEST_COMPOUND = 100;
const LONGEST_WORD = 60;

/** A token of a text, folded: without cases and accents. */
export interface CodeWord {
  word: string;
  /** Whether it is an identifier of several parts as a whole. */
  isCompound: boolean;
  /** The place of its compound in the text, from 1. */
  place: number;
}

/** The words of a text as code has them: every identifier as a whole and in its parts. */
export function readCodeWords(text: string): CodeWord[] {
  const found: CodeWord[] = [];
  let place = 0;
  for (const [compound] of text.normalize('NFKC').matchAll(COMPOUND)) {
    place += 1;
    const parts = new Set<string>();
    for (const joined of compound.split(JOINTS)) {
      parts.add(fold(joined));
      for (const [hump] of joined.matchAll(HUMPS)) parts.add(fold(hump));
    }
    const whole = fold(compound);
    if (!parts.has(whole) && whole.length <= LONGEST_COMPOUND)
      found.push({ word: whole, isCompound: true, place });
    for (const word of parts)
      if (word !== '' && word.length <= LONGEST_WORD) found.push({ word, isCompound: false, place });
  }
  return found;
}

/** Without cases, and without accents, as `unaccent` leaves them away from the words of the language readings. */
export function fold(word: string): string {
  return word.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
}
