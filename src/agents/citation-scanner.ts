/** A citation is at most so long; what is longer between brackets is none. */
const LONGEST_CITATION = 1_200;
/** A path can have brackets of its own, so some closing ones are tried. */
const MOST_CLOSINGS = 4;
const FENCE = /^ {0,3}(```|~~~)/;
const MAYBE_FENCE = /^ {0,3}(?:`{0,2}|~{0,2})$/;

/** Says what stands in the text for what is between two brackets; undefined where that is no citation. */
type ReadCitation = (inside: string) => string | undefined;

/**
 * Goes through a text that comes in pieces and replaces its citations. Code stays as it is: fenced blocks, and spans in which there is
 * more than a citation. What can still become a citation is held back until it is whole. Each character is looked at a bounded number of times.
 */
export function scanCitations(readCitation: ReadCitation) {
  let text = '';
  let at = 0;
  /** Where the last citation ended: another one may stand right behind it. */
  let citedUntil = -1;
  let fence: string | undefined;
  let isEnd = false;

  /** What is settled now. */
  function push(piece: string): string {
    text = text.slice(at > 0 ? at - 1 : 0) + piece;
    citedUntil -= at > 0 ? at - 1 : 0;
    at = at > 0 ? 1 : 0;
    return settle();
  }

  /** What was held back. */
  function end(): string {
    isEnd = true;
    return settle();
  }

  function settle(): string {
    let settled = '';
    for (let next = step(); next !== undefined; next = step()) settled += next;
    return settled;
  }

  /** The next bit of the text; undefined when more has to come first. */
  function step(): string | undefined {
    if (at >= text.length) return undefined;
    const isLineStart = at === 0 || text[at - 1] === '\n';
    if (isLineStart && (fence !== undefined || FENCE.test(text.slice(at, at + 6)))) return takeFencedLine();
    if (isLineStart && !isEnd && MAYBE_FENCE.test(text.slice(at))) return undefined;
    const sign = text[at];
    if (sign === '[') return takeBrackets();
    if (sign === '`') return takeSpan();
    const rest = text.slice(at);
    const length = /[[`\n]/.exec(rest)?.index ?? rest.length;
    return take(Math.max(1, length));
  }

  function take(length: number): string {
    const taken = text.slice(at, at + length);
    at += length;
    return taken;
  }

  function takeFencedLine(): string | undefined {
    const end = text.indexOf('\n', at);
    if (end < 0 && !isEnd) return undefined;
    const line = take(end < 0 ? text.length - at : end + 1 - at);
    const mark = FENCE.exec(line)?.[1];
    if (fence === undefined) fence = mark;
    else if (mark === fence) fence = undefined;
    return line;
  }

  /** A code span; one that holds a citation and nothing else is that citation. */
  function takeSpan(): string | undefined {
    const lineEnd = endOfLine();
    const close = text.indexOf('`', at + 1);
    if (close < 0 || close > lineEnd) return lineEnd < text.length || isEnd ? take(1) : undefined;
    const inside = text.slice(at + 1, close).trim();
    const citation =
      inside.startsWith('[') && inside.endsWith(']') ? readCitation(inside.slice(1, -1)) : undefined;
    const span = take(close + 1 - at);
    return citation === undefined ? span : cite(citation);
  }

  function takeBrackets(): string | undefined {
    if (/[\p{L}\p{N}_)\]]/u.test(text[at - 1] ?? '') && citedUntil !== at) return take(1);
    const limit = Math.min(endOfLine(), at + LONGEST_CITATION);
    const isWhole = limit < text.length || isEnd;
    let close = text.indexOf(']', at);
    for (let closings = 0; closings < MOST_CLOSINGS && close > 0 && close < limit; closings += 1) {
      if (close + 1 === text.length && !isEnd) return undefined;
      const citation = text[close + 1] === '(' ? undefined : readCitation(text.slice(at + 1, close));
      if (citation !== undefined) {
        at = close + 1;
        return cite(citation);
      }
      close = text.indexOf(']', close + 1);
      if (closings + 1 === MOST_CLOSINGS) return take(1);
    }
    return isWhole ? take(1) : undefined;
  }

  function cite(citation: string): string {
    citedUntil = at;
    return citation;
  }

  function endOfLine(): number {
    const end = text.indexOf('\n', at);
    return end < 0 ? text.length : end;
  }

  return { push, end };
}
