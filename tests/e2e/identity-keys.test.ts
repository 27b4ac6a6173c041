import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { openEvents } from '../support/event-stream.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../support/fake-openai.ts';

const SOON = { timeout: 10_000, interval: 20 };
const UNKNOWN = '0192a3b4-c5d6-7e8f-9a0b-1c2d3e4f5a6b';
let fake: FakeOpenAI;
let app: TestApp;
let root: { id: string; headers: { authorization: string } };
beforeAll(async () => {
  fake = await startFakeOpenAI();
  app = await startTestApp({
    identity: 'real',
    env: {
      ...{ OPENAI_API_KEY: 'test-key', OPENAI_BASE_URL: fake.baseUrl, CHAT_MODEL: 'fake-chat' },
      ...{ EMBEDDING_MODEL: 'fake-embed', STREAM_HEARTBEAT_MS: '100', DATABASE_TIMEOUT_MS: '3000' },
    },
  });
  root = await app.makeKey({ user: 'root', role: 'admin' });
});
afterAll(async () => {
  await app.stop();
  await fake.close();
});

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const asRoot = (method: string, path: string, body?: unknown) =>
  app.call(method, `/admin/keys${path}`, { headers: root.headers, ...(body ? { body } : {}) });
const status = async (key: string) => (await app.get('/sessions', bearer(key))).status;
const find = async (id: string, user = 'ana') =>
  (await asRoot('GET', `?user=${user}`)).body.find((key: { id: string }) => key.id === id);

describe('a key', () => {
  it('is made, used, replaced and revoked over HTTP', async () => {
    const wanted = { user: 'ana', role: 'user', name: 'laptop', expires_in_days: 90 };
    const made = (await asRoot('POST', '', wanted)).body;
    expect(Date.parse(made.expires_at) - Date.parse(made.created_at)).toBe(90 * 86_400_000);
    expect(await status(made.key)).toBe(200);

    const { status: rotated, body: next } = await asRoot('POST', `/${made.id}/rotate`);
    expect(rotated).toBe(201);
    expect(next).toMatchObject({ user: 'ana', role: 'user', name: 'laptop', revoked_at: null });
    expect(Date.parse(next.expires_at) - Date.parse(next.created_at)).toBe(90 * 86_400_000);
    expect([await status(made.key), await status(next.key)]).toEqual([401, 200]);

    const revoked = await asRoot('DELETE', `/${next.id}`);
    expect(revoked).toMatchObject({ status: 200, body: { id: next.id, revoked_at: expect.any(String) } });
    expect(Object.keys(revoked.body)).not.toContain('key');
    expect(await status(next.key)).toBe(401);
    expect((await asRoot('DELETE', `/${next.id}`)).body).toEqual(revoked.body);
  });

  it('that is replaced with an overlap is good as long as that lasts, and no longer', async () => {
    const made = await app.makeKey({ user: 'ana', role: 'user' });
    const { body: next } = await asRoot('POST', `/${made.id}/rotate`, { overlap_minutes: 60 });
    expect([await status(made.key), await status(next.key)]).toEqual([200, 200]);
    const { revoked_at } = await find(made.id);
    expect((Date.parse(revoked_at) - Date.now()) / 60_000).toBeCloseTo(60, 0);
    await app.runSql(
      `update api_keys set revoked_at = now() - interval '1 second' where user_id = 'ana' and id = '${made.id}'`,
    );
    await expect.poll(() => status(made.key), SOON).toBe(401);
    expect(await status(next.key)).toBe(200);
  });

  it('that was replaced, has been revoked or has expired is not replaced again', async () => {
    const made = await app.makeKey({ user: 'ana', role: 'user' });
    const both = await Promise.all([1, 2].map(() => asRoot('POST', `/${made.id}/rotate`)));
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
    const lost = both.find(({ status }) => status === 409);
    expect(lost?.body.code).toBe('key_not_usable');
    const next = both.find(({ status }) => status === 201)?.body;
    await app.runSql(`update api_keys set expires_at = now() where user_id = 'ana' and id = '${next.id}'`);
    expect((await asRoot('POST', `/${next.id}/rotate`)).body.code).toBe('key_not_usable');
  });

  it('that has expired says so to its holder', async () => {
    const made = await app.makeKey({ user: 'ana', role: 'user' });
    await app.runSql(`update api_keys set expires_at = now() where user_id = 'ana' and id = '${made.id}'`);
    const { body } = await app.get('/sessions', made.headers);
    expect(body).toMatchObject({ status: 401, detail: 'The API key has expired.' });
  });

  it('remembers its last use, to the minute', async () => {
    const made = await app.makeKey({ user: 'ana', role: 'user' });
    expect((await find(made.id)).last_used_at).toBe(null);
    await app.get('/sessions', made.headers);
    await expect.poll(async () => (await find(made.id)).last_used_at, SOON).not.toBe(null);
    const { last_used_at: first } = await find(made.id);
    await app.get('/sessions', made.headers);
    await app.services.identity.close();
    expect((await find(made.id)).last_used_at).toBe(first);
    await app.runSql(
      `update api_keys set last_used_at = now() - interval '61 seconds' where user_id = 'ana' and id = '${made.id}'`,
    );
    const useAndFind = async () => {
      await app.get('/sessions', made.headers);
      return Date.parse((await find(made.id)).last_used_at);
    };
    await expect.poll(useAndFind, SOON).toBeGreaterThanOrEqual(Date.parse(first));
  });

  it('that is unknown is 404, and one that is not well-formed is 400', async () => {
    for (const [method, path] of [
      ['DELETE', ''],
      ['POST', '/rotate'],
    ]) {
      const unknown = await asRoot(String(method), `/${UNKNOWN}${path}`);
      expect(unknown.body).toMatchObject({ status: 404, code: 'key_not_found' });
      expect((await asRoot(String(method), `/nonsense${path}`)).body.code).toBe('invalid_request');
    }
  });

  it.each([
    [{ role: 'user' }, 'body.user'],
    [{ user: ' ana', role: 'user' }, 'body.user'],
    [{ user: 'a'.repeat(201), role: 'user' }, 'body.user'],
    [{ user: 'a\nb', role: 'user' }, 'body.user'],
    [{ user: 'ana' }, 'body.role'],
    [{ user: 'ana', role: 'boss' }, 'body.role'],
    [{ user: 'ana', role: 'user', name: ' ' }, 'body.name'],
    [{ user: 'ana', role: 'user', expires_in_days: 0 }, 'body.expires_in_days'],
    [{ user: 'ana', role: 'user', expires_in_days: 1.5 }, 'body.expires_in_days'],
    [{ user: 'ana', role: 'user', key: 'mine' }, 'body'],
  ])('is not made of %j', async (body, path) => {
    const answer = await asRoot('POST', '', body);
    expect(answer.body).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(answer.body.errors[0].path).toBe(path);
    expect(answer.body.errors[0].message).toMatch(/takes|Unrecognized/);
  });
});

