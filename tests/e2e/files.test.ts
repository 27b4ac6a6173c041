import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ env: { APPROVALS: 'none' } });
});
afterAll(() => app.stop());

const put = (path: string, text: string, headers: Record<string, string> = {}) =>
  app.call('PUT', `/file-admin/files/${path}`, { body: Buffer.from(text), headers });

describe('/file-admin/files', () => {
  it('creates, reads, replaces and deletes', async () => {
    const created = await put('a/b.txt', 'one');
    expect(created).toMatchObject({ status: 201, body: { path: 'a/b.txt', operation: 'created', size: 3 } });
    const read = await app.get('/file-admin/files/a/b.txt');
    expect(read.body).toBe('one');
    expect(read.headers.get('etag')).toBe(created.body.etag);
    expect(read.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(read.headers.get('content-security-policy')).toContain('sandbox');
    const replaced = await put('a/b.txt', 'two');
    expect(replaced).toMatchObject({
      status: 200,
      body: { operation: 'replaced', previous_etag: created.body.etag },
    });
    expect(await readFile(join(app.workspace, 'a/b.txt'), 'utf8')).toBe('two');
    const folder = await app.call('DELETE', '/file-admin/files/a');
    expect(folder.body).toMatchObject({ status: 409, code: 'folder_not_empty' });
    const deleted = await app.call('DELETE', '/file-admin/files/a?recursive=true');
    expect(deleted.body).toMatchObject({ operation: 'deleted', files: 1, bytes: 3 });
    expect((await app.get('/file-admin/files/a/b.txt')).body.code).toBe('file_not_found');
  });

  it('lists the root and folders, page by page', async () => {
    for (const name of ['x', 'y', 'z']) await put(`pages/${name}.md`, name);
    const first = await app.get('/file-admin/files/pages?limit=2');
    expect(first.body).toMatchObject({ type: 'folder', path: 'pages', truncated: true });
    expect(first.body.entries.map(({ name }: { name: string }) => name)).toEqual(['x.md', 'y.md']);
    const rest = await app.get('/file-admin/files/pages?limit=2&after=y.md');
    expect(rest.body).toMatchObject({
      truncated: false,
      entries: [{ name: 'z.md', path: 'pages/z.md', type: 'file', size: 1 }],
    });
    for (const root of ['/file-admin/files', '/file-admin/files/']) {
      expect((await app.get(root)).body.entries).toContainEqual(
        expect.objectContaining({ name: 'pages', type: 'folder' }),
      );
    }
  });

  it('honours preconditions and ranges', async () => {
    const { body } = await put('state.txt', 'abcdef');
    expect((await put('state.txt', 'x', { 'if-none-match': '*' })).body).toMatchObject({
      status: 412,
      code: 'precondition_failed',
    });
    expect((await put('state.txt', 'x', { 'if-match': '"other"' })).status).toBe(412);
    expect((await put('fresh.txt', 'x', { 'if-match': body.etag })).status).toBe(412);
    expect(
      (await app.call('DELETE', '/file-admin/files/state.txt', { headers: { 'if-match': '"other"' } }))
        .status,
    ).toBe(412);
    expect((await app.get('/file-admin/files/state.txt', { 'if-none-match': body.etag })).status).toBe(304);
    const part = await app.get('/file-admin/files/state.txt', { range: 'bytes=1-2' });
    expect(part).toMatchObject({ status: 206, body: 'bc' });
    expect(part.headers.get('content-range')).toBe('bytes 1-2/6');
    expect((await app.get('/file-admin/files/state.txt', { range: 'bytes=-2' })).body).toBe('ef');
    expect((await app.get('/file-admin/files/state.txt', { range: 'bytes=9-' })).status).toBe(416);
    const winners = await Promise.all(
      ['one', 'two', 'three'].map((text) => put('state.txt', text, { 'if-match': body.etag })),
    );
    expect(winners.map(({ status }) => status).toSorted()).toEqual([200, 412, 412]);
  });

  it('edits all or nothing', async () => {
    await put('edit.md', 'red green\nred blue\n');
    const patch = (edits: object[]) => app.call('PATCH', '/file-admin/files/edit.md', { body: { edits } });
    const ambiguous = await patch([
      { find: 'green', replace: 'grey' },
      { find: 'red', replace: 'rose' },
    ]);
    expect(ambiguous.body).toMatchObject({ status: 409, code: 'edit_does_not_apply' });
    expect(ambiguous.body.detail).toMatch(/2/);
    expect((await app.get('/file-admin/files/edit.md')).body).toBe('red green\nred blue\n');
    const edited = await patch([
      { find: 'green', replace: 'grey' },
      { find: 'red', replace: 'rose', all: true },
    ]);
    expect(edited.body).toMatchObject({ operation: 'replaced', replacements: 3 });
    expect((await app.get('/file-admin/files/edit.md')).body).toBe('rose grey\nrose blue\n');
    expect((await patch([])).body.code).toBe('invalid_request');
    expect(
      (await app.call('PATCH', '/file-admin/files/edit.md', { body: { edit: '--- a' } })).body.detail,
    ).toMatch(/edits/);
  });

  it.each([
    ['..%2Foutside.txt', 'path_outside_workspace'],
    ['%2Fetc%2Fpasswd', 'path_outside_workspace'],
    ['a%2F..%2F..%2Foutside.txt', 'path_outside_workspace'],
    ['nul%00byte.txt', 'invalid_path'],
    ['zero%E2%80%8Bwidth.txt', 'invalid_path'],
    ['link-out/passwd', 'path_is_link'],
    ['link-file', 'path_is_link'],
  ])('refuses %s, to read, write, edit and delete', async (path, code) => {
    await mkdir(app.workspace, { recursive: true });
    await symlink('/etc', join(app.workspace, 'link-out')).catch(() => undefined);
    await symlink('/etc/hostname', join(app.workspace, 'link-file')).catch(() => undefined);
    const url = `/file-admin/files/${path}`;
    const answers = [
      await app.get(url),
      await put(path, 'x'),
      await app.call('PATCH', url, { body: { edits: [{ find: 'a', replace: 'b' }] } }),
      await app.call('DELETE', url),
    ];
    expect(answers.map(({ body }) => body.code)).toEqual([code, code, code, code]);
    for (const { body } of answers) expect(body.detail).not.toContain(app.workspace);
  });

  it('refuses what is too large, and shows files that are no text as they are', async () => {
    const large = await app.call('PUT', '/file-admin/files/large.bin', {
      body: Buffer.alloc(6 * 1024 * 1024),
    });
    expect(large.body).toMatchObject({ status: 413, code: 'body_too_large' });
    await writeFile(join(app.workspace, 'image.png'), Buffer.from([0x89, 0x50, 0, 255]));
    const image = await app.get('/file-admin/files/image.png');
    expect(image.headers.get('content-type')).toBe('image/png');
    const edited = await app.call('PATCH', '/file-admin/files/image.png', {
      body: { edits: [{ find: 'P', replace: 'Q' }] },
    });
    expect(edited.body).toMatchObject({ status: 415, code: 'not_text' });
  });
});

describe('the offline model drives the same tools', () => {
  const ask = (query: string) => app.call('POST', '/file-admin/ask', { body: { query, session_id: 'new' } });

  it('creates, lists, reads, changes and deletes in English', async () => {
    await ask('create plans/trip.md with pack the tent');
    expect((await ask('list the files in plans')).body.response).toContain('plans/trip.md');
    expect((await ask('read plans/trip.md')).body.response).toContain('pack the tent');
    await ask('change tent to kayak in plans/trip.md');
    expect((await app.get('/file-admin/files/plans/trip.md')).body).toBe('pack the kayak');
    const { body } = await ask('delete plans/trip.md');
    expect(body.agents).toEqual(['file-admin']);
    expect((await app.get('/file-admin/files/plans/trip.md')).status).toBe(404);
  });

  it('and in Spanish', async () => {
    await ask('crea planes/viaje.md con preparar la tienda');
    expect((await ask('lista los archivos de planes')).body.response).toContain('planes/viaje.md');
    expect((await ask('lee planes/viaje.md')).body.response).toContain('preparar la tienda');
    await ask('cambia tienda por canoa en planes/viaje.md');
    expect((await app.get('/file-admin/files/planes/viaje.md')).body).toBe('preparar la canoa');
    await ask('borra planes/viaje.md');
    expect((await app.get('/file-admin/files/planes/viaje.md')).status).toBe(404);
  });

  it('touches nothing when no command was given', async () => {
    await put('safe.md', 'safe');
    for (const query of [
      "don't delete safe.md",
      'no borres safe.md',
      'I deleted safe.md yesterday',
      'how do I delete safe.md?',
      'should I delete safe.md?',
    ]) {
      expect((await ask(query)).status).toBe(200);
    }
    expect((await app.get('/file-admin/files/safe.md')).body).toBe('safe');
  });
});
