import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { collectEvents, openEvents, type StreamEvent, slowRead } from '../support/event-stream.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../support/fake-openai.ts';
import { startProcess } from '../support/process.ts';

const CLIENTS = 30;
const BYTES_PER_SECOND = 1_000;
/** The model says so many tokens in each of its messages but the last, which is short, and is the answer. */
const STEPS = 3;
const TOKENS_PER_STEP = 5_000;
/** A long one, so that a run of some seconds has far more text than the kernel takes from the server for a client: about 4 MB. */
const TOKEN = ` ${'x'.repeat(699)}`;
const TOKENS_AT_A_TIME = 50;
const PAUSE_MS = 20;
/** How much of all that the clients could make it hold the server may grow by; what the allocator and PGlite keep is part of it. */
const MOST_HELD = 0.5;
/** A server that still takes something in for its clients grows by more than this in a second. */
const SETTLED_BYTES = 4_000_000;
const LIMIT_MS = 60_000;
const OPTIONS = { timeout: 2 * LIMIT_MS };

const isLinux = process.platform === 'linux';
const title = isLinux
  ? 'slow clients'
  : 'slow clients (left out: Linux’s /proc tells what a server holds for them)';
/** Has a server collect its garbage twice a second, in every thread, so that what is resident is what it holds. */
const COLLECTING = `data:text/javascript,${encodeURIComponent(`
  import { setFlagsFromString } from 'node:v8';
  import { runInNewContext } from 'node:vm';
  setFlagsFromString('--expose-gc');
  setInterval(runInNewContext('gc'), 500).unref();
`)}`;

let fake: FakeOpenAI;
let database: TestDatabase;
let server: Awaited<ReturnType<typeof startProcess>>;
/** The model waits for it before it says the last third of the text. */
let mayEnd: Promise<void> = Promise.resolve();
/** A run that is over, as one who read fast got it. */
let early: { path: string; text: string; lastId: number };

beforeAll(async () => {
  if (!isLinux) return;
  fake = await startFakeOpenAI({ contextTokens: 1e9 });
  fake.onChat(async ({ messages }) => {
    const step = messages.filter(({ role }) => role === 'tool').length;
    if (step === STEPS - 1) await mayEnd;
    return step < STEPS
      ? { pieces: tokens(), toolCalls: [{ name: 'list_files', arguments: {} }] }
      : { content: 'Done.' };
  });
  database = await createTestDatabase();
  server = await startProcess(
    {
      ...database.env,
      WORKSPACE_DIR: database.env.DATA_DIR,
      OPENAI_API_KEY: 'test-key',
      OPENAI_BASE_URL: fake.baseUrl,
      CHAT_MODEL: 'fake-chat',
      EMBEDDING_MODEL: 'fake-embed',
      // What is freed goes back to the system (glibc's mallopt).
      MALLOC_ARENA_MAX: '1',
      MALLOC_MMAP_THRESHOLD_: '16384',
      MALLOC_TRIM_THRESHOLD_: '65536',
    },
    { preload: COLLECTING },
  );
  expect(server.url, server.output.text).toMatch(/^http:/);
  early = await askAtLength();
  // As many at once as there will be, so that what the first time costs is not counted.
  const lastEvents = { 'last-event-id': String(early.lastId - 3) };
  await Promise.all(
    Array.from({ length: CLIENTS }, () =>
      collectEvents(`${server.url}${early.path}`, { headers: lastEvents }),
    ),
  );
}, 2 * LIMIT_MS);
afterAll(async () => {
  if (!isLinux) return;
  await server.kill('SIGKILL');
  await fake.close();
  await database.drop();
});

async function* tokens() {
  for (let count = 1; count <= TOKENS_PER_STEP; count += 1) {
    yield TOKEN;
    if (count % TOKENS_AT_A_TIME === 0) await sleep(PAUSE_MS);
  }
}

/** Asks for much text and takes all of it as it comes; `onStep` is told each time the model has spoken, and where to follow. */
async function askAtLength(onStep: (step: number, path: string) => void = () => undefined) {
  const stream = await openEvents(`${server.url}/file-admin/ask`, {
    body: { query: 'Tell me everything', session_id: 'new', memory: 'recent' },
    signal: AbortSignal.timeout(2 * LIMIT_MS),
  });
  let path = '';
  let step = 0;
  let last: StreamEvent | undefined;
  for await (const event of stream.events) {
    if (event.event === 'run') path = `/runs/${event.data.run_id}/events`;
    if (event.event === 'tool' && event.data.outcome === 'returned') {
      step += 1;
      onStep(step, path);
    }
    last = event;
  }
  expect(last?.data).toMatchObject({ status: 'completed', response: 'Done.' });
  return { path, text: stream.bytes(), lastId: Number(last?.id) };
}

