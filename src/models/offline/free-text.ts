import { quotedTokens, readQuotation, readSentence } from './sentence.ts';

/** Text that a person gave to be written. */
export interface Content {
  text: string;
  /** Nothing but the end of the sentence ends it: neither quotation marks nor a code fence. */
  open: boolean;
}

/** What to find and what to put in its place; or that the words can be cut in more than one way, or in none. */
export type Change = { find: string; replace: string } | 'ambiguous' | 'incomplete';

const DETERMINER =
  '(?:the|this|these|following|some|only|el|los|la|las|este|esta|estos|estas|un|una|siguiente|siguientes)';
const NOUN = '(?:text|contents?|lines?|words?|message|texto|contenido|l[ií]neas?|palabras?|mensaje)';
const BEHIND = String.raw`(?:\s(?:following|below|siguientes?))?`;
/** "the text: …", "content "…"", "the following: …": announced by a colon or quotation marks. */
const ANNOUNCED = new RegExp(
  String.raw`^(?:(?:${DETERMINER}\s){0,3}${NOUN}${BEHIND}|the following|this|lo siguiente|esto)\s?(?::(?:[ \t]*\r?\n)+|:[ \t]*|(?=["“«'\x60]))`,
  'iu',
);
/** "the text …": with an article, but not "the text of …". */
const NAMED = new RegExp(
  String.raw`^(?:${DETERMINER}\s){1,3}(?:text|contents?|texto|contenido)${BEHIND}\s(?!(?:of|about|from|in|that|which|is|de|del|sobre|para|que|es)\s)`,
  'iu',
);
const FENCE = /^```[^\n`]*\n/;
const AFTER_QUOTATION = /^[\s.,;!?…]*(?:(?:please|por favor|porfa|thanks|thank you|gracias)[\s.!]*)?$/i;

/** Reads the text behind "with": without a lead-in such as "the text", and out of its quotation marks or code fence. */
export function readContent(written: string): Content {
  const text = written.replace(/^:[ \t]*(?:\r?\n)?/, '');
  const lead = (ANNOUNCED.exec(text) ?? NAMED.exec(text))?.[0] ?? '';
  const body = text.slice(lead.length);
  const fence = FENCE.exec(body);
  const fenceEnd = body.lastIndexOf('```');
  if (fence && fenceEnd >= fence[0].length && AFTER_QUOTATION.test(body.slice(fenceEnd + 3))) {
    return { text: body.slice(fence[0].length, fenceEnd), open: false };
  }
  const quotation = readQuotation(body, 0);
  if (quotation && AFTER_QUOTATION.test(body.slice(quotation.end)))
    return { text: quotation.inner, open: false };
  return { text: body, open: true };
}

const LONGEST_NEEDLE = 300;
/** "the word milk", "todas las líneas con leche". */
const NEEDLE_LEAD =
  /^(?:(?:the|all|every|any|each|of|la|el|las|los|todas?|todos?|cada|una?|an?|line|lines|l[ií]neas?|con|with|containing|occurrences?|mentions?|apariciones|menciones|de|que dicen|that say)\s){0,5}(?:(?:exact|literal)\s)?(?:word|words|text|phrase|string|term|palabras?|texto|frase|t[eé]rmino|cadena)\s(?=\S)/iu;
const NEEDLE_TAIL = /(?:[\s,]+(?:please|pls|por favor|porfa|thanks|thank you|gracias))?[\s.,;:!?…]*$/iu;
/** What stands for something else, and words that make another verb: "find out". */
const NO_NEEDLE =
  /^(?:it|that|this|them|these|those|something|anything|everything|me|us|him|her|eso|esto|ese|esta|lo|la|algo|out(?:\s.*)?|-.*|[^\p{L}\p{N}]*)$/iu;

/**
 * Reads the text to find: without "the word" in front of it and "please" behind, and out of its quotation marks. Undefined where
 * it says nothing that could be found, or where `exact` is wanted and it is neither quoted nor one word.
 */
export function readNeedle(written: string, form: 'any' | 'exact' = 'any'): string | undefined {
  const text = written.trim();
  if (text.includes('\n')) return undefined;
  const named = text.replace(NEEDLE_LEAD, '');
  const quotation = readQuotation(named, 0);
  if (quotation && AFTER_QUOTATION.test(named.slice(quotation.end).replace(/^,/, '')))
    return quotation.inner.trim() === '' ? undefined : quotation.inner;
  const bare = named.replace(NEEDLE_TAIL, '');
  if (bare === '' || bare.length > LONGEST_NEEDLE || NO_NEEDLE.test(bare)) return undefined;
  return form === 'exact' && named === text && /\s/.test(bare) ? undefined : bare;
}

/**
 * Cuts "X to Y" in two. Separators are tried in the order given; those inside quotation marks do not count, and one that
 * occurs twice leaves it open where to cut.
 */
export function readChange(written: string, separators: readonly string[]): Change {
  const sentence = readSentence(written);
  const quoted = quotedTokens(sentence);
  for (const separator of ['->', '=>', '→', ...separators]) {
    const places = sentence.tokens.filter(({ word }, position) => word === separator && !quoted[position]);
    const [place] = places;
    if (!place) continue;
    const find = unquoted(written.slice(0, place.start));
    if (places.length > 1 && !startsQuoted(written, place.start)) return 'ambiguous';
    return find === '' ? 'incomplete' : { find, replace: unquoted(written.slice(place.end)) };
  }
  return 'incomplete';
}

/** Whether all that stands before `end` is one quotation, so that the first separator behind it is the one. */
function startsQuoted(written: string, end: number): boolean {
  return readQuotation(written, 0)?.end === written.slice(0, end).trimEnd().length;
}

function unquoted(text: string): string {
  const trimmed = text.trim();
  const quotation = readQuotation(trimmed, 0);
  return quotation && AFTER_QUOTATION.test(trimmed.slice(quotation.end)) ? quotation.inner : trimmed;
}
