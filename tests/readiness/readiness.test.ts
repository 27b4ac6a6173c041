import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventLoopCheck, folderCheck, migrationsCheck, poolCheck } from '../../src/readiness/checks.ts';
import { type Check, createReadiness } from '../../src/readiness/readiness.ts';

const failures: string[] = [];
const onFailure = (_error: unknown, check: string) => failures.push(check);
const readinessOf = (checks: Record<string, Check>, more = {}) =>
  createReadiness({ checks, states: {}, notes: {}, onFailure, ...more });

describe('readiness', () => {
  beforeEach(() => {
    failures.length = 0;
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'],
    });
  });
  afterEach(() => vi.useRealTimers());

  it('is there when every check finds nothing, and gives each reason otherwise', async () => {
    expect(await readinessOf({ a: async () => undefined })()).toEqual({ isReady: true, checks: { a: 'ok' } });
    expect(await readinessOf({ a: async () => undefined, b: async () => 'it is away' })()).toEqual({
      isReady: false,
      checks: { a: 'ok', b: 'it is away' },
    });
  });

  it('takes a check that throws for a reason, tells the log, and says nothing of what was thrown', async () => {
    const found = await readinessOf({
      a: async () => {
        throw new Error('secret');
      },
    })();
    expect(found).toEqual({ isReady: false, checks: { a: 'it failed; the log has the reason' } });
    expect(failures).toEqual(['a']);
  });

  it('checks at most once a second, however often it is asked', async () => {
    const check = vi.fn(async () => undefined);
    const readiness = readinessOf({ check });
    await Promise.all(Array.from({ length: 50 }, readiness));
    expect(check).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1_100);
    await readiness();
    expect(check).toHaveBeenCalledTimes(2);
  });

  it('waits two seconds for a check, and does not begin it again while it goes on', async () => {
    const check = vi.fn(() => new Promise<undefined>(() => undefined));
    const readiness = readinessOf({ check });
    for (let asked = 0; asked < 3; asked += 1) {
      const found = readiness();
      await vi.advanceTimersByTimeAsync(2_000);
      expect(await found).toEqual({ isReady: false, checks: { check: 'no answer within 2000 ms' } });
    }
    expect(check).toHaveBeenCalledTimes(1);
  });

  it('looks at what is known without asking each time, and holds up no traffic for a note', async () => {
    let state: string | undefined;
    const readiness = readinessOf(
      {},
      { states: { server: () => state }, notes: { limits: () => 'per process' } },
    );
    expect(await readiness()).toEqual({ isReady: true, checks: { server: 'ok', limits: 'per process' } });
    state = 'the server is stopping';
    expect(await readiness()).toMatchObject({ isReady: false, checks: { server: state } });
  });

  it('ends when the pool has had no connection to give for seconds, and not for a burst', async () => {
    const connections = { total: 2, idle: 0, waiting: 5 };
    const { check, stop } = poolCheck(() => connections);
    vi.advanceTimersByTime(2_500);
    expect(await check()).toBeUndefined();
    connections.waiting = 0;
    vi.advanceTimersByTime(500);
    connections.waiting = 7;
    vi.advanceTimersByTime(2_500);
    expect(await check()).toBeUndefined();
    vi.advanceTimersByTime(1_000);
    expect(await check()).toBe('all connections are in use, and 7 statements wait');
    connections.idle = 1;
    expect(await check()).toBeUndefined();
    stop();
  });
});

describe('the checks', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tertulia-readiness-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('of a folder pass where it can be written to, or made, and its disk has room', async () => {
    expect(await folderCheck(folder, 1)()).toBeUndefined();
    expect(await folderCheck(join(folder, 'not', 'yet', 'there'), 1)()).toBeUndefined();
    expect(await folderCheck(folder, 900_000_000)()).toMatch(/^its disk has \d+ MiB left$/);
    expect(await folderCheck(folder, 0)()).toBeUndefined();
    await writeFile(join(folder, 'file'), '');
    expect(await folderCheck(join(folder, 'file', 'below'), 0)()).toBe('the folder cannot be written to');
  });

  it.skipIf(process.getuid?.() === 0)(
    'of a folder fail where the account may not write (root may)',
    async () => {
      await chmod(folder, 0o500);
      expect(await folderCheck(folder, 0)()).toBe('the folder cannot be written to');
    },
  );

  it('of the migrations count what is missing', async () => {
    expect(await migrationsCheck({ missingMigrations: async () => 0 })()).toBeUndefined();
    expect(await migrationsCheck({ missingMigrations: async () => 2 })()).toMatch(/lacks 2 migrations/);
  });

  it('of the event loop fail when work begins late, and pass again afterwards', async () => {
    const { check, stop } = eventLoopCheck();
    expect(await check()).toBeUndefined();
    for (let block = 0; block < 5; block += 1) {
      const until = performance.now() + 900;
      while (performance.now() < until);
      await turnOfLoop();
    }
    expect(await check()).toMatch(/^the process is busy: for \d+ ms all its work began late$/);
    await vi.waitFor(async () => expect(await check()).toBeUndefined(), { timeout: 5_000 });
    stop();
  });
});
