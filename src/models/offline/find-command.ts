import { skipLeads } from './courtesy.ts';
import { GITHUB_AGENT } from './github-words.ts';
import type { Language } from './language.ts';
import { compilePhrase, type Match, matchPhrase } from './phrase.ts';
import { type Range, readSentence, wholeOf } from './sentence.ts';
import type { Skill } from './skill.ts';
import { SKILLS } from './skills.ts';

/** A phrase of a skill, found to be what a range of a sentence says. */
export interface FoundCommand {
  skill: Skill;
  language: Language;
  match: Match;
  /** From its courtesies up to the end of the command itself. */
  range: Range;
  /** The one who is spoken to is asked to do it: "can you …". */
  requested: boolean;
  /** It may be no command: what the speaker would like to do, or a question. */
  doubtful: boolean;
}

/** First words of phrases that start many other sentences too. */
const COMMON_STARTS = new Set(
  `what what's whats which where how do does are is in inside within can could may let take has have que cuales cuantos cual hay
  tengo en dentro puedo dejame donde son no oops wait perdon espera has have esta estan learn study include load import check
  query consult drop forget exclude clear stop aprende aprender estudia estudiar consulta consulte consultar agrega agregar
  anade anadir incorpora incorporar carga cargar incluye incluya incluir saca saque sacar retira retire retirar excluye excluya
  excluir olvida olvide olvidar olvidate de deja deje dejar i i'd un una otro otra new nuevo nueva set start begin prepare build
  develop program code propose suggest plan sketch design outline preview do publish push upload extend como publica publicar
  sube subir programa prepara monta levanta inicia arranca empieza comienza ponle tener me nos`.split(/\s+/),
);

/** What shows that a verb such as "close" or "merge" is said of something at GitHub. */
const NAMES_GITHUB =
  /\b(?:github|repos?|repositor(?:y|ies|ios?)|pull[ -]requests?|prs?)\b|\b(?:issues?|incidencias?) #?\d|[\w-]\/[\w.-]{1,100}#\d/i;
const LONGEST_LOOK = 1_000;

const PHRASES = Map.groupBy(
  SKILLS.flatMap((skill) => [...phrasesOf(skill, 'en'), ...phrasesOf(skill, 'es')]),
  ({ firstWord }) => firstWord,
);

/** Whether there is somebody who can do what a skill is. */
export type IsReachable = (skill: Skill) => boolean;

/**
 * Finds the command that a whole range is, if it is one. What can be said to two is for the one that is within reach; what loses
 * something is never taken for anything else.
 */
export function findCommand(range: Range, isReachable: IsReachable): FoundCommand | undefined {
  const { from, requested, wished } = skipLeads(range);
  if (from >= range.to) return undefined;
  const firstWord = range.sentence.tokens[from]?.word ?? '';
  let first: FoundCommand | undefined;
  for (const { skill, language, phrase } of PHRASES.get(firstWord) ?? []) {
    if (first && (skill.destructive || !isReachable(skill))) continue;
    if (skill.wish && !wished) continue;
    const match = matchPhrase(phrase, { ...range, from });
    if (!match) continue;
    const doubtful = !requested && (wished || match.asked);
    const found = { skill, language, match, range: { ...range, to: match.end }, requested, doubtful };
    if (skill.destructive || isReachable(skill)) return found;
    first = found;
  }
  return first;
}

/**
 * The skills whose verb a message starts with, as what is almost a command does; none for what is wished for, and for words that
 * start many other sentences too.
 */
export function skillsThatStartLike(message: string): Skill[] {
  const range = wholeOf(readSentence(message.trim()));
  const { from, wished } = skipLeads(range);
  const verb = range.sentence.tokens[from]?.word ?? '';
  if (wished || COMMON_STARTS.has(verb)) return [];
  const similar = (PHRASES.get(verb) ?? []).map(({ skill }) => skill);
  const isAtGitHub = NAMES_GITHUB.test(message.slice(0, LONGEST_LOOK));
  return [...new Set(similar.filter(({ agent }) => isAtGitHub || agent !== GITHUB_AGENT))];
}

function phrasesOf(skill: Skill, language: Language) {
  return skill.phrases[language]
    .map(compilePhrase)
    .flatMap((phrase) => phrase.firstWords.map((firstWord) => ({ firstWord, skill, language, phrase })));
}
