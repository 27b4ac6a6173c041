import { technologyOf } from '../../models/offline/project-words.ts';
import { isTelling, nameOf, PAGES, wordsOf } from './match-words.ts';

/** What a template is found by: texts in any language, and words as its `template.json` has them. */
export interface Matchable {
  id: string;
  source: 'builtin' | 'workspace';
  title: string[];
  description: string[];
  technologies: string[];
  kinds: string[];
  also: string[];
}

/** A template, its words read. */
export interface Candidate {
  template: Matchable;
  technologies: ReadonlySet<string>;
  /** Everything that it says of itself by single words. */
  known: ReadonlySet<string>;
  kinds: readonly string[];
  also: readonly string[];
}

/** One kind that a brief names, from word to word. */
export interface Term {
  stems: string;
  from: number;
  to: number;
}

const KIND_POINTS = 2;
const ALSO_POINTS = 1;

/** Reads the words of a template; without any to be found by, those of its texts are. */
export function toCandidate(template: Matchable): Candidate {
  const technologies = template.technologies.flatMap(wordsOf).map(({ folded }) => nameOf(folded));
  const hasWords = [template.technologies, template.kinds, template.also].some(({ length }) => length > 0);
  const texts = hasWords ? [] : [...template.title, ...template.description].flatMap(wordsOf);
  technologies.push(...texts.flatMap(({ folded }) => technologyOf(folded) ?? []));
  const kinds = template.kinds.map(stemsOf);
  const also = [...template.also.map(stemsOf), ...texts.filter(isTelling).map(({ stem }) => stem)];
  return {
    template,
    technologies: new Set(technologies),
    known: new Set([
      ...technologies,
      ...[...template.kinds, ...template.also]
        .flatMap(wordsOf)
        .flatMap(({ folded }) => [folded, nameOf(folded)]),
    ]),
    kinds,
    also,
  };
}

/** A text by the stems of its words. */
export function stemsOf(text: string): string {
  return wordsOf(text)
    .map(({ stem }) => stem)
    .join(' ');
}

/** How well a template has a kind: as one of its own, as a weaker word, or in part. */
export function termPoints({ stems }: Term, { kinds, also }: Candidate): number {
  if (kinds.includes(stems)) return KIND_POINTS;
  if (also.includes(stems)) return ALSO_POINTS;
  // A name of several words is known by its parts where a template has no word for it as a whole.
  const parts = stems.split(' ');
  if (parts.length === 1) return 0;
  return Math.max(...parts.map((part) => (kinds.includes(part) ? ALSO_POINTS : 0)));
}

/** Whether a template is of a kind; of pages any word for them will do. */
export function hasTerm(candidate: Candidate, term: Term): boolean {
  if (termPoints(term, candidate) > 0) return true;
  const isPage = term.stems.split(' ').some((stem) => PAGES.has(stem));
  return isPage && [...candidate.kinds, ...candidate.also].some((stems) => PAGES.has(stems));
}
