import { appendFile, mkdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createDocumentReader, type DocumentReader } from '../support/document-reader.ts';
import { collectEvents } from '../support/event-stream.ts';

const SOON = { timeout: 20_000, interval: 50 };
let app: TestApp;
let reader: DocumentReader;
let users = 0;
/** Each test has a user and a folder of its own. */
let root = '';

beforeAll(async () => {
  app = await startTestApp({ env: { KNOWLEDGE_SCAN_INTERVAL_MS: '150', APPROVALS: 'none' } });
  // When a workspace is empty, it is rather not there at all.
  await createDocumentReader(app).write({ 'always-here.bin': 'x' });
});
afterAll(() => app.stop());
beforeEach(() => {
  users += 1;
  root = `t${users}`;
  reader = createDocumentReader(app, `reader-${users}`);
});

const at = (path: string) => (path === '' ? root : `${root}/${path}`);
const host = (path: string) => join(app.workspace, root, path);
const write = (files: Record<string, string | Uint8Array>) =>
  reader.write(Object.fromEntries(Object.entries(files).map(([path, content]) => [at(path), content])));
const move = (from: string, to: string) => rename(host(from), host(to));
const become = (...paths: string[]) => reader.become(root, paths.map(at));
/** The state of a folder that is to change. */
const folderSoon = (id: string) => expect.poll(() => reader.entry(id), SOON);

/** How many rows the user has in a table. */
async function rows(table: string): Promise<number> {
  const [row] = await app.runSql(
    `select count(*)::int as count from ${table} where user_id = '${reader.user}'`,
  );
  return Number(row?.count);
}
/** What is stored of the chunks: neither double nor left over. */
async function expectChunks(): Promise<void> {
  const stated = (await reader.documents()).reduce((sum, { chunks }) => sum + chunks, 0);
  expect(await rows('chunk_places')).toBe(stated);
  expect(await rows('chunks')).toBe(stated);
}

