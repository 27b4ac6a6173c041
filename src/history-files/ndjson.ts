import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { addFault, type Findings, LONGEST_LINE_BYTES, type PlacedLine } from './history.ts';

const NEWLINE = 0x0a;

/**
 * Passes the lines of an NDJSON file on as they are; the server judges them. Blank lines are ignored.
 * The file is streamed, so that it can have any size.
 */
export async function* readNdjson(path: string, findings: Findings): AsyncGenerator<PlacedLine> {
  const { size } = await stat(path);
  let number = 0;
  for await (const { bytes, read } of byteLines(createReadStream(path))) {
    number += 1;
    findings.share = read / size;
    const place = `line ${number}`;
    if (bytes.length <= LONGEST_LINE_BYTES && !isUtf8(bytes)) {
      addFault(findings, place, 'is not UTF-8');
      continue;
    }
    // Trimming takes the carriage return of a Windows file and the byte order mark of its first line along.
    const text = bytes.toString('utf8').trim();
    if (text !== '') yield { text, place };
  }
}

/**
 * Splits at line feeds only: `node:readline` would also split at U+2028, which JSON text may contain.
 * A line that is too long to be sent is cut behind the limit, so that it is refused without being kept in memory.
 */
async function* byteLines(
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<{ bytes: Buffer; read: number }, void, undefined> {
  let pieces: Buffer[] = [];
  let length = 0;
  let read = 0;
  function keep(piece: Buffer): void {
    const room = LONGEST_LINE_BYTES + 1 - length;
    if (room <= 0) return;
    pieces.push(piece.subarray(0, room));
    length += Math.min(piece.length, room);
  }
  function take(): Buffer {
    const bytes = Buffer.concat(pieces);
    pieces = [];
    length = 0;
    return bytes;
  }
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      keep(chunk.subarray(start, end));
      start = end + 1;
      yield { bytes: take(), read: read + start };
    }
    keep(chunk.subarray(start));
    read += chunk.length;
  }
  if (length > 0) yield { bytes: take(), read };
}
