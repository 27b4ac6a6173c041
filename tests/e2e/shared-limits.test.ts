import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestApp, TEST_USER_HEADER, type TestApp } from '../support/app.ts';
import { hasRedis, prepareRedis } from '../support/redis.ts';

/** What a request may take while Redis does not answer: its time limit, and much for a machine that is busy. */
const SOON_MS = 3_000;
const as = (user: string) => ({ [TEST_USER_HEADER]: user });

describe.skipIf(!hasRedis)(`limits of several replicas${hasRedis ? '' : ' (needs redis-server)'}`, () => {
  let redis: Awaited<ReturnType<typeof prepareRedis>>;
  let one: TestApp;
  let other: TestApp;
  let log: string;

  beforeEach(async () => {
    log = '';
    redis = await prepareRedis();
    await redis.start();
    const start = () =>
      startTestApp({
        env: { REDIS_URL: redis.url, RATE_LIMIT_PER_USER: '4', LOG_LEVEL: 'info' },
        logTo: {
          write: (line) => {
            log += line;
          },
        },
      });
    [one, other] = await Promise.all([start(), start()]);
  });
  afterEach(async () => {
    redis.thaw();
    await Promise.all([one.stop(), other.stop()]);
    await redis.kill();
  });

  const statuses = async (user: string, ...apps: TestApp[]) => {
    const found = [];
    for (const app of apps) found.push((await app.get('/sessions', as(user))).status);
    return found;
  };
  const limitsOf = async (app: TestApp) => {
    const { status, body } = await app.get('/ready');
    return [status, body.status, body.checks.limits];
  };
  const DOWN = [200, 'ready', 'per process: Redis does not answer'];
  const UP = [200, 'ready', 'ok'];

  it('are counted together', async () => {
    expect([await limitsOf(one), await limitsOf(other)]).toEqual([UP, UP]);
    expect(await statuses('ana', one, other, one, other, one, other)).toEqual([200, 200, 200, 200, 429, 429]);
    expect(await statuses('eva', other)).toEqual([200]);
  });

  it('are counted by each process while Redis is gone, and together again once it is back', async () => {
    expect(await statuses('ana', one, other, one)).toEqual([200, 200, 200]);
    await redis.kill();
    expect(await statuses('ana', one, one, one, one, one)).toEqual([200, 200, 200, 200, 429]);
    expect(await statuses('ana', other, other, other, other, other)).toEqual([200, 200, 200, 200, 429]);
    expect([await limitsOf(one), await limitsOf(other)]).toEqual([DOWN, DOWN]);
    expect(one.services.limits.redisState()).toBe('down');
    await redis.start();
    await expect.poll(() => limitsOf(one), { timeout: 20_000 }).toEqual(UP);
    await expect.poll(() => limitsOf(other), { timeout: 20_000 }).toEqual(UP);
    expect(await statuses('ida', one, other, one, other, one, other)).toEqual([200, 200, 200, 200, 429, 429]);
    expect(log.match(/Redis does not answer/g)).toHaveLength(2);
    expect(log.match(/Redis answers again/g)).toHaveLength(2);
    expect(log).not.toContain(redis.password);
  });

  it('do not hold up requests when Redis hangs: only the first one waits for it, and not for long', async () => {
    expect(await statuses('ana', one)).toEqual([200]);
    redis.freeze();
    const began = performance.now();
    expect(await statuses('ana', one, one, one)).toEqual([200, 200, 200]);
    expect(performance.now() - began).toBeLessThan(SOON_MS);
    expect(await limitsOf(one)).toEqual(DOWN);
    redis.thaw();
    await expect.poll(() => limitsOf(one), { timeout: 20_000 }).toEqual(UP);
  });
});

it('a server starts without its Redis, counts by itself, and says so', async () => {
  const app = await startTestApp({
    env: { REDIS_URL: 'redis://:s3cret@127.0.0.1:1', RATE_LIMIT_PER_USER: '1' },
  });
  expect((await app.get('/ready')).body.checks.limits).toBe('per process: Redis does not answer');
  expect((await app.get('/sessions', as('ana'))).status).toBe(200);
  expect((await app.get('/sessions', as('ana'))).body.code).toBe('rate_limited');
  await app.stop();
});
