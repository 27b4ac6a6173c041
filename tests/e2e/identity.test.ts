import { readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, TEST_ROLE_HEADER, TEST_USER_HEADER, type TestApp } from '../support/app.ts';

let app: TestApp;
let admin: { authorization: string };
beforeAll(async () => {
  app = await startTestApp({ identity: 'real' });
});
afterAll(() => app.stop());

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const call = (method: string, path: string, headers: Record<string, string>, body?: unknown) =>
  app.call(method, path, { headers, ...(body === undefined ? {} : { body }) });

describe('before there is a key', () => {
  it('everyone on this machine is the user local, and an admin', async () => {
    expect((await app.get('/sessions')).status).toBe(200);
    expect((await app.get('/admin/keys')).body).toEqual([]);
  });

  it('a host that is not this machine, and X-User-Id, are refused', async () => {
    expect(await withHost('tertulia.example.org')).toMatchObject({ status: 403, code: 'host_not_allowed' });
    expect((await app.get('/sessions', { 'x-user-id': 'ana' })).body).toMatchObject({
      ...{ status: 403, code: 'user_header_not_allowed' },
    });
  });

  it('a page of another server can send nothing but questions, which it cannot read', async () => {
    const search = (headers: Record<string, string>) =>
      app.post('/memory/search', { query: 'Luna' }, headers);
    for (const origin of ['https://evil.example', 'http://localhost.evil.example', 'null']) {
      const { body } = await search({ origin });
      expect(body, origin).toMatchObject({ status: 403, code: 'origin_not_allowed' });
      expect((await app.get('/sessions', { origin })).status, origin).toBe(200);
    }
    for (const origin of ['http://127.0.0.1:3000', 'http://localhost:5173', 'http://[::1]:8080'])
      expect((await search({ origin })).status, origin).toBe(200);
    expect((await search({ origin: 'null', 'sec-fetch-site': 'same-origin' })).status).toBe(200);
  });

  it('a key that somebody shows is not overlooked', async () => {
    const { status, body } = await app.get('/sessions', bearer('ttl_x'));
    expect([status, body.code]).toEqual([401, 'unauthorized']);
  });

  it('the first key has to be an admin’s, or nobody could make another', async () => {
    const { body } = await app.post('/admin/keys', { user: 'ana', role: 'user' });
    expect(body).toMatchObject({ status: 409, code: 'last_admin_key' });
    expect((await app.get('/sessions')).status).toBe(200);
  });
});

describe('the first key', () => {
  it('closes the server at once, and files are apart from then on', async () => {
    await app.call('PUT', '/file-admin/files/before.txt', { body: Buffer.from('open') });
    const made = await app.post('/admin/keys', { user: 'root', role: 'admin', name: 'first' });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      ...{ id: expect.any(String), user: 'root', role: 'admin', name: 'first' },
      key: expect.stringMatching(/^ttl_[\w-]{22}_[\w-]{43}$/),
      created_at: expect.any(String),
      ...{ expires_at: null, last_used_at: null, revoked_at: null },
    });
    admin = bearer(made.body.key);
    expect((await app.get('/sessions')).status).toBe(401);
    expect((await app.get('/sessions', admin)).status).toBe(200);

    expect((await app.get('/file-admin/files/before.txt', admin)).status).toBe(404);
    await app.call('PUT', '/file-admin/files/after.txt', { headers: admin, body: Buffer.from('closed') });
    expect(await readFile(join(app.workspace, 'root', 'after.txt'), 'utf8')).toBe('closed');
    const local = await app.makeKey({ user: 'local', role: 'user' });
    expect((await app.get('/file-admin/files/', local.headers)).body.entries).toEqual([]);
  });

  it('is known to nobody but its holder: neither the list nor the database has it', async () => {
    const { body } = await app.get('/admin/keys', admin);
    expect(JSON.stringify(body)).not.toMatch(/ttl_|hash/);
    const secret = admin.authorization.slice(-43);
    const [row] = await app.runSql('select t::text as row from api_keys as t');
    expect(String(row?.row)).not.toContain(secret);
  });
});