describe('a followed folder', () => {
  it('is taken at once, read in the background, and told about', async () => {
    await write({
      'a.md': 'The adder suns itself.',
      'in/b.txt': 'The slow-worm hides.',
      'picture.png': 'no text',
    });
    const { status, body, headers } = await reader.post('/file-consultant/documents', { path: `${root}/` });
    expect(status).toBe(202);
    expect(headers.get('location')).toBe(`/file-consultant/documents/${body.id}`);
    expect(body).toMatchObject({ type: 'folder', path: root, state: 'reading', skipped: 1, fault: null });
    expect(body.files).toEqual({ total: 2, ready: 0, pending: 2, failed: 0 });
    const folder = await reader.settled(body.id);
    expect(folder).toMatchObject({
      state: 'ready',
      chunks: 2,
      files: { total: 2, ready: 2, pending: 0, failed: 0 },
    });
    expect((await reader.follow(root)).id).toBe(body.id);
    expect((await reader.get('/file-consultant/documents?type=folder')).body).toMatchObject([
      { id: body.id },
    ]);
  });

  it('follows files that are edited, made and deleted', async () => {
    await write({ 'a.md': 'The adder suns itself.', 'b.md': 'The toad waits.', 'c.md': 'The newt swims.' });
    const folder = await reader.read(root);
    const before = await reader.at(at('a.md'));
    const kept = await reader.at(at('c.md'));
    await write({ 'a.md': 'The viper suns itself.', 'd/e.md': 'The frog leaps.' });
    await rm(host('b.md'));
    await become('a.md', 'c.md', 'd/e.md');
    await reader.finds('viper', [at('a.md')]);
    expect(await reader.found('adder')).toEqual([]);
    expect(await reader.found('toad')).toEqual([]);
    expect(await reader.found('frog')).toEqual([at('d/e.md')]);
    expect((await reader.at(at('a.md')))?.id).toBe(before?.id);
    expect(await reader.at(at('c.md'))).toEqual(kept);
    expect(await rows('documents')).toBe(3);
    await expectChunks();
    expect(await reader.entry(folder.id)).toMatchObject({ state: 'ready', files: { total: 3, ready: 3 } });
  });

  it('keeps what is only renamed, in a folder and across folders, and folders that are renamed', async () => {
    await write({
      'a.md': 'The adder suns itself.',
      'in/b.md': 'The toad waits.',
      'in/c.md': 'The newt swims.',
    });
    await reader.read(root);
    const before = await reader.documents();
    const chunkIds = async () =>
      (await app.runSql(`select id from chunks where user_id = '${reader.user}' order by id`)).map(
        ({ id }) => id,
      );
    const chunks = await chunkIds();
    await move('a.md', 'z.md');
    await become('in/b.md', 'in/c.md', 'z.md');
    await mkdir(host('out'));
    await move('in/b.md', 'out/bb.md');
    await become('in/c.md', 'out/bb.md', 'z.md');
    await move('in', 'deep');
    await become('deep/c.md', 'out/bb.md', 'z.md');
    const after = await reader.documents();
    expect(new Map(after.map(({ id, read_at }) => [id, read_at]))).toEqual(
      new Map(before.map(({ id, read_at }) => [id, read_at])),
    );
    expect(await chunkIds()).toEqual(chunks);
    expect(await reader.found('toad')).toEqual([at('out/bb.md')]);
    expect((await reader.search('adder'))[0]?.citation).toBe(`[${at('z.md')}:1]`);
  });

  it('tells two files that change their names from each other', async () => {
    await write({ 'a.md': 'The adder suns itself.', 'b.md': 'The toads do wait.....' });
    // A file is known by its size and its time, and these could be written within one millisecond.
    await utimes(host('b.md'), new Date(), new Date('2024-01-01T00:00:00Z'));
    await reader.read(root);
    await move('a.md', 'c.md');
    await move('b.md', 'a.md');
    await move('c.md', 'b.md');
    await reader.finds('adder', [at('b.md')]);
    await reader.finds('toads', [at('a.md')]);
    await become('a.md', 'b.md');
    await expectChunks();
  });

  it('leaves nothing behind of what is deleted, not even of its last file', async () => {
    await write({ 'a.md': '# Adders\n\nThe adder suns itself.', 'b/c.csv': 'a,b\n1,2\n' });
    const folder = await reader.read(root);
    await rm(host('a.md'));
    await rm(host('b/c.csv'));
    await become();
    expect(await rows('documents')).toBe(0);
    expect(await rows('chunks')).toBe(0);
    expect(await rows('chunk_vectors')).toBe(0);
    expect(await reader.search('adder')).toEqual([]);
    expect(await reader.entry(folder.id)).toMatchObject({
      state: 'ready',
      fault: null,
      files: { total: 0 },
      chunks: 0,
    });
  });

  it('reads a file to its end that grows while it is read', async () => {
    await write({ 'log.txt': 'line 0 of the journal\n' });
    await reader.read(root);
    for (let line = 1; line < 120; line += 1)
      await appendFile(host('log.txt'), `line ${line} of the journal\n`);
    await appendFile(host('log.txt'), 'the axolotl ends it');
    await reader.finds('axolotl', [at('log.txt')]);
    await become('log.txt');
    const [last] = await reader.search('axolotl');
    expect(last?.end_line).toBe(121);
    await expectChunks();
  });

  it('is read once when it is only touched', async () => {
    await write({ 'a.md': 'The adder suns itself.' });
    await reader.read(root);
    const before = await reader.at(at('a.md'));
    await utimes(host('a.md'), new Date(), new Date('2024-01-01T00:00:00Z'));
    await expect
      .poll(() => reader.at(at('a.md')), SOON)
      .toMatchObject({ state: 'ready', modified_at: '2024-01-01T00:00:00.000Z' });
    expect(await reader.at(at('a.md'))).toMatchObject({ id: before?.id, read_at: before?.read_at });
  });

  it('respects .gitignore, also one that comes later, but reads an ignored folder that is named itself', async () => {
    await write({
      '.gitignore': 'dist/\n*.log\n',
      'a.md': 'The adder.',
      'dist/b.md': 'The toad.',
      'c.log': 'The newt.',
    });
    await reader.read(root);
    const hidden = (await reader.paths(root)).filter((path) => !path.endsWith('.gitignore'));
    expect(hidden).toEqual([at('a.md')]);
    const named = await reader.read(at('dist'));
    expect(named).toMatchObject({ state: 'ready', files: { total: 1, ready: 1 } });
    expect(await reader.found('toad')).toEqual([at('dist/b.md')]);
    const single = await reader.read(at('c.log'));
    expect(single).toMatchObject({ type: 'file', state: 'ready' });
    await write({ 'a2.md': 'The asp.' });
    await reader.finds('asp', [at('a2.md')]);
    expect(await reader.found('newt')).toEqual([at('c.log')]);
    expect(await reader.found('toad')).toEqual([at('dist/b.md')]);
    await write({ '.gitignore': 'dist/\n*.log\na.md\n' });
    await expect.poll(() => reader.at(at('a.md')), SOON).toBe(undefined);
    expect(await reader.found('adder')).toEqual([]);
    expect(await reader.found('toad')).toEqual([at('dist/b.md')]);
  });

  it('passes over images and other kinds, counts them, and reads one that is named itself', async () => {
    const png = Buffer.from('89504e470d0a1a0a0000000d', 'hex');
    await write({
      'a.md': 'The adder.',
      'b.png': png,
      'c.JPG': png,
      'd.zip': 'x',
      'in/e.mp4': 'x',
      'f.svg': '<svg><title>toad</title></svg>',
    });
    const folder = await reader.read(root);
    expect(folder).toMatchObject({ skipped: 4, files: { total: 2 } });
    await write({ 'g.gif': png });
    await folderSoon(folder.id).toMatchObject({ skipped: 5 });
    const named = await reader.read(at('b.png'));
    expect(named).toMatchObject({ state: 'failed', fault: { code: 'not_supported' } });
    await folderSoon(folder.id).toMatchObject({ files: { total: 3, failed: 1 } });
    expect(await reader.at(at('b.png'))).toMatchObject({ id: named.id });
  });
});

