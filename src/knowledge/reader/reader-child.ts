import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { type Chunk, DocumentFault, type DocumentSource, type ReadDocument } from '../document.ts';
import { type ReaderRequest, readerAnswer } from './messages.ts';
import { watchMemory } from './watch-memory.ts';

/** How many bytes go to the process at a time; in between the server does other things. */
const PIECE = 256 * 1024;
/** A process that fills its heap is ended by V8 (SIGABRT, on some systems SIGTRAP), one that fills the memory by the kernel (SIGKILL). */
const MEMORY_SIGNALS = ['SIGABRT', 'SIGTRAP', 'SIGKILL'];
/** 128 and SIGABRT, as a shell says it. */
const ABORTED = 134;

/** What a process may use. */
export interface ChildLimits {
  entry: URL;
  timeoutMs: number;
  memoryMb: number;
}

/** A process that reads one document at a time, and can be ended in the middle of it. */
export interface ReaderChild {
  /**
   * Reads a document. When this fails with anything but a document's own fault, the process is at its end.
   *
   * @throws DocumentFault, or the signal's reason.
   */
  read(source: DocumentSource, signal: AbortSignal): Promise<ReadDocument>;
  /** Whether it can be given another document. */
  isAlive(): boolean;
  /** Ends it at once, and waits until it has ended. */
  end(): Promise<void>;
}

/** Starts a process without any of the server's environment, which may read files, but neither write any nor start processes. */
export function startChild({ entry, timeoutMs, memoryMb }: ChildLimits): ReaderChild {
  const child = fork(entry, [], {
    execArgv: [
      `--max-old-space-size=${memoryMb}`,
      '--no-warnings',
      '--permission',
      '--allow-fs-read=*',
      '--allow-worker',
    ],
    env: {},
    serialization: 'advanced',
    stdio: ['pipe', 'ignore', 'ignore', 'ipc'],
  });
  const ended = Promise.withResolvers<never>();
  child.on('error', (error) => ended.reject(error));
  child.once('exit', (code, signal) => ended.reject(crash(code, signal)));
  // It may end while nobody waits for it.
  ended.promise.catch(() => undefined);
  // Its end is told by `exit`; what could not be written then does not matter.
  child.stdin?.on('error', () => undefined);
  setBusy(child, false);
  let isSpoilt = false;
  const isAlive = () => !isSpoilt && child.exitCode === null && child.signalCode === null && child.connected;

  return {
    isAlive,
    async read(source, signal) {
      const stop = Promise.withResolvers<never>();
      const abort = () => stop.reject(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      const timer = setTimeout(() => stop.reject(tookTooLong(timeoutMs)), timeoutMs);
      const memory = watchMemory(child.pid, {
        mostMb: memoryMb * 2,
        onMore: () => stop.reject(outOfMemory()),
      });
      setBusy(child, true);
      try {
        signal.throwIfAborted();
        return await Promise.race([request(child, source), stop.promise, ended.promise]);
      } catch (error) {
        if (error instanceof AnswerFault) throw error.fault;
        isSpoilt = true;
        child.kill('SIGKILL');
        throw error;
      } finally {
        signal.removeEventListener('abort', abort);
        clearTimeout(timer);
        memory.stop();
        if (!isSpoilt) setBusy(child, false);
      }
    },
    async end() {
      setBusy(child, true);
      child.kill('SIGKILL');
      await ended.promise.catch(() => undefined);
    },
  };
}

/** A fault that the process itself found, after which it goes on. */
class AnswerFault extends Error {
  readonly fault: DocumentFault;

  constructor(fault: DocumentFault) {
    super(fault.message);
    this.fault = fault;
  }
}

/** Sends a document, and collects the answer. */
async function request(child: ChildProcess, { path, bytes }: DocumentSource): Promise<ReadDocument> {
  const answer = Promise.withResolvers<ReadDocument>();
  const chunks: Chunk[] = [];
  const take = (message: unknown) => {
    const parsed = readerAnswer.safeParse(message);
    if (!parsed.success) return answer.reject(new DocumentFault('broken', 'Its parser answered nonsense.'));
    const { type, ...rest } = parsed.data;
    if (type === 'chunks' && 'chunks' in rest) for (const chunk of rest.chunks) chunks.push(chunk);
    else if ('code' in rest) answer.reject(new AnswerFault(new DocumentFault(rest.code, rest.detail)));
    else if ('format' in rest) answer.resolve({ ...rest, chunks });
  };
  child.on('message', take);
  try {
    const message: ReaderRequest = { path, size: bytes.length };
    child.send(message);
    const sent = child.stdin === null ? Promise.resolve() : writePieces(child.stdin, bytes);
    // The answer can come before all is sent only when the process has failed.
    const [document] = await Promise.all([answer.promise, sent]);
    return document;
  } finally {
    child.off('message', take);
  }
}

async function writePieces(stream: Writable, bytes: Uint8Array): Promise<void> {
  for (let start = 0; start < bytes.length; start += PIECE) {
    if (!stream.write(bytes.subarray(start, start + PIECE))) await once(stream, 'drain');
  }
}

/** An idle process keeps the server from ending no more than a closed one. */
function setBusy(child: ChildProcess, isBusy: boolean): void {
  const action = isBusy ? 'ref' : 'unref';
  child[action]();
  child.channel?.[action]();
  if (child.stdin instanceof Socket) child.stdin[action]();
}

function crash(code: number | null, signal: NodeJS.Signals | null): DocumentFault {
  if (code === ABORTED || (signal !== null && MEMORY_SIGNALS.includes(signal))) return outOfMemory();
  return new DocumentFault('broken', 'Its parser crashed.');
}

function tookTooLong(timeoutMs: number): DocumentFault {
  return new DocumentFault('took_too_long', `It was not read after ${Math.round(timeoutMs / 1000)} seconds.`);
}

function outOfMemory(): DocumentFault {
  return new DocumentFault('out_of_memory', 'It takes more memory to read than there is.');
}
