import { type IncomingMessage, request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { startTestApp } from '../support/app.ts';
import { createTestDatabase } from '../support/database.ts';
import { startProcess } from '../support/process.ts';

const ORIGIN = 'https://app.example.com';
const preflight = (origin: string) => ({
  origin,
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'authorization,content-type,idempotency-key',
});
/** A request whose `Host` is chosen freely. */
async function send(
  url: string,
  method: string,
  path: string,
  headers: Record<string, string>,
): Promise<IncomingMessage> {
  return await new Promise((resolve) => {
    request({ port: new URL(url).port, host: '127.0.0.1', method, path, headers }, (response) => {
      response.resume();
      resolve(response);
    }).end();
  });
}
const corsHeaders = (headers: Headers) =>
  [...headers.keys()].filter((name) => name.startsWith('access-control-'));

describe('pages of other origins', () => {
  it('can read nothing by default', async () => {
    const app = await startTestApp();
    const asked = await app.get('/agents', { origin: ORIGIN });
    expect(asked.status).toBe(200);
    expect(corsHeaders(asked.headers)).toEqual([]);
    const before = await app.call('OPTIONS', '/assistant/ask', { headers: preflight(ORIGIN) });
    expect(before.status).toBe(404);
    expect(corsHeaders(before.headers)).toEqual([]);
    await app.stop();
  });

  it('can read answers and the headers that clients need, where the origin is listed, and no others', async () => {
    const app = await startTestApp({ env: { CORS_ORIGINS: `${ORIGIN}, http://localhost:5173` } });
    const { status, headers } = await app.get('/agents', { origin: ORIGIN });
    expect(status).toBe(200);
    expect(headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(headers.get('access-control-allow-credentials')).toBeNull();
    expect(headers.get('vary')).toMatch(/origin/i);
    for (const name of ['Link', 'ETag', 'Retry-After', 'X-Request-Id', 'RateLimit-Reset'])
      expect(headers.get('access-control-expose-headers')?.split(', ')).toContain(name);
    const refused = await app.get('/nowhere', { origin: ORIGIN });
    expect(refused.status).toBe(404);
    expect(refused.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    for (const origin of ['https://evil.example', `${ORIGIN}.evil.example`, 'null']) {
      const other = await app.get('/agents', { origin });
      expect(other.headers.get('access-control-allow-origin')).toBeNull();
    }
    await app.stop();
  });

  it('ask beforehand without being known', async () => {
    const database = await createTestDatabase();
    const server = await startProcess({ ...database.env, CORS_ORIGINS: ORIGIN });
    // Under a foreign name nobody is let in, as nobody is without a key where there are keys.
    const foreign = { host: 'tertulia.example' };
    expect((await send(server.url, 'GET', '/agents', { ...foreign, origin: ORIGIN })).statusCode).toBe(403);
    const ask = (origin: string) =>
      send(server.url, 'OPTIONS', '/assistant/ask', { ...foreign, ...preflight(origin) });
    const { statusCode, headers } = await ask(ORIGIN);
    expect(statusCode).toBe(204);
    expect(headers['access-control-allow-origin']).toBe(ORIGIN);
    expect(headers['access-control-allow-methods']).toMatch(/PUT.*PATCH.*DELETE/);
    expect(headers['access-control-allow-headers']).toMatch(/authorization.*idempotency-key/);
    expect((await ask('https://evil.example')).headers['access-control-allow-origin']).toBeUndefined();
    expect(await server.kill('SIGTERM')).toBe(0);
    await database.drop();
  });

  it('are named as origins, and nothing else is taken for one', () => {
    for (const CORS_ORIGINS of ['*', 'app.example.com', `${ORIGIN}/`, `${ORIGIN}/path`, 'null', `${ORIGIN},`])
      expect(() => readConfig({ CORS_ORIGINS }), CORS_ORIGINS).toThrow(
        /CORS_ORIGINS got .* it takes origins/,
      );
  });
});

describe('every answer', () => {
  it('has the headers that keep a browser from misusing it', async () => {
    const app = await startTestApp();
    for (const path of ['/agents', '/nowhere', '/docs', '/health', '/file-admin/files/']) {
      const { headers } = await app.get(path);
      expect(headers.get('x-content-type-options'), path).toBe('nosniff');
      expect(headers.get('content-security-policy'), path).toMatch(/default-src 'self'/);
      expect(headers.get('x-frame-options'), path).toBe('SAMEORIGIN');
      expect(headers.get('referrer-policy'), path).toBe('no-referrer');
      expect(headers.get('x-powered-by'), path).toBeNull();
      expect(headers.get('x-request-id'), path).toMatch(/^[0-9a-f-]{36}$/);
    }
    await app.stop();
  });
});
