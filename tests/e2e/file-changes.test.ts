import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestApp, TEST_USER_HEADER, type TestApp } from '../support/app.ts';
import { type Answer, createClient } from '../support/client.ts';

let server: TestApp;
/** Each test is a user of its own, in a folder of its own. */
let app: ReturnType<typeof createClient>;
let users = 0;
let root = '';

beforeAll(async () => {
  server = await startTestApp();
});
afterAll(() => server.stop());
beforeEach(async () => {
  users += 1;
  root = `t${users}`;
  app = createClient(server.url, { [TEST_USER_HEADER]: `user-${users}` });
  await mkdir(host(''));
});

const host = (path: string) => join(server.workspace, root, path);
const url = (path: string) => `/file-admin/files/${root}/${path}`;
const put = (path: string, content: string | Buffer, headers: Record<string, string> = {}) =>
  app.call('PUT', url(path), { body: Buffer.from(content), headers });
const patch = (path: string, body: object) => app.call('PATCH', url(path), { body });
const remove = (path: string) => app.call('DELETE', url(path));
const at = (path: string) => `${root}/${path}`;
const ends = (from: string, to: string) => ({ from: at(from), to: at(to) });
const move = (from: string, to: string, more: object = {}) =>
  app.post('/file-admin/move', { ...ends(from, to), ...more });
const copy = (from: string, to: string, more: object = {}) =>
  app.post('/file-admin/copy', { ...ends(from, to), ...more });
const undo = (id: string) => app.post(`/file-admin/changes/${id}/undo`, {});
const undoRun = (body: object) => app.post('/file-admin/changes/undo', body);
const changes = async (query = '') => (await app.get(`/file-admin/changes?limit=200${query}`)).body;
const change = async (id: string) => (await app.get(`/file-admin/changes/${id}`)).body;
const kept = (path: string) => join(server.workspace, '.tertulia-history', path);
const text = async (path: string) => await readFile(host(path), 'utf8').catch(() => null);
const etagOf = (content: string) => `"${createHash('sha256').update(content).digest('hex')}"`;

