import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';

/** The audience that tokens have unless a test says otherwise. */
export const AUDIENCE = 'tertulia';

/** An OpenID Connect provider on a free loopback port: its description, its keys, and tokens signed with them. */
export async function startFakeIssuer() {
  const asked: string[] = [];
  let published: object[] = [];
  let current: { kid: string; privateKey: CryptoKey } | undefined;
  let mood: 'well' | 'failing' | 'silent' = 'well';
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (mood === 'silent') return;
    const found = {
      '/.well-known/openid-configuration': { issuer, jwks_uri: `${issuer}/keys` },
      '/keys': { keys: published },
    }[request.url ?? ''];
    response.writeHead(mood === 'failing' ? 500 : found ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(found ?? {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A server that listens on TCP has an AddressInfo.
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  /** Signs with a new key from now on, and publishes that one alone. */
  async function rotate(kid: string): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    current = { kid, privateKey };
    published = [{ ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' }];
  }
  await rotate('first');

  /** A token for `sub`, good for five minutes; claims that are undefined are left out. */
  async function sign(claims: Record<string, unknown> = {}): Promise<string> {
    if (!current) throw new Error('the issuer has no key');
    const now = Math.floor(Date.now() / 1_000);
    const payload = { iss: issuer, aud: AUDIENCE, sub: 'ana', iat: now, exp: now + 300, ...claims };
    return await new SignJWT(payload)
      .setProtectedHeader({ alg: 'ES256', kid: current.kid })
      .sign(current.privateKey);
  }

  return {
    issuer,
    /** The paths that were asked for, in order. */
    asked,
    rotate,
    sign,
    published: () => published,
    become: (next: typeof mood): void => {
      mood = next;
    },
    close: (): Promise<void> =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export type FakeIssuer = Awaited<ReturnType<typeof startFakeIssuer>>;
