import { describe, expect, it } from 'vitest';
import { ProblemError } from '../../src/errors.ts';
import { startTestApp } from '../support/app.ts';

const ORIGIN = 'https://app.example.com';
const preflight = (origin: string) => ({
  origin,
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'authorization,content-type,idempotency-key',
});
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

  it('ask beforehand without a key', async () => {
    const app = await startTestApp({
      env: { CORS_ORIGINS: ORIGIN },
      identify: () => {
        throw new ProblemError('unauthorized', 'Who asks?');
      },
    });
    expect((await app.get('/agents')).status).toBe(401);
    const { status, headers } = await app.call('OPTIONS', '/assistant/ask', { headers: preflight(ORIGIN) });
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(headers.get('access-control-allow-methods')).toMatch(/PUT.*PATCH.*DELETE/);
    expect(headers.get('access-control-allow-headers')).toMatch(/authorization.*idempotency-key/);
    const other = await app.call('OPTIONS', '/assistant/ask', { headers: preflight('https://evil.example') });
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
    await app.stop();
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
