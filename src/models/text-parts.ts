/**
 * Estimates a text's tokens from above, from the weight of its characters: 1.3 times (emoji) to twice (English, Russian, code)
 * what OpenAI's cl100k vocabulary makes of it. Only text like base64 has more, a quarter, and for that there is the halving.
 */
export function weigh(text: string): number {
  let weight = 0;
  for (const character of text) weight += weightOf(character.codePointAt(0) ?? 0);
  return weight;
}

function weightOf(codePoint: number): number {
  if (codePoint >= 0x61 && codePoint <= 0x7a) return 1 / 3;
  if (codePoint === 0x20 || (codePoint >= 0x41 && codePoint <= 0x5a)) return 2 / 3;
  if (codePoint < 0x800) return 1;
  return codePoint < 0x10000 ? 2 : 4;
}

/** Paragraphs, lines, sentences, words, characters. */
const BOUNDARIES = [/(?<=\n\n)/, /(?<=\n)/, /(?<=[.!?…]\s|[。！？])/u, /(?<=\s)/, /(?:)/u];

/** Splits a text at the coarsest boundaries that make parts of at most `limit` tokens; blank parts are left out. */
export function splitText(text: string, limit: number, level = 0): string[] {
  const boundary = BOUNDARIES[level];
  if (!boundary || weigh(text) <= limit) return [text];
  const parts: string[] = [];
  let open = '';
  let weight = 0;
  for (const piece of text.split(boundary)) {
    const pieceWeight = weigh(piece);
    if (weight + pieceWeight <= limit) {
      open += piece;
      weight += pieceWeight;
    } else {
      parts.push(open, ...splitText(piece, limit, level + 1));
      open = parts.pop() ?? '';
      weight = weigh(open);
    }
  }
  parts.push(open);
  return parts.filter((part) => part.trim() !== '');
}
