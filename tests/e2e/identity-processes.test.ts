import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestApp } from '../support/app.ts';
import { createClient } from '../support/client.ts';
import { startCommand } from '../support/command.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startProcess } from '../support/process.ts';

const KEY = /^ {2}(ttl_[\w-]{22}_[\w-]{43})$/m;
let database: TestDatabase;
let workspace: string;
let env: Record<string, string>;
const running: { kill: (signal: NodeJS.Signals) => Promise<unknown> }[] = [];
beforeEach(async () => {
  database = await createTestDatabase();
  workspace = await mkdtemp(join(tmpdir(), 'tertulia-keys-'));
  env = { ...database.env, WORKSPACE_DIR: workspace };
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.kill('SIGKILL')));
  await database.drop();
  await rm(workspace, { recursive: true, force: true });
});

const keys = (...args: string[]) => startCommand('src/keys.ts', args, env).end();
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
async function start(more: Record<string, string> = {}) {
  const server = await startProcess({ ...env, ...more });
  running.push(server);
  return server;
}
/** Makes a key by the command, and returns it with its id. */
async function make(...args: string[]) {
  const { out, err } = await keys('create', ...args);
  const [, key] = KEY.exec(out) ?? [];
  if (!key) throw new Error(`no key was made: ${out}${err}`);
  return { key, out, id: out.slice(0, 36) };
}

describe('npm run keys', () => {
  it('makes keys and lists them', async () => {
    const first = await make('--user', 'ana', '--name', 'laptop', '--expires', '90d');
    expect(first.out).toMatch(/^[\da-f-]{36} {2}ana {2}user {2}laptop {2}good until \S+ {2}never used\n/);
    expect(first.out).toContain('It is shown now and never again');
    expect(first.out).toContain(`-H 'Authorization: Bearer ${first.key}'`);
    expect(first.out).toContain('There is no key of the role admin yet');
    const second = await make('--user', 'José', '--role', 'admin');
    expect(second.out).not.toContain('There is no key of the role admin');

    const { out: list } = await keys('list');
    expect(list).not.toMatch(/ttl_/);
    expect(
      list
        .trim()
        .split('\n')
        .map((line) => line.slice(0, 36)),
    ).toEqual([second.id, first.id]);
    expect((await keys('list', '--user', 'bob')).out).toBe('bob has no keys.\n');
  });

  it('replaces keys and revokes them, but not the last one of an admin', async () => {
    const first = await make('--user', 'ana');
    const rotated = await keys('rotate', first.id, '--overlap', '2h');
    expect(rotated.out).toMatch(KEY);
    expect(rotated.out).toContain(`The key ${first.id} is good for 2h more.`);
    expect((await keys('revoke', first.id)).out).toMatch(/^Revoked, from now on: .* revoked \d{4}-/);
    const admin = await make('--user', 'root', '--role', 'admin');
    expect(await keys('revoke', admin.id)).toMatchObject({
      ...{ exitCode: 1, out: '', err: expect.stringContaining('last key of the role "admin"') },
    });
  });

  it.each([
    [[], 'Say what to do'],
    [['make'], 'There is no command "make"'],
    [['create'], '--user is missing'],
    [['create', '--user', ' ana'], '--user takes 1 to 200 characters'],
    [['create', '--user', 'ana', '--role', 'boss'], '--role got "boss"; it takes user, service, admin.'],
    [['create', '--user', 'ana', '--expires', 'soon'], '--expires got "soon"; it takes a time like 90d'],
    [['create', '--user', 'ana', '--expires', '4000d'], 'at most 3650d'],
    [['create', '--user', 'ana', '--overlap', '1h'], 'keys create takes no --overlap'],
    [['revoke'], 'keys revoke is missing the id of a key'],
    [['rotate', 'laptop'], 'keys rotate got "laptop", which is not the id of a key'],
    [['revoke', '0192a3b4-c5d6-7e8f-9a0b-1c2d3e4f5a6b'], 'There is no API key 0192a3b4'],
  ])('says in one line what is wrong with %j', async (args, sentence) => {
    const { exitCode, out, err } = await keys(...args);
    expect(err).toContain(sentence);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect([exitCode, out]).toEqual([1, '']);
  });

  it('says how a running server does the same, where that has the database to itself', async ({ skip }) => {
    if (database.kind === 'server') return skip('a database server is made for many processes');
    const server = await start();
    env.PORT = new URL(server.url).port;
    const { exitCode, err } = await keys('create', '--user', "o'neil", '--role', 'admin');
    expect(exitCode).toBe(1);
    expect(err).toContain('The server is running');
    const [, url, body] = /curl '(\S+)' --json '(.+)'$/m.exec(err) ?? [];
    expect(url).toBe(`${server.url}/admin/keys`);
    const made = await server.post('/admin/keys', JSON.parse(String(body).replaceAll("'\\''", "'")));
    expect(made).toMatchObject({ status: 201, body: { user: "o'neil", role: 'admin' } });
    expect((await server.get('/sessions')).status).toBe(401);
  });
});

