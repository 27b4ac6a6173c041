import fc from 'fast-check';
import { v7 as uuidv7, validate, version } from 'uuid';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { idAfter, newIdAfter } from '../../src/turns/message-ids.ts';

/** UUIDv7 (RFC 9562, 5.7): 48 bits of time, the version, 12 bits, the variant `10`, 62 bits. */
const TIME_BITS = 48n;
const LOW_BITS = 62n;
const LOW_MASK = (1n << LOW_BITS) - 1n;
const VARIANT = 0b10n;
const VERSION = 7n;

interface Parts {
  time: bigint;
  middle: bigint;
  low: bigint;
}

/** Often all ones at the end, where adding one carries. Of `low`, all ones is left out: after it the variant's bits come. */
const low = fc.oneof(
  fc.bigInt({ min: 0n, max: LOW_MASK - 1n }),
  fc
    .record({ ones: fc.integer({ min: 1, max: Number(LOW_BITS) - 1 }), rest: fc.bigInt(0n, LOW_MASK) })
    .map(({ ones, rest }) => ((rest << BigInt(ones)) & LOW_MASK) | ((1n << BigInt(ones)) - 1n))
    .filter((value) => value < LOW_MASK),
);
/** The last millisecond that 48 bits hold has no later one. */
const time = fc.oneof(
  fc.bigInt(0n, (1n << TIME_BITS) - 2n),
  fc.integer({ min: -5, max: 5 }).map((offset) => BigInt(Date.now() + offset)),
);
const parts = fc.record({ time, middle: fc.bigInt(0n, 0xfffn), low });

function toId({ time, middle, low }: Parts): string {
  const number = (time << 80n) | (VERSION << 76n) | (middle << 64n) | (VARIANT << LOW_BITS) | low;
  const hex = number.toString(16).padStart(32, '0');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

const toNumber = (id: string) => BigInt(`0x${id.replaceAll('-', '')}`);
const timeOf = (id: string) => Number(toNumber(id) >> 80n);

afterEach(() => {
  vi.useRealTimers();
});

describe('idAfter', () => {
  it('is a UUIDv7 that comes after the id in the order of their text, with none between them', () => {
    fc.assert(
      fc.property(parts, (given) => {
        const id = toId(given);
        const after = idAfter(id);
        expect(after > id).toBe(true);
        expect(toNumber(after) - toNumber(id)).toBe(1n);
        expect(validate(after)).toBe(true);
        expect(version(after)).toBe(7);
      }),
    );
  });

  it('comes before every id that is greater, so that an answer stands right behind its question', () => {
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        const [first, second] = [toId(one), toId(other)].toSorted();
        fc.pre(first !== undefined && second !== undefined && first < second);
        expect(idAfter(String(first)) <= String(second)).toBe(true);
      }),
    );
  });

  it('keeps the order of the ids that it is given', () => {
    fc.assert(
      fc.property(fc.array(parts, { minLength: 2, maxLength: 20 }), (given) => {
        const inOrder = given.map(toId).toSorted();
        expect(inOrder.map(idAfter)).toEqual(inOrder.map(idAfter).toSorted());
      }),
    );
  });

  it.each([
    ['01890a5d-ac96-774b-8cce-b302099a8057', '01890a5d-ac96-774b-8cce-b302099a8058'],
    ['01890a5d-ac96-774b-8cce-b302099a80ff', '01890a5d-ac96-774b-8cce-b302099a8100'],
    ['01890a5d-ac96-774b-8cce-ffffffffffff', '01890a5d-ac96-774b-8ccf-000000000000'],
    ['00000000-0000-7000-8fff-ffffffffffff', '00000000-0000-7000-9000-000000000000'],
    ['ffffffff-ffff-7fff-bfff-fffffffffffe', 'ffffffff-ffff-7fff-bfff-ffffffffffff'],
  ])('of %s is %s', (id, after) => {
    expect(idAfter(id)).toBe(after);
  });
});

describe('newIdAfter', () => {
  it('is a UUIDv7 that comes after the id in the order of their text, wherever the id’s clock was', () => {
    fc.assert(
      fc.property(parts, (given) => {
        const id = toId(given);
        const before = Date.now();
        const after = newIdAfter(id);
        expect(after > id).toBe(true);
        expect(validate(after)).toBe(true);
        expect(version(after)).toBe(7);
        // Later than the id's clock and never earlier than this one's.
        expect(timeOf(after)).toBeGreaterThanOrEqual(Math.max(before, Number(given.time) + 1));
      }),
    );
  });

  it('leaves room for the message and its answer between the two', () => {
    fc.assert(
      fc.property(parts, (given) => {
        const id = toId(given);
        expect(newIdAfter(id) > idAfter(idAfter(id))).toBe(true);
      }),
    );
  });

  it('has the time of this clock where that is ahead, and one millisecond more than the id’s otherwise', () => {
    vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00.000Z') });
    const now = Date.now();
    expect(timeOf(newIdAfter(uuidv7({ msecs: now - 60_000 })))).toBe(now);
    expect(timeOf(newIdAfter(uuidv7({ msecs: now })))).toBe(now + 1);
    expect(timeOf(newIdAfter(uuidv7({ msecs: now + 60_000 })))).toBe(now + 60_001);
  });

  it('is a new one each time', () => {
    const id = uuidv7();
    const made = Array.from({ length: 1_000 }, () => newIdAfter(id));
    expect(new Set(made).size).toBe(made.length);
  });
});