describe('a followed folder that goes away', () => {
  it('says so, keeps nothing of its files, and has them again when it is back', async () => {
    await write({ 'in/a.md': 'The adder suns itself.' });
    const folder = await reader.read(at('in'));
    await move('in', 'elsewhere');
    await folderSoon(folder.id).toMatchObject({
      state: 'failed',
      fault: { code: 'file_not_found' },
      files: { total: 0 },
    });
    expect(await reader.found('adder')).toEqual([]);
    expect(await rows('chunks')).toBe(0);
    await move('elsewhere', 'in');
    await folderSoon(folder.id).toMatchObject({ state: 'ready', fault: null, files: { total: 1, ready: 1 } });
    expect(await reader.found('adder')).toEqual([at('in/a.md')]);
  });

  it('is not followed when a file or a link takes its place', async () => {
    await write({ 'in/a.md': 'The adder suns itself.' });
    const folder = await reader.read(at('in'));
    await rm(host('in'), { recursive: true });
    await write({ in: 'The adder is a file now.' });
    await folderSoon(folder.id).toMatchObject({
      state: 'failed',
      fault: { code: 'is_file' },
      files: { total: 0 },
    });
    await reader.finds('adder', []);
    expect((await reader.read(at('in'))).type).toBe('file');
    await reader.finds('adder', [at('in')]);
  });

  it('and a followed file that a folder replaces are gone until they are back', async () => {
    await write({ 'a.md': 'The adder suns itself.' });
    const { id } = await reader.read(at('a.md'));
    await rm(host('a.md'));
    await write({ 'a.md/inner.md': 'The adder is a folder now.' });
    await expect
      .poll(async () => (await reader.get(`/file-consultant/documents/${id}`)).status, SOON)
      .toBe(404);
    expect(await reader.found('adder')).toEqual([]);
    await rm(host('a.md'), { recursive: true });
    await write({ 'a.md': 'The adder is back.' });
    await reader.finds('adder', [at('a.md')]);
  });
});

describe('a document that is forgotten', () => {
  it('stays out although its file stays in the folder and is edited, until its path is given again', async () => {
    await write({ 'a.md': 'The adder suns itself.', 'b.md': 'The toad waits.' });
    const folder = await reader.read(root);
    const { id = '' } = (await reader.at(at('a.md'))) ?? {};
    expect((await reader.forget(id)).body).toEqual({ documents: 1, chunks: 1 });
    expect(await reader.found('adder')).toEqual([]);
    expect((await reader.get(`/file-consultant/documents/${id}/passages`)).status).toBe(404);
    expect((await reader.documents({ state: 'excluded' })).map(({ path }) => path)).toEqual([at('a.md')]);
    await writeFile(host('a.md'), 'The adder suns itself again.');
    await write({ 'c.md': 'The newt swims.' });
    await become('b.md', 'c.md');
    await reader.follow(root);
    expect(await reader.paths(root)).toEqual([at('b.md'), at('c.md')]);
    expect(await reader.entry(folder.id)).toMatchObject({ files: { total: 2 } });
    expect(await rows('chunks')).toBe(2);
    await reader.read(at('a.md'));
    expect(await reader.found('adder')).toEqual([at('a.md')]);
    await writeFile(host('a.md'), 'The viper suns itself.');
    await reader.finds('viper', [at('a.md')]);
    await expectChunks();
  });

  it('with its folder leaves what another folder or the file itself keeps', async () => {
    await write({
      'single.md': 'The adder.',
      'in/nested.md': 'The toad.',
      'in/deep/far.md': 'The newt.',
      'other.md': 'The frog.',
    });
    await reader.read(at('single.md'));
    const nested = await reader.read(at('in'));
    const outer = await reader.read(root);
    expect(outer.files.total).toBe(4);
    expect((await reader.forget(outer.id)).body).toEqual({ documents: 1, chunks: 1 });
    await become('in/deep/far.md', 'in/nested.md', 'single.md');
    expect(await reader.found('frog')).toEqual([]);
    await writeFile(host('single.md'), 'The adder was edited: viper.');
    await reader.finds('viper', [at('single.md')]);
    expect((await reader.forget(nested.id)).body).toMatchObject({ documents: 2 });
    await become('single.md');
    expect((await reader.forget(nested.id)).status).toBe(404);
    const { id = '' } = (await reader.at(at('single.md'))) ?? {};
    expect((await reader.forget(id)).body).toEqual({ documents: 1, chunks: 1 });
    expect(await rows('documents')).toBe(0);
    expect(await rows('chunks')).toBe(0);
    expect(await rows('knowledge_roots')).toBe(0);
  });

  it('while it is read comes to nothing, and to no rows', async () => {
    await write(
      Object.fromEntries(
        Array.from({ length: 40 }, (_, index) => [`${index}.md`, `Viper ${index}. `.repeat(2_000)]),
      ),
    );
    const folder = await reader.follow(root);
    await reader.forget(folder.id);
    await expect.poll(() => rows('chunks'), SOON).toBe(0);
    expect(await rows('documents')).toBe(0);
    expect((await reader.get(`/file-consultant/documents/${folder.id}`)).status).toBe(404);
    expect(await reader.found('viper')).toEqual([]);
  });
});

