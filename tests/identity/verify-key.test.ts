import { timingSafeEqual } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Executor } from '../../src/db/database.ts';
import { makeKeyText, parseKey } from '../../src/identity/key-text.ts';
import { isUserId } from '../../src/identity/user-id.ts';
import { createKeyVerifier, KEY_MEMORY_MS } from '../../src/identity/verify-key.ts';

// The one way to see that secrets are compared in constant time, which no measurement shows reliably.
vi.mock('node:crypto', async (original) => {
  const actual = await original<typeof import('node:crypto')>();
  return { ...actual, timingSafeEqual: vi.fn(actual.timingSafeEqual) };
});
beforeEach(() => {
  vi.mocked(timingSafeEqual).mockClear();
});

const id = uuidv7();
const { key, hash } = makeKeyText(id);
const row = {
  ...{ userId: 'ana', role: 'user', hash, isExpired: false, isRevoked: false, isNoted: false },
  endsInMs: null as number | null,
};

/** A database with one row for whoever asks; `note` is what becomes of storing a use. */
function verifierOver(found: object | undefined, note: () => Promise<unknown> = async () => undefined) {
  const warn = vi.fn();
  const answers = vi.fn(note);
  const reads = vi.fn(async () => ({ rows: found ? [{ ...found }] : [] }));
  const executor = { executePrepared: reads, execute: answers } as unknown as Executor;
  return { ...createKeyVerifier({ executor, log: { warn } }), warn, notes: answers, reads };
}

describe('the secret of a key', () => {
  const other = makeKeyText(id).key;
  it.each([
    ['the right one', key, row],
    ['a wrong one', other, row],
    ['one of a key that does not exist', key, undefined],
    ['one that is no key', 'ttl_nonsense', undefined],
    ['one of a revoked key', key, { ...row, isRevoked: true }],
  ])('is compared as a digest of 32 bytes, once, in constant time: %s', async (_, text, found) => {
    await verifierOver(found)
      .verify(text)
      .catch(() => undefined);
    expect(vi.mocked(timingSafeEqual).mock.calls).toHaveLength(1);
    for (const side of vi.mocked(timingSafeEqual).mock.calls[0] ?? []) expect(side.byteLength).toBe(32);
  });

  it('is refused where the digest differs, and nothing else is told', async () => {
    const refusal = { code: 'unauthorized', message: 'The API key is none of this server’s.' };
    await expect(verifierOver(row).verify(other)).rejects.toMatchObject(refusal);
    await expect(verifierOver(undefined).verify(key)).rejects.toMatchObject(refusal);
    await expect(verifierOver({ ...row, isRevoked: true }).verify(other)).rejects.toMatchObject(refusal);
  });

  it('is stored as its SHA-256 and nothing more', () => {
    expect(hash).toMatch(/^[\da-f]{64}$/);
    expect(parseKey(key)).toEqual({ id, secret: key.slice(-43) });
    expect(key).toMatch(/^ttl_[\w-]{22}_[\w-]{43}$/);
  });

  it('makes a key that can be read whatever bytes it has', () => {
    for (let time = 0; time < 500; time += 1) {
      const one = uuidv7();
      expect(parseKey(makeKeyText(one).key)?.id).toBe(one);
    }
  });
});

describe('the last use of a key', () => {
  it('holds no request up, and is stored once at a time', async () => {
    const stored = Promise.withResolvers<void>();
    const { verify, settled, notes } = verifierOver(row, () => stored.promise);
    for (let time = 0; time < 5; time += 1) expect(await verify(key)).toMatchObject({ id: 'ana' });
    expect(notes).toHaveBeenCalledTimes(1);
    let isSettled = false;
    const waiting = settled().then(() => {
      isSettled = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isSettled).toBe(false);
    stored.resolve();
    await waiting;
    // What was read before is known to be noted now.
    await verify(key);
    expect(notes).toHaveBeenCalledTimes(1);
  });

  it('fails no request when it cannot be stored', async () => {
    const { verify, settled, warn } = verifierOver(row, async () => {
      throw new Error('no connection');
    });
    expect(await verify(key)).toMatchObject({ id: 'ana', keyId: id });
    await settled();
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('is not stored again within the minute', async () => {
    const { verify, notes } = verifierOver({ ...row, isNoted: true });
    await verify(key);
    expect(notes).not.toHaveBeenCalled();
  });
});

describe('what the database says of a key', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('counts for half a second from when it was asked, for all requests of that time', async () => {
    const { verify, reads } = verifierOver({ ...row, isNoted: true });
    await Promise.all(Array.from({ length: 20 }, () => verify(key)));
    vi.advanceTimersByTime(KEY_MEMORY_MS - 1);
    await verify(key);
    expect(reads).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1);
    await verify(key);
    expect(reads).toHaveBeenCalledTimes(2);
  });

  it('counts no longer than the key does', async () => {
    const { verify, reads } = verifierOver({ ...row, isNoted: true, endsInMs: 20 });
    await verify(key);
    vi.advanceTimersByTime(20);
    await verify(key);
    expect(reads).toHaveBeenCalledTimes(2);
  });

  it('is asked again where there was no such key, and where it could not say', async () => {
    const none = verifierOver(undefined);
    for (let time = 0; time < 3; time += 1) await expect(none.verify(key)).rejects.toThrow('none of this');
    expect(none.reads).toHaveBeenCalledTimes(3);
    const down = verifierOver({ ...row, isNoted: true });
    down.reads.mockRejectedValueOnce(new Error('no connection'));
    await expect(down.verify(key)).rejects.toThrow('no connection');
    expect(await down.verify(key)).toMatchObject({ id: 'ana' });
  });
});

it('a user id has 1 to 200 characters, none of them for control, and no blank at its ends', () => {
  for (const good of ['a', 'local', 'ana maría', 'a'.repeat(200), '../x', '👩‍👩‍👧', '%', '_'])
    expect([good, isUserId(good)]).toEqual([good, true]);
  for (const bad of [
    '',
    ' ',
    ' a',
    'a\u00a0',
    'a\0b',
    'a\nb',
    'a\u007f',
    'a\u009f',
    '\ud800',
    'a'.repeat(201),
  ])
    expect([bad, isUserId(bad)]).toEqual([bad, false]);
});
