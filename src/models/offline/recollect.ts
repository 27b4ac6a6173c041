import { shows } from './asked.ts';
import { hasForeignOwner, isOfSpeaker, type Query, readQuery } from './query.ts';
import { type Memory, type Statement, statementsOf } from './statements.ts';

/** What was found for a question, oldest first; `near` when it is about the same but may not answer. */
export interface Recollection {
  certainty: 'sure' | 'near';
  quotes: Memory[];
}

/** What a question can be compared with. */
type Scorable = Pick<Statement, 'text' | 'concepts'>;

interface Scored<Found extends Scorable = Statement> {
  statement: Found;
  score: number;
  sure: boolean;
}

/** The share of a question's weight that a statement must cover. */
const SURE = 0.7;
const NEAR = 0.5;
/** Statements that fit nearly as well as the best one: the newest of them holds. */
const NEARLY_EQUAL = 0.9;
/** The weight of what is asked for, where a word that all statements have weighs 1. */
const ASKED_WEIGHT = 0.6;
const FOREIGN_OWNER_FACTOR = 0.6;
/** How much of the score is for saying little else. */
const DENSITY_SHARE = 0.2;
const MOST_QUOTES = 5;

/** Finds in messages of the past what answers a question; undefined when nothing really does. */
export function recollect(question: string, memories: readonly Memory[]): Recollection | undefined {
  const query = readQuery(question);
  const statements = statementsOf(memories);
  const ofUser = statements.filter(({ parts }) => parts[0]?.role === 'user');
  const ofAssistant = statements.filter(({ parts }) => parts[0]?.role === 'assistant');
  if (query.everything && !query.ofAssistant) return everything(query, ofUser);
  const sources = query.ofAssistant ? [ofAssistant, ofUser] : [ofUser, ofAssistant];
  const found = sources.map((source) => best(scoreAll(source, query)));
  const chosen = found.find((scored) => scored?.sure) ?? found.find((scored) => scored !== undefined);
  return chosen && { certainty: chosen.sure ? 'sure' : 'near', quotes: chosen.statement.parts };
}

/** All that is known about the topics of a question; without topics, the newest that there is. */
function everything(query: Query, statements: Statement[]): Recollection | undefined {
  const scored = scoreAll(statements, query);
  const sure = scored.filter((each) => each.sure);
  const matching =
    query.topics.length === 0
      ? statements
      : (sure.length > 0 ? sure : scored).map(({ statement }) => statement);
  const perMessage = new Map<string, Memory>();
  for (const { parts } of matching) {
    const [part] = parts;
    if (part && parts.length === 1 && !perMessage.has(part.text)) perMessage.set(part.text, part);
  }
  const quotes = [...perMessage.values()].slice(-MOST_QUOTES);
  return quotes.length > 0 ? { certainty: 'sure', quotes } : undefined;
}

/** The newest of those that fit nearly as well as the best; what may not answer counts only if nothing does. */
function best(scored: Scored[]): Scored | undefined {
  const sure = scored.filter((each) => each.sure);
  const candidates = sure.length > 0 ? sure : scored;
  const highest = candidates.reduce((most, { score }) => Math.max(most, score), 0);
  const [first] = candidates
    .filter(({ score }) => score >= highest * NEARLY_EQUAL)
    .toSorted((one, other) => other.statement.place - one.statement.place || other.score - one.score);
  return first;
}

/** Those that fit a question, each with how well; a word that few of them have counts more. */
export function scoreAll<Found extends Scorable>(statements: Found[], query: Query): Scored<Found>[] {
  const weights = new Map(query.topics.map((topic) => [topic, rarity(topic, statements)]));
  return statements.flatMap((statement) => score(statement, query, weights) ?? []);
}

function rarity(topic: string, statements: Scorable[]): number {
  const having = statements.filter(({ concepts }) => concepts.has(topic)).length;
  return 1 + Math.log((statements.length + 1) / (having + 1));
}

function score<Found extends Scorable>(
  statement: Found,
  query: Query,
  weights: Map<string, number>,
): Scored<Found> | undefined {
  const { topics, asked } = query;
  if (topics.length === 0) {
    const told = asked !== undefined && shows(asked.self, statement.text);
    return told ? { statement, score: 1, sure: true } : undefined;
  }
  const matched = topics.filter((topic) => statement.concepts.has(topic));
  if (matched.length === 0 || (query.aboutSelf && !isOfSpeaker(statement, query))) return undefined;
  const answered = hasWhatIsAsked(statement, query);
  const askedWeight = asked ? ASKED_WEIGHT : 0;
  const covered = sum(matched, weights) + (answered ? askedWeight : 0);
  const share = covered / (sum(topics, weights) + askedWeight);
  const fit = share * (hasForeignOwner(statement, query) ? FOREIGN_OWNER_FACTOR : 1);
  if (fit < NEAR) return undefined;
  const density = matched.length / Math.max(statement.concepts.size, 1);
  return {
    statement,
    score: fit * (1 - DENSITY_SHARE + DENSITY_SHARE * density),
    sure: answered && fit >= SURE,
  };
}

/** Whether a statement has what a question asks for beside its topics: a time for "when", a name for "who". */
export function hasWhatIsAsked({ text, concepts }: Scorable, { asked }: Query): boolean {
  return !asked || concepts.has(asked.concept) || shows(asked.evidence, text);
}

function sum(topics: string[], weights: Map<string, number>): number {
  return topics.reduce((total, topic) => total + (weights.get(topic) ?? 0), 0);
}
