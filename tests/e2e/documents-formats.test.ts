import { link, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIXTURES, type Fixture, fixture } from '../knowledge/fixtures.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createDocumentReader, type DocumentReader } from '../support/document-reader.ts';

const FORMATS: Record<string, string> = {
  'handbook.pdf': 'pdf',
  'contract.docx': 'docx',
  'stock.xlsx': 'xlsx',
  'plan.pptx': 'pptx',
  'novel.epub': 'epub',
  'invitation.eml': 'email',
  'notes.md': 'markdown',
  'diary.txt': 'text',
  'tide.py': 'code',
  'gate.ts': 'code',
  'page.html': 'html',
  'birds.csv': 'csv',
  'boats.tsv': 'csv',
  'settings.json': 'json',
  'recipe.yaml': 'yaml',
};

let app: TestApp;
let users = 0;
/** Each test is a user of its own; all share the workspace. */
function someone(): DocumentReader {
  users += 1;
  return createDocumentReader(app, `reader-${users}`);
}

beforeAll(async () => {
  app = await startTestApp({ env: { KNOWLEDGE_SCAN_INTERVAL_MS: '200', KNOWLEDGE_MAX_FILE_MB: '1' } });
  // When a workspace is empty, it is rather not there at all.
  await createDocumentReader(app).write({ 'always-here.bin': 'x' });
});
afterAll(() => app.stop());

/** Asks for the sentence of a fixture, and wants it at its place. */
const flat = (text: string) => text.replaceAll(/\s+/g, ' ');

async function expectFound(
  reader: DocumentReader,
  { name, sentence, page, lines, trail }: Fixture,
  path: string,
) {
  const [best] = await reader.search(sentence);
  expect(best?.path, sentence).toBe(path);
  expect(flat(best?.text ?? '')).toContain(flat(sentence));
  expect(best).toMatchObject({ page: page ?? null, coverage: 1, format: FORMATS[name] });
  if (lines) expect([best?.start_line, best?.end_line]).toEqual(lines);
  if (trail) expect(best?.headings.slice(0, trail.length)).toEqual(trail);
  const cited = page === undefined ? `[${path}:${lines?.join('-')}]` : `[${path} p. ${page}]`;
  expect(best?.citation).toBe(cited);
}

describe('every format', () => {
  it('has a fixture here', () => {
    expect(FIXTURES.map(({ name }) => name).sort()).toEqual(Object.keys(FORMATS).sort());
  });

  it('is found in a followed folder by its sentence, with page or lines', async () => {
    const reader = someone();
    await reader.write(Object.fromEntries(FIXTURES.map(({ name, bytes }) => [`all/${name}`, bytes])));
    const folder = await reader.read('all');
    expect(folder).toMatchObject({
      type: 'folder',
      state: 'ready',
      fault: null,
      skipped: 0,
      files: { total: FIXTURES.length, ready: FIXTURES.length, pending: 0, failed: 0 },
    });
    for (const one of FIXTURES) await expectFound(reader, one, `all/${one.name}`);
  });

  it('is found when it was uploaded, and is read on from its lines and pages', async () => {
    const reader = someone();
    for (const one of FIXTURES) {
      const { status, body, headers } = await reader.upload(one.name, one.bytes, `sent/${reader.user}/`);
      const path = `sent/${reader.user}/${one.name}`;
      expect({ status, body }).toMatchObject({
        status: 202,
        body: { type: 'file', path, size: one.bytes.length },
      });
      expect(headers.get('location')).toBe(`/file-consultant/documents/${body.id}`);
      const document = await reader.settled(body.id);
      expect(document).toMatchObject({ state: 'ready', fault: null, format: FORMATS[one.name], path });
      expect(document.embedded).toBe(document.chunks);
      expect(await reader.entry(body.id)).toEqual(document);
      await expectFound(reader, one, path);
      const from = one.page === undefined ? `?line=${one.lines?.[1]}` : `?page=${one.page}`;
      const { body: opened } = await reader.passages(body.id, from);
      expect(opened.document).toEqual(document);
      expect(opened.passages[0].page).toBe(one.page ?? null);
      const text = opened.passages.map((passage: { text: string }) => passage.text).join('\n');
      expect(flat(text)).toContain(flat(one.sentence));
    }
  });
});

