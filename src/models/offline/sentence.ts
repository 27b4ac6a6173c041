/** A word or a mark of punctuation of a sentence, with its place in the text. */
export interface Token {
  start: number;
  end: number;
  raw: string;
  /** Lower case, without accents: what phrases are compared with. */
  word: string;
}

export interface Sentence {
  text: string;
  tokens: Token[];
}

/** A part of a sentence: the tokens from `from` up to, not including, `to`. */
export interface Range {
  sentence: Sentence;
  from: number;
  to: number;
}

const OPENING = new Set('¿¡(');
const CLOSING = new Set('.,;:!?…)');
const PATH_OF_DOTS = /(?:^|\/)\.{1,2}$/;
const QUOTES: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '`': '`',
  '“': '”',
  '‘': '’',
  '«': '»',
  '„': '“',
};

/** Lower case, without accents, with straight apostrophes. */
export function fold(text: string): string {
  return text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase().replaceAll(/[’‘]/g, "'");
}

/** Cuts a text into words; punctuation at the edge of a word is a token of its own. */
export function readSentence(text: string): Sentence {
  const tokens: Token[] = [];
  const add = (start: number, end: number) => {
    const raw = text.slice(start, end);
    tokens.push({ start, end, raw, word: fold(raw) });
  };
  for (const { 0: chunk, index } of text.matchAll(/\S+/g)) {
    let start = 0;
    while (start < chunk.length - 1 && OPENING.has(chunk[start] ?? '')) add(index + start, index + ++start);
    let end = chunk.length;
    while (
      end > start + 1 &&
      CLOSING.has(chunk[end - 1] ?? '') &&
      !PATH_OF_DOTS.test(chunk.slice(Math.max(0, end - 3), end))
    ) {
      end -= 1;
    }
    add(index + start, index + end);
    for (let mark = end; mark < chunk.length; mark += 1) add(index + mark, index + mark + 1);
  }
  return { text, tokens };
}

export function wholeOf(sentence: Sentence): Range {
  return { sentence, from: 0, to: sentence.tokens.length };
}

/** The text of a range, as it was written. */
export function textOf({ sentence, from, to }: Range): string {
  const first = sentence.tokens[from];
  const last = sentence.tokens[to - 1];
  return first && last && from < to ? sentence.text.slice(first.start, last.end) : '';
}

/**
 * Reads a quotation that opens at `start`: its inner text and where it ends. A mark closes it only before a space, punctuation
 * or the end, so that apostrophes and quotations inside it are kept. Undefined when none opens there, or it is never closed.
 */
export function readQuotation(
  text: string,
  start: number,
  limit = text.length,
): { inner: string; end: number } | undefined {
  const opening = text[start] ?? '';
  const closing = QUOTES[opening];
  if (closing === undefined) return undefined;
  let depth = 1;
  for (let position = start + 1; position < limit; position += 1) {
    const character = text[position];
    if (character !== closing && character !== opening) continue;
    if (character === closing && (position + 1 >= limit || isEdge(text[position + 1]))) {
      depth -= 1;
      if (depth === 0) return { inner: text.slice(start + 1, position), end: position + 1 };
    } else if (closing !== opening ? character === opening : isSpace(text[position - 1])) {
      depth += 1;
    }
  }
  return undefined;
}

function isSpace(character: string | undefined): boolean {
  return character === undefined || /\s/.test(character);
}

function isEdge(character: string | undefined): boolean {
  return isSpace(character) || /[.,;:!?…)\]]/.test(character ?? '');
}

/** Which tokens of a sentence stand inside a quotation or a fenced block, by their position. */
export function quotedTokens({ text, tokens }: Sentence): boolean[] {
  const unclosed = new Set<string>();
  let quotedUntil = 0;
  return tokens.map(({ start, raw }) => {
    if (start < quotedUntil) return true;
    const opening = raw.startsWith('```') ? '```' : raw.charAt(0);
    if (unclosed.has(opening)) return false;
    const end = opening === '```' ? fenceEnd(text, start) : readQuotation(text, start)?.end;
    if (end === undefined) unclosed.add(opening);
    quotedUntil = end ?? quotedUntil;
    return end !== undefined;
  });
}

function fenceEnd(text: string, start: number): number | undefined {
  const closing = text.indexOf('```', start + 3);
  return closing < 0 ? undefined : closing + 3;
}