describe('folders in each other', () => {
  it('have each file once, whichever of them was followed first', async () => {
    await write({ 'a.md': 'The adder.', 'in/b.md': 'The toad.' });
    const inner = await reader.read(at('in'));
    const outer = await reader.read(root);
    expect([inner.files.total, outer.files.total]).toEqual([1, 2]);
    await write({ 'in/c.md': 'The newt.', 'd.md': 'The frog.' });
    await become('a.md', 'd.md', 'in/b.md', 'in/c.md');
    expect(await rows('documents')).toBe(4);
    await expectChunks();
    expect((await reader.forget(inner.id)).body.documents).toBe(0);
    await write({ 'in/e.md': 'The asp.' });
    await reader.finds('asp', [at('in/e.md')]);
  });

  it('keep a file that is moved from one to the other', async () => {
    await write({ 'one/a.md': 'The adder suns itself.', 'two/b.md': 'The toad waits.' });
    await reader.read(at('one'));
    await reader.read(at('two'));
    await move('one/a.md', 'two/a.md');
    await become('two/a.md', 'two/b.md');
    expect(await reader.found('adder')).toEqual([at('two/a.md')]);
    await expectChunks();
  });

  it('and the whole workspace too, without what the server keeps there', async () => {
    await write({ 'a.md': 'The basilisk suns itself.' });
    await reader.call('PUT', `/file-admin/files/${root}/b.md`, {
      body: Buffer.from('The cockatrice waits.'),
    });
    await reader.call('PUT', `/file-admin/files/${root}/b.md`, {
      body: Buffer.from('The cockatrice sleeps.'),
    });
    const whole = await reader.read('.');
    expect(whole).toMatchObject({ type: 'folder', path: '', state: 'ready' });
    expect(await reader.found('basilisk')).toEqual([at('a.md')]);
    expect(await reader.found('cockatrice')).toEqual([at('b.md')]);
    expect((await reader.paths()).filter((path) => path.startsWith('.tertulia'))).toEqual([]);
    await rm(host('a.md'));
    await reader.finds('basilisk', []);
    expect((await reader.follow('.')).id).toBe(whole.id);
  });
});

describe('the events', () => {
  it('tell how far a folder is, then that it is done', async () => {
    await write(
      Object.fromEntries(
        Array.from({ length: 60 }, (_, index) => [`${index}.md`, `Viper ${index}. `.repeat(400)]),
      ),
    );
    const { id } = await reader.follow(root);
    const events = await collectEvents(`${app.url}/file-consultant/documents/${id}/events`, {
      headers: { 'x-test-user': reader.user },
    });
    expect(events.slice(0, -1).map(({ event }) => event)).toEqual(Array(events.length - 1).fill('progress'));
    const ready = events.map(({ data }) => data.files.ready);
    expect(ready).toEqual(ready.toSorted((one, other) => one - other));
    expect(events.at(-1)).toMatchObject({
      event: 'done',
      data: { state: 'ready', files: { total: 60, ready: 60, pending: 0 } },
    });
  });
});
