import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestApp, TEST_USER_HEADER, type TestApp } from '../support/app.ts';
import { createClient } from '../support/client.ts';

let server: TestApp;
/** Each test is a user of its own; the workspace is emptied before it. */
let app: ReturnType<typeof createClient>;
let users = 0;

beforeAll(async () => {
  server = await startTestApp();
});
afterAll(async () => {
  await server.stop();
});
beforeEach(async () => {
  users += 1;
  app = createClient(server.url, { [TEST_USER_HEADER]: `maker-${users}` });
  for (const name of await readdir(server.workspace)) {
    if (name !== '.tertulia-history') await rm(host(name), { recursive: true });
  }
});

const host = (path: string) => join(server.workspace, path);
const make = (body: object) => app.post('/project-creator/projects', body);
const text = (path: string) => readFile(host(path), 'utf8');

async function put(path: string, content: string | Buffer): Promise<void> {
  await mkdir(join(host(path), '..'), { recursive: true });
  await writeFile(host(path), content);
}

/** All that a person sees in the workspace: each path with its kind, mode and content. */
async function contents(): Promise<string[]> {
  const entries = await readdir(server.workspace, { recursive: true, withFileTypes: true });
  const paths = entries
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes('.tertulia-history'))
    .toSorted();
  return await Promise.all(
    paths.map(async (path) => {
      const found = await stat(path);
      const hash = found.isFile()
        ? createHash('sha256')
            .update(await readFile(path))
            .digest('hex')
        : 'folder';
      return `${path} ${found.mode} ${hash}`;
    }),
  );
}

describe('the templates', () => {
  it('are listed with what they are, what can be set, and how they are started', async () => {
    const { status, body } = await app.get('/project-creator/templates');
    expect(status).toBe(200);
    expect(body.map(({ id }: { id: string }) => id)).toEqual([
      'typescript-library',
      'fastify-api',
      'typescript-cli',
      'react-vite',
      'static-site',
      'python-package',
      'fastapi-service',
      'go-service',
      'assistant-backend',
    ]);
    for (const template of body) {
      expect(template).toMatchObject({ source: 'builtin', fault: null });
      expect(template.title.en).not.toBe('');
      expect(template.description.es).not.toBe('');
      expect(template.run.length).toBeGreaterThan(0);
      expect(template.checks.length).toBeGreaterThan(0);
    }
  });

  it('make each a project whose files are all right, without a placeholder left', async () => {
    const { body: templates } = await app.get('/project-creator/templates');
    for (const { id } of templates) {
      const { status, body } = await make({
        name: `Mi Tienda ${id}`,
        template: id,
        variables: { description: `It's "the" <shop> & more \\ {{slug}}` },
      });
      expect({ id, status, code: body.code, detail: body.detail }).toMatchObject({ id, status: 201 });
      expect(body.checks.filter(({ state }: { state: string }) => state === 'failed')).toEqual([]);
      expect(body.path).toBe(`mi-tienda-${id}`);
      for (const file of body.files) {
        const content = await text(`${body.path}/${file.path}`);
        expect(Buffer.byteLength(content)).toBe(file.size);
        expect(content.replaceAll('{{slug}}', ''), file.path).not.toMatch(/\{\{[a-z_]+\}\}/);
      }
    }
  });
});