describe('passages of a document', () => {
  it('come from a line or a page on, some at a time, and say whether more follow', async () => {
    const reader = someone();
    const lines = Array.from(
      { length: 400 },
      (_, index) => `Line ${index + 1} tells of barge number ${index + 1}.`,
    );
    await reader.write({
      'long/barges.txt': lines.join('\n'),
      'long/handbook.pdf': fixture('handbook.pdf').bytes,
    });
    await reader.read('long');
    const barges = await reader.at('long/barges.txt');
    const id = String(barges?.id);
    const whole: { text: string; start_line: number; end_line: number }[] = [];
    for (let line = 1; ; ) {
      const { body } = await reader.passages(id, `?line=${line}&limit=3`);
      whole.push(...body.passages);
      if (!body.more) break;
      expect(body.passages).toHaveLength(3);
      line = whole.at(-1)!.end_line + 1;
    }
    expect(whole).toHaveLength(barges?.chunks ?? 0);
    expect(whole.map(({ text }) => text).join('\n')).toBe(lines.join('\n'));
    for (const { text, start_line, end_line } of whole)
      expect(text).toBe(lines.slice(start_line - 1, end_line).join('\n'));
    expect((await reader.passages(id, '?line=401')).body).toMatchObject({ passages: [], more: false });
    const pdf = String((await reader.at('long/handbook.pdf'))?.id);
    const pages = async (query: string) =>
      (await reader.passages(pdf, query)).body.passages.map(({ page }: { page: number }) => page);
    expect(new Set(await pages('?page=2'))).toEqual(new Set([2, 3]));
    expect(await pages('?page=3')).toEqual([3]);
    expect(await pages('?page=4')).toEqual([]);
  });

  it.each(['line=0', 'page=-1', 'line=x', 'limit=0', 'limit=201', 'line=1e99', 'from=3'])(
    'refuse %s',
    async (query) => {
      const reader = someone();
      const { body } = await reader.upload('x.md', 'A line.', `few/${reader.user}/`);
      const { status, body: problem } = await reader.passages(body.id, `?${query}`);
      expect({ status, problem }).toMatchObject({ status: 400, problem: { code: 'invalid_request' } });
      if (!query.startsWith('from')) expect(problem.detail).toContain(query.split('=')[0]);
    },
  );
});