/** All that is in the test's folder: types, permissions and contents by path. */
async function snapshot(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(host(''), { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const mode = ((await stat(path)).mode & 0o7777).toString(8);
    const content = entry.isFile() ? (await readFile(path)).toString('base64') : 'folder';
    found[path.slice(host('').length + 1)] = `${mode} ${content}`;
  }
  return found;
}

/** Writes a file behind the server's back. */
async function outside(path: string, content: string | Buffer, mode = 0o644): Promise<void> {
  await mkdir(join(host(path), '..'), { recursive: true });
  await writeFile(host(path), content);
  await chmod(host(path), mode);
}

/** Puts changes into a run, as an agent's are. */
async function inRun(...ids: string[]): Promise<string> {
  const run = crypto.randomUUID();
  await server.runSql(`update file_changes set run_id = '${run}' where id in ('${ids.join("', '")}')`);
  return run;
}

/** Makes a file with each of these contents, one change after the other; answers the ids. */
const puts = async (...files: [string, string][]): Promise<string[]> =>
  await Array.fromAsync(files, async ([path, content]) => (await put(path, content)).body.id);

/** What is there before a change; each file with its permissions. */
const given = (files: Record<string, readonly [string | Buffer, number]>) => async () => {
  for (const [path, [content, mode]] of Object.entries(files)) await outside(path, content, mode);
};
const pack = (to: string) => app.post('/file-admin/archive', { paths: [at('in')], to: at(to) });
const many = Array.from({ length: 300 }, (_, n) => [`d/${n % 7}/${n}`, [`${n}`, 0o600 + (n % 2)]] as const);
const utf16 = Buffer.from('\ufeffone two', 'utf16le');
const edits = [{ find: 'two', replace: '2' }];
const overwrite = { overwrite: true };
const operations: [name: string, prepare: () => Promise<unknown>, act: () => Promise<Answer>][] = [
  ['a new file and its folders', given({}), () => put('a/b/c.md', 'new')],
  ['a replaced file', given({ 'x.sh': ['old', 0o750] }), () => put('x.sh', 'new')],
  ['edits of UTF-16', given({ u: [utf16, 0o600] }), () => patch('u', { edits })],
  ['a patch', given({ p: ['1\r\n2\r\n', 0o640] }), () => patch('p', { patch: '@@ -2 +2 @@\n-2\n+3\n' })],
  ['a deleted file', given({ 'bin/tool': [Buffer.from([0, 255]), 0o755] }), () => remove('bin/tool')],
  ['a folder with hundreds of files', given(Object.fromEntries(many)), () => remove('d?recursive=true')],
  ['a file moved into new folders', given({ 'from/a': ['a', 0o600] }), () => move('from/a', 'to/below/b')],
  ['a file moved over one', given({ a: ['a', 0o644], b: ['b', 0o750] }), () => move('a', 'b', overwrite)],
  ['a moved folder', given({ 'old/in/a': ['a', 0o600] }), () => move('old', 'new/place')],
  ['a file renamed in case only', given({ 'Readme.md': ['r', 0o644] }), () => move('Readme.md', 'README.md')],
  ['a folder renamed in case only', given({ 'Docs/r': ['r', 0o644] }), () => move('Docs', 'docs')],
  ['a copied file', given({ 'run.sh': ['run', 0o755] }), () => copy('run.sh', 'new/run.sh')],
  ['a file copied over one', given({ a: ['a', 0o755], b: ['b', 0o600] }), () => copy('a', 'b', overwrite)],
  ['a copied folder', given({ 'tree/in/a.sh': ['a', 0o755] }), () => copy('tree', 'x/tree')],
  ['a new folder', given({}), () => app.post('/file-admin/folders', { path: at('a/b/c') })],
  ['an archive', given({ 'in/a': ['a', 0o644] }), () => pack('zips/a.zip')],
  [
    'an unpacked archive',
    () => given({ 'in/run.sh': ['a', 0o755] })().then(() => pack('a.zip')),
    () => app.post('/file-admin/unpack', { path: at('a.zip'), to: at('out/there') }),
  ],
];

describe('undoing', () => {
  it.each(operations)('%s brings all back, and undoing that does it again', async (_, prepare, act) => {
    await prepare();
    const before = await snapshot();
    const { status, body } = await act();
    expect(status, JSON.stringify(body)).toBeLessThan(300);
    const after = await snapshot();
    expect(after).not.toEqual(before);
    let last = body.id;
    for (const wanted of [before, after, before, after]) {
      const { status: undone, body: undoing } = await undo(last);
      expect(undone, JSON.stringify(undoing)).toBe(200);
      expect(undoing).toMatchObject({ undone: [{ undoes: last, state: 'done' }], skipped: [] });
      expect(await snapshot()).toEqual(wanted);
      last = undoing.undone[0].id;
    }
  });

  it('is done once, and the journal names the change that did it', async () => {
    const [id = ''] = await puts(['f', 'one']);
    const { body } = await undo(id);
    const [undoing] = body.undone;
    expect(await change(id)).toMatchObject({ undoes: null, undone_by: undoing.id });
    expect(await changes()).toMatchObject([{ undoes: id, undone_by: null }, { undone_by: undoing.id }]);
    const again = await undo(id);
    expect(again.body).toMatchObject({ status: 409, code: 'already_undone' });
    expect(again.body.detail).toContain(undoing.id);
    await put('f', 'one');
    expect((await undo(id)).body.code).toBe('already_undone');
    expect(await text('f')).toBe('one');
  });

  it('takes away the folders that were made for a file, but not what came into them', async () => {
    const [first = '', second = ''] = await puts(['a/b/one', '1'], ['a/two', '2']);
    await undo(first);
    expect(Object.keys(await snapshot())).toEqual(['a', 'a/two']);
    await undo(second);
    expect(await text('a/two')).toBeNull();
  });
});

describe('what was changed since', () => {
  it.each<[string, () => Promise<unknown>, string | null]>([
    ['edited outside', () => outside('f', 'mine'), 'mine'],
    ['changed again', () => put('f', 'later'), 'later'],
    ['deleted', () => remove('f'), null],
    ['deleted outside', () => rm(host('f')), null],
    ['moved', () => move('f', 'g'), null],
    ['replaced by a folder', () => rm(host('f')).then(() => mkdir(host('f'))), null],
  ])('is not undone when the file was %s', async (_, meanwhile, left) => {
    const [created = '', replaced = ''] = await puts(['f', 'one'], ['f', 'two']);
    await meanwhile();
    const before = await snapshot();
    for (const id of [created, replaced])
      expect((await undo(id)).body).toMatchObject({ status: 409, code: 'changed_since' });
    expect(await snapshot()).toEqual(before);
    expect(await text('f')).toBe(left);
    expect((await change(replaced)).undone_by).toBeNull();
  });

  it('is not undone when something stands where a deleted file or folder was', async () => {
    await puts(['f', 'one'], ['d/f', 'two']);
    const removals = [await remove('f'), await remove('d?recursive=true')];
    await puts(['f', 'other'], ['d/g', 'other']);
    for (const { body } of removals) expect((await undo(body.id)).body.code).toBe('changed_since');
    expect([await text('f'), await text('d/g'), await text('d/f')]).toEqual(['other', 'other', null]);
  });

  it('is not undone when a folder that came as a whole holds anything else by now', async () => {
    await outside('tree/a', 'a');
    const { body } = await copy('tree', 'twin');
    await outside('twin/mine', 'mine');
    expect((await undo(body.id)).body.code).toBe('changed_since');
    expect(await text('twin/mine')).toBe('mine');
  });

  it('cannot come back when what was kept is gone or was cut short', async () => {
    const [, second = ''] = await puts(['f', 'first kept'], ['f', 'two']);
    const { body: removal } = await remove('f');
    await rm(kept(`removed/${removal.id}`));
    expect((await undo(removal.id)).body).toMatchObject({ status: 410, code: 'content_gone' });
    await outside('f', 'two');
    await writeFile(kept(`contents/${etagOf('first kept').slice(1, -1)}`), 'first');
    expect((await undo(second)).body).toMatchObject({ status: 410, code: 'content_gone' });
    expect(await text('f')).toBe('two');
    expect((await change(second)).diff).toBeNull();
  });

  it('comes back although the same content was kept before and then cut short', async () => {
    await puts(['f', 'kept twice'], ['f', 'two']);
    await writeFile(kept(`contents/${etagOf('kept twice').slice(1, -1)}`), 'kept');
    const [, second = ''] = await puts(['g', 'kept twice'], ['g', 'two']);
    expect((await undo(second)).status).toBe(200);
    expect(await text('g')).toBe('kept twice');
  });

  it('is nobody else’s to see or to undo', async () => {
    const [id = ''] = await puts(['f', 'one']);
    const other = { [TEST_USER_HEADER]: 'mallory' };
    const path = `/file-admin/changes/${id}`;
    const run_id = await inRun(id);
    const answers = [await app.get(path, other), await app.post(`${path}/undo`, {}, other)];
    answers.push(await app.post('/file-admin/changes/undo', { run_id }, other));
    for (const { body } of answers) expect(body).toMatchObject({ status: 404, code: 'change_not_found' });
    expect((await app.get('/file-admin/changes', other)).body).toEqual([]);
    expect((await undo(crypto.randomUUID())).body.code).toBe('change_not_found');
    expect((await undoRun({ run_id: 'x' })).body.errors[0].path).toBe('body.run_id');
    expect((await undo('no-id')).body).toMatchObject({ status: 400, errors: [{ path: 'params.id' }] });
  });
});

describe('the changes of a run', () => {
  it('are undone together, the latest first', async () => {
    await outside('old.md', 'old', 0o600);
    const before = await snapshot();
    const ids = await puts(['a/new.md', '1'], ['a/new.md', '2'], ['old.md', 'changed']);
    ids.push((await move('a/new.md', 'b/new.md')).body.id, (await remove('old.md')).body.id);
    const run = await inRun(...ids);
    expect((await changes(`&run_id=${run}`)).map(({ id }: { id: string }) => id)).toEqual(ids.toReversed());
    const { body } = await undoRun({ run_id: run });
    expect(body.undone.map(({ undoes }: { undoes: string }) => undoes)).toEqual(ids.toReversed());
    expect(await snapshot()).toEqual(before);
    expect((await undoRun({ run_id: run })).body).toMatchObject({ status: 404, code: 'change_not_found' });
  });

  it('are all left when one of them cannot be undone, and all undone with skip_changed that can be', async () => {
    const run = await inRun(...(await puts(['a', 'a'], ['b', 'b'], ['c', 'c'])));
    await outside('a', 'mine');
    expect((await undoRun({ run_id: run })).body).toMatchObject({ status: 409, code: 'changed_since' });
    expect([await text('a'), await text('b'), await text('c')]).toEqual(['mine', 'b', 'c']);
    const { body } = await undoRun({ run_id: run, skip_changed: true });
    expect(body.skipped).toMatchObject([{ path: `${root}/a`, detail: expect.any(String) }]);
    expect(body.undone.map(({ path }: { path: string }) => path)).toEqual([`${root}/c`, `${root}/b`]);
    expect(Object.keys(await snapshot())).toEqual(['a']);
  });
});

describe('a change with its diff', () => {
  it('shows what was created, replaced, deleted and moved over, and not what is no text', async () => {
    const files = ['f=one\n', 'f=two\n', 'g=three\n', 'bin=\0one', 'bin=\0two'];
    const ids = await puts(...files.map((file) => file.split('=') as [string, string]));
    ids.push((await move('f', 'g', overwrite)).body.id, (await remove('g')).body.id);
    const shown = await Promise.all(ids.map(change));
    const operation = 'created replaced created created replaced moved deleted'.split(' ');
    expect(shown).toMatchObject(operation.map((one) => ({ operation: one, agent: null, run_id: null })));
    const lines = shown.map(({ diff }) => diff?.match(/^[-+][^-+].*$/gm) ?? null);
    expect(lines).toEqual([['+one'], ['-one', '+two'], ['+three'], null, null, ['-three', '+two'], ['-two']]);
    expect(shown[5]).toMatchObject({ from: `${root}/f`, before: { etag: etagOf('three\n'), size: 6 } });
  });

  it('of a plain move shows no text as added', async () => {
    await puts(['f', 'one\n']);
    const { diff } = await change((await move('f', 'g')).body.id);
    expect(diff ?? '').not.toMatch(/^\+one/m);
  });

  it('shows what the undoing of a deletion brought back', async () => {
    await outside('f', 'one\n');
    const { body } = await undo((await remove('f')).body.id);
    expect((await change(body.undone[0].id)).diff).toContain('+one');
  });

  it('is read in the journal page by page, by path and with links', async () => {
    const ids = await puts(['a', '1'], ['b', '1'], ['a', '2'], ['a', '3']);
    const seen: string[] = [];
    for (let next = '/file-admin/changes?limit=2'; next !== ''; ) {
      const page = await app.get(next.replace(server.url, ''));
      seen.push(...page.body.map(({ id }: { id: string }) => id));
      next = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1] ?? '';
    }
    expect(seen).toEqual(ids.toReversed());
    const ofA = (await changes(`&path=${root}/a`)).map(({ id }: { id: string }) => id);
    expect(ofA).toEqual([ids[3], ids[2], ids[0]]);
    expect(await changes(`&before=${ids[1]}`)).toMatchObject([{ id: ids[0], state: 'done' }]);
    for (const query of 'limit=0 limit=201 limit=x before=x run_id=x path= path=a%00b order=asc'.split(' ')) {
      const { body } = await app.get(`/file-admin/changes?${query}`);
      expect(body, query).toMatchObject({ status: 400, code: 'invalid_request' });
      expect(body.detail, query).toContain(query.split('=')[0]);
    }
  });
});

