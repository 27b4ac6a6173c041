/** Words that say nothing about which repository is meant, in English and Spanish, without accents. */
const FILLERS = new Set(
  (
    'a an the my our your this that of for in on at to about called named repo repos repository project code codebase github ' +
    'un una el la los las lo mi mis nuestro nuestra tu este esta ese esa de del en para con llamado llamada ' +
    'repositorio proyecto codigo'
  ).split(' '),
);
const SHORTEST_STEM = 4;

/** The words of a text, without case and accents; "shopApi" is two, as is "shop-api". */
export function wordsOf(text: string): string[] {
  return text
    .replace(/(\p{Ll}|\d)(\p{Lu})/gu, '$1 $2')
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

/** The words of a person's that tell one repository from another. */
export function tellingWords(text: string): string[] {
  return wordsOf(text).filter((word) => !FILLERS.has(word));
}

/** Whether each word is among the others, singular or plural. */
export function allAmong(words: string[], others: string[]): boolean {
  return words.every((word) => others.some((other) => other === word || haveOneStem(word, other)));
}

function haveOneStem(word: string, other: string): boolean {
  const [short, long] = word.length < other.length ? [word, other] : [other, word];
  return short.length >= SHORTEST_STEM && (long === `${short}s` || long === `${short}es`);
}

/** How alike two names are, from 0 to 1, by the pairs of letters that they share (Dice's coefficient). */
export function likeness(one: string, other: string): number {
  const [ones, others] = [pairsOf(one), pairsOf(other)];
  const total = ones.length + others.length;
  if (total === 0) return 0;
  const left = [...others];
  let shared = 0;
  for (const pair of ones) {
    const index = left.indexOf(pair);
    if (index < 0) continue;
    left.splice(index, 1);
    shared += 1;
  }
  return (2 * shared) / total;
}

function pairsOf(name: string): string[] {
  const letters = wordsOf(name).join('');
  return [...letters].slice(1).map((letter, index) => `${letters[index]}${letter}`);
}
