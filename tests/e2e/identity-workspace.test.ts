import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let workspace: string;
beforeEach(async () => {
  database = await createTestDatabase();
  workspace = await mkdtemp(join(tmpdir(), 'tertulia-workspace-'));
});
afterEach(async () => {
  await database.drop();
  await rm(workspace, { recursive: true, force: true });
});

const start = () =>
  startTestApp({
    identity: 'real',
    database,
    env: { WORKSPACE_DIR: workspace, KNOWLEDGE_SCAN_INTERVAL_MS: '150' },
  });
const put = (app: TestApp, path: string, content: string, headers = {}) =>
  app.call('PUT', `/file-admin/files/${path}`, { headers, body: Buffer.from(content) });

it('the files of the time without keys go on in the folder of local, with all that can be undone', async () => {
  const open = await start();
  await put(open, 'notes/a.txt', 'one');
  await put(open, 'notes/a.txt', 'two');
  await open.stop();

  await mkdir(join(workspace, 'local'));
  for (const name of await readdir(workspace))
    if (name !== 'local') await rename(join(workspace, name), join(workspace, 'local', name));

  const closed = await start();
  const { headers } = await closed.makeKey({ user: 'local', role: 'admin' });
  const text = async () => (await closed.get('/file-admin/files/notes/a.txt', headers)).body;
  expect(await text()).toBe('two');
  const { body: changes } = await closed.get('/file-admin/changes', headers);
  const undone = await closed.call('POST', `/file-admin/changes/${changes[0].id}/undo`, { headers });
  expect([undone.status, await text()]).toEqual([200, 'one']);
  await closed.stop();
});

it('what local follows shows nothing of the folders that users have from the first key on', async () => {
  const app = await start();
  await put(app, 'mine.md', 'The dentist is on Thursday.');
  await app.post('/file-consultant/documents', { path: '.' });
  const local = await app.makeKey({ user: 'local', role: 'admin' });
  const ana = await app.makeKey({ user: 'ana', role: 'user' });
  await put(app, 'secret.md', 'The spare key is under the mat.', ana.headers);
  await put(app, 'own.md', 'The gardener comes on Monday.', local.headers);
  const paths = async () => {
    const { body } = await app.get('/file-consultant/documents', local.headers);
    return JSON.stringify(body).match(/[\w/]+\.md/g);
  };
  await expect.poll(paths, { timeout: 20_000 }).toContain('own.md');
  expect((await paths())?.filter((path) => path !== 'own.md')).toEqual([]);
  const found = await app.post('/file-consultant/search', { query: 'spare key mat' }, local.headers);
  expect(JSON.stringify(found.body)).not.toContain('under the mat');
  await app.stop();
});
