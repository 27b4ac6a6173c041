import { HistoryFileError } from './history.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = [0x5b, 0x7b];
const CLOSING = [0x5d, 0x7d];

/** An object or array that stands in an array: its JSON text, and the byte behind it. */
interface Element {
  text: string;
  end: number;
}

/**
 * Takes the objects and arrays out of the array that a JSON file is, one after the other: an export can be larger
 * than the longest string of JavaScript. What is between them is not looked at.
 * @throws HistoryFileError when the file is no array, or ends before the array does.
 */
export function* arrayElements(bytes: Buffer): Generator<Element> {
  if (!/^\uFEFF?\s*\[/.test(bytes.toString('utf8', 0, 1_000)))
    throw new HistoryFileError('is not a JSON array of conversations');
  let depth = 0;
  let start = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) {
      at = endOfString(bytes, at);
    } else if (OPENING.includes(byte)) {
      depth += 1;
      if (depth === 2) start = at;
    } else if (CLOSING.includes(byte)) {
      depth -= 1;
      if (depth === 1) yield { text: bytes.toString('utf8', start, at + 1), end: at + 1 };
      if (depth === 0) return;
    }
  }
  throw new HistoryFileError('ends in the middle; what stands before that was imported');
}

/** The place of the quotation mark that closes the string; the end of the bytes when none does. */
function endOfString(bytes: Buffer, start: number): number {
  for (let end = bytes.indexOf(QUOTE, start + 1); end >= 0; end = bytes.indexOf(QUOTE, end + 1)) {
    let backslashes = 0;
    while (bytes[end - 1 - backslashes] === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
  return bytes.length;
}
