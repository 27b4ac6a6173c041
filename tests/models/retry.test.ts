import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ProblemError } from '../../src/errors.ts';
import { type CallLimits, createPatientFetch } from '../../src/models/retry.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../support/fake-openai.ts';
import { openGate } from '../support/limits.ts';

let fake: FakeOpenAI;
beforeEach(async () => {
  fake = await startFakeOpenAI();
});
afterEach(() => fake.close());

const LIMITS = { timeoutMs: 5_000, totalTimeoutMs: 10_000, maxRetries: 2, firstBackoffMs: 2 };

function ask(limits: Partial<CallLimits> = {}, signal?: AbortSignal): Promise<Response> {
  const patientFetch = createPatientFetch({ ...LIMITS, gate: openGate(4), ...limits });
  return patientFetch(`${fake.baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer test-key', 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'fake-chat', messages: [{ role: 'user', content: 'Say "stream":true' }] }),
    ...(signal ? { signal } : {}),
  });
}

async function timed<T>(call: Promise<T>): Promise<{ value: T; ms: number }> {
  const startedAt = performance.now();
  const value = await call;
  return { value, ms: performance.now() - startedAt };
}

describe('a patient fetch', () => {
  test('waits for a Retry-After given as a date', async () => {
    // A date has whole seconds: this one is 0.6 to 1.6 s away.
    const soon = new Date(Date.now() + 1_600).toUTCString();
    fake.chat.enqueue({ status: 503, headers: { 'retry-after': soon } }, { content: 'ok' });
    const { value } = await timed(ask());
    expect(value.status).toBe(200);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(soon));
  });

  test('waits for retry-after-ms', async () => {
    fake.chat.enqueue({ status: 429, headers: { 'retry-after-ms': '80' } }, { content: 'ok' });
    const { value, ms } = await timed(ask());
    expect(value.status).toBe(200);
    expect(ms).toBeGreaterThanOrEqual(79);
  });

  test.each(['soon', '-5', ''])('falls back to its own wait for a Retry-After of "%s"', async (wait) => {
    fake.chat.enqueue({ status: 429, headers: { 'retry-after': wait } }, { content: 'ok' });
    expect((await ask()).status).toBe(200);
  });

  test('tries a body that was cut or stalled again', async () => {
    fake.chat.enqueue('cut', { stall: true }, { content: 'ok' });
    const response = await ask({ timeoutMs: 400 });
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'ok' } }] });
    expect(fake.requests).toHaveLength(3);
  });

  test('doubles its wait from attempt to attempt', async () => {
    fake.onChat(() => ({ status: 500 }));
    const { ms } = await timed(ask({ firstBackoffMs: 40 }));
    expect(ms).toBeGreaterThanOrEqual(20 + 40 - 2);
  });

  test('gives the last answer back when its retries are used up', async () => {
    fake.onChat(() => ({ status: 502 }));
    expect((await ask()).status).toBe(502);
    expect(fake.requests).toHaveLength(3);
  });

  test('gives up rather than wait past its total limit', async () => {
    fake.onChat(() => ({ status: 429, headers: { 'retry-after': '5' } }));
    const { value, ms } = await timed(ask({ totalTimeoutMs: 3_000 }));
    expect(value.status).toBe(429);
    expect(ms).toBeLessThan(3_000);
  });

  test('counts the wait for a place in its total limit', async () => {
    const gate = openGate(1);
    const leave = await gate.enter(new AbortController().signal, 'ana');
    const call = ask({ gate, totalTimeoutMs: 50 });
    await expect(call).rejects.toThrow(ProblemError);
    expect(fake.requests).toHaveLength(0);
    leave();
  });

  test('holds no place while it waits to try again', async () => {
    const gate = openGate(1);
    fake.chat.enqueue({ status: 429, headers: { 'retry-after-ms': '5000' } }, { content: 'the other' });
    const controller = new AbortController();
    const waiting = ask({ gate }, controller.signal);
    await expect.poll(() => fake.requests.length).toBe(1);
    expect((await ask({ gate })).status).toBe(200);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });
});