/** What the journal says that is there: the ETags of files by path. */
function replay(journal: Answer['body'][]): Record<string, string> {
  let files: [string, string][] = [];
  const removed = new Map<string, [string, string][]>();
  const replaced = new Map<string, string>(journal.map(({ id, before }) => [id, before?.etag]));
  const isIn = (path: string, place: string) => path === place || path.startsWith(`${place}/`);
  for (const { id, operation, path, from, after, undoes, state } of journal) {
    expect(state).toBe('done');
    const place = operation === 'moved' ? from : path;
    const taken = files.filter(([name]) => isIn(name, place));
    files = files.filter(([name]) => !isIn(name, place) && !isIn(name, path));
    if (operation === 'deleted') removed.set(id, taken);
    else if (operation === 'moved') {
      files.push(...taken.map(([name, etag]): [string, string] => [path + name.slice(from.length), etag]));
      const back = replaced.get(undoes);
      if (back !== undefined) files.push([from, back]);
    } else if (after.type === 'file') files.push([path, after.etag]);
    else files.push(...(removed.get(undoes) ?? []));
  }
  return Object.fromEntries(files);
}

async function onDisk(): Promise<Record<string, string>> {
  const files = Object.entries(await snapshot()).filter(([, value]) => !value.endsWith(' folder'));
  const etag = (value: string) => etagOf(Buffer.from(value.split(' ')[1] ?? '', 'base64').toString());
  return Object.fromEntries(files.map(([path, value]) => [`${root}/${path}`, etag(value)]));
}

