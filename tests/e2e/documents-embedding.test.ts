import { mkdir, mkdtemp, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRandom, longMarkdown, longSource, longText } from '../knowledge/long-documents.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createDocumentReader, type DocumentReader } from '../support/document-reader.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../support/fake-openai.ts';
import type { EmbeddingReply } from '../support/fake-openai-embeddings.ts';

const SOON = { timeout: 45_000, interval: 50 };
const BATCH = 250;
const REFUSED: EmbeddingReply = { status: 400 };
const DOWN: EmbeddingReply = { status: 500 };

let fake: FakeOpenAI;
let database: TestDatabase;
let workspace: string;
let app: TestApp;
let reader: DocumentReader;
/** The texts that were sent to be embedded, also those that failed. */
let sent: string[] = [];

beforeEach(async () => {
  sent = [];
  fake = await startFakeOpenAI();
  record();
  database = await createTestDatabase();
  workspace = await mkdtemp(join(tmpdir(), 'tertulia-documents-'));
  await start();
  await reader.write({ 'always-here.bin': 'x' });
});
afterEach(async () => {
  // First the fake, so that nothing waits for what it still holds back.
  await fake.close();
  await app.stop();
  await database.drop();
  await rm(workspace, { recursive: true, force: true });
});

async function start(env: Record<string, string> = {}): Promise<void> {
  app = await startTestApp({
    database,
    env: {
      WORKSPACE_DIR: workspace,
      EMBEDDING_API_KEY: 'test-key',
      EMBEDDING_BASE_URL: fake.baseUrl,
      EMBEDDING_MODEL: 'fake-embed',
      EMBEDDING_BATCH_SIZE: String(BATCH),
      MODEL_MAX_RETRIES: '0',
      RECALL_DEADLINE_MS: '3000',
      KNOWLEDGE_SCAN_INTERVAL_MS: '200',
      ...env,
    },
  });
  reader = createDocumentReader({ url: app.url, workspace });
}

function record(reply: (texts: string[]) => EmbeddingReply = () => ({})): void {
  fake.onEmbeddings(({ input }) => {
    const texts = [input].flat();
    sent.push(...texts);
    return reply(texts);
  });
}

async function restart(env: Record<string, string> = {}): Promise<void> {
  await app.stop();
  await start(env);
}

/** What was sent since it was asked last. */
function taken(): string[] {
  return sent.splice(0);
}

/** Writes a file and waits until that is read in. */
async function rewrite(path: string, text: string): Promise<void> {
  const before = await reader.at(path);
  await writeFile(join(workspace, path), text);
  await expect.poll(async () => (await reader.at(path))?.read_at, SOON).not.toBe(before?.read_at);
  await expect.poll(async () => (await reader.at(path))?.state, SOON).toBe('ready');
}

async function rows(table: string, where = 'true'): Promise<number> {
  const [row] = await app.runSql(`select count(*)::int as count from ${table} where ${where}`);
  return Number(row?.count);
}