describe('the list', () => {
  it('comes in pages by path, by state, and below a path', async () => {
    const reader = someone();
    const names = ['B.md', 'a b.md', 'a.md', 'a/c.md', 'ñ.md', 'z&=+%.md', '猫.md'];
    await reader.write(Object.fromEntries(names.map((name) => [`pages/${name}`, `About ${name}`])));
    await reader.write({ 'pages/broken.pdf': '%PDF-1.7\n', 'pages-too/other.md': 'Another.' });
    await reader.read('pages');
    await reader.read('pages-too');
    const all = [...names, 'broken.pdf'].map((name) => `pages/${name}`);
    const inOrder = all.sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
    const seen: string[] = [];
    let requests = 0;
    for (
      let path: string | undefined = '/file-consultant/documents?limit=3&path=./pages/';
      path;
      requests += 1
    ) {
      const { body, headers } = await reader.get(path);
      seen.push(...body.map((document: { path: string }) => document.path));
      path = /^<([^>]+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
    }
    expect(seen).toEqual(inOrder);
    expect(requests).toBe(Math.ceil(inOrder.length / 3));
    expect((await reader.documents({ state: 'failed' })).map(({ path }) => path)).toEqual([
      'pages/broken.pdf',
    ]);
    expect((await reader.documents({ state: 'ready', path: 'pages-too' })).map(({ path }) => path)).toEqual([
      'pages-too/other.md',
    ]);
    const first = await reader.get('/file-consultant/documents?state=ready&limit=1');
    expect(first.headers.get('link')).toContain('state=ready');
    const { body: folders } = await reader.get('/file-consultant/documents?type=folder');
    expect(folders.map(({ path }: { path: string }) => path)).toEqual(['pages', 'pages-too']);
    expect(await reader.documents({ path: 'page' })).toEqual([]);
    expect(await reader.documents({ after: 'pages/猫.md' })).toEqual([]);
  });

  it.each(['limit=0', 'limit=x', 'state=gone', 'type=link', 'pat=x', 'path=a%00b', 'after=a%00b'])(
    'refuses %s',
    async (query) => {
      const { status, body } = await someone().get(`/file-consultant/documents?${query}`);
      expect({ status, body }).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    },
  );

  it('answers 404 for what is not there, and 400 for what is no id', async () => {
    const reader = someone();
    const absent = '/file-consultant/documents/0197a1b2-0000-7000-8000-000000000000';
    for (const path of [absent, `${absent}/passages`, `${absent}/events`])
      expect((await reader.get(path)).body).toMatchObject({ status: 404, code: 'document_not_found' });
    expect((await reader.call('DELETE', absent)).status).toBe(404);
    expect((await reader.get('/file-consultant/documents/nonsense')).status).toBe(400);
  });
});

describe('an upload', () => {
  it('goes to its path, into a folder under its own name, or to uploads/', async () => {
    const reader = someone();
    const to = async (name: string, path?: string) => (await reader.upload(name, 'Text.', path)).body.path;
    expect(await to('one.md', `${reader.user}/other.md`)).toBe(`${reader.user}/other.md`);
    expect(await to('one.md', `${reader.user}/deep/down/`)).toBe(`${reader.user}/deep/down/one.md`);
    expect(await to(`${reader.user}.md`)).toBe(`uploads/${reader.user}.md`);
    expect(await to(`/etc/../../${reader.user}-2.md`)).toBe(`uploads/${reader.user}-2.md`);
    expect(await to(`C:\\Users\\x\\${reader.user}-3.md`)).toBe(`uploads/${reader.user}-3.md`);
    expect(await to(`año 猫 ${reader.user} (1).md`)).toBe(`uploads/año 猫 ${reader.user} (1).md`);
  });

  it('of the same content is not read again, and of another one is', async () => {
    const reader = someone();
    const path = `${reader.user}/again.md`;
    const { body } = await reader.upload('again.md', 'The heron waits.', path);
    const before = await reader.settled(body.id);
    const same = await reader.upload('again.md', 'The heron waits.', path);
    expect(same.body.id).toBe(body.id);
    const after = await reader.settled(body.id);
    expect(after).toMatchObject({ state: 'ready', read_at: before.read_at });
    await reader.follow(path);
    expect((await reader.settled(body.id)).read_at).toBe(before.read_at);
    await reader.upload('again.md', 'The bittern waits.', path);
    await reader.finds('heron', []);
    expect(await reader.settled(body.id)).toMatchObject({ id: body.id, state: 'ready' });
    expect(await reader.found('bittern')).toEqual([path]);
  });

  it('is a change like any other, and goes with its document when it is undone', async () => {
    const reader = someone();
    const path = `${reader.user}/undone.md`;
    const { body } = await reader.upload('undone.md', 'The avocet nests here.', path);
    await reader.settled(body.id);
    const { body: changes } = await reader.get(`/file-admin/changes?path=${path}`);
    expect(changes).toMatchObject([{ path, operation: 'created', state: 'done' }]);
    expect((await reader.post(`/file-admin/changes/${changes[0].id}/undo`, {})).status).toBe(200);
    await reader.finds('avocet', []);
    await expect
      .poll(async () => (await reader.get(`/file-consultant/documents/${body.id}`)).status)
      .toBe(404);
  });

  it('over another file brings that one back when it is undone', async () => {
    const reader = someone();
    const path = `${reader.user}/swap.md`;
    const { body } = await reader.upload('swap.md', 'An old remark on godwits.', path);
    await reader.settled(body.id);
    await reader.upload('swap.md', 'A new remark on plovers.', path);
    await reader.finds('plovers', [path]);
    const { body: changes } = await reader.get(`/file-admin/changes?path=${path}`);
    await reader.post(`/file-admin/changes/${changes[0].id}/undo`, {});
    await reader.finds('godwits', [path]);
    expect(await reader.found('plovers')).toEqual([]);
  });

  it('of a kind that folders pass over says why it cannot be read', async () => {
    const reader = someone();
    const { body } = await reader.upload(
      'pixel.png',
      Buffer.from('89504e470d0a1a0a', 'hex'),
      `${reader.user}/`,
    );
    expect(await reader.settled(body.id)).toMatchObject({
      state: 'failed',
      fault: { code: 'not_supported' },
    });
  });
});

describe('what is refused', () => {
  const form = (...parts: [string, string | Blob][]) => {
    const made = new FormData();
    for (const [name, part] of parts) {
      if (typeof part === 'string') made.append(name, part);
      else made.append(name, part, `${name}.md`);
    }
    return made;
  };
  const file = new Blob(['Text.']);

  it('is a file of more than KNOWLEDGE_MAX_FILE_MB, which leaves no trace', async () => {
    const reader = someone();
    const { status, body } = await reader.upload(
      'big.txt',
      'x'.repeat(1024 * 1024 + 1),
      `${reader.user}/big.txt`,
    );
    expect({ status, body }).toMatchObject({ status: 413, body: { code: 'file_too_large' } });
    expect(body.detail).toContain('KNOWLEDGE_MAX_FILE_MB');
    expect((await reader.get(`/file-admin/files/${reader.user}/big.txt`)).status).toBe(404);
    expect((await reader.upload('fits.txt', 'x'.repeat(1024 * 1024), `${reader.user}/`)).status).toBe(202);
    const huge = await reader.upload('huge.txt', 'x'.repeat(5 * 1024 * 1024), `${reader.user}/`);
    expect(huge.status).toBe(413);
    expect(await reader.paths()).toEqual([`${reader.user}/fits.txt`]);
  });

  it.each<[string, FormData, string]>([
    ['a form without a file', form(['path', 'x.md']), 'file'],
    ['an empty form', form(), 'file'],
    ['two files', form(['file', file], ['file', file]), 'file'],
    ['an unknown field', form(['folder', 'x'], ['file', file]), 'folder'],
    ['an unknown file field', form(['document', file]), 'file'],
    ['an empty path', form(['path', ''], ['file', file]), 'path'],
    ['an overlong path', form(['path', 'x/'.repeat(3_000)], ['file', file]), 'path'],
    ['two paths', form(['path', 'refused/a.md'], ['path', 'refused/b.md'], ['file', file]), 'path'],
  ])('is %s, with the field that is wrong', async (_, made, field) => {
    const { status, body } = await someone().sendForm(made);
    expect({ status, body }).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(body.detail).toContain(field);
  });

  it.each([
    ['../out.md', 'path_outside_workspace'],
    ['/etc/out.md', 'path_outside_workspace'],
    ['a/../../out.md', 'path_outside_workspace'],
    ['nul\0.md', 'invalid_path'],
    ['link-out/x.md', 'path_is_link'],
    ['link-file', 'path_is_link'],
  ])('is the path %j, to follow and to upload to', async (path, code) => {
    const reader = someone();
    await symlink('/etc', join(app.workspace, 'link-out')).catch(() => undefined);
    await symlink('/etc/hostname', join(app.workspace, 'link-file')).catch(() => undefined);
    const answers = [
      await reader.post('/file-consultant/documents', { path }),
      await reader.upload('x.md', 'Text.', path),
    ];
    for (const { status, body } of answers) {
      expect({ status, code: body.code }).toEqual({ status: 400, code });
      expect(body.detail).not.toContain(app.workspace);
    }
    expect(await reader.documents()).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ['no path', {}, 'body.path'],
    ['an empty path', { path: '' }, 'body.path'],
    ['a number', { path: 7 }, 'body.path'],
    ['an unknown field', { path: 'x', recursive: true }, 'recursive'],
    ['a list', ['x'], 'body'],
  ])('is %s as JSON', async (_, sent, field) => {
    const { status, body } = await someone().post('/file-consultant/documents', sent);
    expect({ status, body }).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(body.detail).toContain(field);
  });

  it.each([
    ['', 'application/json'],
    ['{"path":', 'application/json'],
    ['', 'multipart/form-data'],
    ['', 'multipart/form-data; boundary=x'],
    ['nonsense', 'multipart/form-data; boundary=x'],
    [
      '--x\r\nContent-Disposition: form-data; name="file"; filename="a.md"\r\n\r\ncut o',
      'multipart/form-data; boundary=x',
    ],
    ['--x\r\nContent-Disposition: form-data; name="path"\r\n\r\ncut o', 'multipart/form-data; boundary=x'],
  ])('is the body %j as %s, soon', async (text, type) => {
    const reader = someone();
    const { status, body } = await reader.call('POST', '/file-consultant/documents', {
      body: Buffer.from(text),
      headers: { 'content-type': type },
    });
    expect({ status, body }).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(await reader.documents()).toEqual([]);
  });

  it('is no body at all, another type, and what is not there', async () => {
    const reader = someone();
    expect((await reader.call('POST', '/file-consultant/documents')).status).toBe(400);
    const text = { body: Buffer.from('x'), headers: { 'content-type': 'application/xml' } };
    expect((await reader.call('POST', '/file-consultant/documents', text)).status).toBe(415);
    const absent = await reader.post('/file-consultant/documents', { path: 'absent/there.md' });
    expect(absent.body).toMatchObject({ status: 404, code: 'file_not_found' });
    await mkdir(join(app.workspace, 'occupied'), { recursive: true });
    expect((await reader.upload('x.md', 'Text.', 'occupied')).body.code).toBe('is_folder');
    expect(await reader.documents()).toEqual([]);
  });

  it('is not a file with a second hard link', async () => {
    const reader = someone();
    await reader.write({ 'hard/one.md': 'The turnstone turns stones.' });
    await link(join(app.workspace, 'hard/one.md'), join(app.workspace, 'hard/two.md'));
    await reader.read('hard');
    const [best] = await reader.search('turnstone');
    expect([best?.path, ...(best?.also_in ?? []).map(({ path }) => path)].sort()).toEqual([
      'hard/one.md',
      'hard/two.md',
    ]);
  });
});
