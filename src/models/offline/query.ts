import { type Asked, askedBy, isFormWord } from './asked.ts';
import { conceptsOf, meaningfulWords } from './concepts.ts';
import { isQuestion, sentencesOf } from './questions.ts';
import { fold } from './sentence.ts';
import type { Statement } from './statements.ts';

/** What a question looks for in what was said. */
export interface Query {
  /** The concepts that an answer is about. */
  topics: string[];
  asked: Asked | undefined;
  /** Everything about the topics is wanted, not one answer. */
  everything: boolean;
  /** What the assistant itself said or did is asked for. */
  ofAssistant: boolean;
  /** About the speaker, and not about something of theirs. */
  aboutSelf: boolean;
}

const EVERYTHING =
  /\bwhat (?:do|did|have) (?:you|i|we) (?:know|remember|tell|told|say|said|mention)|\btell me (?:everything|all|what you know|about)|\bque (?:sabes|recuerdas|te (?:dije|conte|he))|\b(?:cuentame|dime) (?:todo|lo que)/;
/** What took place is wanted, whatever it was: the words for that, and for when, say nothing of what it is about. */
const HAPPENED =
  /\bwhat(?:'s| is| has| was)? (?:happened|happening|new|been happening|been going on|going on)\b|\bany (?:news|activity)\b|\bque (?:ha pasado|paso|pasa|hay de nuevo|novedades)\b|\bnovedades\b/;
const HAPPENING =
  /^(?:what|whats|happen\p{L}*|new|news|going|any|activity|been|hay|nuevo|novedades|pas(?:o|a|ado)|today|yesterday|lately|recently|hoy|ayer|last|past|ultim[oa]s?|pasad[oa]s?|days?|weeks?|months?|years?|dias?|semanas?|mes(?:es)?|anos?)$/u;
const OF_ASSISTANT =
  /\b(?:did|have|had) you\b|\byou (?:say|said|tell|told|suggest|recommend|answer|creat|writ|wrote|delet|mention)|\b(?:dijiste|hiciste|creaste|escribiste|sugeriste|recomendaste|borraste|respondiste|contaste|has (?:dicho|hecho|creado|escrito|borrado))\b/;
const SELF = /\b(?:i|me|my (?:\w+ )?(?:name|age)|yo|mi (?:nombre|edad)|me llamo|soy|tengo)\b/;
const POSSESSIVE = /\b(?:my|our|mine|mi|mis|nuestr[oa]s?)\b/;
const SPANISH_SELF =
  /^[¿\s]*(?:a |en |de |con )?(?:que|donde|adonde|cuando|como|cuanto)(?: hora| dia| ciudad| pais)? \p{L}+(?:o|oy)\b/u;
const FIRST_PERSON = /\b(?:i|i'm|i've|i'd|we|me|my|our|yo|mi|mis|nos|nuestr[oa]s?)\b/;
/** A Spanish verb in the first person, with its accents: "vivo", "estoy", "compré". */
const FIRST_PERSON_ENDING = /[oyéí]$/;
const OWN_SUBJECT =
  /^(?:(?:and|but|also|so|y|pero|remember that|recuerda que|oh|well),? )?(?:my|our|mi|mis|nuestr[oa]s?) (\p{L}+)(?: (\p{L}+)(?= (?:is|are|was|were|will|has|have|es|son|era|esta|sera|se)\b))?/u;
const OWNERS = /\b(?:my|our) (\p{L}+)'s?\b(?=\s)|\b(?:of|de) (?:my|our|mi|mis|nuestr[oa]s?) (\p{L}+)/gu;

/** Reads a question; where a message states things as well, only the sentences that ask count. */
export function readQuery(message: string): Query {
  const asking = sentencesOf(message).filter(isQuestion).join(' ') || message;
  const folded = fold(asking);
  const asked = askedBy(asking);
  const formWords = asked ? meaningfulWords(asking).filter(isFormWord).flatMap(conceptsOf) : [];
  const happened = HAPPENED.test(folded);
  const passing = happened ? meaningfulWords(asking).filter((word) => HAPPENING.test(word)) : [];
  const topics = new Set(conceptsOf(asking)).difference(
    new Set([asked?.concept, ...formWords, ...passing.flatMap(conceptsOf)]),
  );
  return {
    topics: [...topics],
    // Without a word of what it is about, a question can only be about the speaker, or be beyond us.
    asked: !happened && (topics.size > 0 || SELF.test(folded)) ? asked : undefined,
    everything: happened || EVERYTHING.test(folded),
    ofAssistant: OF_ASSISTANT.test(folded),
    aboutSelf: !POSSESSIVE.test(folded) && (/\b(?:i|me)\b/.test(folded) || SPANISH_SELF.test(folded)),
  };
}

/** Whether a statement is about the one who made it: "where do I live?" is not answered by "my brother lives in Paris". */
export function isOfSpeaker({ text }: Pick<Statement, 'text'>, { topics, asked }: Query): boolean {
  const folded = fold(text);
  const subject = OWN_SUBJECT.exec(folded)?.slice(1).filter(Boolean).flatMap(conceptsOf) ?? [];
  const foreign = subject.length > 0 && !subject.some((concept) => topics.includes(concept));
  if (foreign && asked?.concept !== '=name') return false;
  if (FIRST_PERSON.test(folded)) return true;
  const surfaces = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  return surfaces.some(
    (word) => FIRST_PERSON_ENDING.test(word) && conceptsOf(word).some((concept) => topics.includes(concept)),
  );
}

/** Whether a statement is about a thing of someone that the question does not name: "my neighbour's dog" is not "my dog". */
export function hasForeignOwner({ text }: Pick<Statement, 'text'>, { topics }: Query): boolean {
  return [...fold(text).matchAll(OWNERS)].some(([, english, spanish]) =>
    conceptsOf(english ?? spanish ?? '').some((concept) => !topics.includes(concept)),
  );
}