describe('what is embedded', () => {
  it('is each chunk once, and nothing again that is touched, sent, followed or started again', async () => {
    await reader.write({
      'docs/a.md': '# Adders\n\nThe adder suns itself.',
      'docs/b.txt': 'The toad waits.',
    });
    const folder = await reader.read('docs');
    expect(taken().sort()).toEqual(['# Adders\n\nThe adder suns itself.', 'The toad waits.']);
    const document = await reader.at('docs/a.md');
    expect(document).toMatchObject({ state: 'ready', chunks: 1, embedded: 1 });

    await utimes(join(workspace, 'docs/a.md'), new Date(), new Date('2024-05-05T00:00:00Z'));
    await expect
      .poll(() => reader.at('docs/a.md'), SOON)
      .toMatchObject({ modified_at: '2024-05-05T00:00:00.000Z', state: 'ready' });
    await reader.read('docs');
    await reader.read('docs/a.md');
    await reader.upload('b.txt', 'The toad waits.', 'docs/b.txt');
    await reader.settled(folder.id);
    await restart();
    await reader.read('docs');
    expect(taken()).toEqual([]);
    expect(await reader.at('docs/a.md')).toMatchObject({ id: document?.id, read_at: document?.read_at });
    expect(await rows('chunk_vectors')).toBe(2);

    await reader.write({ 'docs/c.md': 'The newt swims.' });
    await reader.become('docs', ['docs/a.md', 'docs/b.txt', 'docs/c.md']);
    await rm(join(workspace, 'docs/b.txt'));
    await reader.become('docs', ['docs/a.md', 'docs/c.md']);
    expect(taken()).toEqual(['The newt swims.']);
    expect(await rows('chunk_vectors')).toBe(2);
    await reader.forget(folder.id);
    expect(await rows('chunk_vectors')).toBe(0);
  });

  it('is nothing when a file or its folder is renamed, or only its headings change', async () => {
    const text = `# Title\n\n${longText(createRandom(1), 60).join('\n')}`;
    await reader.write({ 'docs/a.md': text });
    await reader.read('docs');
    const chunks = taken().length;
    expect(chunks).toBeGreaterThan(3);
    await rewrite('docs/a.md', text.replace('# Title', '# Other'));
    expect(taken().length).toBeLessThanOrEqual(1);
    await expect.poll(() => rows('chunks'), SOON).toBe(chunks);
    expect(await rows('chunk_vectors')).toBe(chunks);
    taken();
    await rename(join(workspace, 'docs/a.md'), join(workspace, 'docs/b.md'));
    await reader.become('docs', ['docs/b.md']);
    await mkdir(join(workspace, 'docs/deep'));
    await rename(join(workspace, 'docs/b.md'), join(workspace, 'docs/deep/c.md'));
    await reader.become('docs', ['docs/deep/c.md']);
    expect(taken()).toEqual([]);
    expect(await rows('chunk_vectors')).toBe(chunks);
  });

  it.each<[string, (sections: number) => string[], number]>([
    ['long.md', (sections) => longMarkdown(createRandom(11), sections), 900],
    ['long.txt', (paragraphs) => longText(createRandom(12), paragraphs), 3_300],
    ['long.ts', (definitions) => longSource(createRandom(13), definitions), 1_500],
  ])(
    'is three texts at most when one line of 1,000 chunks is edited: %s',
    async (name, make, parts) => {
      const lines = make(parts);
      await reader.write({ [`docs/${name}`]: lines.join('\n') });
      await reader.read('docs');
      const { chunks = 0 } = (await reader.at(`docs/${name}`)) ?? {};
      expect(chunks).toBeGreaterThanOrEqual(1_000);
      expect(taken()).toHaveLength(chunks);
      const random = createRandom(99);
      const somewhere = () => Math.floor(random() * lines.length);
      const edits: [string, number, (line: string) => string[]][] = [
        ['the first line', 0, (line) => [`${line} with an otter`]],
        ['the last line', lines.findLastIndex((line) => line !== ''), (line) => [`${line} with an otter`]],
        ['a line', somewhere(), () => ['an otter instead of what was here']],
        ['a line more', somewhere(), (line) => ['an otter before it', line]],
        ['a line less', somewhere(), () => []],
        ['a blank line more', somewhere(), (line) => [line, '']],
      ];
      for (const [what, index, edit] of edits) {
        lines.splice(index, 1, ...edit(lines[index] ?? ''));
        await rewrite(`docs/${name}`, lines.join('\n'));
        expect(taken().length, `${what}, line ${index + 1}`).toBeLessThanOrEqual(3);
      }
      const stored = (await reader.at(`docs/${name}`))?.chunks;
      expect(await rows('chunks')).toBe(stored);
      expect(await rows('chunk_vectors')).toBe(stored);
      expect(await readFile(join(workspace, 'docs', name), 'utf8')).toBe(lines.join('\n'));
    },
    240_000,
  );
});

describe('an embedder that is down', () => {
  it('leaves documents waiting with a reason, found by their words, and goes on when it is back', async () => {
    record(() => DOWN);
    await reader.write({ 'docs/a.md': 'The adder suns itself.', 'docs/b.md': 'The toad waits.' });
    const folder = await reader.follow('docs');
    await expect
      .poll(() => reader.documents(), SOON)
      .toMatchObject([
        {
          state: 'embedding',
          chunks: 1,
          embedded: 0,
          fault: { code: expect.any(String), detail: expect.stringMatching(/\.$/) },
        },
        { state: 'embedding', chunks: 1, embedded: 0, fault: { code: expect.any(String) } },
      ]);
    expect(await reader.entry(folder.id)).toMatchObject({
      state: 'reading',
      files: { pending: 2, failed: 0 },
    });
    const { status, headers, body } = await reader.post('/file-consultant/search', { query: 'adder' });
    expect(status).toBe(200);
    expect(headers.get('degraded')).toBe('embedder_failed');
    expect(body).toMatchObject([{ path: 'docs/a.md', via: ['text'] }]);
    await writeFile(join(workspace, 'docs/b.md'), 'The toad leaps.');
    await reader.finds('leaps', ['docs/b.md']);
    record();
    await reader.become('docs', ['docs/a.md', 'docs/b.md']);
    expect(await reader.at('docs/a.md')).toMatchObject({ fault: null, embedded: 1 });
    const again = await reader.post('/file-consultant/search', { query: 'adder suns' });
    expect(again.headers.get('degraded')).toBe(null);
    expect(again.body[0].via).toEqual(['similar', 'text']);
  });

  it('keeps what was embedded before it went down in the middle of a document', async () => {
    let answers = 0;
    record(() => {
      answers += 1;
      return answers <= 2 ? {} : DOWN;
    });
    await reader.write({ 'docs/long.txt': longText(createRandom(21), 2_200).join('\n') });
    await reader.follow('docs');
    await expect
      .poll(() => reader.at('docs/long.txt'), SOON)
      .toMatchObject({ state: 'embedding', embedded: 2 * BATCH, fault: { code: expect.any(String) } });
    const { chunks = 0 } = (await reader.at('docs/long.txt')) ?? {};
    taken();
    record();
    await reader.become('docs', ['docs/long.txt']);
    expect(taken()).toHaveLength(chunks - 2 * BATCH);
  });

  it('for one text that it refuses lets all others have their vectors, and says so', async () => {
    record((texts) => (texts.some((text) => text.includes('POISON')) ? REFUSED : {}));
    const lines = longText(createRandom(31), 60);
    await reader.write({ 'docs/long.txt': lines.with(30, 'POISON is here').join('\n') });
    await reader.read('docs');
    const document = await reader.at('docs/long.txt');
    expect(document).toMatchObject({ state: 'ready', fault: { code: 'embedder_failed' } });
    expect(document?.embedded).toBe((document?.chunks ?? 0) - 1);
    expect(await reader.found('POISON')).toEqual(['docs/long.txt']);
  });
});

