import type { CitedPlace, QuotedPassage } from '../passages.ts';
import { type PassageUnit, unitsOf } from './passage-units.ts';
import { type Query, readQuery } from './query.ts';
import { hasWhatIsAsked, scoreAll } from './recollect.ts';

/** Words of a file, and where they stand. */
interface Quote {
  text: string;
  place: CitedPlace;
}

/** What passages say to a question, the best first; `near` when it is about the same but may not answer. */
export interface PassageAnswer {
  certainty: 'sure' | 'near';
  quotes: Quote[];
}

const MOST_QUOTES = 3;
const LONGEST_QUOTE = 320;
/** How well a further quote must fit, against the best one. */
const FURTHER_FIT = 0.75;
/** What each place further behind in the order of the search counts less. */
const RANK_STEP = 0.02;

/**
 * Finds in passages what answers a question; undefined when nothing does. `aboutAnyone` is for questions to documents, in which the
 * one who asks stands under a name.
 */
export function answerFrom(
  question: string,
  passages: readonly QuotedPassage[],
  { aboutAnyone }: { aboutAnyone: boolean },
): PassageAnswer | undefined {
  const query = readQuery(question);
  if (query.topics.length === 0) return undefined;
  const asked = aboutAnyone ? { ...query, aboutSelf: false } : query;
  const units = passages.flatMap(unitsOf);
  const around = aboutAnyone ? conceptsAround(units) : undefined;
  const scored = scoreAll(units, asked)
    .map(({ statement, score, sure }) => {
      const rank = passages.indexOf(statement.passage);
      return {
        unit: statement,
        score: score * Math.max(1 - RANK_STEP * rank, 0.5),
        sure: sure || completes(statement, asked, around?.get(statement.passage)),
      };
    })
    .toSorted((one, other) => Number(other.sure) - Number(one.sure) || other.score - one.score);
  const [best] = scored;
  if (!best) return undefined;
  const fitting = scored.filter(({ sure, score }) => sure === best.sure && score >= best.score * FURTHER_FIT);
  const quotes = apart(fitting.map(({ unit }) => unit)).map(({ text, place }) => ({
    text: clip(text),
    place,
  }));
  return { certainty: best.sure ? 'sure' : 'near', quotes };
}

/** How the first passages begin: what a search found without a word of the question in it. */
export function beginningsOf(passages: readonly QuotedPassage[]): PassageAnswer | undefined {
  const quotes = passages
    .slice(0, MOST_QUOTES)
    .flatMap((passage) => unitsOf(passage)[0] ?? [])
    .map(({ text, place }) => ({ text: clip(text), place }));
  return quotes.length > 0 ? { certainty: 'near', quotes } : undefined;
}

/** What each passage is about as a whole. */
function conceptsAround(units: PassageUnit[]): Map<QuotedPassage, Set<string>> {
  const around = new Map<QuotedPassage, Set<string>>();
  for (const { passage, concepts } of units) {
    around.set(passage, (around.get(passage) ?? new Set<string>()).union(concepts));
  }
  return around;
}

/** Whether what a sentence leaves open of a question is said around it: "Ana is the owner", in a passage about the project. */
function completes(unit: PassageUnit, query: Query, around: Set<string> | undefined): boolean {
  return (
    around !== undefined && hasWhatIsAsked(unit, query) && query.topics.every((topic) => around.has(topic))
  );
}

/** The first ones that neither overlap nor say the same. */
function apart(units: PassageUnit[]): PassageUnit[] {
  const chosen: PassageUnit[] = [];
  for (const unit of units) {
    const isNew = chosen.every((other) => !overlaps(unit, other));
    if (isNew && chosen.length < MOST_QUOTES) chosen.push(unit);
  }
  return chosen;
}

function overlaps(one: PassageUnit, other: PassageUnit): boolean {
  if (one.text.includes(other.text) || other.text.includes(one.text)) return true;
  const { place: here } = one;
  const { place: there } = other;
  if (here.path !== there.path || here.page !== there.page) return false;
  return here.page !== null || (here.startLine <= there.endLine && there.startLine <= here.endLine);
}

/** Cuts a long quote behind its last whole sentence, else behind a word. */
function clip(text: string): string {
  if (text.length <= LONGEST_QUOTE) return text;
  const head = text.slice(0, LONGEST_QUOTE);
  const sentences = /^.*[.!?…]["'”»)]*(?=\s)/s.exec(head)?.[0];
  if (sentences !== undefined && sentences.length > LONGEST_QUOTE / 4) return `${sentences} …`;
  return `${head.replace(/\s+\S*$/, '')}…`;
}