describe('a project', () => {
  it('is written in one step, and one undo leaves the workspace as it was, byte for byte', async () => {
    await put('notes/todo.md', 'buy milk\n');
    const before = await contents();
    const { status, body } = await make({ name: 'shop', folder: 'apps/web', template: 'fastify-api' });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      name: 'shop',
      path: 'apps/web/shop',
      template: 'fastify-api',
      dry_run: false,
    });
    expect(body.changes).toEqual([{ id: body.change.id, path: 'apps/web/shop', operation: 'created' }]);
    expect(body.tree).toContain('apps/web/shop/\n├── ');
    expect(JSON.parse(await text('apps/web/shop/package.json'))).toMatchObject({ name: 'shop' });
    const { body: journal } = await app.get('/file-admin/changes');
    expect(journal.map(({ path }: { path: string }) => path)).toEqual(['apps/web/shop']);

    const undone = await app.post(`/file-admin/changes/${body.change.id}/undo`, {});
    expect(undone.status).toBe(200);
    expect(await contents()).toEqual(before);

    const redone = await app.post(`/file-admin/changes/${undone.body.undone[0].id}/undo`, {});
    expect(redone.status).toBe(200);
    expect(JSON.parse(await text('apps/web/shop/package.json'))).toMatchObject({ name: 'shop' });
  });

  it('is only shown on a dry run, exactly as it would be', async () => {
    const before = await contents();
    const wanted = { name: 'Café Olé', template: 'typescript-library' };
    const shown = await make({ ...wanted, dry_run: true });
    expect(shown.status).toBe(200);
    expect(shown.body).toMatchObject({
      dry_run: true,
      path: 'cafe-ole',
      change: null,
      run_id: null,
      changes: [],
    });
    expect(await contents()).toEqual(before);
    expect((await app.get('/file-admin/changes')).body).toEqual([]);
    const written = await make(wanted);
    expect(written.body.files).toEqual(shown.body.files);
    expect(written.body.tree).toBe(shown.body.tree);
  });

  it('does not come into a folder that has something in it, unless that is wanted', async () => {
    await put('shop/README.md', 'mine\n');
    await put('shop/src/keep.txt', 'mine too\n');
    const before = await contents();
    const refused = await make({ name: 'shop', template: 'static-site' });
    expect(refused.status).toBe(409);
    expect(refused.body.code).toBe('already_exists');
    expect(refused.body.detail).toMatch(/merge.*would be added.*1 that are there would stay/);
    expect(await contents()).toEqual(before);

    const merged = await make({ name: 'shop', template: 'static-site', merge: true });
    expect(merged.status).toBe(201);
    expect(merged.body.kept).toEqual(['README.md']);
    expect(merged.body.change).toBeNull();
    expect(merged.body.changes).toHaveLength(merged.body.files.length - 1);
    expect(await text('shop/README.md')).toBe('mine\n');
    expect(await text('shop/index.html')).toContain('shop');

    const undone = await app.post('/file-admin/changes/undo', { run_id: merged.body.run_id });
    expect(undone.status).toBe(200);
    expect(await contents()).toEqual(before);
  });

  it.each([
    [{ name: 'apps/one' }, 'apps/one'],
    [{ name: 'one', folder: './apps/' }, 'apps/one'],
    [{ name: 'one', folder: '.' }, 'one'],
    [{ name: './one' }, 'one'],
  ])('is put where its name and folder say: %j', async (where, path) => {
    const { status, body } = await make({ ...where, template: 'static-site' });
    expect({ status, path: body.path, name: body.name }).toEqual({ status: 201, path, name: 'one' });
  });

  it('comes into a folder that is empty', async () => {
    await mkdir(host('shop'));
    const { status, body } = await make({ name: 'shop', template: 'static-site' });
    expect(status).toBe(201);
    expect(await text('shop/index.html')).toContain('shop');
    await app.post('/file-admin/changes/undo', { run_id: body.run_id });
    expect(await readdir(host('shop'))).toEqual([]);
  });

  it('leaves nothing behind when a file in the middle cannot be written', async () => {
    // A merge writes file by file; a file stands where the template needs a folder.
    await put('shop/src', 'a file, not a folder\n');
    const before = await contents();
    const { status, body } = await make({ name: 'shop', template: 'typescript-library', merge: true });
    expect({ status, code: body.code }).toEqual({ status: 409, code: 'is_file' });
    expect(await contents()).toEqual(before);
    await put('tool', 'a file');
    expect((await make({ name: 'tool', template: 'static-site', merge: true })).body.code).toBe(
      'already_exists',
    );
  });

  it('takes away again what a merge has written when a later file cannot stand beside one that is there', async () => {
    await put('shop/STYLE.CSS', 'mine\n');
    const before = await contents();
    const { status, body } = await make({ name: 'shop', template: 'static-site', merge: true });
    expect({ status, code: body.code }).toEqual({ status: 409, code: 'name_collision' });
    expect(await contents()).toEqual(before);
    const { body: journal } = await app.get('/file-admin/changes');
    expect(journal.length).toBeGreaterThan(1);
  });

  it('is written once when two ask for the same at the same time', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => make({ name: 'twice', template: 'static-site' })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409]);
    expect(await text('twice/index.html')).toContain('twice');
  });

  it.each([
    ['no source', { name: 'a-b' }, /one of template, brief and plan/],
    ['two sources', { name: 'a-b', template: 'static-site', brief: 'x' }, /one of template, brief and plan/],
    ['a blank name', { name: '  ', template: 'static-site' }, /name: takes a name/],
    [
      'a name without letters',
      { name: '123', template: 'static-site' },
      /name: .*does not begin with a letter/,
    ],
    ['a name of Node.js itself', { name: 'http', template: 'static-site' }, /name: .*reserved.*http-project/],
    ['a keyword of Python', { name: 'Class', template: 'python-package' }, /name: .*reserved/],
    ['a package that it uses', { name: 'React', template: 'react-vite' }, /name: .*"react-project" can/],
    ['a name that npm keeps', { name: 'node_modules', template: 'static-site' }, /name: .*reserved/],
    ['a device of Windows', { name: 'nul', template: 'static-site' }, /device on Windows/],
    ['a folder outside', { name: 'a-b', folder: '../x', template: 'static-site' }, /climbs/],
    ['an absolute folder', { name: 'a-b', folder: '/etc', template: 'static-site' }, /absolute/],
    ['an absolute name', { name: '/etc/a-b', template: 'static-site' }, /absolute/],
    ['a name outside', { name: '../../etc/evil', template: 'static-site' }, /climbs/],
    [
      'an unknown variable',
      { name: 'a-b', template: 'static-site', variables: { colour: 'red' } },
      /variables\.colour: is no variable here; there/,
    ],
    [
      'a variable of two lines',
      { name: 'a-b', template: 'static-site', variables: { description: 'a\nb' } },
      /variables\.description: takes one line/,
    ],
    [
      'a port that is none',
      { name: 'a-b', template: 'fastify-api', variables: { port: 99999 } },
      /variables\.port: takes a whole number from 1 to 65535/,
    ],
    ['an unknown field', { name: 'a-b', template: 'static-site', force: true }, /force/],
  ])('is refused for %s, with the field and what it takes', async (_what, body, detail) => {
    const before = await contents();
    const answer = await make(body);
    expect(answer.status).toBe(400);
    expect(answer.body.detail).toMatch(detail);
    expect(await contents()).toEqual(before);
  });

  it('names the templates that there are when it is asked for another one', async () => {
    const { status, body } = await make({ name: 'a-b', template: 'cobol' });
    expect({ status, code: body.code }).toEqual({ status: 404, code: 'template_not_found' });
    expect(body.detail).toContain('go-service');
  });
});

