import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRandom, longMarkdown, longText, sentence } from '../knowledge/long-documents.ts';
import { startTestApp } from '../support/app.ts';
import { createDocumentReader, type DocumentReader } from '../support/document-reader.ts';
import type { Fault } from '../support/fault.ts';
import { type Place, startPlace } from '../support/servers.ts';

const BATCH = 16;
/** As many documents are worked on at a time. */
const WORKERS = 2;
const SOON = { timeout: 90_000, interval: 100 };
const env = {
  EMBEDDING_BATCH_SIZE: String(BATCH),
  KNOWLEDGE_SCAN_INTERVAL_MS: '300',
  // On a server a lease must be over before another process goes on.
  RUN_LEASE_MS: '1500',
};

let place: Place;
/** The texts that the embedder answered for. */
let embedded: string[] = [];

beforeEach(async () => {
  embedded = [];
  place = await startPlace();
  place.fake.onEmbeddings(async ({ input }) => {
    await sleep(20);
    embedded.push(...[input].flat());
    return {};
  });
});
afterEach(() => place.remove());

async function start(more: { env?: Record<string, string>; preload?: string } = {}) {
  const server = await place.start({ ...more, env: { ...env, ...more.env } });
  return { server, reader: createDocumentReader({ url: server.url, workspace: place.workspace }) };
}

/** Waits until so many documents below a path are ready, and no others are there. */
async function allReady(reader: DocumentReader, path: string, count: number): Promise<void> {
  await expect
    .poll(async () => {
      const { body } = await reader.get(`/file-consultant/documents?type=folder&path=${path}`);
      return body[0];
    }, SOON)
    .toMatchObject({ state: 'ready', files: { total: count, ready: count, pending: 0, failed: 0 } });
}

async function passagesOf(reader: DocumentReader, path: string) {
  const { id = '' } = (await reader.at(path)) ?? {};
  const all: { text: string; start_line: number; end_line: number; headings: string[] }[] = [];
  for (let line = 1; ; ) {
    const { body } = await reader.passages(id, `?limit=200&line=${line}`);
    // A passage that goes on with the last line of the page before is there already.
    all.push(
      ...body.passages.filter(
        (one: { start_line: number; text: string }) =>
          !all.some((other) => other.text === one.text && other.start_line === one.start_line),
      ),
    );
    if (!body.more) return all;
    line = all.at(-1)!.end_line + 1;
  }
}

/** Wants what was read over a crash to be what is read of copies of the files in one go, and the tables to hold nothing else. */
async function expectAsFresh(reader: DocumentReader, names: string[]): Promise<void> {
  await cp(join(place.workspace, 'docs'), join(place.workspace, 'fresh'), { recursive: true });
  await reader.read('fresh');
  for (const name of names) {
    const passages = await passagesOf(reader, `docs/${name}`);
    expect(passages).toEqual(await passagesOf(reader, `fresh/${name}`));
    const document = await reader.at(`docs/${name}`);
    expect(document).toMatchObject({
      state: 'ready',
      fault: null,
      chunks: passages.length,
      embedded: passages.length,
    });
  }
}

async function expectTables(chunks: number): Promise<void> {
  const app = await startTestApp({
    database: place.database,
    env: { ...env, WORKSPACE_DIR: place.workspace },
  });
  for (const table of ['chunks', 'chunk_places', 'chunk_vectors']) {
    const [row] = await app.runSql(`select count(*)::int as count from ${table}`);
    expect({ table, ...row }).toEqual({ table, count: chunks });
  }
  await app.stop();
}

/** How many texts were embedded more than once. */
const again = () => embedded.length - new Set(embedded).size;

