import { z } from 'zod';
import { type Connection, connectTo, type Server } from '../command-line/connection.ts';
import { addFault, type History, LONGEST_LINE_BYTES, leaveOut, type PlacedLine } from './history.ts';

/** A request's size: small enough to be stored in seconds and to lose little when it fails. */
const CHUNK_LINES = 500;
const CHUNK_BYTES = 2_000_000;

const NO_MESSAGES = 'lines of an export that are no messages';

const answer = z.object({
  imported: z.number(),
  skipped: z.number(),
  passed_over: z.number().optional(),
  errors: z.array(z.object({ line: z.number(), detail: z.string() })),
});

/** Where the lines go. */
export type Target = Server;

/** How many lines of a request are new, and how many were there before. */
export interface Uploaded {
  imported: number;
  skipped: number;
}

/**
 * Sends the lines of a history, one request after the other because their order matters, and tells of each request
 * what became of it. Lines that the server refuses become faults of the history.
 * @throws ServerError when the server is not there, or answers with something else than a result.
 */
export async function* uploadHistory(history: History, target: Target): AsyncGenerator<Uploaded> {
  const connection = connectTo(target);
  for await (const chunk of chunks(history)) {
    if (target.stop.aborted) return;
    const { imported, skipped, passed_over = 0, errors } = await send(chunk, connection);
    for (let line = 0; line < passed_over; line += 1) leaveOut(history.findings, NO_MESSAGES);
    for (const { line, detail } of errors)
      addFault(history.findings, chunk[line - 1]?.place ?? 'an unknown line', detail);
    yield { imported, skipped };
  }
}

/** Lines that were read before the reading failed are sent all the same. */
async function* chunks({ lines, findings }: History): AsyncGenerator<PlacedLine[]> {
  let chunk: PlacedLine[] = [];
  let bytes = 0;
  let failure: unknown;
  try {
    for await (const line of lines) {
      const size = Buffer.byteLength(line.text) + 1;
      if (size > LONGEST_LINE_BYTES) {
        addFault(findings, line.place, 'is longer than the 8 MB that a request may have');
        continue;
      }
      if (chunk.length > 0 && (chunk.length === CHUNK_LINES || bytes + size > CHUNK_BYTES)) {
        yield chunk;
        chunk = [];
        bytes = 0;
      }
      chunk.push(line);
      bytes += size;
    }
  } catch (error) {
    failure = error;
  }
  if (chunk.length > 0) yield chunk;
  if (failure) throw failure;
}

/** The same lines twice change nothing. */
async function send(chunk: PlacedLine[], connection: Connection): Promise<z.infer<typeof answer>> {
  const { body } = await connection.send({
    method: 'POST',
    path: '/memory/import',
    headers: { 'content-type': 'application/x-ndjson' },
    body: chunk.map(({ text }) => `${text}\n`).join(''),
    answer,
  });
  return body;
}