const statuses = (answers: Answer[]) => answers.map(({ status }) => status).toSorted();

describe('changes at the same time', () => {
  it('undo one change exactly once', async () => {
    const [, id = ''] = await puts(['f', 'one'], ['f', 'two']);
    const answers = await Promise.all(Array.from({ length: 20 }, () => undo(id)));
    expect(statuses(answers)).toEqual([200, ...Array(19).fill(409)]);
    expect(new Set(answers.map(({ body }) => body.code))).toEqual(new Set([undefined, 'already_undone']));
    expect([await text('f'), (await changes()).length]).toEqual(['one', 3]);
  });

  it.each([2, 10])('of %i writers with the same ETag let one win, and the others lose nothing', async (n) => {
    const { body } = await put('f', 'old');
    const answers = await Promise.all(
      Array.from({ length: n }, (_, place) => put('f', `writer ${place}`, { 'if-match': body.etag })),
    );
    expect(statuses(answers)).toEqual([200, ...Array(n - 1).fill(412)]);
    const winner = answers.findIndex(({ status }) => status === 200);
    expect(await text('f')).toBe(`writer ${winner}`);
    await undo(answers[winner]?.body.id);
    expect([await text('f'), (await changes()).length]).toEqual(['old', 3]);
  });

  it('edit one file, each of them on what the others left', async () => {
    const lines = Array.from({ length: 20 }, (_, line) => `line ${line};`);
    await put('f', lines.join('\n'));
    await Promise.all(lines.map((find) => patch('f', { edits: [{ find, replace: find.toUpperCase() }] })));
    expect(await text('f')).toBe(lines.join('\n').toUpperCase());
  });

  it('write, move, delete and undo the same paths, and the journal explains what is there', async () => {
    const pick = (number: number) => ['a', 'b', 'd/a', 'd/b', 'd', 'e', 'e/a'][number % 7] ?? '';
    for (let round = 0; round < 3; round += 1) {
      const known = await changes();
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, n) => {
          const seed = (n + 1) * 7919 + round * 104_729;
          if (n % 5 === 0) return put(pick(seed >> 3), `content ${seed}`);
          if (n % 5 === 1) return move(pick(seed >> 3), pick(seed >> 6), { overwrite: n % 2 === 0 });
          if (n % 5 === 2) return remove(`${pick(seed >> 3)}?recursive=true`);
          if (n % 5 === 3 && known.length > 0) return undo(known[seed % known.length].id);
          return put(pick(seed >> 4), `more ${seed}`);
        }),
      );
      expect([200, 201, 400, 404, 409]).toEqual(expect.arrayContaining(statuses(answers)));
      expect(await onDisk()).toEqual(replay((await changes()).toReversed()));
    }
    expect((await changes()).length).toBeGreaterThan(30);
  });

  it.each(['put', 'move'])('keep what somebody else writes in the middle of a %s', async (name) => {
    const lost: string[] = [];
    for (let round = 0; round < 40; round += 1) {
      const [path, mine] = [`f${round}`, etagOf(`mine ${round}`)];
      const files = { [path]: 'old', [`${path}-new`]: 'new', [`${path}-mine`]: `mine ${round}` };
      for (const [file, content] of Object.entries(files)) await outside(file, content);
      const change = name === 'put' ? put(path, 'new') : move(`${path}-new`, path, overwrite);
      for (let later = 0; later < round; later += 1) await stat(host(path));
      await rename(host(`${path}-mine`), host(path));
      await change;
      const [entry] = await changes(`&path=${root}/${path}`);
      if ((await text(path)) === 'new' && entry.before.etag !== mine) lost.push(path);
    }
    expect(lost).toEqual([]);
  });

  it('copy a file that is being replaced, as it was at one moment', async () => {
    await put('f', 'version 0');
    const copies = Array.from({ length: 20 }, (_, n) => [put('f', `version ${n}`), copy('f', `copy-${n}`)]);
    expect(new Set(statuses(await Promise.all(copies.flat())))).toEqual(new Set([200, 201]));
  });

  it('stand in the journal in the order in which they happened', async () => {
    for (let index = 0; index < 500; index += 1) await outside(`tree/${index % 20}/${index}`, `${index}`);
    const slow = copy('tree', 'twin');
    await expect.poll(() => readdir(kept('staged')), { interval: 1 }).toHaveLength(1);
    await put('twin/early', 'early');
    await remove('twin?recursive=true');
    expect((await slow).status).toBe(201);
    const times = (await changes()).map(({ created_at: time }: { created_at: string }) => time);
    expect(times).toEqual(times.toSorted().toReversed());
  });
});
