import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { createReader, type DocumentReader, type ReaderOptions } from '../../src/knowledge/reader/reader.ts';

const ENTRY = new URL('./hostile-reader.ts', import.meta.url);
const MIB = 1024 * 1024;

const readers: DocumentReader[] = [];
afterEach(async () => {
  await Promise.all(readers.splice(0).map((reader) => reader.close()));
});

function hostileReader(options: ReaderOptions = {}) {
  const reader = createReader({ entry: ENTRY, timeoutMs: 20_000, memoryMb: 100, ...options });
  readers.push(reader);
  return {
    ...reader,
    async ask(path: string, bytes = new Uint8Array(3), signal?: AbortSignal): Promise<string> {
      const { chunks } = await reader.read({ path, bytes }, signal === undefined ? {} : { signal });
      return chunks[0]?.text ?? '';
    },
  };
}

/** Whether a process of this number is there. */
function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function isGone(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 100 && exists(pid); tries += 1) await sleep(100);
  return !exists(pid);
}

describe('the reader', () => {
  test('gives one process several documents, one at a time', async () => {
    const { ask } = hostileReader();
    const pids = await Promise.all(['process', 'process', 'process'].map((path) => ask(path)));
    expect(new Set(pids).size).toBe(1);
    expect(Number(pids[0])).not.toBe(process.pid);
  });

  test('hands on a fault of the document, and keeps the process', async () => {
    const { ask } = hostileReader();
    const pid = await ask('process');
    await expect(ask('fault')).rejects.toMatchObject({ name: 'DocumentFault', code: 'no_text' });
    expect(await ask('process')).toBe(pid);
  });

  test('gives the process nothing of the environment', async () => {
    process.env.A_SECRET = 'sesame';
    expect(await hostileReader().ask('environment')).not.toContain('sesame');
  });

  test.for([
    ['endless', 'took_too_long'],
    ['asleep', 'took_too_long'],
    ['heap', 'out_of_memory'],
    ['buffers', 'out_of_memory'],
    ['exit', 'broken'],
    ['throw', 'broken'],
    ['nonsense', 'broken'],
  ] as const)('ends a process that is %s as %s, and reads the next document', async ([path, code]) => {
    const { ask } = hostileReader(code === 'took_too_long' ? { timeoutMs: 2000 } : {});
    const pid = Number(await ask('process'));
    await expect(ask(path)).rejects.toMatchObject({ name: 'DocumentFault', code });
    expect(Number(await ask('process'))).not.toBe(pid);
    expect(await isGone(pid)).toBe(true);
  });

  test('does not blame a document for what the one before it left behind', async () => {
    const { ask } = hostileReader();
    await ask('late');
    await sleep(4);
    expect(await ask('sum')).toBe('0');
    await ask('late');
    await sleep(200);
    expect(await ask('sum')).toBe('0');
  });

  test('sends and gets a lot without stopping the server', async () => {
    const { ask, read } = hostileReader();
    await ask('sum');
    const bytes = new Uint8Array(32 * MIB).fill(1);
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 5);
    expect(await ask('sum', bytes)).toBe(String(bytes.length));
    const { chunks } = await read({ path: 'many', bytes: new Uint8Array(1) }, {});
    clearInterval(timer);
    expect(chunks.length).toBe(20_000);
    // 50 ms is the aim on an idle computer; a message of this size in one piece takes some hundred.
    expect(longest).toBeLessThan(200);
  });
});

describe('an abort', () => {
  test('ends the document that is read, with its process', async () => {
    const { ask } = hostileReader();
    const pid = Number(await ask('process'));
    const controller = new AbortController();
    const reading = ask('endless', undefined, controller.signal);
    await sleep(100);
    controller.abort(new Error('not wanted any more'));
    await expect(reading).rejects.toThrow('not wanted any more');
    expect(await isGone(pid)).toBe(true);
    expect(await ask('sum')).toBe('0');
  });

  test('of a document that waits leaves the one that is read alone', async () => {
    const { ask } = hostileReader();
    const controller = new AbortController();
    const first = ask('process');
    const second = ask('process', undefined, controller.signal);
    const third = ask('process');
    controller.abort(new Error('not wanted any more'));
    await expect(second).rejects.toThrow('not wanted any more');
    expect(await first).toBe(await third);
  });

  test('before it begins starts nothing', async () => {
    const { ask } = hostileReader();
    await expect(ask('process', undefined, AbortSignal.abort(new Error('too late')))).rejects.toThrow(
      'too late',
    );
  });
});

describe('the process', () => {
  test('ends when it had no work for a while', async () => {
    const { ask } = hostileReader({ idleMs: 100 });
    expect(await isGone(Number(await ask('process')))).toBe(true);
  });

  test('ends when the reader is closed, with what it reads', async () => {
    const { ask, close } = hostileReader();
    const pid = Number(await ask('process'));
    const reading = ask('endless');
    const waiting = ask('sum');
    const refused = Promise.all([
      expect(reading).rejects.toMatchObject({ code: 'shutting_down' }),
      expect(waiting).rejects.toMatchObject({ code: 'shutting_down' }),
    ]);
    await sleep(100);
    await close();
    await refused;
    expect(await isGone(pid)).toBe(true);
    await expect(ask('sum')).rejects.toMatchObject({ code: 'shutting_down' });
  });

  test('does not keep its server alive', async () => {
    const server = fork(new URL('./reader-server.ts', import.meta.url), ['sum'], { stdio: 'ignore' });
    const [code] = await once(server, 'exit');
    expect(code).toBe(0);
  });

  test('does not outlive a server that is killed, even in an endless loop', async () => {
    const server = fork(new URL('./reader-server.ts', import.meta.url), ['endless'], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const [pid] = await once(server, 'message');
    await sleep(100);
    server.kill('SIGKILL');
    expect(await isGone(Number(pid))).toBe(true);
  });
});
