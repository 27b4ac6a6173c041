import { Worker } from 'node:worker_threads';
import { type Chunk, DocumentFault, type DocumentSource, type ReadDocument } from '../document.ts';
import { type ReaderAnswer, readerRequest } from './messages.ts';

/** How many characters a batch of chunks has at most, unless one chunk has more: what the server takes without a pause that matters. */
const BATCH_CHARACTERS = 512 * 1024;

/**
 * Answers the server's requests, one at a time, until it disconnects. A watcher in a thread of its own ends the process when the server
 * is gone while a parser does not come to an end.
 */
export function serveDocuments(read: (source: DocumentSource) => Promise<ReadDocument>): void {
  const watcher = new Worker(new URL('./watch-parent.ts', import.meta.url), { workerData: process.ppid });
  watcher.unref();
  process.on('disconnect', () => process.exit());
  process.on('message', (message) => {
    void answer(message, read);
  });
}

async function answer(
  message: unknown,
  read: (source: DocumentSource) => Promise<ReadDocument>,
): Promise<void> {
  const { path, size } = readerRequest.parse(message);
  const bytes = await receive(size);
  let document: ReadDocument;
  try {
    document = await read({ path, bytes });
  } catch (error) {
    if (!(error instanceof DocumentFault)) throw error;
    await send({ type: 'fault', code: error.code, detail: error.message });
    return;
  }
  const { chunks, ...rest } = document;
  for (const batch of batches(chunks)) await send({ type: 'chunks', chunks: batch });
  await send({ type: 'done', ...rest });
}

/** The next bytes of the standard input; more do not come before they are answered. */
async function receive(size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let filled = 0;
  if (size === 0) return bytes;
  const { promise, resolve } = Promise.withResolvers<void>();
  const take = (piece: Buffer) => {
    bytes.set(piece, filled);
    filled += piece.length;
    if (filled === size) resolve();
  };
  process.stdin.on('data', take).resume();
  await promise;
  process.stdin.pause().off('data', take);
  return bytes;
}

function* batches(chunks: readonly Chunk[]): Generator<Chunk[]> {
  let batch: Chunk[] = [];
  let characters = 0;
  for (const chunk of chunks) {
    if (batch.length > 0 && characters + chunk.text.length > BATCH_CHARACTERS) {
      yield batch;
      batch = [];
      characters = 0;
    }
    batch.push(chunk);
    characters += chunk.text.length;
  }
  if (batch.length > 0) yield batch;
}

/** Waits until the message is on its way, so that no more than one is in memory. */
function send(message: ReaderAnswer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  process.send?.(message, (error: Error | null) => (error === null ? resolve() : reject(error)));
  return promise;
}