/** Clients that read slowly until `leave` is called, which tells how each one fared until then. */
function followSlowly(path: string) {
  const leaving = new AbortController();
  const readings = Array.from({ length: CLIENTS }, () =>
    slowRead(`${server.url}${path}`, { bytesPerSecond: BYTES_PER_SECOND, signal: leaving.signal }).catch(
      (error: Error) => error.name,
    ),
  );
  const leave = async () => {
    leaving.abort();
    return await Promise.all(readings);
  };
  return { leave };
}

/** What the server holds in memory, in bytes, once that no longer changes; garbage is not counted. */
async function heldBytes(): Promise<number> {
  let held = Number.NaN;
  const isSettled = async () => {
    const before = held;
    held = await leastResidentBytes();
    return Math.abs(held - before) < SETTLED_BYTES;
  };
  await expect.poll(isSettled, { timeout: LIMIT_MS }).toBe(true);
  return held;
}

/** What was resident just after garbage was collected. */
async function leastResidentBytes(): Promise<number> {
  const looks: number[] = [];
  for (let look = 0; look < 6; look += 1) {
    const status = await readFile(`/proc/${server.pid}/status`, 'utf8');
    looks.push(1024 * Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1]));
    await sleep(200);
  }
  return Math.min(...looks);
}

/** For each of the server's connections: the bytes that it has given to the kernel and that the client’s kernel has not taken. */
async function unsentBytes(): Promise<number[]> {
  const port = Number(new URL(server.url).port).toString(16).toUpperCase().padStart(4, '0');
  const lines = (await readFile('/proc/net/tcp', 'utf8')).trim().split('\n').slice(1);
  // local address, remote address, state (01: established), transmit queue:receive queue
  const fields = lines.map((line) => line.trim().split(/\s+/).slice(1, 5));
  return fields
    .filter(([local, , state]) => local?.endsWith(`:${port}`) && state === '01')
    .map(([, , , queues]) => Number.parseInt(queues ?? '', 16));
}

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

/** Waits until the server has given the kernel all that it takes for the slow clients. */
async function untilFull(): Promise<void> {
  let given = -1;
  const isFull = async () => {
    const unsent = (await unsentBytes()).filter((bytes) => bytes > 0);
    const before = given;
    given = sum(unsent);
    return unsent.length >= CLIENTS && given === before;
  };
  await expect.poll(isFull, { timeout: LIMIT_MS, interval: 500 }).toBe(true);
  const told = CLIENTS * early.text.length;
  expect(given, 'the kernel takes so much that this shows nothing: have more text').toBeLessThan(told / 2);
}

describe.skipIf(!isLinux)(title, () => {
  it('do not make the server hold for them what a run told before they came', OPTIONS, async () => {
    expect(early.text.length).toBeGreaterThan(STEPS * TOKENS_PER_STEP * TOKEN.length);
    const before = await heldBytes();
    const clients = followSlowly(early.path);
    await untilFull();
    const growth = (await heldBytes()) - before;
    expect(await clients.leave()).toEqual(Array(CLIENTS).fill('AbortError'));
    expect(growth).toBeLessThan(MOST_HELD * CLIENTS * early.text.length);
  });

  it('do not make the server hold for them what a run tells while they follow', OPTIONS, async () => {
    const before = await heldBytes();
    const { promise, resolve: goOn } = Promise.withResolvers<void>();
    mayEnd = promise;
    const following = Promise.withResolvers<ReturnType<typeof followSlowly>>();
    const asked = askAtLength((step, path) => {
      if (step === STEPS - 1) following.resolve(followSlowly(path));
    });
    const clients = await following.promise;
    await untilFull();
    goOn();
    const { text } = await asked;
    const growth = (await heldBytes()) - before;
    expect(await clients.leave()).toEqual(Array(CLIENTS).fill('AbortError'));
    expect(growth).toBeLessThan(MOST_HELD * CLIENTS * text.length);
  });

  it('get every byte in the end', OPTIONS, async () => {
    // As slow as can be waited for; the server could write all of it in a fraction of that time.
    const bytesPerSecond = early.text.length / 4;
    const signal = AbortSignal.timeout(LIMIT_MS);
    const started = performance.now();
    const text = await slowRead(`${server.url}${early.path}`, { bytesPerSecond, signal });
    expect(performance.now() - started).toBeGreaterThan(3_000);
    expect(text === early.text).toBe(true);
  });
});
