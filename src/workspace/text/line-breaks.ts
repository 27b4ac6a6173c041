/** The two line breaks in use: of Unix and of Windows. */
export type LineBreak = '\n' | '\r\n';

/** `text` with every LF and CRLF turned into `lineBreak`. */
export function withBreaks(text: string, lineBreak: LineBreak): string {
  const plain = text.replaceAll('\r\n', '\n');
  return lineBreak === '\n' ? plain : plain.replaceAll('\n', lineBreak);
}

/** How many lines of `text` end in each of the two line breaks. */
export function countBreaks(text: string): { lf: number; crlf: number } {
  const counts = { lf: 0, crlf: 0 };
  for (let index = text.indexOf('\n'); index !== -1; index = text.indexOf('\n', index + 1)) {
    if (text[index - 1] === '\r') counts.crlf += 1;
    else counts.lf += 1;
  }
  return counts;
}

/** The line break that prevails in `text`, LF when both are as frequent; `undefined` when there is none. */
export function dominantBreak(text: string): LineBreak | undefined {
  const { lf, crlf } = countBreaks(text);
  if (lf === 0 && crlf === 0) return undefined;
  return crlf > lf ? '\r\n' : '\n';
}

/**
 * Makes a function from offsets in `text` with LF breaks to offsets in `text` as it is. It has to be called with
 * offsets in ascending order. An offset never lands inside a CRLF.
 */
export function offsetsOf(text: string): (plainOffset: number) => number {
  let removed = 0;
  let next = text.indexOf('\r\n');
  return (plainOffset) => {
    while (next !== -1 && next - removed < plainOffset) {
      removed += 1;
      next = text.indexOf('\r\n', next + 2);
    }
    return plainOffset + removed;
  };
}
