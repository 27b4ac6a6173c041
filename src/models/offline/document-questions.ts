import { conceptsOf } from './concepts.ts';
import { skipLeads } from './courtesy.ts';
import { readSource } from './document-slots.ts';
import { compilePhrase, type Match, matchPhrase, readWordsOf } from './phrase.ts';
import type { Place } from './places.ts';
import { readQuery } from './query.ts';
import { isQuestion, sentencesOf } from './questions.ts';
import { type Range, readSentence, textOf, wholeOf } from './sentence.ts';
import { type Read, tokenAt, words } from './slots.ts';

/** A question that says where its answer stands. */
export interface DocumentQuestion {
  /** The question without the words that say where. */
  query: string;
  /** A file, a folder or a glob; undefined for all documents. */
  path?: string;
  /** It names files or documents as such; "the contract" may also be one that was only spoken of. */
  explicit: boolean;
}

const LONGEST = 1_000;
const SAY =
  'say|says|tell|tells|mention|mentions|state|states|contain|contains|explain|explains|know|have_to_say|have|recommend|recommends';
const ABOUT = 'about|on|regarding|concerning|for';
const DICE =
  'dice|dicen|pone|ponen|cuenta|cuentan|menciona|mencionan|explica|explican|indica|indican|sabe|saben|recomienda|recomiendan';
const SOBRE = 'sobre|de|del|acerca_de|respecto_a|respecto_de|en_cuanto_a';
/** What documents say about something. */
const SAYINGS = [
  `what do|does|did {source} ${SAY} us|me? ${ABOUT} {needle}`,
  `what is|was said|written|stated|mentioned ${ABOUT} {needle} in {source}`,
  `what is|was said|written|stated|mentioned in {source} ${ABOUT} {needle}`,
  `tell|show|read me? what {source} ${SAY} ${ABOUT} {needle}`,
  `do|does {source} ${SAY} anything|something? ${ABOUT}? {needle}`,
  `que ${DICE} {source} ${SOBRE} {needle}`,
  `que ${DICE} en? {source} ${SOBRE} {needle}`,
  `que ${DICE} ${SOBRE} {needle} en? {source}`,
  `que se dice|menciona|cuenta|explica ${SOBRE} {needle} en {source}`,
  `que se dice|menciona|cuenta|explica en {source} ${SOBRE} {needle}`,
  `dime que|lo_que ${DICE} en? {source} ${SOBRE} {needle}`,
  `${DICE} algo? {source} algo? ${SOBRE} {needle}`,
].map(compilePhrase);
/** What a document may be called by what it is. */
const KINDS =
  'contract|agreement|handbook|manual|report|policy|guide|guidelines|specification|spec|invoice|minutes|documentation|readme|lease|thesis|paper|book|slides|presentation|spreadsheet|plan';
const CLASES =
  'contrato|acuerdo|manual|informe|reporte|politica|guia|especificacion|factura|acta|documentacion|presentacion|tesis|libro|plan|articulo|reglamento|hoja_de_calculo';
const OF_KIND = [
  `what do|does|did the|my|our|this ${KINDS} ${SAY} us|me? ${ABOUT} {needle}`,
  `according_to|based_on the|my|our|this ${KINDS} {needle}`,
  `que ${DICE} el|la|mi|nuestro|nuestra|este|esta|las|los ${CLASES} ${SOBRE} {needle}`,
  `segun el|la|mi|nuestro|nuestra|este|esta ${CLASES} {needle}`,
].map(compilePhrase);
/** What stands before the name of a source; the first ones can mean nothing else. */
const ACCORDING = [
  compilePhrase('according_to|based_on|going_by|judging_by|segun|de_acuerdo_con|conforme_a|basandote_en'),
];
const WITHIN = [
  ...ACCORDING,
  compilePhrase('in|inside|within|across|from|looking_at|en|dentro_de|consultando|mirando'),
];
/** Words that behind the name of a source start a question even without its mark. */
const INTERROGATIVES = words(
  'what who whom whose when where which why how do does did qué cuándo dónde cómo',
);

/** Reads a question that names files or documents: "what does docs/plan.md say about …", "in my notes, who is …". */
export function readDocumentQuestion(message: string): DocumentQuestion | undefined {
  if (message.length > LONGEST) return undefined;
  const range = wholeOf(readSentence(message.trim()));
  const { from } = skipLeads(range);
  const asking = { ...range, from };
  const question = readSaying(asking) ?? readFramed(asking) ?? readPlaced(asking) ?? readOfKind(asking);
  return question && conceptsOf(question.query).length > 0 ? question : undefined;
}

function readSaying(range: Range): DocumentQuestion | undefined {
  for (const phrase of SAYINGS) {
    const captured: Match['captured'] | undefined = matchPhrase(phrase, range)?.captured;
    if (captured?.needle !== undefined && captured.place) return asked(captured.needle, captured.place);
  }
  return undefined;
}

/** "According to my notes, when is …": the source stands first. */
function readFramed(range: Range): DocumentQuestion | undefined {
  const source = readPlaceAt(range, WITHIN);
  if (!source) return undefined;
  let from = source.next;
  while (/^[,:¿(]$/.test(tokenAt(range, from)?.raw ?? '')) from += 1;
  const first = tokenAt(range, from)?.raw.normalize('NFC').toLowerCase() ?? '';
  const rest = textOf({ ...range, from });
  // "There is …" states something, though behind a greeting it would be taken for "is there …".
  const isAsked = INTERROGATIVES.has(first) || (first !== 'there' && isQuestion(rest)) || rest.endsWith('?');
  return isAsked ? asked(rest, source.value) : undefined;
}

/** "When is … according to my notes?": the source stands behind, or within. */
function readPlaced(range: Range): DocumentQuestion | undefined {
  if (!sentencesOf(range.sentence.text).some(isQuestion)) return undefined;
  for (let from = range.to - 1; from > range.from; from -= 1) {
    const source = readPlaceAt({ ...range, from }, WITHIN);
    if (!source) continue;
    const before = textOf({ ...range, to: from });
    const after = textOf({ ...range, from: source.next });
    const query = `${before} ${after}`.replaceAll(/[\s,]+(?=[?!.;:]|$)/g, '').trim();
    // "Did you put it in my notes?" asks what was done, not what is written.
    const isOfAssistant = readQuery(query).ofAssistant && !readPlaceAt({ ...range, from }, ACCORDING);
    return isOfAssistant ? undefined : asked(query, source.value);
  }
  return undefined;
}

/** "What does the contract say about …": what it is called by belongs to what is looked for. */
function readOfKind(range: Range): DocumentQuestion | undefined {
  const isAsked = sentencesOf(range.sentence.text).some(isQuestion);
  if (!isAsked || !OF_KIND.some((phrase) => matchPhrase(phrase, range))) return undefined;
  return { ...asked(textOf(range), {}), explicit: false };
}

function readPlaceAt(range: Range, leads: typeof WITHIN): Read<Place> | undefined {
  for (const lead of leads) {
    const next = readWordsOf(lead, range);
    const source = next === undefined ? undefined : readSource({ ...range, from: next });
    if (source) return source;
  }
  return undefined;
}

function asked(text: string, { path }: Place): DocumentQuestion {
  const query = text.replaceAll(/\s+/g, ' ').trim();
  return path === undefined ? { query, explicit: true } : { query, path, explicit: true };
}
