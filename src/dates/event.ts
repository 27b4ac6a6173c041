const MOST_WORDS = 6;
const RELATION = /\b(?:(before|antes)|after|despues|luego|tras)\b/g;
/** What stands between the relation and the event; Spanish has "antes de la boda", "después de que llegó". */
const LINK = /^ (?:(?:del?|de que) )?(?:que )?/;
const ARTICLE = /^(?:(?:the|el|la|los|las) )?/;

/** "look after the dog", "named after her", "the week before last". */
const VERB_BEFORE =
  /\b(?:look\w*|tak(?:e|es|ing|en)|took|nam(?:e|ed|es|ing)|ask\w*|go(?:es|ing)?|went|run\w*|before and|antes y) $/;
/** "before long", "after all", "antes de nada", "before and after", "before 5", "antes de las siete", "before I forget". */
const IDIOM =
  /^(?:long|all|that|this|those|these|it|anything|everything|everyone|now|then|last|yesterday|and|or|y|o|ever|nada|todo|eso|esto|ello|aquello|ayer|hoy|tiempo|lo|\d\w*|(?:the |el )?(?:end|beginning|start|fin|final|finales|principios?)|las? (?:\d|una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce)|(?:\w+ )?(?:i forget|se me olvide))\b/;
/** Words that begin another clause or name the matter. */
const CLAUSE =
  /^(?:about|regarding|concerning|and|but|or|so|did|do|does|what|when|who|where|why|how|which|that|because|sobre|acerca|y|e|pero|o|porque|cuando|que|cual|quien|donde|como)$/;
/** What cannot end an event, as "the meeting on". */
const LINKING = /^(?:the|a|an|my|our|on|in|at|of|el|la|los|las|un|una|mi|del?|en|al?)$/;

/**
 * Finds the first event after "before" or "after". `folded` and `written` are the same question, letter by letter; times begin
 * where `timeStarts` says.
 */
export function readEvent(
  folded: string,
  written: string,
  timeStarts: number[],
): { relation: 'before' | 'after'; text: string /* "the trip" */ } | null {
  for (const match of folded.matchAll(RELATION)) {
    const { 0: word, 1: before, index } = match;
    const start = index + word.length + lengthOfMatch(LINK, folded.slice(index + word.length, index + 40));
    const isSpanish = word !== 'before' && word !== 'after';
    // "antes" by itself is "earlier": only with "de" or "que" an event follows.
    if (isSpanish && word !== 'tras' && !/ (?:del?|que)\b/.test(folded.slice(index + word.length, start)))
      continue;
    if (/^ que\b/.test(folded.slice(index + word.length))) continue;
    const rest = folded.slice(start);
    if (VERB_BEFORE.test(folded.slice(Math.max(0, index - 20), index)) || IDIOM.test(rest.slice(0, 40)))
      continue;
    const timeStart = timeStarts.find((time) => time >= start) ?? folded.length;
    if (timeStart <= start + lengthOfMatch(ARTICLE, rest.slice(0, 10))) continue;
    const length = eventLength(folded.slice(start, timeStart));
    if (length > 0) {
      return { relation: before ? 'before' : 'after', text: written.slice(start, start + length) };
    }
  }
  return null;
}

function lengthOfMatch(pattern: RegExp, text: string): number {
  return pattern.exec(text)?.[0].length ?? 0;
}

/** How much of the text is the event: a few words, up to punctuation or another clause. */
function eventLength(text: string): number {
  const phrase = /^[^.,;:?!¿¡()[\]{}"«»\n]{0,200}/.exec(text)?.[0] ?? '';
  const words = phrase.split(' ').slice(0, MOST_WORDS);
  const clause = words.findIndex((word) => CLAUSE.test(word));
  const event = clause < 0 ? words : words.slice(0, clause);
  while (LINKING.test(event.at(-1) ?? '') || event.at(-1) === '') event.pop();
  return event.join(' ').length;
}
