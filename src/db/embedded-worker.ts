import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { btree_gin } from '@electric-sql/pglite/contrib/btree_gin';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { unaccent } from '@electric-sql/pglite/contrib/unaccent';
import { vector } from '@electric-sql/pglite-pgvector';
import type { WorkerAnswer, WorkerRequest } from './embedded.ts';

// The embedded PostgreSQL in a thread of its own: it works synchronously, and would hold up every other request.
// Its thread's only partner is `openEmbedded`, which starts it with `workerData` = the data folder.
const answer = (message: WorkerAnswer) => parentPort?.postMessage(message);

try {
  const database = await PGlite.create({
    dataDir: join(String(workerData), 'postgres'),
    extensions: { vector, unaccent, btree_gin, pg_trgm },
  });
  parentPort?.on('message', async (request: WorkerRequest) => {
    if (request.kind === 'close') {
      await database.close();
      parentPort?.close();
      return;
    }
    try {
      answer({ kind: 'bytes', id: request.id, bytes: await runProtocol(database, request.bytes) });
    } catch (error) {
      answer({ kind: 'failed', id: request.id, reason: String(error) });
    }
  });
  answer({ kind: 'ready' });
} catch (error) {
  answer({ kind: 'unusable', reason: error instanceof Error ? error.message : String(error) });
  parentPort?.close();
}

/** Not `execProtocolRaw`: that one also parses what comes back, and keeps the parsed messages for ever. */
async function runProtocol(database: PGlite, bytes: Uint8Array): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  await database.execProtocolRawStream(bytes, { onRawData: (part) => parts.push(part.slice()) });
  return Buffer.concat(parts);
}
