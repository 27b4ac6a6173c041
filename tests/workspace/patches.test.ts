import { createPatch } from 'diff';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyPatch } from '../../src/workspace/text/patches.ts';
import { problemOf } from './sandbox.ts';

const TEXT = 'one\ntwo\nthree\nfour\nfive\n';
const windows = (text: string) => text.replaceAll('\n', '\r\n');

/** Makes a patch of hunks, one line of each in a string. */
function patchOf(...lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

/** What a patch is refused with. */
async function refusal(text: string, patch: string): Promise<string> {
  const problem = await problemOf(Promise.resolve().then(() => applyPatch(text, patch, 'a.txt')));
  expect(problem.code).toBe('edit_does_not_apply');
  expect(problem.message).toContain('Nothing was changed');
  return problem.message;
}

describe('a patch', () => {
  test('changes a text, and says where', () => {
    const patch = patchOf(
      'diff --git a/notes/a.txt b/notes/a.txt',
      'index 83db48f..bf2a1c3 100644',
      '--- a/notes/a.txt',
      '+++ b/notes/a.txt',
      '@@ -1,3 +1,2 @@ some function',
      ' one',
      '-two',
      ' three',
      '@@ -5,1 +4,3 @@',
      ' five',
      '+six',
      '+seven',
    );
    expect(applyPatch(TEXT, patch, 'notes/a.txt')).toEqual({
      text: 'one\nthree\nfour\nfive\nsix\nseven\n',
      hunks: [
        { line: 1, added: 0, removed: 1 },
        { line: 5, added: 2, removed: 0 },
      ],
    });
  });

  test('makes of one text the other that it was made from, with any line endings', () => {
    const texts = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 30 });
    fc.assert(
      fc.property(texts, texts, fc.nat({ max: 3 }), (older, newer, context) => {
        fc.pre(older !== newer);
        const patch = createPatch('a.txt', older, newer, undefined, undefined, { context });
        expect(applyPatch(older, patch, 'a.txt').text).toBe(newer);
        fc.pre(older.includes('\n'));
        expect(applyPatch(windows(older), patch, 'a.txt').text).toBe(windows(newer));
        expect(applyPatch(older, windows(patch), 'a.txt').text).toBe(newer);
      }),
      { numRuns: 5000 },
    );
  });

  test('keeps the bytes around it in a text that mixes line breaks', () => {
    const patch = patchOf('@@ -2,3 +2,4 @@', ' two', '-three', '+3', '+3.5', ' four');
    expect(applyPatch('one\r\ntwo\nthree\r\nfour\r\nfive\n', patch, 'a').text).toBe(
      'one\r\ntwo\n3\r\n3.5\r\nfour\r\nfive\n',
    );
    expect(applyPatch('one\ntwo\r\nthree\nfour\nfive\r', patch, 'a').text).toBe(
      'one\ntwo\r\n3\n3.5\nfour\nfive\r',
    );
  });

  test('gives or takes the last line break when it says so, and otherwise leaves it', () => {
    const remark = '\\ No newline at end of file';
    const change = (...lines: string[]) => patchOf('@@ -2,1 +2,1 @@', ...lines);
    expect(applyPatch('one\ntwo', change('-two', remark, '+2'), 'a').text).toBe('one\n2\n');
    expect(applyPatch('one\ntwo\n', change('-two', '+2', remark), 'a').text).toBe('one\n2');
    expect(applyPatch('one\ntwo', change('-two', remark, '+2', remark), 'a').text).toBe('one\n2');
    expect(applyPatch('one\ntwo', change('-two', '+2'), 'a').text).toBe('one\n2');
    expect(applyPatch('one\r\ntwo', patchOf('@@ -2,1 +2,2 @@', ' two', '+3'), 'a').text).toBe(
      'one\r\ntwo\r\n3',
    );
  });

  test('makes a new text of nothing', () => {
    const patch = patchOf('--- /dev/null', '+++ b/a.txt', '@@ -0,0 +1,2 @@', '+one', '+two');
    expect(applyPatch('', patch, 'a.txt').text).toBe('one\ntwo\n');
    expect(applyPatch('', windows(patch), 'a.txt').text).toBe('one\r\ntwo\r\n');
  });

  test('is found at another line when there is one place for it, and the hunks after it move along', () => {
    const patch = patchOf('@@ -1,2 +1,2 @@', ' a', '-b', '+B', '@@ -3,1 +3,1 @@', '-x', '+X');
    const moved = applyPatch('new\nnew\na\nb\nx\nx\n', patch, 'a.txt');
    expect(moved.text).toBe('new\nnew\na\nB\nX\nx\n');
    expect(moved.hunks.map(({ line }) => line)).toEqual([3, 5]);
    expect(applyPatch('b\na\n', patchOf('@@ -1,1 +1,1 @@', '-a', '+A'), 'a').text).toBe('b\nA\n');
  });

  test('takes lines as they are, also empty ones without their space and ones that look like headers', () => {
    const patch = patchOf('--- a', '+++ b', '@@ -1,3 +1,3 @@', ' a', '', '--- c', '+++ d', '');
    expect(applyPatch('a\n\n-- c\n', patch, 'a').text).toBe('a\n\n++ d\n');
    expect(applyPatch('a\n', patchOf('@@ -1 +1 @@', '-a', '+$&'), 'a').text).toBe('$&\n');
  });
});

