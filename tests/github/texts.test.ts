import { describe, expect, it } from 'vitest';
import { cleanRemark, cutText, lastOfText } from '../../src/github/clean-text.ts';
import { openEtagCache } from '../../src/github/etag-cache.ts';
import { bearsMark, withMark, withoutMark } from '../../src/github/marks.ts';
import { openGate } from '../../src/github/pace.ts';
import { placeOf } from '../../src/github/repository-name.ts';
import { likeness } from '../../src/github/similar-names.ts';

describe("A remark of GitHub's", () => {
  it('is one printable line of at most 300 characters', () => {
    expect(cleanRemark('a\u0000b\u202Ec\r\n  d')).toBe('a b c d');
    expect(cleanRemark('x'.repeat(400))).toHaveLength(300);
  });

  it.each([
    `ghp_${'a1'.repeat(18)}`,
    `ghs_${'B2'.repeat(18)}`,
    `github_pat_${'c3_'.repeat(20)}`,
    `eyJhbGciOiJSUzI1NiJ9.${'e'.repeat(30)}.${'f'.repeat(30)}`,
  ])('has no secrets: %s', (secret) => {
    expect(cleanRemark(`Bad token ${secret}!`)).toBe('Bad token [token]!');
  });
});

describe('A long text', () => {
  it('is cut with a note, and never in the middle of a character', () => {
    expect(cutText('short')).toBe('short');
    expect(cutText('abc😀def', 4)).toBe('abc\n[… 5 more characters]');
  });

  it('is cut at its beginning when its end is what counts', () => {
    expect(lastOfText('one\ntwo\nthree', 8)).toBe('[8 characters before this … ]\nthree');
    expect(lastOfText('all', 3)).toBe('all');
  });
});

describe('A mark', () => {
  it('is put at the end of a body once, and taken away without a trace', () => {
    const marked = withMark(withMark('Text', 'one'), 'two');
    expect(marked).toBe('Text\n\n<!-- tertulia:two -->');
    expect(withoutMark(marked)).toBe('Text');
    expect([bearsMark(marked, 'two'), bearsMark(marked, 'one'), bearsMark(null, 'two')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('is only one at the very end', () => {
    const quoted = 'They wrote <!-- tertulia:one --> here';
    expect(bearsMark(quoted, 'one')).toBe(false);
    expect(withoutMark(quoted)).toBe(quoted);
  });
});

describe('The answers kept', () => {
  const answer = (bytes: number) => ({ etag: '"1"', status: 200, headers: [], body: new Uint8Array(bytes) });

  it('are no more than the limit, and the one used longest ago leaves first', () => {
    const cache = openEtagCache({ entries: 2 });
    for (const key of ['a', 'b']) cache.set(key, answer(1));
    cache.get('a');
    cache.set('c', answer(1));
    expect(['a', 'b', 'c'].filter((key) => cache.get(key))).toEqual(['a', 'c']);
  });

  it('have no more bytes than the limit, and none drives out all others', () => {
    const cache = openEtagCache({ bytes: 100 });
    for (const key of ['a', 'b', 'c', 'd', 'e']) cache.set(key, answer(25));
    cache.set('huge', answer(26));
    cache.set('e', answer(20));
    expect(['a', 'b', 'c', 'd', 'e', 'huge'].filter((key) => cache.get(key))).toEqual(['b', 'c', 'd', 'e']);
  });
});

describe('The gate', () => {
  it('lets one through per gap, in order', async () => {
    const gate = openGate(40).key('ana');
    const started = performance.now();
    const times = await Promise.all(
      [1, 2, 3].map(() => gate.schedule({}, () => performance.now() - started)),
    );
    expect(times[1]).toBeGreaterThanOrEqual(35);
    expect(times[2]).toBeGreaterThanOrEqual(75);
  });
});

describe('The name of a repository', () => {
  it.each(['shop', 'a/b/c', '../shop', 'ana/..', 'ana/shop?x=1', 'ana /shop', '-ana/shop', ''])(
    'is refused: %j',
    (name) => {
      expect(() => placeOf(name)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    },
  );

  it('is the more alike the more pairs of letters it shares', () => {
    expect(likeness('shop-api', 'ShopApi')).toBe(1);
    expect(likeness('shpo', 'shop')).toBeGreaterThan(likeness('blog', 'shop'));
    expect(likeness('', '')).toBe(0);
  });
});