describe('a person’s own templates', () => {
  const folder = '.templates/acme';
  const description = {
    description: 'An Acme job',
    variables: { team: { type: 'string', default: '{{pascal}} team' } },
  };

  it('are folders of the workspace, filled in like ours, with binaries and modes as they are', async () => {
    const picture = Buffer.from([
      0x89, 0x50, 0x4e, 0x47, 0x00, 0x7b, 0x7b, 0x6e, 0x61, 0x6d, 0x65, 0x7d, 0x7d,
    ]);
    await put(`${folder}/template.json`, JSON.stringify(description));
    await put(`${folder}/{{snake}}/main.py`, '# {{name}}: {{ name }} \u0024{{ secrets.X }} {{unknown}}\n');
    await put(`${folder}/run.sh`, '#!/bin/sh\necho "{{team}}"\n');
    await chmod(host(`${folder}/run.sh`), 0o755);
    await put(`${folder}/logo.png`, picture);
    await put(`${folder}/.gitignore`, 'dist\n');
    await put(`${folder}/dist/kept.txt`, '{{year}}');
    const { body: listed } = await app.get('/project-creator/templates');
    expect(listed[0]).toMatchObject({ id: 'acme', source: 'workspace', fault: null, title: { en: 'acme' } });

    const { status, body } = await make({ name: 'Big Job', template: 'acme' });
    expect(status).toBe(201);
    expect(body.files.map(({ path }: { path: string }) => path).toSorted()).toEqual(
      ['.gitignore', 'big_job/main.py', 'dist/kept.txt', 'logo.png', 'run.sh'].toSorted(),
    );
    expect(await text('big-job/big_job/main.py')).toBe(
      '# Big Job: {{ name }} \u0024{{ secrets.X }} {{unknown}}\n',
    );
    expect(await text('big-job/run.sh')).toBe('#!/bin/sh\necho "BigJob team"\n');
    expect((await stat(host('big-job/run.sh'))).mode & 0o111).not.toBe(0);
    expect((await stat(host('big-job/.gitignore'))).mode & 0o111).toBe(0);
    expect(await readFile(host('big-job/logo.png'))).toEqual(picture);
    expect(await text('big-job/dist/kept.txt')).toMatch(/^20\d\d$/);
  });

  it('take the place of ours with the same id', async () => {
    await put('.templates/go-service/template.json', JSON.stringify({ description: 'Ours' }));
    await put('.templates/go-service/only.txt', 'ours');
    const { body } = await make({ name: 'job', template: 'go-service' });
    expect(body.files.map(({ path }: { path: string }) => path)).toEqual(['only.txt']);
  });

  it.each([
    ['no description', { 'template.json': '{}' }, /description/],
    ['bad JSON', { 'template.json': '{' }, /no valid JSON/],
    ['an unknown field', { 'template.json': '{"description":"x","hooks":["rm"]}' }, /hooks/],
    [
      'a variable of an unknown type',
      { 'template.json': '{"description":"x","variables":{"a":{"type":"script"}}}' },
      /variables\.a/,
    ],
    ['no template.json', { 'a.txt': '' }, /it has no template\.json/],
  ])('are listed with what is wrong when they have %s', async (_what, files, fault) => {
    for (const [path, content] of Object.entries(files)) await put(`.templates/broken/${path}`, content);
    const { body } = await app.get('/project-creator/templates');
    expect(body[0]).toMatchObject({ id: 'broken', source: 'workspace' });
    expect(body[0].fault).toMatch(fault);
    const made = await make({ name: 'job', template: 'broken' });
    expect({ status: made.status, code: made.body.code }).toEqual({ status: 422, code: 'invalid_template' });
    expect(made.body.detail).toMatch(fault);
  });

  it.each([
    ['leads outside', '{{out}}/a.txt', { out: { type: 'string', default: '..' } }, /cannot be used/],
    ['collides after filling in', 'README.MD', { out: { type: 'string', default: 'x' } }, /collides/],
    [
      'is in a circle',
      'a.txt',
      { one: { type: 'string', default: '{{two}}' }, two: { type: 'string', default: '{{one}}' } },
      /circle/,
    ],
    [
      'takes a name of ours',
      'a.txt',
      { slug: { type: 'string', default: 'x' } },
      /slug: is made from the project's name/,
    ],
  ])('are refused whole when something %s', async (_what, path, variables, detail) => {
    await put(`${folder}/template.json`, JSON.stringify({ description: 'x', variables }));
    await put(`${folder}/readme.md`, 'x');
    await put(`${folder}/${path}`, 'x');
    const before = await contents();
    const { status, body } = await make({ name: 'job', template: 'acme' });
    expect([400, 422]).toContain(status);
    expect(body.detail).toMatch(detail);
    expect(await contents()).toEqual(before);
  });

  it('are refused when a link is among their files', async () => {
    await put(`${folder}/template.json`, JSON.stringify({ description: 'x' }));
    await symlink('/etc/passwd', host(`${folder}/passwd`));
    const { status, body } = await make({ name: 'job', template: 'acme' });
    expect({ status, code: body.code }).toEqual({ status: 422, code: 'invalid_template' });
    expect(body.detail).toMatch(/link/);
  });
});
