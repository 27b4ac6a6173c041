import type { RegularFile } from './open-regular.ts';

/** How much is read at a time, in bytes. */
const STEP = 1024 * 1024;
/** Longer lines are looked at in pieces, in bytes. */
const LINE_BYTES = 1024 * 1024;
/** How much of a piece is looked at again with the next, so that what lies across is found, in bytes. */
const OVERLAP = 8 * 1024;

/** Some lines of a file, or a piece of a line that is too long. Only good until the next block is asked for. */
export interface Block {
  readonly bytes: Buffer;
  /** How many bytes at the end come again at the beginning of the next block, which is in the middle of a line then. */
  readonly overlap: number;
  /** Whether nothing comes after it. */
  readonly isLast: boolean;
}

/** Memory for the blocks of one file at a time. */
export function createBlockBuffer(): Buffer {
  return Buffer.allocUnsafeSlow(LINE_BYTES + OVERLAP + STEP);
}

/** Cuts a file into blocks of whole lines, without a byte order mark; never holds more than the buffer. */
export function* readBlocks(file: RegularFile, buffer: Buffer): Generator<Block, void, undefined> {
  for (let kept = 0, isFirst = true, ended = false; !ended; isFirst = false) {
    const read = file.fill(buffer, kept, STEP);
    const filled = kept + read;
    ended = read < STEP;
    const start = isFirst && buffer.subarray(0, Math.min(3, filled)).equals(BYTE_ORDER_MARK) ? 3 : 0;
    const lineEnd = buffer.subarray(0, filled).lastIndexOf('\n') + 1;
    if (!ended && lineEnd === 0 && filled < LINE_BYTES) {
      kept = filled;
      continue;
    }
    let end = filled;
    if (!ended) end = lineEnd > 0 ? lineEnd : characterStart(buffer, filled);
    const again = ended || lineEnd > 0 ? end : characterStart(buffer, end - OVERLAP);
    if (end > start) yield { bytes: buffer.subarray(start, end), overlap: end - again, isLast: ended };
    buffer.copyWithin(0, again, filled);
    kept = filled - again;
  }
}

const BYTE_ORDER_MARK = Buffer.of(0xef, 0xbb, 0xbf);

/** The beginning of the character in UTF-8 that the byte at or before `index` belongs to. */
function characterStart(buffer: Buffer, index: number): number {
  let start = index - 1;
  while (start > index - 4 && ((buffer[start] ?? 0) & 0xc0) === 0x80) start -= 1;
  return start;
}
