import { createHmac } from 'node:crypto';
import { SignJWT, UnsecuredJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTokenVerifier } from '../../src/identity/tokens.ts';
import { AUDIENCE, type FakeIssuer, startFakeIssuer } from '../support/fake-issuer.ts';

let provider: FakeIssuer;
beforeEach(async () => {
  provider = await startFakeIssuer();
});
afterEach(async () => {
  vi.useRealTimers();
  await provider.close();
});

const verifier = (more: Partial<Parameters<typeof createTokenVerifier>[0]> = {}) =>
  createTokenVerifier({
    ...{ issuer: provider.issuer, audience: AUDIENCE, jwksUrl: undefined, userClaim: 'sub' },
    ...{ roleClaim: undefined, cooldownMs: 0, fetchLimitMs: 500 },
    ...more,
  });
const now = () => Math.floor(Date.now() / 1_000);
const unauthorized = (detail: RegExp) => ({ code: 'unauthorized', message: expect.stringMatching(detail) });
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a token', () => {
  it('of the provider names its user, whose role is user', async () => {
    expect(await verifier().verify(await provider.sign())).toEqual({ id: 'ana', role: 'user' });
    expect(provider.asked).toEqual(['/.well-known/openid-configuration', '/keys']);
  });

  it('is checked by keys that are fetched once, from where the setting says', async () => {
    const { verify } = verifier({ jwksUrl: `${provider.issuer}/keys` });
    for (let time = 0; time < 5; time += 1) await verify(await provider.sign());
    expect(provider.asked).toEqual(['/keys']);
  });

  it.each([
    ['another issuer', { iss: 'https://elsewhere.example' }, /claim "iss"/],
    ['another audience', { aud: 'another' }, /claim "aud"/],
    ['no audience', { aud: undefined }, /claim "aud"/],
    ['no end', { exp: undefined }, /claim "exp"/],
    ['an end in the past', { exp: now() - 60 }, /expired/],
    ['a beginning in the future', { nbf: now() + 120 }, /claim "nbf"/],
    ['no user', { sub: undefined }, /claim "sub" is no user id/],
    ['a number as its user', { sub: 7 }, /claim "sub" is no user id/],
    ['a blank before its user', { sub: ' ana' }, /claim "sub" is no user id/],
    ['a line break in its user', { sub: 'a\nb' }, /claim "sub" is no user id/],
    ['a user of 201 characters', { sub: 'a'.repeat(201) }, /claim "sub" is no user id/],
  ])('with %s is refused', async (_, claims, detail) => {
    await expect(verifier().verify(await provider.sign(claims))).rejects.toMatchObject(unauthorized(detail));
  });

  it('may be a few seconds early or late, as clocks are', async () => {
    const claims = { nbf: now() + 10, exp: now() + 300 };
    expect(await verifier().verify(await provider.sign(claims))).toMatchObject({ id: 'ana' });
    expect(await verifier().verify(await provider.sign({ exp: now() - 10 }))).toMatchObject({ id: 'ana' });
  });

  it('without a signature, or signed with the public key as if that was a secret, is refused', async () => {
    const claims = { iss: provider.issuer, aud: AUDIENCE, sub: 'ana', exp: now() + 300 };
    const unsigned = new UnsecuredJWT(claims).encode();
    const body = `${part({ alg: 'HS256', kid: 'first' })}.${part(claims)}`;
    const known = JSON.stringify(provider.published()[0]);
    const forged = `${body}.${createHmac('sha256', known).update(body).digest('base64url')}`;
    const secret = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(known));
    for (const token of [unsigned, forged, secret, 'a.b.c', `${part({ alg: 'ES256' })}.${part(claims)}.AAAA`])
      await expect(verifier().verify(token)).rejects.toMatchObject(unauthorized(/./));
  });

  it('whose claims were changed is refused', async () => {
    const [head, , signature] = (await provider.sign()).split('.');
    const claims = { iss: provider.issuer, aud: AUDIENCE, sub: 'root', exp: now() + 300 };
    await expect(verifier().verify(`${head}.${part(claims)}.${signature}`)).rejects.toMatchObject(
      unauthorized(/none that this server takes/),
    );
  });

  it('names its user and role by other claims where the settings say so', async () => {
    const { verify } = verifier({ userClaim: 'email', roleClaim: 'groups' });
    const roleOf = async (groups: unknown) => {
      const { id, role } = await verify(await provider.sign({ email: 'Ana@Example.org', groups }));
      expect(id).toBe('Ana@Example.org');
      return role;
    };
    expect(await roleOf(undefined)).toBe('user');
    expect(await roleOf(['staff', 'administrators'])).toBe('user');
    expect(await roleOf('service')).toBe('service');
    expect(await roleOf(['staff', 'service', 'admin'])).toBe('admin');
    expect(await roleOf({ admin: true })).toBe('user');
  });

  it('has no role by a claim that no setting names', async () => {
    expect(await verifier().verify(await provider.sign({ role: 'admin', roles: ['admin'] }))).toMatchObject({
      role: 'user',
    });
  });
});

describe('the provider’s keys', () => {
  it('can be replaced, and what the old one signed is refused then', async () => {
    const { verify } = verifier();
    const old = await provider.sign();
    await verify(old);
    await provider.rotate('second');
    expect(await verify(await provider.sign({ sub: 'bob' }))).toMatchObject({ id: 'bob' });
    await expect(verify(old)).rejects.toMatchObject(unauthorized(/./));
  });

  it('are not fetched again and again for keys that nobody knows', async () => {
    const { verify } = verifier({ cooldownMs: 60_000 });
    await verify(await provider.sign());
    await provider.rotate('unknown');
    const fresh = await provider.sign();
    for (let time = 0; time < 10; time += 1)
      await expect(verify(fresh)).rejects.toMatchObject(unauthorized(/./));
    expect(provider.asked.filter((path) => path === '/keys')).toHaveLength(1);
  });

  it.each(['failing', 'silent'] as const)(
    'are missed, not misjudged, while the provider is %s',
    async (mood) => {
      const { verify } = verifier();
      provider.become(mood);
      const token = await provider.sign();
      await expect(verify(token)).rejects.toMatchObject({ code: 'identity_unavailable' });
      provider.become('well');
      expect(await verify(token)).toMatchObject({ id: 'ana' });
    },
  );

  it('are not asked for while the provider has just failed, and those that are known go on being good', async () => {
    const down = verifier({ cooldownMs: 60_000 });
    provider.become('failing');
    const token = await provider.sign();
    for (let time = 0; time < 5; time += 1)
      await expect(down.verify(token)).rejects.toMatchObject({ code: 'identity_unavailable' });
    expect(provider.asked).toHaveLength(1);

    provider.become('well');
    const { verify } = verifier();
    await verify(token);
    provider.become('failing');
    const another = await provider.sign({ sub: 'bob' });
    await provider.rotate('unknown');
    await expect(verify(await provider.sign())).rejects.toMatchObject({ code: 'identity_unavailable' });
    expect(await verify(another)).toMatchObject({ id: 'bob' });
  });

  it('are those of the issuer that was set, not of one that a description names', async () => {
    const { verify } = verifier({ issuer: `${provider.issuer}/` });
    await expect(verify(await provider.sign({ iss: `${provider.issuer}/` }))).rejects.toMatchObject({
      code: 'identity_unavailable',
    });
  });
});
