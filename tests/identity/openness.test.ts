import { expect, it } from 'vitest';
import type { Executor } from '../../src/db/database.ts';
import { createOpenness } from '../../src/identity/openness.ts';

it('stays closed for a key that is made while the making of another one fails', async () => {
  const executor = { executePrepared: async () => ({ rows: [{ found: false }] }) } as unknown as Executor;
  const openness = createOpenness({ executor, isAlwaysClosed: false, isAlone: true });
  expect([await openness.isOpen(), openness.wasOpen()]).toEqual([true, true]);
  const reopen = openness.shut();
  openness.shut();
  reopen();
  expect([await openness.isOpen(), openness.wasOpen()]).toEqual([false, false]);
});

it('opens again when the only key could not be stored', async () => {
  const executor = { executePrepared: async () => ({ rows: [{ found: false }] }) } as unknown as Executor;
  const openness = createOpenness({ executor, isAlwaysClosed: false, isAlone: true });
  openness.shut()();
  expect(await openness.isOpen()).toBe(true);
});
