import {
  type Candidate,
  hasTerm,
  type Matchable,
  stemsOf,
  termPoints,
  toCandidate,
} from './match-candidate.ts';
import { type Reading, readBrief } from './match-reading.ts';
import {
  EXTRAS,
  GENERIC,
  isTelling,
  MEANT,
  nameOf,
  OTHER_THINGS,
  SERVERS,
  STOPS,
  type Word,
  wordsOf,
} from './match-words.ts';

export type { Matchable } from './match-candidate.ts';

/** The template that is meant; that the words do not say; or that none is of what they say. */
export type TemplateMatch =
  | { kind: 'found'; id: string /** A sentence, where something was assumed. */; assumption: string | null }
  | { kind: 'unclear' }
  | { kind: 'none' /** What it names that no template has. */; missing: string | null; near: string[] };

const HEAD_POINTS = 0.5;
const MEANT_POINTS = 3;
const BEHIND_SHARE = 0.25;
const MOST_WORDS = 400;
const ARTICLES = new Set('a an the one some un una uno el la'.split(' '));
const MOST_NEAR = 3;

/**
 * Chooses the template that a person's words ask for, the first of equals. Every technology that they name must be one of the
 * template's; what they leave open is assumed, and said.
 */
export function matchTemplate(brief: string, templates: readonly Matchable[]): TemplateMatch {
  const all = wordsOf(brief).slice(0, MOST_WORDS);
  const words = all.slice(
    Math.max(
      all.findIndex(({ folded }) => !ARTICLES.has(folded)),
      0,
    ),
  );
  const candidates = templates.map(toCandidate);
  const reading = readBrief(words, candidates);
  const fitting = candidates.filter((candidate) => covers(candidate, reading));
  const said = saidWhole(words, candidates, fitting);
  if (said) return found(said.template.id, null, words, said);
  const other = otherThing(words, templates);
  if (other) return { kind: 'none', missing: other, near: [] };
  if (reading.technologies.size > 0) return withTechnology(reading, candidates, fitting);
  const [best] = ranked(reading, candidates, false);
  if (!reading.head || !best) return byDescription(words, candidates);
  return found(best.template.id, assumed(best, reading, candidates), words, best);
}

function withTechnology(
  reading: Reading,
  candidates: readonly Candidate[],
  fitting: readonly Candidate[],
): TemplateMatch {
  const { technologies, head, words } = reading;
  const near = nearTo(reading, candidates);
  if (fitting.length === 0) {
    const [, missing = null] =
      [...technologies].find(([name]) => !candidates.some(({ known }) => known.has(name))) ?? [];
    return { kind: 'none', missing, near };
  }
  const ofKind = fitting.filter((candidate) => !head || hasTerm(candidate, head));
  const [best] = ranked(reading, ofKind, true);
  if (best) return found(best.template.id, null, words, best);
  if (head && !GENERIC.has(head.stems)) return { kind: 'none', missing: null, near };
  const [first] = fitting;
  return first
    ? found(first.template.id, `“${titleOf(first)}” was assumed.`, words, first)
    : { kind: 'unclear' };
}

function found(
  id: string,
  assumption: string | null,
  words: readonly Word[],
  { known }: Candidate,
): TemplateMatch {
  const extras = words.filter(({ folded }) => EXTRAS.has(folded) && !known.has(folded)).map(({ raw }) => raw);
  const without = extras.length > 0 ? `It comes without ${[...new Set(extras)].join(', ')}.` : null;
  const sentences = [assumption, without].filter((sentence) => sentence !== null);
  return { kind: 'found', id, assumption: sentences.length > 0 ? sentences.join(' ') : null };
}

function assumed(best: Candidate, { head }: Reading, candidates: readonly Candidate[]): string {
  const others = candidates
    .filter((candidate) => candidate !== best && head && candidate.kinds.includes(head.stems))
    .map((candidate) => `“${titleOf(candidate)}”`);
  const choice = others.length > 0 ? ` Others: ${others.slice(0, MOST_NEAR).join(', ')}.` : '';
  return `No technology was named; “${titleOf(best)}” was assumed.${choice}`;
}

function titleOf({ template }: Candidate): string {
  return template.title[0] ?? template.id;
}

function covers({ known }: Candidate, { technologies }: Reading): boolean {
  return [...technologies.keys()].every((name) => known.has(name));
}

/** The one whose id is said, else the one whose title is: what was said most of first. */
function saidWhole(
  words: readonly Word[],
  candidates: readonly Candidate[],
  fitting: readonly Candidate[],
): Candidate | undefined {
  const telling = (text: string) =>
    wordsOf(text)
      .filter(({ folded }) => !STOPS.has(folded))
      .map(({ stem }) => stem);
  const brief = ` ${words
    .filter(({ folded }) => !STOPS.has(folded))
    .map(({ stem }) => stem)
    .join(' ')} `;
  const lengthSaid = (texts: string[]) =>
    Math.max(
      0,
      ...texts.map(telling).map((stems) => (brief.includes(` ${stems.join(' ')} `) ? stems.length : 0)),
    );
  const best = (among: readonly Candidate[], texts: (template: Matchable) => string[]) =>
    among
      .map((candidate) => ({ candidate, length: lengthSaid(texts(candidate.template)) }))
      .filter(({ length }) => length > 0)
      .toSorted((one, other) => other.length - one.length)[0]?.candidate;
  return (
    best(fitting, ({ id }) => [id]) ??
    best(candidates, ({ id }) => (id.includes('-') ? [id] : [])) ??
    best(fitting, ({ title }) => title)
  );
}

