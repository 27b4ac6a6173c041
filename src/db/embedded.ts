import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { type PGlite, protocol } from '@electric-sql/pglite';
import { createPgConfig } from '@electric-sql/pglite/node-postgres';
import pg from 'pg';
import { StartupError } from '../errors.ts';

/** Making a database takes seconds; on the slowest machine it is there long before this. */
const OPENING_LIMIT_MS = 180_000;
/** Writing back what is in memory takes a moment; what is cut off here is recovered at the next start. */
const CLOSING_LIMIT_MS = 10_000;
/** How much of a misspelt word's letter triples a word must have to be a candidate; of "recieve" half are in "receive". */
export const SPELLING_LIKENESS = 'pg_trgm.word_similarity_threshold = 0.45';
const THREAD_ENDED = 'Connection terminated: the embedded database has ended';

/** What the embedded database's thread is asked: to run one message of PostgreSQL's protocol, or to end. */
export type WorkerRequest = { kind: 'run'; id: number; bytes: Uint8Array } | { kind: 'close' };
/** What it answers. */
export type WorkerAnswer =
  | { kind: 'ready' }
  | { kind: 'unusable'; reason: string }
  | { kind: 'bytes'; id: number; bytes: Uint8Array }
  | { kind: 'failed'; id: number; reason: string };

/** Another process, most often the server, has the embedded database open. */
export class FolderInUseError extends StartupError {}

/** The embedded PostgreSQL. */
export interface EmbeddedDatabase {
  /** A pool of one connection; one pool at a time. Without a limit in milliseconds its statements may take as long as they do. */
  openPool: (statementLimitMs?: number) => pg.Pool;
  /** To be called when the pool has ended. */
  close: () => Promise<void>;
}

/**
 * Opens the embedded PostgreSQL (PGlite) whose files are in `<dataDir>/postgres`.
 * @throws StartupError when another process has the folder open or it cannot be used.
 */
export async function openEmbedded(dataDir: string): Promise<EmbeddedDatabase> {
  const unlock = lockFolder(dataDir);
  try {
    const thread = await startThread(dataDir);
    const close = async () => {
      await thread.close();
      unlock();
    };
    return { openPool: (statementLimitMs) => poolOver(thread.run, statementLimitMs), close };
  } catch (cause) {
    unlock();
    throw new StartupError(
      `DATA_DIR got "${dataDir}", whose database cannot be opened: ${firstLine(cause)}. Restore the folder from a backup, or name an empty one.`,
      { cause },
    );
  }
}

/** Starts the database's thread and resolves when it is ready. When the thread ends, whatever was asked of it fails. */
async function startThread(dataDir: string) {
  const worker = new Worker(new URL('./embedded-worker.ts', import.meta.url), { workerData: dataDir });
  const ended = Promise.withResolvers<void>();
  const pending = new Map<number, PromiseWithResolvers<Uint8Array>>();
  const ready = Promise.withResolvers<void>();
  let hasEnded = false;
  let lastId = 0;

  worker.on('message', (answer: WorkerAnswer) => {
    if (answer.kind === 'ready') return ready.resolve();
    if (answer.kind === 'unusable') return ready.reject(new Error(answer.reason));
    const asked = pending.get(answer.id);
    pending.delete(answer.id);
    return answer.kind === 'bytes' ? asked?.resolve(answer.bytes) : asked?.reject(new Error(answer.reason));
  });
  const fail = (reason: Error) => {
    hasEnded = true;
    ready.reject(reason);
    for (const asked of pending.values()) asked.reject(reason);
    pending.clear();
  };
  worker.on('error', fail);
  worker.on('exit', () => {
    fail(new Error(THREAD_ENDED));
    ended.resolve();
  });
  const send = (request: WorkerRequest) => worker.postMessage(request);

  /** Runs one message of PostgreSQL's protocol and resolves to what the database sends back. */
  async function run(bytes: Uint8Array): Promise<Uint8Array> {
    if (hasEnded) throw new Error(THREAD_ENDED);
    const answer = Promise.withResolvers<Uint8Array>();
    lastId += 1;
    pending.set(lastId, answer);
    send({ kind: 'run', id: lastId, bytes });
    return await answer.promise;
  }

  async function close(): Promise<void> {
    send({ kind: 'close' });
    const limit = setTimeout(() => void worker.terminate(), CLOSING_LIMIT_MS);
    await ended.promise;
    clearTimeout(limit);
  }

  const limit = setTimeout(() => {
    ready.reject(new Error(`it did not open within ${OPENING_LIMIT_MS / 1_000} s`));
    void worker.terminate();
  }, OPENING_LIMIT_MS);
  await ready.promise.finally(() => clearTimeout(limit));
  return { run, close };
}

