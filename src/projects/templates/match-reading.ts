import { type Candidate, stemsOf, type Term } from './match-candidate.ts';
import { MEANT, nameOf, SPANISH_KINDS, STOPS, technologiesIn, type Word } from './match-words.ts';

/** A brief, read. */
export interface Reading {
  words: readonly Word[];
  technologies: ReadonlyMap<string, string>;
  /** The kinds in the name of the thing, the one that is its head, and the kinds behind. */
  terms: readonly Term[];
  head: Term | undefined;
  behind: readonly Term[];
}

const LONGEST_TERM = 4;

/** Reads which technologies and kinds a brief names, among those that templates have or people call such things. */
export function readBrief(words: readonly Word[], candidates: readonly Candidate[]): Reading {
  const phrases = new Set([
    ...candidates.flatMap(({ kinds, also }) => [...kinds, ...also]),
    ...MEANT.flatMap((meant) => meant.phrases).map(stemsOf),
    ...['scraper', 'crawler', 'web scraper', 'web crawler'],
  ]);
  const singles = new Set([...phrases].flatMap((phrase) => phrase.split(' ')));
  const known = new Set(candidates.flatMap(({ technologies }) => [...technologies]));
  const technologies = technologiesIn(words, known, singles);
  const all = termsIn(words, phrases).filter(
    ({ from, to }) => to - from > 1 || !technologies.has(nameOf(words[from]?.folded ?? '')),
  );
  const start = all[0]?.from ?? 0;
  const stop = words.findIndex(({ folded }, position) => position > start && STOPS.has(folded));
  const terms = all.filter(({ from }) => stop < 0 || from < stop);
  return {
    words,
    technologies,
    terms,
    head: SPANISH_KINDS.has(terms[0]?.stems.split(' ')[0] ?? '') ? terms[0] : terms.at(-1),
    behind: all.filter((term) => !terms.includes(term)),
  };
}

/** The longest kinds from left to right: "web app" is neither "web" nor "app". */
function termsIn(words: readonly Word[], phrases: ReadonlySet<string>): Term[] {
  const terms: Term[] = [];
  for (let from = 0; from < words.length; ) {
    let length = Math.min(LONGEST_TERM, words.length - from);
    const stems = (size: number) =>
      words
        .slice(from, from + size)
        .map(({ stem }) => stem)
        .join(' ');
    while (length > 0 && !phrases.has(stems(length))) length -= 1;
    if (length > 0) terms.push({ stems: stems(length), from, to: from + length });
    from += Math.max(length, 1);
  }
  return terms;
}
