import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ProblemError } from '../../src/errors.ts';
import { type CallLimits, createGate, createPatientFetch } from '../../src/models/retry.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../support/fake-openai.ts';

let fake: FakeOpenAI;
beforeEach(async () => {
  fake = await startFakeOpenAI();
});
afterEach(() => fake.close());

const LIMITS = { timeoutMs: 5_000, totalTimeoutMs: 10_000, maxRetries: 2, firstBackoffMs: 2 };

function ask(limits: Partial<CallLimits> = {}, signal?: AbortSignal): Promise<Response> {
  const patientFetch = createPatientFetch({ ...LIMITS, gate: createGate(4), ...limits });
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
    const gate = createGate(1);
    const leave = await gate.enter(new AbortController().signal, false);
    const call = ask({ gate, totalTimeoutMs: 50 });
    await expect(call).rejects.toThrow(ProblemError);
    expect(fake.requests).toHaveLength(0);
    leave();
  });

  test('holds no place while it waits to try again', async () => {
    const gate = createGate(1);
    fake.chat.enqueue({ status: 429, headers: { 'retry-after-ms': '5000' } }, { content: 'the other' });
    const controller = new AbortController();
    const waiting = ask({ gate }, controller.signal);
    await expect.poll(() => fake.requests.length).toBe(1);
    expect((await ask({ gate })).status).toBe(200);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });
});

describe('a gate', () => {
  const { signal } = new AbortController();

  test('lets urgent calls go first and the others in order', async () => {
    const gate = createGate(1);
    const order: string[] = [];
    const leave = await gate.enter(signal, false);
    const pass = async (name: string, urgent: boolean) => {
      const leaveAfter = await gate.enter(signal, urgent);
      order.push(name);
      leaveAfter();
    };
    const all = [pass('first', false), pass('second', false), pass('urgent', true)];
    leave();
    await Promise.all(all);
    expect(order).toEqual(['urgent', 'first', 'second']);
  });

  test('forgets who stops waiting, and counts a place given back twice once', async () => {
    const gate = createGate(1);
    const leave = await gate.enter(signal, false);
    const controller = new AbortController();
    const quitter = gate.enter(controller.signal, false);
    controller.abort(new Error('no longer'));
    await expect(quitter).rejects.toThrow('no longer');
    await expect(gate.enter(controller.signal, false)).rejects.toThrow('no longer');
    leave();
    leave();
    await gate.enter(signal, false);
    const second = await Promise.race([gate.enter(signal, false), Promise.resolve('waits')]);
    expect(second).toBe('waits');
  });

  test('never lets more in than it has places, and everyone in the end', async () => {
    const visits = fc.array(fc.record({ urgent: fc.boolean(), turns: fc.nat(4), quits: fc.boolean() }), {
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), visits, async (places, plans) => {
        const gate = createGate(places);
        let inside = 0;
        let served = 0;
        const visit = async ({
          urgent,
          turns,
          quits,
        }: {
          urgent: boolean;
          turns: number;
          quits: boolean;
        }) => {
          const controller = new AbortController();
          const entry = gate.enter(controller.signal, urgent);
          if (quits) controller.abort();
          const leave = await entry.catch(() => undefined);
          if (!leave) return;
          inside += 1;
          expect(inside).toBeLessThanOrEqual(places);
          for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
          inside -= 1;
          served += 1;
          leave();
        };
        await Promise.all(plans.map(visit));
        expect(inside).toBe(0);
        expect(served).toBeGreaterThanOrEqual(plans.filter(({ quits }) => !quits).length);
      }),
    );
  });
});