/** Whether a client has no more to say, and whether it began an exchange that a Sync must end (PostgreSQL manual, message flow). */
interface Line {
  isOver: boolean;
  owesSync: boolean;
}

/**
 * The adapter that comes with PGlite keeps one connection object for ever, while `pg.Pool` drops a client after any failed
 * query and expects the next one to be fresh. So each client gets a connection object of its own, and what the last
 * one left open in the database's only backend is rolled back and discarded.
 */
function poolOver(run: (bytes: Uint8Array) => Promise<Uint8Array>, statementLimitMs = 0): pg.Pool {
  let last: Line | undefined;

  /** The way of one client to the database, which ends when the next client speaks. */
  function openLine() {
    const line: Line = { isOver: false, owesSync: false };
    async function execProtocolStream(bytes: Uint8Array): Promise<unknown[]> {
      if (line.isOver) return [];
      if (last !== line) await hangUp(last);
      last = line;
      const kind = String.fromCharCode(bytes[0] ?? 0);
      line.owesSync = kind !== 'S' && kind !== 'Q';
      const messages: unknown[] = [];
      new protocol.Parser().parse(await run(bytes), (message) => messages.push(message));
      return messages;
    }
    return { waitReady: Promise.resolve(), execProtocolStream };
  }

  /** After a failure the backend passes over everything until a Sync, which a client that was dropped may not have come to send. */
  async function hangUp(line: Line | undefined): Promise<void> {
    if (!line) return;
    line.isOver = true;
    if (line.owesSync) await run(protocol.serialize.sync());
  }

  class EmbeddedClient extends pg.Client {
    constructor(options?: pg.ClientConfig) {
      // These two members are all that the adapter uses of a database.
      const { connection } = createPgConfig(openLine() as unknown as PGlite);
      const parse = connection.parse.bind(connection);
      // drizzle gives result parsers under the name under which the adapter expects parameter types.
      connection.parse = (query: { types?: unknown }) => parse({ ...query, types: undefined });
      // `connection` is read by pg.Client but missing from its types.
      super({ ...options, connection } as pg.ClientConfig);
    }
  }
  return new pg.Pool({
    max: 1,
    idleTimeoutMillis: 0,
    query_timeout: statementLimitMs,
    Client: EmbeddedClient,
    onConnect: async (client: pg.ClientBase) => {
      await client.query('ROLLBACK');
      await client.query('DISCARD ALL');
      await client.query(`SET ${SPELLING_LIKENESS}`);
    },
  } as pg.PoolConfig);
}

/**
 * Takes the folder for this process: PGlite itself would let a second process in and ruin the files. The lock is SQLite's
 * own lock on a file, which the operating system releases when the process ends in whatever way.
 */
function lockFolder(dataDir: string): () => void {
  const holderFile = join(dataDir, 'tertulia.pid');
  let lock: DatabaseSync | undefined;
  try {
    mkdirSync(dataDir, { recursive: true });
    lock = new DatabaseSync(join(dataDir, 'tertulia.lock'), { timeout: 0 });
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    writeFileSync(holderFile, `${process.pid}\n`);
  } catch (cause) {
    lock?.close();
    if (firstLine(cause).includes('database is locked')) {
      throw new FolderInUseError(
        `DATA_DIR got "${dataDir}", which is in use by process ${readHolder(holderFile)}; it takes a folder of its own. Stop that process, or set DATA_DIR or DATABASE_URL.`,
      );
    }
    throw new StartupError(`DATA_DIR got "${dataDir}", which cannot be used: ${firstLine(cause)}.`, {
      cause,
    });
  }
  const held = lock;
  return () => held.close();
}

function readHolder(holderFile: string): string {
  try {
    return readFileSync(holderFile, 'utf8').trim();
  } catch {
    return '(unknown)';
  }
}

function firstLine(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n', 1)[0] ?? '';
}