/** What is asked for by a name that no template has, as it was written. */
function otherThing(words: readonly Word[], templates: readonly Matchable[]): string | undefined {
  const stop = words.findIndex(({ folded }) => STOPS.has(folded) && folded !== 'de' && folded !== 'para');
  const named = words.slice(0, stop < 0 ? words.length : stop);
  const name = ` ${named.map(({ stem }) => stem).join(' ')} `;
  const own = templates.flatMap(({ title, kinds, also }) => [...title, ...kinds, ...also]).map(stemsOf);
  const other = OTHER_THINGS.map(stemsOf).find(
    (stems) => startsOrEnds(name, stems) && !own.some((text) => ` ${text} `.includes(` ${stems} `)),
  );
  if (other === undefined) return undefined;
  const length = other.split(' ').length;
  const from = named.findIndex((_word, position) => {
    const stems = named.slice(position, position + length).map(({ stem }) => stem);
    return stems.join(' ') === other;
  });
  return named
    .slice(from, from + length)
    .map(({ raw }) => raw)
    .join(' ');
}

/** As the head of it: "a small game", "juego de mesa", but not "página de juegos". */
function startsOrEnds(name: string, stems: string): boolean {
  return (
    name.startsWith(` ${stems} `) ||
    (name.endsWith(` ${stems} `) && !/ (?:de|para) /.test(name.replace(stems, '')))
  );
}

/** Those of any points, the best first and then in their order. */
function ranked(reading: Reading, candidates: readonly Candidate[], byOverlap: boolean): Candidate[] {
  return candidates
    .map((candidate) => ({
      candidate,
      points: pointsOf(reading, candidate),
      overlap: byOverlap ? overlapOf(reading, candidate) : 0,
    }))
    .filter(({ points }) => points > 0)
    .toSorted((one, other) => other.points - one.points || other.overlap - one.overlap)
    .map(({ candidate }) => candidate);
}

function pointsOf(reading: Reading, candidate: Candidate): number {
  const { terms, head, behind } = reading;
  const own = sum(terms.map((term) => termPoints(term, candidate)));
  const later = sum(behind.map((term) => termPoints(term, candidate) * BEHIND_SHARE));
  const meant = isMeant(reading, candidate) ? MEANT_POINTS : 0;
  if (own + meant === 0) return 0;
  return own + (head && hasTerm(candidate, head) ? HEAD_POINTS : 0) + Math.min(later, 1) + meant;
}

function sum(points: number[]): number {
  return points.reduce((total, each) => total + each, 0);
}

/** A page is a site unless it is one of React; an assistant is one whatever else it is called. Anybody's own come first. */
function isMeant({ terms, behind, technologies }: Reading, { template, kinds }: Candidate): boolean {
  const isServer = terms.length > 0 && terms.every(({ stems }) => SERVERS.has(stems));
  const telling = (isServer ? [...terms, ...behind.slice(0, 1)] : terms).map(({ stems }) => stems);
  const isWeb = technologies.size === 0 && telling.length === 1 && telling[0] === 'web';
  const meant = MEANT.find(({ phrases }) => phrases.map(stemsOf).some((phrase) => telling.includes(phrase)));
  if (template.source === 'workspace')
    return (meant !== undefined || isWeb) && telling.some((stems) => kinds.includes(stems));
  return meant?.id === template.id || (isWeb && template.id === 'static-site');
}

/** How many more words of a brief stand in a template's title and description. */
function overlapOf({ words, terms, technologies }: Reading, { template }: Candidate): number {
  const own = new Set([...template.title, ...template.description].flatMap(wordsOf).map(({ stem }) => stem));
  return words.filter(
    (word, position) =>
      isTelling(word) &&
      !technologies.has(nameOf(word.folded)) &&
      !terms.some(({ from, to }) => position >= from && position < to) &&
      own.has(word.stem),
  ).length;
}

/** Without any kind, a word of a title may still tell which template is meant. */
function byDescription(words: readonly Word[], candidates: readonly Candidate[]): TemplateMatch {
  const stems = words.filter(isTelling).map(({ stem }) => stem);
  const named = candidates.find(({ template }) => {
    const title = new Set([...template.title, template.id].flatMap(wordsOf).map(({ stem }) => stem));
    return stems.some((stem) => title.has(stem));
  });
  return named
    ? found(named.template.id, `“${titleOf(named)}” was assumed.`, words, named)
    : { kind: 'unclear' };
}

function nearTo({ technologies, head }: Reading, candidates: readonly Candidate[]): string[] {
  const names = [...technologies.keys()];
  const ofTechnology = candidates.filter(({ known }) => names.some((name) => known.has(name)));
  const ofKind = candidates.filter((candidate) => head && hasTerm(candidate, head));
  const ids = [...ofTechnology, ...ofKind].map(({ template }) => template.id);
  return [...new Set(ids)].slice(0, MOST_NEAR);
}