describe('a hunk that does not fit', () => {
  test('is named with its line, what the file has there and what to do', async () => {
    const patch = patchOf('@@ -1,1 +1,1 @@', '-one', '+1', '@@ -3,2 +3,2 @@', ' three', '-fore', '+4');
    const message = await refusal(TEXT, patch);
    expect(message).toContain('hunk 2 of 2 does not fit "a.txt": it should be at line 3');
    expect(message).toContain('line 4 of the file is "four" where the hunk has "fore"');
    expect(message).toContain('Read the file again');
    expect(await refusal('\tone\n', patchOf('@@ -1 +1 @@', '-    one', '+1'))).toContain(
      '"\\tone" where the hunk has "    one" (only the spaces differ)',
    );
    expect(await refusal(TEXT, patchOf('@@ -5,2 +5,1 @@', ' five', '-six'))).toContain(
      'the file ends after line 5',
    );
  });

  test('is refused when several places are alike, and all are named', async () => {
    const patch = patchOf('@@ -2,1 +2,1 @@', '-a', '+c');
    expect(await refusal('a\nb\na\nb\na\n', patch)).toContain('its lines are at lines 1, 3, 5 alike');
    expect(await refusal(`x\n${'a\nb\n'.repeat(50)}`.replace('a', 'b'), patch)).toContain('and more alike');
  });

  test('is not searched for when it has no old lines, or has to be at the end', async () => {
    expect(await refusal(TEXT, patchOf('@@ -9,0 +10,1 @@', '+ten'))).toContain('it should be at line 10');
    const atEnd = patchOf('@@ -2,1 +2,1 @@', '-two', '\\ No newline at end of file', '+2');
    expect(await refusal('one\ntwo\nthree', atEnd)).toContain('hunk does not fit');
  });

  test('is refused when it reaches into the one before it', async () => {
    const patch = patchOf('@@ -1,2 +1,1 @@', '-one', '-two', '+12', '@@ -2,1 +1,1 @@', '-two', '+2');
    expect(await refusal(TEXT, patch)).toContain('hunk 2 of 2');
  });

  test('is refused when the last line break is not as it says', async () => {
    const remark = '\\ No newline at end of file';
    expect(await refusal('one\n', patchOf('@@ -1 +1 @@', '-one', remark, '+1'))).toContain('it has one');
    expect(await refusal('one', patchOf('@@ -1 +1 @@', '-one', '+1', remark))).toContain('it has none');
  });
});

