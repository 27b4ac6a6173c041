import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DOCUMENT_FAULTS } from '../../src/knowledge/document.ts';
import { fixture } from '../knowledge/fixtures.ts';
import { HOSTILE } from '../knowledge/hostile-files.ts';
import { createDocumentReader, type DocumentReader } from '../support/document-reader.ts';
import { type Place, startPlace } from '../support/servers.ts';

const MIB = 1024 * 1024;
const ALL_READ = { timeout: 240_000, interval: 500 };
const HEALTHY_MS = 1_000;
/** How much more memory than before the server may have used at its most, in MiB. */
const MOST_GROWTH = 200;
const GOOD = ['handbook.pdf', 'contract.docx', 'notes.md'];
/** Kinds that folders pass over. */
const isZip = (name: string) => name.endsWith('.zip');

let place: Place;
let server: Awaited<ReturnType<Place['start']>>;
let reader: DocumentReader;
beforeAll(async () => {
  place = await startPlace();
  server = await place.start({
    env: {
      OPENAI_API_KEY: '',
      OPENAI_BASE_URL: '',
      KNOWLEDGE_SCAN_INTERVAL_MS: '500',
      KNOWLEDGE_PARSE_TIMEOUT_MS: '15000',
      KNOWLEDGE_PARSE_MEMORY_MB: '256',
      KNOWLEDGE_MAX_FILE_MB: '64',
    },
  });
  reader = createDocumentReader({ url: server.url, workspace: place.workspace });
});
afterAll(() => place.remove());

/** Asks for the health of the server all along. */
function watchHealth() {
  const stop = new AbortController();
  const watched = { answers: 0, failures: [] as unknown[], slowestMs: 0 };
  const watching = (async () => {
    while (!stop.signal.aborted) {
      const started = performance.now();
      try {
        const { status } = await fetch(`${server.url}/health`);
        if (status !== 200) watched.failures.push(status);
      } catch (error) {
        watched.failures.push(error);
      }
      watched.answers += 1;
      watched.slowestMs = Math.max(watched.slowestMs, performance.now() - started);
      await sleep(50);
    }
  })();
  return async () => {
    stop.abort();
    await watching;
    return watched;
  };
}

/** The most memory that the server has used so far, in MiB. */
async function peakMemory(): Promise<number> {
  const status = await readFile(`/proc/${server.pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

it('costs one document and a reason for each hostile file, while the server answers and reads the others', async () => {
  await reader.write({ 'always-here.bin': 'x' });
  const good = GOOD.map((name) => [`hostile/good/${name}`, fixture(name).bytes]);
  await reader.write({
    ...Object.fromEntries(HOSTILE.map(({ name, bytes }) => [`hostile/${name}`, bytes])),
    ...Object.fromEntries(good),
  });
  const before = await peakMemory();
  const stopWatching = watchHealth();
  const folder = await reader.follow('hostile');
  for (const { name } of HOSTILE.filter((file) => isZip(file.name))) await reader.follow(`hostile/${name}`);
  await expect
    .poll(async () => (await reader.entry(folder.id)).files, ALL_READ)
    .toMatchObject({ total: HOSTILE.length + GOOD.length, pending: 0 });
  const watched = await stopWatching();
  expect(watched.failures).toEqual([]);
  expect(watched.answers).toBeGreaterThan(20);
  expect(watched.slowestMs).toBeLessThan(HEALTHY_MS);
  expect(server.exitCode()).toBe(null);
  expect((await peakMemory()) - before).toBeLessThan(MOST_GROWTH);

  const documents = new Map((await reader.documents()).map((document) => [document.path, document]));
  for (const { name, code, exhausting } of HOSTILE) {
    const document = documents.get(`hostile/${name}`);
    if (document?.state === 'ready' && code === undefined) continue;
    const codes = code === undefined || exhausting ? DOCUMENT_FAULTS : [code];
    expect(document, name).toMatchObject({
      state: 'failed',
      chunks: 0,
      fault: { code: expect.toBeOneOf([...codes]) },
    });
    expect(document?.fault?.detail, name).toMatch(/^[A-Z].*\.$/s);
    expect(document?.fault?.detail, name).not.toContain(place.workspace);
    expect((await reader.passages(String(document?.id))).body.passages).toEqual([]);
  }
  for (const name of GOOD) {
    expect(documents.get(`hostile/good/${name}`), name).toMatchObject({ state: 'ready', fault: null });
    expect(await reader.found(fixture(name).sentence)).toContain(`hostile/good/${name}`);
  }
}, 300_000);

it('refuses files of 200 MB with a reason, without having them in memory', async () => {
  await mkdir(join(place.workspace, 'large'), { recursive: true });
  await using sparse = await open(join(place.workspace, 'large/sparse.txt'), 'w');
  await sparse.truncate(200 * MIB);
  const line = createWriteStream(join(place.workspace, 'large/one-line.txt'));
  const words = Buffer.alloc(MIB, 'a word and ');
  for (let written = 0; written < 200; written += 1) if (!line.write(words)) await once(line, 'drain');
  line.end();
  await once(line, 'finish');
  await reader.write({ 'large/small.md': 'The wren is small.' });
  const before = await peakMemory();
  const stopWatching = watchHealth();
  const folder = await reader.read('large');
  expect(folder.files).toEqual({ total: 3, ready: 1, pending: 0, failed: 2 });
  for (const name of ['sparse', 'one-line']) {
    expect(await reader.at(`large/${name}.txt`)).toMatchObject({
      state: 'failed',
      fault: { code: 'too_large', detail: expect.stringContaining('KNOWLEDGE_MAX_FILE_MB') },
    });
  }
  expect(await reader.found('wren')).toEqual(['large/small.md']);
  // Sent, it is refused before all of it has come.
  const sent = await reader
    .upload('sent.txt', Buffer.alloc(200 * MIB, 'a word and '))
    .catch((error: unknown) => error);
  if (!(sent instanceof Error)) expect(sent).toMatchObject({ status: 413 });
  const watched = await stopWatching();
  expect(watched.failures).toEqual([]);
  expect(watched.slowestMs).toBeLessThan(HEALTHY_MS);
  expect(await reader.at('uploads/sent.txt')).toBe(undefined);
  expect((await peakMemory()) - before).toBeLessThan(MOST_GROWTH);
  expect(server.exitCode()).toBe(null);
}, 120_000);
