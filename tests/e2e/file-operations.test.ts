import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import type { Answer } from '../support/client.ts';
import { buildZip } from '../support/zip-builder.ts';

const MIB = 1024 * 1024;
const NDJSON = 'application/x-ndjson';

let app: TestApp;
let tests = 0;
/** Each test has a folder of its own. */
let root = '';

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());
beforeEach(async () => {
  tests += 1;
  root = `t${tests}`;
  await mkdir(host(''));
});

const host = (path: string) => join(app.workspace, root, path);
const url = (path: string) => `/file-admin/files/${root}/${path}`;

/** Calls, and checks that no answer tells where on the host the files are. */
async function call(method: string, path: string, options: Parameters<TestApp['call']>[2] = {}) {
  const answer = await app.call(method, path, options);
  if (answer.status >= 400)
    expect(JSON.stringify(answer.body)).not.toMatch(
      /tertulia-workspace|\/proc\/|\/tmp\/|\/dev\/fd|E[A-Z]{4,}/,
    );
  return answer;
}

const get = (path: string, headers = {}) => call('GET', url(path), { headers });
const put = (path: string, content: string | Buffer, headers: Record<string, string> = {}) =>
  call('PUT', url(path), { body: Buffer.from(content), headers });
const edit = (path: string, find: string, replace: string) =>
  call('PATCH', url(path), { body: { edits: [{ find, replace, all: true }] } });
const post = (name: string, body: object, headers = {}) =>
  call('POST', `/file-admin/${name}`, { body, headers });
const transfer = (name: 'move' | 'copy', from: string, to: string, more = {}, headers = {}) =>
  post(name, { from: `${root}/${from}`, to: `${root}/${to}`, ...more }, headers);
const search = (body: object) => post('search', { path: root, ...body });
const compare = (from: string, to: string) =>
  call('GET', `/file-admin/compare?from=${root}/${from}&to=${root}/${to}`);
const bytes = (path: string) => readFile(host(path));
const pathsOf = ({ body }: Answer): string[] =>
  body.entries.map(({ path }: { path: string }) => path.slice(root.length + 1));

const tree = async (path = '') => (await readdir(host(path), { recursive: true })).toSorted().join(' ');

/** The same search, streamed. */
async function stream(body: object) {
  const response = await fetch(`${app.url}/file-admin/search`, {
    method: 'POST',
    headers: { accept: NDJSON, 'content-type': 'application/json' },
    body: JSON.stringify({ path: root, ...body }),
  });
  const lines = (await response.text()).trim().split('\n');
  return { type: response.headers.get('content-type'), lines: lines.map((line) => JSON.parse(line)) };
}

/** Writes files behind the server's back. */
async function outside(files: Record<string, string | Buffer>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(host(path), '..'), { recursive: true });
    await writeFile(host(path), content);
  }
}

describe('a listing', () => {
  const files = {
    '.gitignore': '*.log\nbuild/\n',
    '.git/config': '',
    'a.md': 'a',
    'build/out.md': '',
    'sub/.gitignore': '!keep.log\nonly-here.md\n',
    'sub/keep.log': '',
    'sub/lost.log': '',
    'sub/only-here.md': '',
    'sub/deep/b.md': 'b',
  };

  it('goes below, respects .gitignore in every folder, and shows all when asked', async () => {
    await outside(files);
    const listed = '.gitignore a.md sub sub/.gitignore sub/deep sub/deep/b.md sub/keep.log'.split(' ');
    expect(pathsOf(await get('?recursive=true'))).toEqual(listed);
    const all = pathsOf(await get('?recursive=true&all=true'));
    expect(all).toEqual(expect.arrayContaining([...Object.keys(files), ...listed]));
    const first = await get('?recursive=true&limit=4');
    expect([...pathsOf(first), first.body.truncated]).toEqual([...listed.slice(0, 4), true]);
    const rest = await get('?recursive=true&limit=4&after=sub/.gitignore');
    expect([...pathsOf(rest), rest.body.truncated]).toEqual([...listed.slice(4), false]);
  });

  it('takes a pattern relative to the folder', async () => {
    await outside(files);
    expect(pathsOf(await get('?pattern=**/*.md'))).toEqual(['a.md', 'sub/deep/b.md']);
    expect(pathsOf(await get('?pattern=**/*.md&all=true'))).toContain('build/out.md');
    expect(pathsOf(await get('sub?pattern=deep/?.{md,txt}'))).toEqual(['sub/deep/b.md']);
    expect(pathsOf(await get('?pattern=*.txt'))).toEqual([]);
  });

  const wrong =
    'limit=0 limit=1001 limit=1.5 recursive=maybe all=1 pattern= pattern=%5B pattern=/etc/* pattern=../* pattern=((( lines=x lines=0 lines=3-2 recursiv=true';
  it.each(wrong.split(' '))('or file with ?%s is refused, and the field named', async (query) => {
    const [field = ''] = query.split('=');
    await outside({ 'a.md': 'a\nb\nc\n' });
    const { body } = await get(`${field === 'lines' ? 'a.md' : ''}?${query}`);
    expect(body).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(`${body.detail} ${JSON.stringify(body.errors)}`.toLowerCase()).toContain(field);
  });
});

