import { readContent } from './free-text.ts';
import type { GitHubRequest } from './github-request.ts';
import { sequences, skipSequence } from './project-clauses.ts';
import { type Range, readQuotation } from './sentence.ts';
import { type Read, skip, tokenAt, words } from './slots.ts';

interface TextClause {
  key: 'title' | 'body' | 'message' | 'description' | 'query';
  leads: readonly string[][];
  /** Nothing but a quotation stands behind these. */
  quotedLeads?: readonly string[][];
  /** A quotation stands for it even alone. */
  alone?: boolean;
  /** What a colon leads in goes on to the end. */
  colon?: boolean;
}

const TITLED = sequences(
  `titled|entitled|with the title|with title|called|named|saying|that says|saying that|whose title is|title|
  titulada|titulado|con el titulo|con titulo|con el titulo de|llamada|llamado|que se llame|que diga|que diga que|diciendo|diciendo que|de titulo|titulo`,
);
const WITH_BODY = sequences(
  `with the body|with body|with a body|and the body|and body|with the description|with description|and the description|and description|
  with the text|and the text|saying|saying that|that says|and saying|describing|described as|body|description|que diga|que diga que|diciendo|diciendo que|con el cuerpo|con cuerpo|y el cuerpo|y cuerpo|con la descripcion|con descripcion|y la descripcion|
  y descripcion|con el texto|y el texto|descrita como|cuerpo|descripcion`,
);
const TEXTS: Readonly<Record<string, TextClause>> = {
  titled: { key: 'title', leads: TITLED, alone: true },
  topic: { key: 'title', leads: sequences('about|regarding|sobre|acerca de'), colon: true },
  body: { key: 'body', leads: WITH_BODY },
  saying: {
    key: 'body',
    leads: sequences(
      `saying|saying that|that says|that says that|with the text|with the comment|with the message|telling them that|diciendo|diciendo que|que diga|que diga que|que ponga|con el texto|con el comentario|con el mensaje`,
    ),
    quotedLeads: sequences('with|con'),
    alone: true,
    colon: true,
  },
  message: {
    key: 'message',
    leads: sequences(
      `with the message|with message|with the commit message|with commit message|with the comment|and the message|message|commit message|saying|
      con el mensaje|con mensaje|con el mensaje de commit|y el mensaje|con el comentario|mensaje|diciendo`,
    ),
    quotedLeads: sequences('with|con|as|como'),
  },
  description: {
    key: 'description',
    leads: sequences(
      `described as|with the description|with description|with a description|and the description|and description|description|that is about|
      con la descripcion|con descripcion|y la descripcion|y descripcion|descrito como|descripcion`,
    ),
  },
  query: {
    key: 'query',
    leads: sequences(
      `about|mentioning|containing|matching|that mention|that contain|that are about|that talk about|with the text|with the words|with the word|regarding|related to|
      sobre|acerca de|que mencionen|que mencionan|que contengan|que contienen|que hablen de|que hablan de|con el texto|con la palabra|con las palabras|relacionadas con`,
    ),
    quotedLeads: sequences('with|for|con|de'),
  },
};
/** How far from the end what follows a text may start, in tokens. */
const TAIL_LIMIT = 30;
const LONGEST_CUT = 400;
const SHORT_LEADS = words('in of from on at for within with and to into en de del con y a al sobre by , ;');
const CLOSINGS = words('. ! ? … , please pls porfa porfavor thanks gracias now ahora ya');
const LONG_CLOSINGS = sequences('por favor|thank you|right now|ahora mismo|for me|para mi');
const CLOSING = /(?:[\s,]+(?:please|pls|por favor|porfa|thanks|thank you|gracias))?[\s.]*$/i;
const ASKING = words('can could would will puedes podrias puede podria podes me te');

/**
 * Reads a text that a command gives: a title, a comment, a message. In quotation marks it ends with them, else where the rest of the
 * sentence `endsAt` clauses, or with the sentence.
 */
export function readGivenText(
  range: Range,
  kind: string,
  endsAt: (rest: Range) => boolean,
): Read<GitHubRequest> | undefined {
  const clause = TEXTS[kind];
  if (!clause) return undefined;
  const quotedOnly = clause.quotedLeads && skipSequence(range, range.from, clause.quotedLeads);
  const isColon = tokenAt(range, range.from)?.raw === ':' && clause.colon === true;
  const led = isColon ? range.from + 1 : skipSequence(range, range.from, clause.leads);
  const start = skip(range, led ?? quotedOnly ?? range.from, ({ raw }) => raw === ':');
  if (start >= range.to || (led === undefined && quotedOnly === undefined && !clause.alone)) return undefined;
  const quoted = readQuoted(range, start);
  if (quoted) return { value: { [clause.key]: quoted.value }, next: quoted.next };
  if (led === undefined) return undefined;
  const to = isColon && clause.key === 'body' ? range.to : endOf({ ...range, from: start }, endsAt);
  const text = textOf(range, start, to);
  if (!/[\p{L}\p{N}]/u.test(text)) return undefined;
  if (clause.key === 'body') return { value: { body: readContent(text).text.trim(), open: true }, next: to };
  const shown = withoutClosing(text, range);
  if (clause.key !== 'title' || !shown.includes('\n'))
    return shown === ''
      ? undefined
      : { value: { [clause.key]: shown.replaceAll(/\s+/g, ' '), open: true }, next: to };
  const [title = '', ...body] = shown.split('\n');
  return { value: { title: title.trim(), body: body.join('\n').trim(), open: true }, next: to };
}

/** The position behind the words that may close a sentence. */
export function closingOf(range: Range): number {
  let from = range.from;
  for (;;) {
    const next =
      skipSequence(range, from, LONG_CLOSINGS) ?? skip(range, from, ({ word }) => CLOSINGS.has(word));
    if (next === from) return from;
    from = next;
  }
}

function endOf(range: Range, endsAt: (rest: Range) => boolean): number {
  if (range.to - range.from > LONGEST_CUT) return range.to;
  for (let from = Math.max(range.from + 1, range.to - TAIL_LIMIT); from < range.to; from += 1) {
    if (SHORT_LEADS.has(tokenAt(range, from)?.word ?? '') && endsAt({ ...range, from })) return from;
  }
  return range.to;
}

/** A quotation of any length, or a fenced block. */
function readQuoted(range: Range, position: number): Read<string> | undefined {
  const { text, tokens } = range.sentence;
  const start = tokens[position]?.start ?? text.length;
  const end = tokens[range.to - 1]?.end ?? text.length;
  if (text.startsWith('```', start)) {
    const content = readContent(text.slice(start, end));
    return content.open ? undefined : { value: content.text, next: range.to };
  }
  const quotation = readQuotation(text, start, end);
  if (!quotation || quotation.inner.trim() === '') return undefined;
  const next = skip(range, position, (token) => token.start < quotation.end);
  return { value: quotation.inner.trim(), next };
}

/** Without "please" and a full stop; the mark of a question belongs to the request where one is asked to do it. */
function withoutClosing(text: string, range: Range): string {
  const { tokens } = range.sentence;
  const isAsked = tokens[0]?.raw === '¿' || ASKING.has(tokens[0]?.word ?? '');
  const shown = text.replace(CLOSING, '').trim();
  return isAsked
    ? shown
        .replace(/\s*\?+$/, '')
        .replace(CLOSING, '')
        .trim()
    : shown;
}

function textOf({ sentence }: Range, from: number, to: number): string {
  return sentence.text.slice(sentence.tokens[from]?.start, sentence.tokens[to - 1]?.end);
}
