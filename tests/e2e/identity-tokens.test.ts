import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { AUDIENCE, type FakeIssuer, startFakeIssuer } from '../support/fake-issuer.ts';

let provider: FakeIssuer;
let app: TestApp;
beforeAll(async () => {
  provider = await startFakeIssuer();
  app = await startTestApp({
    identity: 'real',
    env: { OIDC_ISSUER: provider.issuer, OIDC_AUDIENCE: AUDIENCE, OIDC_ROLE_CLAIM: 'roles' },
  });
});
afterAll(async () => {
  await app.stop();
  await provider.close();
});

const bearing = async (claims: Record<string, unknown> = {}) => ({
  authorization: `Bearer ${await provider.sign(claims)}`,
});

describe('with an identity provider', () => {
  it('nobody gets in without a token or a key, also from this machine', async () => {
    const { status, body, headers } = await app.get('/sessions');
    expect([status, body.code, headers.get('www-authenticate')]).toEqual([401, 'unauthorized', 'Bearer']);
    expect(body.detail).toContain('a token of the identity provider');
  });

  it('a token’s user has own things, the same as by an API key', async () => {
    const ana = await bearing();
    const { body } = await app.post('/sessions', {}, ana);
    expect((await app.get(`/sessions/${body.id}`, await bearing())).status).toBe(200);
    expect((await app.get(`/sessions/${body.id}`, await bearing({ sub: 'bob' }))).status).toBe(404);
    const { headers } = await app.makeKey({ user: 'ana', role: 'user' });
    expect((await app.get(`/sessions/${body.id}`, headers)).status).toBe(200);
  });

  it('a token’s role decides about /admin and X-User-Id', async () => {
    expect((await app.get('/admin/keys', await bearing())).body.code).toBe('admin_only');
    expect((await app.get('/admin/keys', await bearing({ roles: ['admin'] }))).status).toBe(200);
    const acting = { 'x-user-id': 'ana' };
    expect((await app.get('/sessions', { ...(await bearing()), ...acting })).status).toBe(403);
    const service = await bearing({ sub: 'shop', roles: 'service' });
    expect((await app.get('/sessions', { ...service, ...acting })).status).toBe(200);
  });

  it('a token that is not good is 401, and does not say more than why', async () => {
    const { status, body } = await app.get('/sessions', await bearing({ aud: 'another' }));
    expect([status, body.code, body.detail]).toEqual([
      ...[401, 'unauthorized', 'The token’s claim "aud" does not fit.'],
    ]);
  });

  it('the last admin key may go, because the provider names admins', async () => {
    const { id } = await app.makeKey({ user: 'root', role: 'admin' });
    const admin = await bearing({ roles: 'admin' });
    expect((await app.call('DELETE', `/admin/keys/${id}`, { headers: admin })).status).toBe(200);
  });

  it('tokens are 503 while its keys cannot be had, and API keys go on', async () => {
    const down = await startFakeIssuer();
    const other = await startTestApp({
      identity: 'real',
      env: { OIDC_ISSUER: down.issuer, OIDC_AUDIENCE: AUDIENCE },
    });
    const authorization = `Bearer ${await down.sign()}`;
    await down.close();
    const { status, body, headers } = await other.get('/sessions', { authorization });
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'identity_unavailable', '10']);
    const ana = await other.makeKey({ user: 'ana', role: 'user' });
    expect((await other.get('/sessions', ana.headers)).status).toBe(200);
    await other.stop();
  });
});

describe('the settings', () => {
  const issuer = 'https://id.example.org';
  it.each([
    [{ OIDC_ISSUER: issuer }, /^OIDC_AUDIENCE is not set; it takes the audience/],
    [{ OIDC_AUDIENCE: 'x' }, /^OIDC_ISSUER is not set; .* because OIDC_AUDIENCE is set\.$/],
    [{ OIDC_ISSUER: 'http://id.example.org', OIDC_AUDIENCE: 'x' }, /^OIDC_ISSUER got .* an https URL/],
    [{ OIDC_ISSUER: 'nonsense', OIDC_AUDIENCE: 'x' }, /^OIDC_ISSUER got/],
    [
      { OIDC_ISSUER: issuer, OIDC_AUDIENCE: 'x', OIDC_JWKS_URL: 'http://id.example.org/keys' },
      /^OIDC_JWKS_URL got .* an https URL/,
    ],
  ])('are refused at the start when they are %j', (env, sentence) => {
    expect(() => readConfig(env as Record<string, string>)).toThrow(sentence);
  });

  it('take a provider on this machine without TLS, and the claim sub', () => {
    expect(readConfig({ OIDC_ISSUER: 'http://127.0.0.1:8080/realm', OIDC_AUDIENCE: 'x' }).oidc).toEqual({
      ...{ issuer: 'http://127.0.0.1:8080/realm', audience: 'x', userClaim: 'sub' },
      ...{ jwksUrl: undefined, roleClaim: undefined },
    });
    expect(readConfig({}).oidc).toBeUndefined();
  });
});
