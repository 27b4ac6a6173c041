import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startTestApp, TEST_USER_HEADER, type TestApp } from '../support/app.ts';

const MINUTE_MS = 60_000;
const as = (user: string, more: Record<string, string> = {}) => ({ [TEST_USER_HEADER]: user, ...more });
/** As a proxy on this machine would say whom it asks for. */
const from = (address: string, user: string) => as(user, { 'x-forwarded-for': address });

const refused: string[] = [];
beforeEach(() => void refused.splice(0));

let app: TestApp;
afterEach(() => vi.useRealTimers());

/** Lets a minute pass for what counts in this process. */
function passMinute(): void {
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(Date.now() + MINUTE_MS);
}

describe('requests of one user', () => {
  beforeAll(async () => {
    app = await startTestApp({
      env: { RATE_LIMIT_PER_USER: '3', RATE_LIMIT_PER_ADDRESS: '100' },
      onRefused: (limit) => refused.push(limit),
    });
  });
  afterAll(() => app.stop());

  it('count down in the headers of each answer, then are refused until the minute is over', async () => {
    const told = [];
    for (let round = 0; round < 3; round += 1) {
      const { status, headers } = await app.get('/sessions', as('ana'));
      told.push([status, headers.get('ratelimit-limit'), headers.get('ratelimit-remaining')]);
    }
    expect(told).toEqual([2, 1, 0].map((left) => [200, '3', String(left)]));
    const { status, headers, body } = await app.get('/sessions', as('ana'));
    expect(status).toBe(429);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(body).toMatchObject({
      code: 'rate_limited',
      detail: expect.stringContaining('One user may send 3 requests'),
    });
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect(headers.get('ratelimit-reset')).toBe(headers.get('retry-after'));
    expect(refused).toEqual(['requests_per_user']);
    passMinute();
    expect((await app.get('/sessions', as('ana'))).status).toBe(200);
  });

  it('are counted apart from those of another user', async () => {
    for (let round = 0; round < 4; round += 1) await app.get('/sessions', as('eva'));
    expect((await app.get('/sessions', as('eva'))).status).toBe(429);
    expect((await app.get('/sessions', as('ida'))).status).toBe(200);
  });

  it('are refused before anything is done, whatever they ask for', async () => {
    for (let round = 0; round < 3; round += 1) await app.get('/nothing/here', as('mia'));
    const { headers } = await app.get('/nothing/here', as('mia'));
    expect(headers.get('retry-after')).not.toBeNull();
    expect((await app.ask('Remember me', {}, as('mia'))).body.code).toBe('rate_limited');
    passMinute();
    expect((await app.get('/assistant/history', as('mia'))).body).toEqual([]);
  });
});

describe('requests of one address', () => {
  beforeAll(async () => {
    app = await startTestApp({
      env: { RATE_LIMIT_PER_USER: '100', RATE_LIMIT_PER_ADDRESS: '4' },
      onRefused: (limit) => refused.push(limit),
    });
  });
  afterAll(() => app.stop());

  it('are refused whoever sends them, and whatever X-Forwarded-For says', async () => {
    for (const number of [1, 2, 3, 4]) {
      expect((await app.get('/sessions', from(`192.0.2.${number}`, `user-${number}`))).status).toBe(200);
    }
    const { status, headers, body } = await app.get('/sessions', from('192.0.2.5', 'user-5'));
    expect([status, body.code]).toEqual([429, 'rate_limited']);
    expect(body.detail).toContain('One address may send 4 requests');
    expect(headers.get('ratelimit-limit')).toBe('4');
    expect(refused).toEqual(['requests_per_address']);
  });

  it('do not keep those who supervise the server from asking', async () => {
    for (let round = 0; round < 6; round += 1) {
      const { status, headers } = await app.get('/health');
      expect([status, headers.get('ratelimit-limit')]).toEqual([200, null]);
    }
    expect((await app.get('/ready')).status).toBe(200);
  });
});

describe('behind a proxy that is trusted', () => {
  beforeAll(async () => {
    app = await startTestApp({ env: { RATE_LIMIT_PER_ADDRESS: '2', TRUST_PROXY: 'loopback' } });
  });
  afterAll(() => app.stop());

  it('the address is the one that the proxy names', async () => {
    const ask = async (address: string) => (await app.get('/sessions', from(address, 'ana'))).status;
    expect([await ask('192.0.2.1'), await ask('192.0.2.1'), await ask('192.0.2.1')]).toEqual([200, 200, 429]);
    expect(await ask('192.0.2.2')).toBe(200);
    // What a client writes itself comes before what the proxy adds.
    expect(await ask('192.0.2.99, 192.0.2.1')).toBe(429);
  });

  it('all IPv6 addresses of one network are one', async () => {
    const ask = async (address: string) => (await app.get('/sessions', from(address, 'ana'))).status;
    expect([await ask('2001:db8::1'), await ask('2001:db8::2'), await ask('2001:db8::3')]).toEqual([
      200, 200, 429,
    ]);
    expect(await ask('2001:db8:0:1::1')).toBe(200);
  });
});