it('the list has pages, the newest first, of all users or of one', async () => {
  const made: string[] = [];
  for (let count = 0; count < 5; count += 1)
    made.unshift((await app.makeKey({ user: 'lister', role: 'user' })).id);
  const ids: string[] = [];
  let path: string | undefined = '?user=lister&limit=2';
  for (let pages = 0; path !== undefined; pages += 1) {
    expect(pages).toBeLessThan(4);
    const page = await asRoot('GET', path);
    ids.push(...page.body.map(({ id }: { id: string }) => id));
    path = /^<\/admin\/keys(\?[^>]+)>; rel="next"$/.exec(page.headers.get('link') ?? '')?.[1];
  }
  expect(ids).toEqual(made);
  expect((await asRoot('GET', '?limit=5')).body.map(({ id }: { id: string }) => id)).toEqual(made);
});

describe('the last admin key', () => {
  it('is not revoked, however many are revoked at the same time', async () => {
    const { id: own } = root;
    const others = [
      await app.makeKey({ user: 'root', role: 'admin' }),
      await app.makeKey({ user: 'eve', role: 'admin' }),
    ];
    const expired = await app.makeKey({ user: 'late', role: 'admin' });
    await app.runSql(
      `update api_keys set expires_at = now() where user_id = 'late' and id = '${expired.id}'`,
    );
    const ids = [own, ...others.map(({ id }) => id)];
    const answers = await Promise.all(ids.map((id) => app.services.identity.keys.revoke(id).catch(String)));
    expect(answers.filter((answer) => typeof answer === 'string')).toHaveLength(1);
    const keys = [root, ...others];
    const left = keys[answers.findIndex((answer) => typeof answer === 'string')];
    if (!left) throw new Error('no admin key is left');
    root = left;
    const { body } = await asRoot('DELETE', `/${root.id}`);
    expect(body).toMatchObject({ status: 409, code: 'last_admin_key' });
    expect((await asRoot('DELETE', `/${expired.id}`)).status).toBe(200);
  });

  it('can be replaced, and then the new one is the last', async () => {
    const { body } = await asRoot('POST', `/${root.id}/rotate`, { overlap_minutes: 5 });
    const before = root;
    root = { id: body.id, headers: bearer(body.key) };
    expect((await asRoot('DELETE', `/${body.id}`)).body.code).toBe('last_admin_key');
    expect((await asRoot('DELETE', `/${before.id}`)).status).toBe(200);
    expect(await status(before.headers.authorization.slice('Bearer '.length))).toBe(401);
  });
});

it('a stream ends soon after its key was revoked, and the turn goes on', async () => {
  const asked = Promise.withResolvers<void>();
  const free = Promise.withResolvers<void>();
  fake.chat.enqueue(async () => {
    asked.resolve();
    await free.promise;
    return { content: 'Too late for you.' };
  });
  const ana = await app.makeKey({ user: 'ana', role: 'user' });
  const again = await app.makeKey({ user: 'ana', role: 'user' });
  const body = { query: 'Something slow', stream: true };
  const stream = await openEvents(`${app.url}/assistant/ask`, { headers: ana.headers, body });
  await asked.promise;
  await asRoot('DELETE', `/${ana.id}`);
  const events = await Array.fromAsync(stream.events);
  expect(events.at(-1)).toMatchObject({ event: 'error', data: { code: 'unauthorized', status: 401 } });
  free.resolve();
  const run = events[0]?.data.run_id;
  const state = async () => (await app.get(`/runs/${run}`, again.headers)).body.status;
  await expect.poll(state, SOON).toBe('completed');
});

it('while the database does not answer, nobody is taken for nobody', async ({ skip }) => {
  const { DATABASE_URL: connectionString } = app.database.env;
  if (connectionString === undefined) return skip('the embedded database has no second connection');
  // Nobody has asked about it yet.
  const ana = await app.makeKey({ user: 'ana', role: 'user' });
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query('begin; lock table api_keys in access exclusive mode');
  const { status, body } = await app.get('/sessions', ana.headers);
  expect([status, body.code]).toEqual([503, 'database_failed']);
  await client.query('rollback');
  await client.end();
  expect((await app.get('/sessions', root.headers)).status).toBe(200);
});