describe('a patch is refused', () => {
  const file = (...lines: string[]) => ['--- a/x', '+++ b/x', ...lines];
  const change = ['@@ -1 +1 @@', '-one', '+1'];

  test.each([
    ['is empty', '', 'no hunks'],
    ['is in another form', patchOf('*** Begin Patch', '*** Update File: a', '@@', '-one', '+1'), 'no hunks'],
    ['has a header without numbers', patchOf('@@ ... @@', '-one', '+1'), '@@ ... @@'],
    ['is for several files', patchOf(...file(...change), ...file(...change)), 'several files'],
    ['renames', patchOf('diff --git a/x b/y', 'rename from x', 'rename to y', ...change), 'renames'],
    ['deletes', patchOf('--- a/x', '+++ /dev/null', '@@ -1,1 +0,0 @@', '-one'), 'Delete the file instead'],
    [
      'makes what exists',
      patchOf('--- /dev/null', '+++ b/x', '@@ -0,0 +1 @@', '+one'),
      'there is one already',
    ],
    ['is binary', patchOf('diff --git a/x b/x', 'GIT binary patch', 'literal 3', 'KcmZ'), 'binary file'],
    ['has fewer lines than a hunk says', patchOf('@@ -1,2 +1,2 @@', '-one', '+1'), 'line 1'],
    [
      'has more lines than a hunk says',
      patchOf('@@ -1 +1 @@', '-one', '+1', '+2'),
      'more lines than expected',
    ],
    [
      'has lines after a gap',
      patchOf('@@ -1 +1 @@', '-one', '+1', '', '+2'),
      'line 5, "+2", belongs to no hunk',
    ],
    ['has lines between hunks', patchOf(...change, '```', ...change), 'line 4, "```", belongs to no hunk'],
    ['counts an old line that it lacks', '@@ -1 +1 @@\n+zero', 'hunk 1, at line 1, does not say'],
    ['has a line without a sign', patchOf('@@ -1,2 +1,2 @@', '-one', '+1', 'two'), 'invalid line two'],
    [
      'goes on after the end',
      patchOf('@@ -1,2 +1,1 @@', '-one', '\\ No newline', '-two', '+1'),
      'goes on after',
    ],
    ['changes nothing', patchOf('@@ -1 +1 @@', '-one', '+one'), 'it changes nothing'],
    ['changes line endings alone', patchOf('@@ -1 +1 @@', '-one', '+one\r'), 'line endings stay'],
    ['has too many hunks', patchOf(...Array<string[]>(1001).fill(change).flat()), '1001 hunks'],
    ['is too large', patchOf('@@ -1 +1 @@', '-one', `+${'x'.repeat(5 * 1024 * 1024)}`), 'larger than'],
  ])('when it %s', async (_, patch, expected) => {
    expect(await refusal(TEXT, patch)).toContain(expected);
  });

  test('as a whole when one hunk does not fit', async () => {
    const patch = patchOf('@@ -1 +1 @@', '-one', '+1', '@@ -2 +2 @@', '-2', '+two');
    expect(await refusal(TEXT, patch)).toContain('hunk 2 of 2');
  });
});

test('a hostile patch takes little time', async () => {
  // Each hunk is almost everywhere, and has to be looked for: comparing line by line takes minutes.
  const hunks = Array.from({ length: 200 }, (_, index) =>
    patchOf(`@@ -1,2001 +1,2001 @@`, ...Array<string>(2000).fill(' a'), `-x${index}`, '+y'),
  );
  const text = Array.from({ length: 200 }, (_, index) => `${'a\n'.repeat(5000)}x${index}\n`).join('');
  const start = performance.now();
  const { hunks: applied } = applyPatch(text, hunks.join(''), 'a.txt');
  expect(applied.at(-1)).toEqual({ line: 200 * 5001 - 2000, added: 1, removed: 1 });
  expect(performance.now() - start).toBeLessThan(5000);
});
