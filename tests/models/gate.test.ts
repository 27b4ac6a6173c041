import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProblemError } from '../../src/errors.ts';
import { type Caller, createGate } from '../../src/models/gate.ts';
import { openGate } from '../support/limits.ts';

const { signal } = new AbortController();

/** A gate with one place that is taken, so that all who come must wait; `release` opens it. */
async function takenGate(tuning: { waitMs?: number; lineLength?: number } = {}) {
  const refused: string[] = [];
  const gate = createGate({
    ...{ places: 1, waitMs: 60_000, lineLength: 1_000, ...tuning },
    onRefused: (limit) => refused.push(limit),
  });
  const release = await gate.enter(signal, 'first of all');
  const order: string[] = [];
  const pass = async (name: string, caller: Caller) => {
    const leave = await gate.enter(signal, caller);
    order.push(name);
    leave();
  };
  return { gate, release, order, pass, refused };
}

async function codeOf(entry: Promise<unknown>): Promise<string> {
  return await entry.then(
    () => 'admitted',
    (error) => (error instanceof ProblemError ? error.code : String(error)),
  );
}

describe('who waits at a gate', () => {
  test('takes turns with the other users, however many calls one of them has', async () => {
    const { release, order, pass } = await takenGate();
    const all = [
      ...Array.from({ length: 100 }, (_, index) => pass(`hog ${index}`, 'hog')),
      ...[0, 1].map((index) => pass(`ana ${index}`, 'ana')),
      pass('eva 0', 'eva'),
    ];
    release();
    await Promise.all(all);
    expect(order.slice(0, 6)).toEqual(['hog 0', 'ana 0', 'eva 0', 'hog 1', 'ana 1', 'hog 2']);
    expect(order).toHaveLength(103);
  });

  test('goes before the background, which is never refused', async () => {
    const { gate, release, order, pass } = await takenGate({ lineLength: 1, waitMs: 20 });
    const background = [pass('background 0', null), pass('background 1', null)];
    const ana = pass('ana', 'ana');
    expect(gate.waiting()).toBe(3);
    release();
    await Promise.all([...background, ana]);
    expect(order).toEqual(['ana', 'background 0', 'background 1']);
  });

  test('is refused when the wait takes too long, and told when to come back', async () => {
    const { gate, release, refused } = await takenGate({ waitMs: 20 });
    const late = await gate.enter(signal, 'ana').catch((error) => error);
    expect(late).toMatchObject({ code: 'model_busy', retryAfterSeconds: expect.any(Number) });
    expect(late.message).toContain('MODEL_MAX_CONCURRENCY');
    expect(refused).toEqual(['model_calls']);
    expect([gate.inFlight(), gate.waiting()]).toEqual([1, 0]);
    release();
    expect(gate.inFlight()).toBe(0);
  });

  test('gets a place in a full line at the cost of the one with the most calls in it', async () => {
    const { gate, release } = await takenGate({ lineLength: 3 });
    const hog = [1, 2, 3].map(() => codeOf(gate.enter(signal, 'hog')));
    const fourth = codeOf(gate.enter(signal, 'hog'));
    const ana = gate.enter(signal, 'ana');
    expect(await fourth).toBe('model_busy');
    expect(await hog[2]).toBe('model_busy');
    expect(gate.waiting()).toBe(3);
    release();
    expect(await hog[0]).toBe('admitted');
    expect(gate.waiting()).toBe(2);
    ana.catch(() => undefined);
  });
});

describe('a gate', () => {
  test('forgets who stops waiting, and counts a place given back twice once', async () => {
    const gate = openGate(1);
    const leave = await gate.enter(signal, 'ana');
    const controller = new AbortController();
    const quitter = gate.enter(controller.signal, 'ana');
    controller.abort(new Error('no longer'));
    await expect(quitter).rejects.toThrow('no longer');
    await expect(gate.enter(controller.signal, 'ana')).rejects.toThrow('no longer');
    leave();
    leave();
    await gate.enter(signal, 'ana');
    const second = await Promise.race([gate.enter(signal, 'ana'), Promise.resolve('waits')]);
    expect(second).toBe('waits');
  });

  test('never lets more in than it has places, and everyone in the end', async () => {
    const visits = fc.array(
      fc.record({ caller: fc.constantFrom('ana', 'eva', null), turns: fc.nat(4), quits: fc.boolean() }),
      {
        maxLength: 40,
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), visits, async (places, plans) => {
        const gate = openGate(places);
        let inside = 0;
        let served = 0;
        const visit = async ({ caller, turns, quits }: { caller: Caller; turns: number; quits: boolean }) => {
          const controller = new AbortController();
          const entry = gate.enter(controller.signal, caller);
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