describe('a server that others can reach', () => {
  it('does not start before there is a key, and says how to make one', async () => {
    const refused = await start({ HOST: '0.0.0.0' });
    await refused.ended;
    expect(refused.exitCode()).toBe(1);
    expect(refused.output.text.trim()).toMatch(
      /^Tertulia did not start: HOST got "0\.0\.0\.0", .* npm run keys -- create --user <name> --role admin$/,
    );
    const { key } = await make('--user', 'root', '--role', 'admin');
    const server = await start({ HOST: '0.0.0.0' });
    const client = createClient(server.url.replace('0.0.0.0', '127.0.0.1'));
    expect((await client.get('/sessions')).status).toBe(401);
    expect((await client.get('/admin/keys', bearer(key))).status).toBe(200);
  });

  it('stays closed whatever becomes of the keys', async () => {
    const { key } = await make('--user', 'root', '--role', 'admin');
    const app = await startTestApp({ identity: 'real', database, env: { HOST: '0.0.0.0' } });
    expect((await app.get('/sessions', bearer(key))).status).toBe(200);
    await app.runSql('delete from api_keys');
    expect((await app.get('/sessions')).body.code).toBe('unauthorized');
    await app.stop();
  });
});

it('a server that starts with keys gives each user a folder before anybody has asked anything', async () => {
  const { key } = await make('--user', 'ana');
  const app = await startTestApp({ identity: 'real', database });
  expect(app.services.identity.wasOpen()).toBe(false);
  await app.services.workspaces.for('ana').write('a.txt', Buffer.from('mine'));
  expect((await app.get('/file-admin/files/a.txt', bearer(key))).body).toBe('mine');
  expect(
    await app.services.workspaces
      .for('bob')
      .glance('a.txt')
      .catch(({ code }) => code),
  ).toBe('file_not_found');
  await app.stop();
});

describe('two servers on one database', () => {
  it('hear at once of the first key, of a key that was revoked, and of one that was replaced', async ({
    skip,
  }) => {
    if (database.kind === 'embedded') return skip('the embedded database has one process only');
    const [one, other] = await Promise.all([start(), start()]);
    expect([(await one.get('/sessions')).status, (await other.get('/sessions')).status]).toEqual([200, 200]);
    const { body: root } = await one.post('/admin/keys', { user: 'root', role: 'admin' });
    expect((await other.get('/sessions')).status).toBe(401);
    const { key, id } = await make('--user', 'ana');
    for (const server of [one, other]) expect((await server.get('/sessions', bearer(key))).status).toBe(200);

    const replaced = await other.call('POST', `/admin/keys/${id}/rotate`, { headers: bearer(root.key) });
    expect((await one.get('/sessions', bearer(key))).status).toBe(401);
    expect((await one.get('/sessions', bearer(replaced.body.key))).status).toBe(200);

    await one.call('DELETE', `/admin/keys/${replaced.body.id}`, { headers: bearer(root.key) });
    expect((await other.get('/sessions', bearer(replaced.body.key))).status).toBe(401);
  });

  it('also keep files apart in work that no request asked for', async ({ skip }) => {
    if (database.kind === 'embedded') return skip('the embedded database has one process only');
    const app = await startTestApp({ identity: 'real', database });
    expect(app.services.identity.wasOpen()).toBe(true);
    await make('--user', 'root', '--role', 'admin');
    await expect.poll(() => app.services.identity.wasOpen(), { timeout: 10_000 }).toBe(false);
    await app.stop();
  });
});