describe('a request', () => {
  it.each([
    ['no Authorization', {}, /does not say who/],
    ['another scheme', { authorization: 'Basic YW5hOmFuYQ==' }, /^Authorization takes "Bearer/],
    ['no key', { authorization: 'Bearer' }, /^Authorization takes "Bearer/],
    ['a malformed key', bearer('ttl_short'), /^The API key is none of this server’s\.$/],
    ['an unknown key', bearer(`ttl_${'A'.repeat(22)}_${'B'.repeat(43)}`), /^The API key is none of/],
  ])('with %s is 401, and says what it takes', async (_, headers, detail) => {
    const answer = await app.get('/sessions', headers as Record<string, string>);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body).toMatchObject({ code: 'unauthorized', detail: expect.stringMatching(detail) });
  });

  it('with another secret for a key that exists, also a revoked one, reads as if there was none', async () => {
    const { id, key } = await app.makeKey({ user: 'ana', role: 'user' });
    const wrong = bearer(`${key.slice(0, -43)}${'C'.repeat(43)}`);
    const unknown = await app.get('/sessions', bearer(`ttl_${'A'.repeat(22)}_${'B'.repeat(43)}`));
    expect((await app.get('/sessions', wrong)).body).toEqual(unknown.body);
    await call('DELETE', `/admin/keys/${id}`, admin);
    expect((await app.get('/sessions', wrong)).body).toEqual(unknown.body);
    expect((await app.get('/sessions', bearer(key))).body.detail).toBe('The API key was revoked.');
  });

  it('may write the scheme as it likes', async () => {
    const { authorization } = admin;
    expect((await app.get('/sessions', { authorization: authorization.replace('B', 'b') })).status).toBe(200);
    expect((await app.get('/sessions', { authorization: authorization.toUpperCase() })).status).toBe(401);
  });

  it('to an address that does not exist takes a key as well', async () => {
    expect((await app.get('/no/such/thing')).status).toBe(401);
    expect((await app.get('/no/such/thing', admin)).status).toBe(404);
    expect((await app.get('/admin/no-such-thing', admin)).status).toBe(404);
  });

  it('does not get in by a key in the address', async () => {
    const key = admin.authorization.slice('Bearer '.length);
    expect((await app.get(`/sessions?access_token=${key}`)).status).toBe(401);
  });

  it('for what is public takes none', async () => {
    for (const path of ['/health', '/ready', '/docs', '/docs/json', '/openapi.json', '/'])
      expect([path, (await app.get(path)).status]).toEqual([path, 200]);
  });

  it('is described with its key in OpenAPI', async () => {
    const { body } = await app.get('/openapi.json');
    expect(body.components.securitySchemes.bearer).toMatchObject({ type: 'http', scheme: 'bearer' });
    expect(body.security).toEqual([{ bearer: [] }]);
    expect(body.paths['/health'].get.security).toEqual([]);
    expect(body.paths['/sessions'].get.security ?? body.paths['/sessions/']?.get.security).toBeUndefined();
  });
});

describe('the role', () => {
  it('user has own things, and nobody else’s', async () => {
    const ana = await app.makeKey({ user: 'ana', role: 'user' });
    const bob = await app.makeKey({ user: 'bob', role: 'user' });
    const { body } = await app.post('/sessions', {}, ana.headers);
    expect((await app.get(`/sessions/${body.id}`, ana.headers)).status).toBe(200);
    for (const { headers } of [bob, { headers: admin }])
      expect((await app.get(`/sessions/${body.id}`, headers)).body.code).toBe('session_not_found');
  });

  it('admin alone may call /admin', async () => {
    for (const role of ['user', 'service'] as const) {
      const { headers, id } = await app.makeKey({ user: 'ana', role });
      for (const [method, path] of [
        ['GET', '/admin/keys'],
        ['HEAD', '/admin/keys'],
        ['POST', '/admin/keys'],
        ['DELETE', `/admin/keys/${id}`],
        ['POST', `/admin/keys/${id}/rotate`],
      ] as const) {
        const { status, body } = await call(method, path, headers);
        expect([method, path, status]).toEqual([method, path, 403]);
        if (method !== 'HEAD') expect(body.code).toBe('admin_only');
      }
    }
  });

  it('service may act for an end user, and is its own user otherwise; the others may not', async () => {
    const ana = await app.makeKey({ user: 'ana', role: 'user' });
    const service = await app.makeKey({ user: 'shop', role: 'service' });
    const { body } = await app.post('/sessions', {}, ana.headers);
    const own = await app.get(`/sessions/${body.id}`, service.headers);
    expect(own.status).toBe(404);
    const acting = { ...service.headers, 'x-user-id': 'ana' };
    expect((await app.get(`/sessions/${body.id}`, acting)).status).toBe(200);
    expect((await app.get('/admin/keys', acting)).status).toBe(403);
    for (const headers of [ana.headers, admin])
      expect((await app.get('/sessions', { ...headers, 'x-user-id': 'ana' })).body).toMatchObject({
        ...{ status: 403, code: 'user_header_not_allowed' },
      });
  });

  it('service names users of all kinds by UTF-8, and what is no user id is refused', async () => {
    const service = await app.makeKey({ user: 'shop', role: 'service' });
    const as = (id: string) => ({ ...service.headers, 'x-user-id': Buffer.from(id).toString('latin1') });
    for (const id of [
      'José Ñandú',
      '../../etc',
      'a'.repeat(200),
      '小明 👩‍👩‍👧',
      'ana@example.org',
      '%00',
      'con',
    ]) {
      const own = await app.makeKey({ user: id, role: 'user' });
      const { body } = await app.post('/sessions', {}, as(id));
      expect((await app.get(`/sessions/${body.id}`, own.headers)).status).toBe(200);
      const path = '/file-admin/files/mine.txt';
      await app.call('PUT', path, { headers: as(id), body: Buffer.from(id) });
      expect((await app.get(path, own.headers)).body).toBe(id);
    }
    for (const id of ['', 'a'.repeat(201), 'a\tb', 'a\u0085b'])
      expect((await app.get('/sessions', as(id))).body).toMatchObject({
        ...{ status: 400, code: 'invalid_request', detail: expect.stringContaining('headers.x-user-id') },
      });
    const latin = { ...service.headers, 'x-user-id': 'Jos\u00e9' };
    expect((await app.get('/sessions', latin)).body.detail).toContain('UTF-8');
  });
});

it('what is under /admin is for admins in whatever way users are named', async () => {
  const other = await startTestApp();
  const as = (role: string) => ({ [TEST_USER_HEADER]: 'ana', [TEST_ROLE_HEADER]: role });
  expect((await other.get('/admin/keys', as('user'))).body.code).toBe('admin_only');
  expect((await other.get('/admin/keys', as('admin'))).status).toBe(200);
  await other.stop();
});

/** fetch sets the header Host itself. */
async function withHost(host: string): Promise<unknown> {
  return await new Promise((resolve, reject) => {
    const asked = httpRequest(`${app.url}/sessions`, { headers: { host } }, async (response) => {
      let text = '';
      for await (const part of response.setEncoding('utf8')) text += part;
      resolve(JSON.parse(text));
    });
    asked.on('error', reject).end();
  });
}