describe('an embedder that takes all but some texts', () => {
  it('does not keep a document of such texts alone, and its folder, from ever being ready', async () => {
    record((texts) => (texts.some((text) => text.includes('POISON')) ? REFUSED : {}));
    const poisoned = longText(createRandom(32), 60).map((line) => (line === '' ? '' : `POISON ${line}`));
    await reader.write({
      'docs/a.md': 'The adder suns itself.',
      'docs/b.md': 'POISON is all there is.',
      'docs/many.txt': poisoned.join('\n'),
    });
    const { id } = await reader.follow('docs');
    await expect.poll(async () => (await reader.entry(id)).state, SOON).toBe('ready');
    for (const path of ['docs/b.md', 'docs/many.txt'])
      expect(await reader.at(path)).toMatchObject({ state: 'ready', fault: { code: 'embedder_failed' } });
    expect((await reader.at('docs/many.txt'))?.chunks).toBeGreaterThan(3);
  });
});

describe('another embedding model', () => {
  async function changeModel(): Promise<void> {
    await app.stop();
    await fake.close();
    fake = await startFakeOpenAI({ embeddingModel: 'other-embed' });
    record();
    taken();
  }

  const untilItWaits = () =>
    expect
      .poll(async () => (await app.get('/admin/jobs', { 'x-test-role': 'admin' })).body[0]?.detail, SOON)
      .toContain('It waits and tries again');
  async function untilAllIsOfTheNewOne(): Promise<void> {
    await expect.poll(() => rows('chunk_vectors', "model <> 'other-embed'"), SOON).toBe(0);
    expect(await rows('chunk_vectors')).toBe(2);
  }

  it('embeds all again, and never compares with the vectors of the one before', async () => {
    await reader.write({ 'docs/a.md': 'The adder suns itself.', 'docs/b.md': 'The toad waits.' });
    await reader.read('docs');
    await changeModel();
    record(() => DOWN);
    await start({ EMBEDDING_MODEL: 'other-embed' });
    await untilItWaits();
    expect(await reader.documents()).toMatchObject([{ state: 'ready' }, { state: 'ready' }]);
    record(([text]) => (text === 'the serpent' ? {} : DOWN));
    expect(await reader.search('the serpent')).toEqual([]);
    record();
    await untilAllIsOfTheNewOne();
    await reader.become('docs', ['docs/a.md', 'docs/b.md']);
    expect((await reader.search('adder suns'))[0]).toMatchObject({
      path: 'docs/a.md',
      via: ['similar', 'text'],
    });
  });

  it('embeds also what is touched before its turn comes', async () => {
    await reader.write({ 'docs/a.md': 'The adder suns itself.', 'docs/b.md': 'The toad waits.' });
    await reader.read('docs');
    await changeModel();
    record(() => DOWN);
    await start({ EMBEDDING_MODEL: 'other-embed' });
    await untilItWaits();
    await utimes(join(workspace, 'docs/a.md'), new Date(), new Date('2024-05-05T00:00:00Z'));
    await expect
      .poll(() => reader.at('docs/a.md'), SOON)
      .toMatchObject({
        modified_at: '2024-05-05T00:00:00.000Z',
        state: expect.toBeOneOf(['ready', 'embedding']),
      });
    record();
    await untilAllIsOfTheNewOne();
    await reader.become('docs', ['docs/a.md', 'docs/b.md']);
  });

  it('of words needs no vectors, and one of meaning gives them to what was read without', async () => {
    await reader.write({ 'docs/a.md': 'The adder suns itself.' });
    await reader.read('docs');
    taken();
    await restart({ EMBEDDING_API_KEY: '', EMBEDDING_BASE_URL: '' });
    expect(await reader.at('docs/a.md')).toMatchObject({ state: 'ready', embedded: 1 });
    await reader.write({ 'docs/b.md': 'The toad waits.' });
    await reader.become('docs', ['docs/a.md', 'docs/b.md']);
    expect((await reader.search('toad'))[0]).toMatchObject({ path: 'docs/b.md', via: ['text'] });
    await restart();
    await reader.become('docs', ['docs/a.md', 'docs/b.md']);
    await expect.poll(() => rows('chunk_vectors'), SOON).toBe(2);
    // The vector from before is used again where it has not been removed yet.
    expect([['The toad waits.'], ['The adder suns itself.', 'The toad waits.']]).toContainEqual(
      sent.toSorted(),
    );
  });
});
