import { applyPatch } from 'diff';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CompareOptions, unifiedDiff } from '../../src/workspace/text/compare.ts';

function compare(older: string, newer: string, options?: CompareOptions) {
  return unifiedDiff({ name: 'a.txt', text: older }, { name: 'a.txt', text: newer }, options);
}

const HEADER = '--- a.txt\n+++ a.txt\n';

describe('comparing two texts', () => {
  test('shows what differs with the lines around it, and counts it', () => {
    const lines = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
    const text = (changed: readonly string[]) => `${changed.join('\n')}\n`;
    const newer = text(lines.with(4, 'FIVE').toSpliced(5, 0, 'and a half'));
    expect(compare(text(lines), newer)).toEqual({
      diff: `${HEADER}@@ -2,7 +2,8 @@\n two\n three\n four\n-five\n+FIVE\n+and a half\n six\n seven\n eight\n`,
      added: 2,
      removed: 1,
      truncated: false,
    });
    expect(compare(text(lines), newer, { context: 0 }).diff).toBe(
      `${HEADER}@@ -5,1 +5,2 @@\n-five\n+FIVE\n+and a half\n`,
    );
  });

  test('is empty when they are the same', () => {
    const nothing = { diff: '', added: 0, removed: 0, truncated: false };
    expect(compare('one\n', 'one\n')).toEqual(nothing);
    expect(compare('', '')).toEqual(nothing);
  });

  test('names /dev/null where there is no file', () => {
    const made = unifiedDiff({ name: '/dev/null', text: '' }, { name: 'ñ b.txt', text: 'one\r\ntwo\r\n' });
    expect(made).toMatchObject({
      diff: '--- /dev/null\n+++ ñ b.txt\n@@ -0,0 +1,2 @@\n+one\n+two\n',
      added: 2,
    });
    const gone = unifiedDiff({ name: 'a.txt', text: 'one\n' }, { name: '/dev/null', text: '' });
    expect(gone).toMatchObject({ diff: '--- a.txt\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-one\n', removed: 1 });
  });

  test('gives what another program makes the newer text of', () => {
    const texts = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 30 });
    fc.assert(
      fc.property(texts, texts, fc.nat({ max: 4 }), (older, newer, context) => {
        const { diff, added, removed } = compare(older, newer, { context });
        fc.pre(older !== newer);
        expect(applyPatch(older, diff)).toBe(newer);
        const lines = (text: string) => (text.match(/[^\n]*\n|[^\n]+/gv) ?? []).length;
        expect(added - removed).toBe(lines(newer) - lines(older));
      }),
      { numRuns: 5000 },
    );
  });
});

describe('a difference that cannot be seen in the lines', () => {
  test('is shown when it is the missing end of the last line', () => {
    expect(compare('one\ntwo', 'one\ntwo\n').diff).toBe(
      `${HEADER}@@ -1,2 +1,2 @@\n one\n-two\n\\ No newline at end of file\n+two\n`,
    );
  });

  test('is told when it is in the line endings alone', () => {
    const change = { added: 0, removed: 0, truncated: false };
    expect(compare('one\r\ntwo\r\n', 'one\ntwo\n')).toEqual({
      diff: `${HEADER}Only line endings differ: CRLF before, LF after.\n`,
      ...change,
    });
    expect(compare('one\r\ntwo\n', 'one\ntwo\r\n')).toEqual({
      diff: `${HEADER}Only line endings differ: 1 LF and 1 CRLF before, 1 LF and 1 CRLF after.\n`,
      ...change,
    });
  });

  test('is told when line endings change too, and the lines are compared without them', () => {
    expect(compare('one\r\ntwo\r\n', 'one\n2\n').diff).toBe(
      `${HEADER}Line endings differ too: CRLF before, LF after.\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n`,
    );
    expect(compare('one\r\ntwo\r\n', 'one\r\n2\r\n').diff).toBe(`${HEADER}@@ -1,2 +1,2 @@\n one\n-two\n+2\n`);
  });

  test('is marked line by line where both texts mix line endings', () => {
    expect(compare('one\r\ntwo\nthree\n', 'one\r\ntwo\r\n3\n').diff).toBe(
      `${HEADER}␍ marks the lines that end in CRLF, not LF.\n@@ -1,3 +1,3 @@\n one␍\n-two\n-three\n+two␍\n+3\n`,
    );
  });
});

describe('a comparison that is too long', () => {
  test('ends at a whole line and says how many are missing', () => {
    const text = (word: string) => `${word}\n`.repeat(100);
    const answer = compare(text('before'), text('after'), { maximum: 500 });
    expect(answer).toMatchObject({ added: 100, removed: 100, truncated: true });
    expect(answer.diff.length).toBeLessThanOrEqual(500);
    const shown = answer.diff.match(/^-before$/gmv)?.length ?? 0;
    expect(shown).toBeGreaterThan(20);
    expect(answer.diff).toContain(`-before\n… (${200 - shown} more lines of the diff)\n`);
  });

  test('shows the beginning of a long line', () => {
    const answer = compare('a'.repeat(50_000), 'b');
    expect(answer.diff).toContain(`-${'a'.repeat(999)}… (49001 more characters)\n`);
    expect(answer).toMatchObject({ added: 1, removed: 1, truncated: true });
    expect(compare('a', '😀'.repeat(5000)).diff.isWellFormed()).toBe(true);
  });

  test('gives the sizes of texts that have too little in common, in little time', () => {
    const million = 1024 * 1024;
    const pairs: [string, string][] = [
      ['a\nb\n'.repeat(million), 'b\na\na\n'.repeat(million / 2)],
      ['\n'.repeat(5 * million), 'x\n'.repeat(2 * million)],
      ['a\nb\n'.repeat(12_000), 'b\na\na\n'.repeat(12_000)],
    ];
    for (const [older, newer] of pairs) {
      const start = performance.now();
      const answer = compare(older, newer);
      // 0.2 s were measured for each; a comparison without limits takes minutes.
      expect(performance.now() - start).toBeLessThan(5000);
      expect(answer.truncated).toBe(true);
      expect(answer.diff).toContain('The texts differ too much to be compared line by line');
      expect(answer.diff).toContain(`(${older.length} characters) before`);
      expect(answer).toMatchObject({
        removed: older.split('\n').length - 1,
        added: newer.split('\n').length - 1,
      });
    }
  });

  test('is not one when large texts differ in a few lines', () => {
    const lines = Array.from({ length: 500_000 }, (_, index) => `line ${index}`);
    const answer = compare(lines.join('\n'), lines.with(250_000, 'changed').join('\n'), { context: 1 });
    expect(answer.diff).toBe(
      `${HEADER}@@ -250000,3 +250000,3 @@\n line 249999\n-line 250000\n+changed\n line 250001\n`,
    );
  });
});