describe('lines of a file', () => {
  it('come decoded, with which of how many they are', async () => {
    await outside({
      'a.txt': 'one\r\ntwo\nthree\nfour',
      'u.txt': Buffer.from('\ufeffñu\nzwei\n', 'utf16le'),
      bin: Buffer.from([0, 1, 0]),
    });
    const read = async (path: string) => {
      const { status, body, headers } = await get(path);
      return [status, body, headers.get('content-range')];
    };
    expect(await read('a.txt?lines=1-2')).toEqual([
      200,
      'one\r\ntwo\n',
      expect.stringMatching(/^lines 1-2\//),
    ]);
    expect(await read('a.txt?lines=3-')).toEqual([200, 'three\nfour', 'lines 3-4/4']);
    expect(await read('a.txt?lines=4-9')).toEqual([200, 'four', 'lines 4-4/4']);
    expect(await read('u.txt?lines=1')).toEqual([200, 'ñu\n', expect.stringMatching(/^lines 1-1\//)]);
    expect((await get('bin?lines=1')).body).toMatchObject({ status: 415, code: 'not_text' });
  });
});

describe('a search', () => {
  const files = {
    '.gitignore': 'hidden.md\n',
    'a.md': 'one\nTwo needle\nthree\n',
    'b.txt': 'needle needle\n',
    'hidden.md': 'needle\n',
    'bin.dat': Buffer.from('needle\0'),
  };

  it('finds lines, with what is around them, and counts what it looked at', async () => {
    await outside(files);
    await symlink('/etc/passwd', host('link.md'));
    const { body } = await search({ text: 'NEEDLE', context: 1 });
    expect(body).toMatchObject({ files_searched: 3, files_skipped_binary: 1, truncated: null });
    expect(body.matches).toEqual([
      ...[
        { path: `${root}/a.md`, line: 2, column: 5, text: 'Two needle', before: ['one'], after: ['three'] },
      ],
      ...[{ path: `${root}/b.txt`, line: 1, column: 1, text: 'needle needle', before: [], after: [] }],
    ]);
    const found = async (more: object) =>
      (await search(more)).body.matches.map(({ path }: { path: string }) => path.slice(root.length + 1));
    expect(await found({ text: 'NEEDLE', case_sensitive: true })).toEqual([]);
    expect(await found({ regex: '^two\\s', pattern: '**/*.md' })).toEqual(['a.md']);
    expect(await found({ text: 'needle', all: true })).toContain('hidden.md');
    expect(await found({ text: 'root:', all: true })).toEqual([]);
    expect((await search({ text: 'needle', limit: 1 })).body).toMatchObject({ truncated: 'limit' });
  });

  it('can be streamed, a match a line, and the summary last', async () => {
    await outside(files);
    const { type, lines } = await stream({ text: 'needle' });
    expect(type).toContain(NDJSON);
    expect(lines).toMatchObject([
      ...[{ match: { line: 2 } }, { match: { path: `${root}/b.txt` } }, { summary: { truncated: null } }],
    ]);
    expect((await stream({ text: 'nowhere' })).lines).toMatchObject([{ summary: { truncated: null } }]);
  });

  it.each<[object, string]>([
    [{ regex: '(' }, 'invalid_request'],
    [{ text: 'two\nlines' }, 'invalid_request'],
    [{ text: 'a', regex: 'b' }, 'invalid_request'],
    [{}, 'invalid_request'],
    [{ text: 'a', limit: 0 }, 'invalid_request'],
    [{ text: 'a', pattern: '[' }, 'invalid_request'],
    [{ text: 'a', timeout_ms: 60_001 }, 'invalid_request'],
    [{ text: 'a', path: 'not/there' }, 'file_not_found'],
    [{ text: 'a', path: '../..' }, 'path_outside_workspace'],
  ])('that cannot be made, %j, is a problem, streamed or not', async (body, code) => {
    expect((await search(body)).body).toMatchObject({ code });
    const streamed = await stream(body);
    expect(streamed).toMatchObject({ type: expect.stringContaining('application/problem+json') });
    expect(streamed.lines).toMatchObject([{ code }]);
  });

  it('for an expression that takes for ever ends, and the server answers meanwhile', async () => {
    await outside({ 'a.txt': `needle\n${'a'.repeat(60)}!\n` });
    const body = { regex: '^needle|^(a+)+$', timeout_ms: 1_000 };
    let ended = false;
    const searches = Promise.all([search(body), stream(body), search(body)]).finally(() => {
      ended = true;
    });
    let answered = 0;
    for (; !ended; answered += 1) expect((await get('?recursive=true')).status).toBe(200);
    expect(answered).toBeGreaterThan(20);
    const [plain, streamed] = await searches;
    expect(plain.body).toMatchObject({ matches: [{ text: 'needle' }], truncated: 'time' });
    expect(streamed.lines).toMatchObject([{ match: { line: 1 } }, { summary: { truncated: 'time' } }]);
    expect((await search({ text: 'needle' })).body.matches).toHaveLength(1);
  });
});

describe('comparing and packing', () => {
  it('shows how two files differ', async () => {
    await outside({ a: 'one\ntwo\n', b: 'one\n2\n', same: 'one\ntwo\n', bin: Buffer.from([0, 1]) });
    expect((await compare('a', 'b')).body).toMatchObject({
      ...{ identical: false, added: 1, removed: 1, diff: expect.stringContaining('-two\n+2') },
    });
    expect((await compare('a', 'same')).body).toMatchObject({ identical: true });
    expect((await compare('a', 'bin')).body).toMatchObject({ identical: false, diff: null, added: null });
    expect((await compare('a', 'none')).body.code).toBe('file_not_found');
    expect((await call('GET', `/file-admin/compare?from=${root}/a`)).body.errors[0].path).toContain('to');
  });

  it('packs and unpacks the same, permissions and empty folders too', async () => {
    await outside({
      'in/run.sh': 'run',
      'in/ñ/b.bin': Buffer.from([0, 255]),
      'in/empty': '',
      'one.txt': '1',
    });
    await mkdir(host('in/nothing'));
    await chmod(host('in/run.sh'), 0o755);
    const paths = [`${root}/in`, `${root}/one.txt`];
    const made = await post('archive', { paths, to: `${root}/a.zip` });
    expect(made).toMatchObject({ status: 201, body: { operation: 'created', files: 4 } });
    expect((await post('archive', { paths, to: `${root}/a.zip` })).status).toBe(409);
    const out = await post('unpack', { path: `${root}/a.zip` });
    expect(out).toMatchObject({ status: 201, body: { path: `${root}/a`, files: 4 } });
    const inside = `a/${root}`;
    expect(await tree(inside)).toBe('in in/empty in/nothing in/run.sh in/ñ in/ñ/b.bin one.txt');
    for (const path of (await tree(inside)).split(' ')) {
      const [packed, unpacked] = await Promise.all([stat(host(path)), stat(host(`${inside}/${path}`))]);
      expect([path, unpacked.mode]).toEqual([path, packed.mode]);
      if (packed.isFile()) expect(await bytes(`${inside}/${path}`)).toEqual(await bytes(path));
    }
    expect((await post('unpack', { path: `${root}/a.zip` })).body.code).toBe('already_exists');
  });

  const evil =
    '../evil a/../../evil ..\\evil /evil C:/evil link good Good .tertulia-history/evil .tertulia-x a/.. nul'.split(
      ' ',
    );
  it.each(evil)('refuses an archive with the entry %s, and unpacks nothing of it', async (name) => {
    const part = { name, content: '/etc', mode: name === 'link' ? 0o120777 : 0o100644 };
    await outside({ 'evil.zip': buildZip([{ name: 'good', content: 'x' }, part]) });
    const { body } = await post('unpack', { path: `${root}/evil.zip`, to: `${root}/out` });
    expect(body).toMatchObject({ status: 422, code: 'archive_refused' });
    expect(await readdir(host(''))).toEqual(['evil.zip']);
  });
});

describe('moving and copying', () => {
  it('puts into a folder what goes to a path with a slash at its end', async () => {
    await outside({ a: 'a', 'd/x': 'x', 'e/y': 'y' });
    expect((await transfer('copy', 'a', 'd/')).body).toMatchObject({ path: `${root}/d/a` });
    expect((await transfer('move', 'a', 'new/')).body).toMatchObject({ path: `${root}/new/a` });
    expect((await transfer('move', 'd', 'e/')).body).toMatchObject({ path: `${root}/e/d`, type: 'folder' });
    expect(await tree()).toBe('e e/d e/d/a e/d/x e/y new new/a');
  });

  const refused = `d>d/inner invalid_request, d>d/ invalid_request, a>a invalid_request, a>d already_exists,
    d>e already_exists, d>a already_exists, a>a/b invalid_request, b>a/b is_file, none>b2 file_not_found,
    a>D/a name_collision, b>A name_collision`;
  it.each(refused.split(/,\s+/))('refuses what cannot be, moving as copying: %s', async (wanted) => {
    await outside({ a: 'a', b: 'b', 'd/x': 'x', 'e/y': 'y' });
    const [from = '', to = '', code] = wanted.split(/[> ]/);
    for (const name of ['move', 'copy'] as const)
      expect((await transfer(name, from, to, { overwrite: true })).body.code).toBe(code);
    expect(await tree()).toBe('a b d d/x e e/y');
  });

  it.each(['move', 'copy'] as const)(
    '%s replaces a file only when told, and as it was seen',
    async (name) => {
      await outside({ a: 'a', b: 'b' });
      expect((await transfer(name, 'a', 'b')).body.code).toBe('already_exists');
      const overwrite = { overwrite: true };
      expect((await transfer(name, 'a', 'b', overwrite, { 'if-match': '"no"' })).status).toBe(412);
      expect((await transfer(name, 'a', 'c', overwrite, { 'if-match': '*' })).status).toBe(412);
      const etag = (await get('b')).headers.get('etag') ?? '';
      const done = await transfer(name, 'a', 'b', overwrite, { 'if-match': etag });
      expect(done.body).toMatchObject({ previous_etag: etag });
      expect(String(await bytes('b'))).toBe('a');
      await outside({ a: 'a' });
      const taken = await transfer(name, 'a', 'b', overwrite, { 'if-none-match': '*' });
      expect(taken.status).toBe(412);
    },
  );

  it('copies a file with its permissions, alone as in a folder', async () => {
    await outside({ 'd/run.sh': 'run' });
    await chmod(host('d/run.sh'), 0o755);
    await transfer('copy', 'd', 'twin');
    await transfer('copy', 'd/run.sh', 'x/run.sh');
    const modes = await Promise.all(['twin/run.sh', 'x/run.sh'].map((path) => stat(host(path))));
    expect(modes.map(({ mode }) => (mode & 0o777).toString(8))).toEqual(['755', '755']);
  });

  it('refuses names that another system takes for one that is there', async () => {
    await outside({ 'Note.md': '', 'cafe\u0301.md': '', 'Straße.md': '', 'Folder/x': '' });
    for (const name of ['note.md', 'caf%C3%A9.md', 'STRASSE.md', 'folder/y'])
      expect((await put(name, 'x')).body, name).toMatchObject({ status: 409, code: 'name_collision' });
    expect((await put('cafe%CC%81.md', 'x')).body.code).toBe('invalid_path');
    expect((await post('folders', { path: `${root}/FOLDER` })).body.code).toBe('name_collision');
    const archive = await post('archive', { paths: [`${root}/Folder`], to: `${root}/NOTE.md` });
    expect(archive.body.code).toBe('name_collision');
    expect(await readdir(host(''))).toHaveLength(4);
  });
});

describe('a text', () => {
  it.each<[string, BufferEncoding, string]>([
    ['UTF-16 with its mark', 'utf16le', '\ufeffuno dos\r\n'],
    ['Windows-1252', 'latin1', 'señor dos\r\n'],
    ['UTF-8 with its mark', 'utf8', '\ufeffuno dos\n'],
    ['UTF-8 without a last line break', 'utf8', 'uno\r\ndos'],
  ])('in %s is edited and keeps its form', async (_, encoding, content) => {
    await outside({ f: Buffer.from(content, encoding) });
    expect((await edit('f', 'dos', 'año\ntres')).status).toBe(200);
    const lineBreak = content.includes('\r\n') ? '\r\n' : '\n';
    const wanted = content.replace('dos', `año${lineBreak}tres`);
    expect(await bytes('f')).toEqual(Buffer.from(wanted, encoding));
    const patch = `--- f\n+++ f\n@@ -2 +2 @@\n-tres\n+fin\n`;
    if (content.endsWith('\n') && encoding !== 'utf8')
      expect((await call('PATCH', url('f'), { body: { patch } })).status).toBe(200);
  });

  it('that has no place for a character, or is none, stays as it is', async () => {
    const files = { latin: Buffer.from('señor', 'latin1'), bin: Buffer.from([0x50, 0, 255]) };
    await outside(files);
    expect((await edit('latin', 'or', '漢')).body.code).toBe('edit_does_not_apply');
    expect((await edit('bin', 'P', 'Q')).body).toMatchObject({ status: 415, code: 'not_text' });
    const patched = await call('PATCH', url('bin'), { body: { patch: '@@ -1 +1 @@\n-P\n+Q\n' } });
    expect(patched.body.code).toBe('not_text');
    for (const [path, content] of Object.entries(files)) expect(await bytes(path)).toEqual(content);
  });

  it('has limits for what is sent, made and read', async () => {
    expect((await put('f', Buffer.alloc(5 * MIB + 1))).body).toMatchObject({ code: 'body_too_large' });
    expect((await put('f', `needle${'ab'.repeat(MIB)}`)).status).toBe(201);
    expect((await edit('f', 'needle', 'x'.repeat(4 * MIB))).body.code).toBe('file_too_large');
    expect((await get('f')).body).toMatchObject({ status: 413, code: 'file_too_large' });
    expect((await get('f', { range: 'bytes=4-9' })).body).toBe('leabab');
    expect((await put('f', 'x', { 'if-none-match': '"x"' })).body.detail).toContain('if-none-match');
    expect(await stat(host('f'))).toMatchObject({ size: 2 * MIB + 6 });
  });
});

describe('what is kept for undoing', () => {
  it.each(['.tertulia-history', '.Tertulia-HISTORY'])('is out of reach as %s', async (name) => {
    await put('f', 'secret content');
    await call('DELETE', url('f'));
    const inside = `${name}/contents`;
    const [kept] = await readdir(join(app.workspace, '.tertulia-history/contents'));
    const file = `/file-admin/files/${inside}/${kept}`;
    const answers = [
      ...(await Promise.all([`/file-admin/files/${name}`, file].map((path) => call('GET', path)))),
      await call('PUT', file, { body: Buffer.from('x') }),
      await call('PATCH', file, { body: { edits: [{ find: 'a', replace: 'b' }] } }),
      await call('DELETE', `/file-admin/files/${name}?recursive=true`),
      await call('GET', `/file-admin/compare?from=${inside}/${kept}&to=${inside}/${kept}`),
      await post('search', { text: 'secret', path: name }),
      await post('move', { from: inside, to: `${root}/mine` }),
      await post('copy', { from: inside, to: `${root}/mine` }),
      await post('copy', { from: root, to: `${name}/x` }),
      await post('folders', { path: `${name}/x` }),
      await post('archive', { paths: [name], to: `${root}/a.zip` }),
      await post('archive', { paths: [root], to: `${name}/a.zip` }),
      await post('unpack', { path: `${root}/a.zip`, to: `${name}/x` }),
    ];
    expect(answers.map(({ body }) => body.code)).toEqual(answers.map(() => 'invalid_path'));
  });

  it('is in no listing and no search, whatever is asked for', async () => {
    await put('f', 'secret content');
    await call('DELETE', url('f'));
    for (const query of ['all=true', 'recursive=true&all=true', 'pattern=.tertulia-history/**&all=true'])
      expect(JSON.stringify((await call('GET', `/file-admin/files?${query}`)).body)).not.toContain(
        'tertulia-h',
      );
    const { body } = await post('search', { text: 'secret content', all: true });
    expect(body).toMatchObject({ matches: [] });
  });
});
