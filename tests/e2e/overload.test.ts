import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';

const refused: string[] = [];
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({
    env: { MAX_EVENT_LOOP_DELAY_MS: '150' },
    onRefused: (limit) => refused.push(limit),
  });
});
afterAll(() => app.stop());

/** Keeps the event loop from turning for most of the time, until the function returned is called. */
function keepBusy(): () => void {
  let isOver = false;
  const block = () => {
    if (isOver) return;
    const until = performance.now() + 400;
    while (performance.now() < until);
    setImmediate(() => setImmediate(block));
  };
  block();
  return () => {
    isOver = true;
  };
}

describe('a process that is too busy to answer in time', () => {
  it('refuses requests at once, says when to come back, and goes on telling its health', {
    timeout: 60_000,
  }, async () => {
    expect((await app.get('/sessions')).status).toBe(200);
    const relax = keepBusy();
    let answer = await app.get('/sessions');
    for (let tries = 0; tries < 20 && answer.status === 200; tries += 1) answer = await app.get('/sessions');
    const health = await app.get('/health');
    relax();
    expect([answer.status, answer.body.code]).toEqual([503, 'overloaded']);
    expect(answer.body.detail).toContain('150 ms');
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(health.status).toBe(200);
    expect(refused).toContain('event_loop');
    await expect.poll(async () => (await app.get('/sessions')).status, { timeout: 30_000 }).toBe(200);
  });
});
