import { readClause, readProjectName } from './project-clauses.ts';
import {
  CONTINUATIONS,
  KINDS,
  LONG_KINDS,
  NOT_MODIFIERS,
  NOT_NAMES_OF_PROJECTS,
  PLAIN_KINDS,
  SPANISH_ADJECTIVES,
  SPANISH_DETERMINERS,
  TECHNICAL_KINDS,
  TECHNICAL_WORDS,
  technologyOf,
} from './project-words.ts';
import type { Range } from './sentence.ts';
import { skip, tokenAt, words } from './slots.ts';

/** What is known of the noun phrase: where it ends, what it was made of, and a name that stood right behind it. */
export interface Thing {
  kind: string;
  from: number;
  to: number;
  /** Behind the name that stands right behind it, if one does. */
  next: number;
  name?: string;
  /** The name is a bare word that may have been meant otherwise. */
  isBareName?: boolean;
  isPlain: boolean;
  isTechnical: boolean;
}

const MOST_WORDS_OF_NOUN_PHRASE = 12;
const BEFORE_TECHNOLOGY = words('in en with con using usando on de by and y e , + &');
const CONJUNCTIONS = words(', and y e + &');
const WORD = /^[\p{L}][\p{L}'-]*$/u;
const MADE_UP_NAME = /^(?=.*[\p{L}])(?:[\p{L}\p{N}]+(?:[-_][\p{L}\p{N}]+)+|\p{L}+\p{N}[\p{L}\p{N}]*)$/u;
const VERB_FORM = /(?:ed|ing|ly|ando|iendo|mente|[ai]d[oa])$/;

/**
 * Reads what is to be created as it is called: "small REST API", "página web estática", "Python package foo". Undefined where no
 * kind of project is the head of it.
 */
export function readThing(range: Range, determiner: string): Thing | undefined {
  const isSpanish = SPANISH_DETERMINERS.has(determiner);
  const limit = Math.min(range.to, range.from + MOST_WORDS_OF_NOUN_PHRASE);
  let kindFrom = range.from;
  let kindTo = range.from;
  let position = range.from;
  let plain = false;
  while (position < limit) {
    const token = tokenAt(range, position);
    const word = token?.word ?? '';
    const length = kindLength(range, position);
    if (length > 0) {
      if (kindTo !== position) kindFrom = position;
      kindTo = position + length;
      plain ||= PLAIN_KINDS.has(word) || length > 1;
      position = kindTo;
      continue;
    }
    const isDone = kindTo > range.from && CONTINUATIONS.has(word);
    if (isDone || /^["'`“‘«„-]/.test(word)) break;
    if (NOT_MODIFIERS.has(word) || (CONTINUATIONS.has(word) && !isJoined(range, position))) break;
    position += 1;
  }
  if (kindTo === range.from) return undefined;
  const kind = range.sentence.tokens[kindTo - 1]?.word ?? '';
  // "A web of lies": alone it is a thing in Spanish only.
  if (kind === 'web' && kindTo - kindFrom === 1 && !isSpanish && range.from === kindFrom) return undefined;
  const thing = {
    kind,
    from: range.from,
    to: kindTo,
    isPlain: plain,
    isTechnical: namesTechnology(range, kindTo),
  };
  return readBehind({ ...range, from: kindTo }, thing, determiner);
}

/** "Small, fast and simple": what joins adjectives does not end them. */
function isJoined(range: Range, position: number): boolean {
  const word = tokenAt(range, position)?.word ?? '';
  const next = tokenAt(range, position + 1)?.word ?? '';
  if (word === 'to') return next === 'do';
  if (word === 'on') return next === 'rails';
  return (
    position > range.from && CONJUNCTIONS.has(word) && !NOT_MODIFIERS.has(next) && !CONTINUATIONS.has(next)
  );
}

/** What follows a kind at once: nothing, technologies, adjectives where it is Spanish, or a name that can be nothing else. */
function readBehind(
  range: Range,
  thing: Omit<Thing, 'next' | 'name'>,
  determiner: string,
): Thing | undefined {
  const isSpanish = SPANISH_DETERMINERS.has(determiner);
  const isTechnical = ({ word, raw }: { word: string; raw: string }) =>
    technologyOf(raw) !== undefined || TECHNICAL_WORDS.has(word);
  const technical = skip(range, range.from, isTechnical);
  const known = { ...thing, to: technical, isTechnical: thing.isTechnical || technical > range.from };
  const token = tokenAt(range, technical);
  if (!token || CONTINUATIONS.has(token.word) || readClause(range, technical))
    return { ...known, next: technical };
  if (/^["'`“‘«„]/.test(token.raw)) {
    const quoted = readProjectName(range, technical);
    return quoted && { ...known, name: quoted.value, next: quoted.next };
  }
  const end = skip(range, technical, ({ word }) => !CONTINUATIONS.has(word));
  const tail = range.sentence.tokens.slice(technical, end);
  const last = tail.at(-1);
  if (!last || tail.length > 3 || tail.some(({ word }) => NOT_MODIFIERS.has(word))) return undefined;
  const isMadeUp = MADE_UP_NAME.test(last.raw);
  const isName =
    isMadeUp || (tail.length === 1 && canBeName(last.word, known, isNamed(determiner, end === range.to)));
  if (isName && (tail.length === 1 || isSpanish)) {
    return { ...known, to: end - 1, name: last.raw, isBareName: !isMadeUp, next: end };
  }
  const adjectives =
    isSpanish && tail.every(({ raw, word }) => WORD.test(raw) && !NOT_NAMES_OF_PROJECTS.has(word));
  return adjectives ? { ...known, to: end, next: end } : undefined;
}

/** Whether a name may stand bare behind a kind: "el proyecto tienda", but "un proyecto personal" and "una API sencilla". */
function isNamed(determiner: string, isLast: boolean): 'kind' | 'technology' | 'never' {
  if (SPANISH_DETERMINERS.has(determiner) && determiner !== 'el') return 'never';
  return isLast ? 'kind' : 'technology';
}

/** A word behind "fastify api" names it; one behind "project" where nothing else is said. */
function canBeName(
  word: string,
  { isTechnical, kind, from, to }: Omit<Thing, 'next'>,
  allowed: 'kind' | 'technology' | 'never',
): boolean {
  if (allowed === 'never' || !WORD.test(word)) return false;
  if (NOT_NAMES_OF_PROJECTS.has(word) || SPANISH_ADJECTIVES.has(word) || VERB_FORM.test(word)) return false;
  return isTechnical || (allowed === 'kind' && to - from === 1 && /^(?:project|proyecto|cli)$/.test(kind));
}

/** The length of the kind at a position, in words; 0 where there is none. */
function kindLength(range: Range, position: number): number {
  const long = LONG_KINDS.find((kind) =>
    kind.every((word, offset) => tokenAt(range, position + offset)?.word === word),
  );
  const word = tokenAt(range, position)?.word ?? '';
  return long?.length ?? (KINDS.has(word) || TECHNICAL_KINDS.has(word) ? 1 : 0);
}

/** Whether a technology is named: anywhere in the noun phrase, behind it only after a word like "in" or "with". */
export function namesTechnology(range: Range, to?: number): boolean {
  return range.sentence.tokens
    .slice(range.from, to ?? range.to)
    .some(
      ({ raw }, offset) =>
        technologyOf(raw) !== undefined &&
        (to !== undefined ||
          BEFORE_TECHNOLOGY.has(range.sentence.tokens[range.from + offset - 1]?.word ?? '')),
    );
}