describe('a server that is killed', () => {
  it('in the middle of embedding a long document goes on behind the last batch', async () => {
    const first = await start();
    const text = longMarkdown(createRandom(41), 350).join('\n');
    await first.reader.write({ 'always-here.bin': 'x', 'docs/long.md': text });
    await first.reader.follow('docs');
    await expect.poll(() => embedded.length, SOON).toBeGreaterThan(6 * BATCH);
    const { chunks = 0 } = (await first.reader.at('docs/long.md')) ?? {};
    await first.server.kill('SIGKILL');
    expect(embedded.length).toBeLessThan(chunks);

    const second = await start();
    await allReady(second.reader, 'docs', 1);
    expect(again()).toBeLessThanOrEqual(BATCH);
    expect(new Set(embedded).size).toBe(chunks);
    await expectAsFresh(second.reader, ['long.md']);
    expect(await second.server.kill('SIGTERM')).toBe(0);
    await expectTables(2 * chunks);
  }, 240_000);

  it.each([60])(
    'after %i of 200 files reads the others, and none of those again',
    async (count) => {
      const files = Object.fromEntries(
        Array.from({ length: 200 }, (_, index) => {
          const random = createRandom(index);
          const lines = Array.from({ length: 1 + (index % 20) }, () => sentence(random, 12));
          return [`docs/${index % 7}/file-${index}.md`, `# File ${index}\n\n${lines.join('\n')}`];
        }),
      );
      const first = await start();
      await first.reader.write({ 'always-here.bin': 'x', ...files });
      await first.reader.follow('docs');
      const readyOnes = async () => await first.reader.documents({ state: 'ready' });
      await expect.poll(async () => (await readyOnes()).length, SOON).toBeGreaterThan(count);
      const before = await readyOnes();
      await first.server.kill('SIGKILL');
      expect(before.length).toBeLessThan(200);

      const second = await start();
      await allReady(second.reader, 'docs', 200);
      const after = new Map((await second.reader.documents()).map((one) => [one.id, one.read_at]));
      for (const { id, read_at } of before) expect(after.get(id)).toBe(read_at);
      expect(again()).toBeLessThanOrEqual(BATCH * WORKERS);
      const folder = await second.reader.entry((await second.reader.follow('docs')).id);
      await expectAsFresh(second.reader, ['0/file-0.md', '1/file-197.md', '6/file-104.md']);
      expect(await second.server.kill('SIGTERM')).toBe(0);
      await expectTables(2 * folder.chunks);
    },
    240_000,
  );

  const STEPS: [what: string, fault: Omit<Fault, 'action'>][] = [
    ['after some chunks are stored', { when: 'after', statement: 'insert into chunks', occurrence: 2 }],
    ['after the document has its chunks', { when: 'after', statement: 'set generation' }],
    [
      'after the first vectors are stored',
      { when: 'after', statement: 'insert into chunk_vectors.*jsonb_to_recordset.*place int' },
    ],
  ];

  it.each(STEPS)(
    '%s has all of it after the next start, once',
    async (_, fault) => {
      const armed: Fault = { ...fault, action: 'kill' };
      const first = await start({
        env: { TEST_FAULT: JSON.stringify(armed) },
        preload: './tests/support/fault.ts',
      });
      const text = longText(createRandom(51), 500).join('\n');
      await first.reader.write({ 'always-here.bin': 'x', 'docs/long.txt': text });
      await first.reader.follow('docs').catch(() => undefined);
      await first.server.ended;
      const second = await start();
      await allReady(second.reader, 'docs', 1);
      const { chunks = 0 } = (await second.reader.at('docs/long.txt')) ?? {};
      expect(chunks).toBeGreaterThan(100);
      expect(again()).toBeLessThanOrEqual(BATCH);
      await expectAsFresh(second.reader, ['long.txt']);
      expect(await second.server.kill('SIGTERM')).toBe(0);
      await expectTables(2 * chunks);
    },
    120_000,
  );

  it.each(STEPS.slice(0, 2))(
    '%s of an edit finds either the old text or the new one, and then the new one',
    async (_, fault) => {
      const before = await start();
      const lines = longText(createRandom(61), 500);
      await before.reader.write({ 'always-here.bin': 'x', 'docs/long.txt': lines.join('\n') });
      await before.reader.read('docs');
      await before.server.kill('SIGTERM');
      embedded = [];
      const edited = lines.map((line, index) =>
        index % 3 === 1 && line !== '' ? `${line} The otter ${index} swims.` : line,
      );
      await before.reader.write({ 'docs/long.txt': edited.join('\n') });
      const killed = await start({
        env: { TEST_FAULT: JSON.stringify({ ...fault, action: 'kill' } satisfies Fault) },
        preload: './tests/support/fault.ts',
      });
      await killed.server.ended;
      const after = await start({ env: { KNOWLEDGE_SCAN_INTERVAL_MS: '1000' } });
      await expect.poll(async () => (await after.reader.found('otter')).length, SOON).toBeGreaterThan(0);
      await allReady(after.reader, 'docs', 1);
      const { chunks = 0 } = (await after.reader.at('docs/long.txt')) ?? {};
      await expectAsFresh(after.reader, ['long.txt']);
      expect(await after.server.kill('SIGTERM')).toBe(0);
      await expectTables(2 * chunks);
    },
    120_000,
  );

  it('in the middle of an edit that is taken back keeps nothing of it', async () => {
    const before = await start();
    const lines = longText(createRandom(71), 500);
    await before.reader.write({ 'always-here.bin': 'x', 'docs/long.txt': lines.join('\n') });
    await before.reader.read('docs');
    const { chunks = 0 } = (await before.reader.at('docs/long.txt')) ?? {};
    await before.server.kill('SIGTERM');
    await before.reader.write({ 'docs/long.txt': lines.map((line) => `${line} otter`).join('\n') });
    const killed = await start({
      env: {
        TEST_FAULT: JSON.stringify({
          when: 'before',
          statement: 'set generation',
          action: 'kill',
        } satisfies Fault),
      },
      preload: './tests/support/fault.ts',
    });
    await killed.server.ended;
    await before.reader.write({ 'docs/long.txt': lines.join('\n') });
    embedded = [];
    const after = await start();
    await allReady(after.reader, 'docs', 1);
    expect(embedded.filter((text) => text.includes('otter'))).toEqual([]);
    for (const { text } of await after.reader.search('otter')) expect(text).not.toContain('otter');
    expect(await after.server.kill('SIGTERM')).toBe(0);
    await expectTables(chunks);
  }, 120_000);
});
