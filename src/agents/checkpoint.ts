import type { MemorySaver } from '@langchain/langgraph';

/** What LangGraph's in-memory saver keeps of one thread. */
interface Thread {
  storage: MemorySaver['storage'][string] | undefined;
  writes: MemorySaver['writes'];
}

/** Everything that a saver keeps of a thread (a graph and the graphs inside it, at any depth), as bytes to be stored. */
export function exportThread(saver: MemorySaver, threadId: string): Buffer {
  const thread: Thread = {
    storage: saver.storage[threadId],
    writes: Object.fromEntries(Object.entries(saver.writes).filter(([key]) => isOf(threadId, key))),
  };
  const text = JSON.stringify(thread, (_key, value) =>
    value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value,
  );
  return Buffer.from(text);
}

/** Puts an exported thread back into a saver. */
export function importThread(saver: MemorySaver, threadId: string, bytes: Buffer): void {
  const thread: Thread = JSON.parse(bytes.toString('utf8'), (_key, value) =>
    isEncodedBytes(value) ? new Uint8Array(Buffer.from(value.base64, 'base64')) : value,
  );
  saver.storage[threadId] = thread.storage ?? {};
  Object.assign(saver.writes, thread.writes);
}

/** The saver's keys of writes are JSON arrays that begin with the thread's id. */
function isOf(threadId: string, key: string): boolean {
  return key.startsWith(`${JSON.stringify([threadId]).slice(0, -1)},`);
}

function isEncodedBytes(value: unknown): value is { base64: string } {
  return typeof value === 'object' && value !== null && 'base64' in value && typeof value.base64 === 'string';
}
