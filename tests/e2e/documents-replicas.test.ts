import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { createRandom, longText } from '../knowledge/long-documents.ts';
import { createDocumentReader } from '../support/document-reader.ts';
import { type Place, startPlace } from '../support/servers.ts';

const FILES = 60;
const BATCH = 16;
const SOON = { timeout: 60_000, interval: 100 };
const isServer = inject('template').kind === 'server';
const title = `two replicas with one library${isServer ? '' : ': the embedded database has one process only'}`;
const env = {
  EMBEDDING_BATCH_SIZE: String(BATCH),
  KNOWLEDGE_SCAN_INTERVAL_MS: '300',
  RUN_LEASE_MS: '1500',
};

let place: Place;
let embedded: string[] = [];
beforeEach(async () => {
  if (!isServer) return;
  embedded = [];
  place = await startPlace();
  place.fake.onEmbeddings(async ({ input }) => {
    await sleep(20);
    embedded.push(...[input].flat());
    return {};
  });
});
afterEach(() => place?.remove());

async function startPair() {
  const servers = await Promise.all([place.start({ env }), place.start({ env })]);
  const readers = servers.map(({ url }) => createDocumentReader({ url, workspace: place.workspace }));
  // There are two of each, because two were started.
  return { servers, readers } as {
    servers: [(typeof servers)[0], (typeof servers)[0]];
    readers: [(typeof readers)[0], (typeof readers)[0]];
  };
}

const files = () =>
  Object.fromEntries(
    Array.from({ length: FILES }, (_, index) => [
      `docs/${index}.md`,
      `# File ${index}\n\n${longText(createRandom(index), 20).join(`\nFile ${index}: `)}`,
    ]),
  );

describe.skipIf(!isServer)(title, () => {
  it('share the work, and read and embed each file once', async () => {
    const { readers } = await startPair();
    await readers[0].write(files());
    const [folder, same] = await Promise.all(readers.map((reader) => reader.follow('docs')));
    expect(same.id).toBe(folder.id);
    const done = await readers[1].settled(folder.id);
    expect(done).toMatchObject({ state: 'ready', files: { total: FILES, ready: FILES } });
    expect(embedded.length).toBe(done.chunks);
    expect(new Set(embedded).size).toBe(done.chunks);
    await writeFile(join(place.workspace, 'docs/7.md'), 'The otter swims.');
    await rm(join(place.workspace, 'docs/8.md'));
    for (const reader of readers) {
      await expect.poll(async () => (await reader.search('otter'))[0]?.text, SOON).toBe('The otter swims.');
      await expect.poll(() => reader.at('docs/8.md'), SOON).toBe(undefined);
    }
  }, 120_000);

  it('take over what the other one had, when it is killed', async () => {
    const { servers, readers } = await startPair();
    await readers[0].write(files());
    const folder = await readers[0].follow('docs');
    await expect.poll(() => embedded.length, SOON).toBeGreaterThan(5 * BATCH);
    await servers[0].kill('SIGKILL');
    await expect
      .poll(() => readers[1].entry(folder.id), SOON)
      .toMatchObject({ state: 'ready', files: { total: FILES, ready: FILES, pending: 0, failed: 0 } });
    const { chunks } = await readers[1].entry(folder.id);
    expect(new Set(embedded).size).toBe(chunks);
    expect(embedded.length - chunks).toBeLessThanOrEqual(2 * BATCH);
  }, 120_000);
});
