import { skipLeads } from './courtesy.ts';
import { readSentence, wholeOf } from './sentence.ts';

/** Words that a question starts with, whatever follows. */
const ALWAYS = set(
  "what's whats who's where's when's how's whom whose quien quienes cual cuales cuanto cuanta cuantos cuantas dime",
);
/** Words that start a question unless its subject follows at once: "when does it …", but "when I was a child …". */
const UNLESS_SUBJECT = set('what who where when why how which');
const SUBJECTS = set('i you he she we they my your his our their the it a an');
/** Verbs that start a question when its subject follows at once: "is my …", but "is that so". */
const IF_SUBJECT = set(
  "do does did is are am was were can could should would will shall have has had isn't aren't don't doesn't didn't wasn't",
);
const QUESTION_SUBJECTS = set(
  'i you he she we they my your his her our their the it there this that any anyone a an',
);
/** Spanish question words that without an accent start other sentences too, and what follows them in a question. */
const FOLLOWED = new Map(
  Object.entries({
    como: set('se es son esta estan me te puedo hago creo borro llego fue hay'),
    donde: set(
      'vivo vive viven esta estan trabajo trabaja es son fue hay tengo puse deje guarde queda naci compre estoy',
    ),
    cuando: set(
      'es son fue sera nacio naci cumple cumplo tengo tiene empieza llega llego sale vuelvo vuelve viene',
    ),
    que: set(
      'es son hay tengo tiene tienes dia hora fecha ano color colores archivos ficheros sabes puedes eres significa coche ' +
        'comida libro ciudad pais idioma tal paso come como bebo bebe hago estudio estudia le me te dije edad numero',
    ),
    por: set('que'),
    recuerdame: set('que como cual donde cuando quien el la mi'),
  }),
);
const ACCENTED = /^(?:qué|quién|quiénes|cómo|dónde|adónde|cuándo|cuál|cuáles|cuánto|cuánta|cuántos|cuántas)$/;
const REQUESTS = [
  /^(?:tell|remind) me (?!to\b|that\b|in\b|at\b|on\b|tomorrow\b)/,
  /^(?:do|did) you (?:remember|know|recall)\b/,
  /^(?:te acuerdas|recuerdas|sabes)\b/,
];
/** Words before a question word: "in which city", "a qué hora". */
const BEFORE = set('in at on for from with to of and but so a en de con para desde hasta pero');
const ABBREVIATION =
  /(?:^|[\s(])(?:[ap]\.m|dr|dra|mr|mrs|ms|sr|sra|srta|st|av|avda|prof|no|núm|num|etc|\p{L})\.$|^\s*\d{1,3}\.$/iu;

/** Whether a sentence asks something. Commands are none, even if they are put as a question; look for those first. */
export function isQuestion(sentence: string): boolean {
  const text = sentence.trim();
  if (/\?\s*["'”»)]*$/.test(text.slice(-20)) || text.startsWith('¿')) return true;
  const range = wholeOf(readSentence(text.slice(0, 400)));
  const { from } = skipLeads(range);
  const words = range.sentence.tokens.slice(from);
  const folded = words.map(({ word }) => word).join(' ');
  if (REQUESTS.some((request) => request.test(folded))) return true;
  const start = BEFORE.has(words[0]?.word ?? '') ? 1 : 0;
  const [first, next] = [words[start], words[start + 1]?.word ?? ''];
  const word = first?.word ?? '';
  if (ACCENTED.test((first?.raw ?? '').normalize('NFC').toLowerCase())) return true;
  if (UNLESS_SUBJECT.has(word)) return next !== '' && !SUBJECTS.has(next);
  if (start === 0 && IF_SUBJECT.has(word)) return QUESTION_SUBJECTS.has(next);
  return ALWAYS.has(word) || (FOLLOWED.get(word)?.has(next) ?? false);
}

/** Cuts a text into its sentences, as they were written. */
export function sentencesOf(text: string): string[] {
  const sentences: string[] = [];
  let start = 0;
  for (const { 0: end, index } of text.matchAll(/[.!?…]["'”»)]{0,2}(?=\s)|\n/g)) {
    const stop = index + end.length;
    if (end === '.' && ABBREVIATION.test(text.slice(Math.max(start, stop - 8), stop))) continue;
    sentences.push(text.slice(start, stop).trim());
    start = stop;
  }
  sentences.push(text.slice(start).trim());
  return sentences.filter((sentence) => /[\p{L}\p{N}]/u.test(sentence));
}

function set(list: string): Set<string> {
  return new Set(list.split(' '));
}
