import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestApp, TEST_USER_HEADER, type TestApp } from '../support/app.ts';
import { createClient } from '../support/client.ts';

let server: TestApp;
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
  app = createClient(server.url, { [TEST_USER_HEADER]: `extender-${users}` });
  for (const name of await readdir(server.workspace)) {
    if (name !== '.tertulia-history') await rm(host(name), { recursive: true });
  }
});

const host = (path: string) => join(server.workspace, path);
const text = (path: string) => readFile(host(path), 'utf8');
const extend = (body: object) => app.post('/project-creator/extensions', body);

async function put(path: string, content: string | Buffer): Promise<void> {
  await mkdir(join(host(path), '..'), { recursive: true });
  await writeFile(host(path), content);
}

const PACKAGE = `{\r\n\t"name": "shop",\r\n\t"version": "1.0.0",\r\n\t"type": "module",\r\n\t"main": "src/main.js"\r\n}\r\n`;
const SOURCE =
  'export function total(prices) {\r\n\treturn prices.reduce((sum, price) => sum + price, 0)\r\n}\r\n';

/** A project with tabs, without semicolons, and with the line endings of Windows. */
async function putShop(): Promise<void> {
  await put('shop/package.json', PACKAGE);
  await put('shop/src/main.js', SOURCE);
}

describe('adding to a project', () => {
  it('is shown as differences first, and writes nothing then', async () => {
    await putShop();
    const { status, body } = await extend({
      path: 'shop',
      add: ['license'],
      holder: 'Rosa Luz',
      dry_run: true,
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ dry_run: true, run_id: null, changes: [] });
    expect(body.files.map(({ path }: { path: string }) => path).toSorted()).toEqual([
      'shop/LICENSE',
      'shop/package.json',
    ]);
    expect(body.files.map(({ diff }: { diff: string }) => diff).join('\n')).toContain('+MIT License');
    expect((await readdir(host('shop'))).toSorted()).toEqual(['package.json', 'src']);
  });

  it('keeps its style, and is undone as one', async () => {
    await putShop();
    const { status, body } = await extend({
      path: 'shop',
      add: ['tests', 'ci', 'license', 'editorconfig'],
      license: 'Apache-2.0',
      holder: 'Rosa Luz',
    });
    expect(status).toBe(201);
    const manifest = await text('shop/package.json');
    expect(manifest).toMatch(/^\{\r\n\t"name": "shop",\r\n/);
    expect(manifest.replaceAll('\r\n', '')).not.toContain('\n');
    expect(JSON.parse(manifest)).toMatchObject({
      license: 'Apache-2.0',
      scripts: { test: expect.any(String) },
    });
    expect(await text('shop/LICENSE')).toContain('Apache License');
    const test = body.changes.find(({ path }: { path: string }) => /test/.test(path) && path.endsWith('.js'));
    expect(await text(test.path)).toMatch(/\r\n\t/);
    expect(await text(test.path)).not.toMatch(/;\r?\n/);
    expect(await text('shop/src/main.js')).toBe(SOURCE);

    const undone = await app.post('/file-admin/changes/undo', { run_id: body.run_id });
    expect(undone.status).toBe(200);
    expect(await text('shop/package.json')).toBe(PACKAGE);
    expect((await readdir(host('shop'))).toSorted()).toEqual(['package.json', 'src']);
  });

  it('leaves what is there, and says so', async () => {
    await putShop();
    await put('shop/LICENSE', 'All mine.\n');
    await put('shop/Dockerfile', 'FROM scratch\n');
    const { body } = await extend({ path: 'shop', add: ['license', 'dockerfile', 'readme'] });
    expect(body.kept).toEqual(expect.arrayContaining(['LICENSE', 'Dockerfile']));
    expect(await text('shop/LICENSE')).toBe('All mine.\n');
    expect(await text('shop/Dockerfile')).toBe('FROM scratch\n');
    expect(await text('shop/README.md')).toContain('shop');
    const again = await extend({ path: 'shop', add: ['license', 'dockerfile', 'readme'] });
    expect({ status: again.status, code: again.body.code }).toEqual({ status: 409, code: 'already_exists' });
  });

  it.each([
    ['a folder that is not there', { path: 'nowhere', add: ['ci'] }, 404, 'file_not_found'],
    ['a file', { path: 'shop/package.json', add: ['ci'] }, 409, 'is_file'],
    ['a folder outside', { path: '../shop', add: ['ci'] }, 400, 'path_outside_workspace'],
    ['an unknown thing', { path: 'shop', add: ['blockchain'] }, 400, 'invalid_request'],
    ['nothing', { path: 'shop', add: [] }, 400, 'invalid_request'],
    ['an unknown licence', { path: 'shop', add: ['license'], license: 'WTF' }, 400, 'invalid_request'],
    ['a folder that shows nothing', { path: 'blank', add: ['ci'] }, 422, 'project_unclear'],
    ['a broken manifest', { path: 'broken', add: ['ci'] }, 400, 'invalid_request'],
  ])('is refused for %s', async (_what, body, status, code) => {
    await putShop();
    await put('blank/notes.md', 'x\n');
    await put('broken/package.json', '{ "name": ');
    const answer = await extend(body);
    expect({ status: answer.status, code: answer.body.code }).toEqual({ status, code });
    expect((await readdir(host('shop'))).toSorted()).toEqual(['package.json', 'src']);
    expect(await readdir(host('blank'))).toEqual(['notes.md']);
  });
});
