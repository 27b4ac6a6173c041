import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyEdits, type Edit } from '../../src/workspace/text/edits.ts';
import { findAll } from '../../src/workspace/text/find-all.ts';
import { codeOf, createSandbox, problemOf } from './sandbox.ts';

const limits = { longest: 10_000 };

async function edited(text: string, ...edits: Edit[]): Promise<string> {
  return (await applyEdits(text, edits, limits)).text;
}

/** What the edits should do to a text with LF breaks, or `undefined` when one does not apply. */
function reference(text: string, edits: readonly Edit[]): { text: string; replacements: number } | undefined {
  let current = text;
  let replacements = 0;
  for (const { find, replace, all } of edits) {
    const count = current.split(find).length - 1;
    const occurrences = [...current].filter((_, index) => current.startsWith(find, index)).length;
    if (count === 0 || (all !== true && occurrences > 1)) return undefined;
    current = current.split(find).join(replace);
    replacements += count;
  }
  return { text: current, replacements };
}

describe('edits', () => {
  const words = fc.string({ unit: fc.constantFrom('a', 'b', '\n', 'ñ'), maxLength: 30 });
  const edit = fc.record({
    find: fc.string({ unit: fc.constantFrom('a', 'b', '\n', 'ñ'), minLength: 1, maxLength: 3 }),
    replace: fc.string({ unit: fc.constantFrom('a', 'b', '\n', 'ñ'), maxLength: 3 }),
    all: fc.boolean(),
  });

  test('do what a plain reference does, or nothing at all', async () => {
    await fc.assert(
      fc.asyncProperty(words, fc.array(edit, { minLength: 1, maxLength: 4 }), async (text, edits) => {
        const expected = reference(text, edits);
        if (expected) expect(await applyEdits(text, edits, limits)).toMatchObject(expected);
        else expect(await codeOf(applyEdits(text, edits, limits))).toBe('edit_does_not_apply');
      }),
      { numRuns: 2000 },
    );
  });

  test('do in a file with CRLF what they do in one with LF', async () => {
    await fc.assert(
      fc.asyncProperty(
        words,
        fc.array(edit, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async (text, edits, crlf) => {
          const source = `b\n${text}\na\n`;
          const expected = reference(source, edits);
          // Without any break left, a later edit has none to follow.
          fc.pre(expected?.text.includes('\n') === true && edits.length === 1);
          const windows = (value: string) => value.replaceAll('\n', '\r\n');
          const sent = crlf
            ? edits.map(({ find, replace, all }) => ({ find: windows(find), replace: windows(replace), all }))
            : edits;
          expect((await applyEdits(windows(source), sent, limits)).text).toBe(windows(expected?.text ?? ''));
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('find every place in linear time, as a slow search does', () => {
    const units = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 40 });
    fc.assert(
      fc.property(
        units,
        fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 4 }),
        (text, wanted) => {
          const slow = [...text].flatMap((_, index) => (text.startsWith(wanted, index) ? [index] : []));
          expect(findAll(text, wanted, { overlapping: true, most: 100 })).toEqual(slow);
          expect(findAll(text, wanted, { overlapping: false, most: 100 }).length).toBe(
            text.split(wanted).length - 1,
          );
        },
      ),
      { numRuns: 1000 },
    );
    // indexOf takes ten minutes for this.
    const long = 'a'.repeat(200_000);
    expect(findAll('a'.repeat(5_000_000), `${long}b${long}`, { overlapping: true, most: 1 })).toEqual([]);
  });

  test('keep the bytes around them in a file that mixes line breaks', async () => {
    expect(await edited('a\r\nb\nc\r\nd\r\n', { find: 'b\nc', replace: 'x\ny' })).toBe(
      'a\r\nx\r\ny\r\nd\r\n',
    );
    expect(await edited('a\nb\r\nc\n', { find: 'c', replace: 'x\r\ny' })).toBe('a\nb\r\nx\ny\n');
    expect(await edited('a\r\nb', { find: '\n', replace: '' })).toBe('ab');
    expect(await edited('one line', { find: 'one', replace: '1\r\n1' })).toBe('1\r\n1 line');
    expect(await edited('a\rb', { find: 'a', replace: 'x' })).toBe('x\rb');
  });

  test('say how often each matched, and in which lines of what the one before left', async () => {
    const { edits } = await applyEdits(
      'one\r\ntwo two\r\nthree\r\ntwo\r\n',
      [
        { find: 'one', replace: '1\n1.5' },
        { find: 'two', replace: '2', all: true },
      ],
      limits,
    );
    expect(edits).toEqual([
      { matches: 1, lines: [1] },
      { matches: 3, lines: [3, 5] },
    ]);
    const many = await applyEdits('a\n'.repeat(500), [{ find: 'a', replace: 'b', all: true }], limits);
    expect(many.edits).toEqual([{ matches: 500, lines: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }]);
  });

  test('work on any Unicode text, and refuse half a character', async () => {
    expect(await edited('el niño 👨‍👩‍👧 come', { find: 'niño 👨‍👩‍👧', replace: '子供' })).toBe(
      'el 子供 come',
    );
    expect(await codeOf(edited('😀', { find: '\ud83d', replace: 'x' }))).toBe('edit_does_not_apply');
    expect(await codeOf(edited('a', { find: 'a', replace: '\ude00' }))).toBe('edit_does_not_apply');
    expect(await codeOf(edited('a', { find: 'a', replace: 'a\0' }))).toBe('edit_does_not_apply');
    expect(await edited('$& $1', { find: '$&', replace: "$'" })).toBe("$' $1");
  });
});

describe('an edit that does not apply', () => {
  const text = 'first\nsecond line\nthird\nsecond line\n  indented\n';
  const message = async (...edits: Edit[]) => (await problemOf(applyEdits(text, edits, limits))).message;

  test('says which, how often it matches and where, and what to do', async () => {
    const ambiguous = await message({ find: 'third', replace: 'x' }, { find: 'second line', replace: 'y' });
    expect(ambiguous).toContain('Edit 2 of 2 matches 2 times, at lines 2, 4');
    expect(ambiguous).toContain('set all');
    const missing = await message({ find: 'absent', replace: 'x' });
    expect(missing).toContain('The edit matches nothing');
    expect(missing).toContain('Read the file again');
    expect(await message({ find: 'first', replace: '1st' }, { find: 'first', replace: 'x' })).toContain(
      'after the edits before it',
    );
    expect(await message({ find: '\tindented\n', replace: 'x' })).toContain('at line 5');
  });

  test('counts matches that overlap', async () => {
    expect((await problemOf(edited('aaa', { find: 'aa', replace: 'b' }))).message).toContain(
      'matches 2 times, at line 1',
    );
    expect(await edited('aaa', { find: 'aa', replace: 'b', all: true })).toBe('ba');
  });

  test('is refused when it is empty, too many, or grows without bounds', async () => {
    expect(await message({ find: '', replace: 'x' })).toContain('find text is empty');
    expect(await codeOf(edited('a'))).toBe('edit_does_not_apply');
    expect(await codeOf(edited('a', ...Array(101).fill({ find: 'a', replace: 'a' })))).toBe(
      'edit_does_not_apply',
    );
    const growing = { find: 'a', replace: 'a'.repeat(5000), all: true };
    expect(await codeOf(edited('aaa', growing))).toBe('file_too_large');
    const many = { find: 'a', replace: 'b', all: true };
    expect((await problemOf(edited('a'.repeat(100_001), many))).message).toContain('more than 100000 times');
  });

  test('leaves the file alone, with all edits of the call', async () => {
    const { workspace } = await createSandbox();
    await workspace.write('a.txt', Buffer.from(text));
    const edits = [
      { find: 'first', replace: '1st' },
      { find: 'absent', replace: '' },
    ];
    expect(await codeOf(workspace.edit('a.txt', edits))).toBe('edit_does_not_apply');
    expect((await workspace.readText('a.txt')).text).toBe(text);
  });
});

test('editing a file answers like writing it, keeps its byte order mark, and counts the replacements', async () => {
  const { workspace } = await createSandbox();
  const before = await workspace.write('a.txt', Buffer.from('\uFEFFone\r\ntwo two\r\n'));
  const change = await workspace.edit('a.txt', [
    { find: 'one\ntwo', replace: '1\n2' },
    { find: 'two', replace: '2', all: true },
  ]);
  expect(change).toMatchObject({
    path: 'a.txt',
    operation: 'replaced',
    replacements: 2,
    previous_etag: before.etag,
    size: 11,
    edits: [
      { matches: 1, lines: [1] },
      { matches: 1, lines: [2] },
    ],
  });
  expect((await workspace.read('a.txt')).bytes).toEqual(Buffer.from('\uFEFF1\r\n2 2\r\n'));
  expect(await workspace.edit('a.txt', [{ find: '1', replace: '1' }])).toMatchObject({
    operation: 'unchanged',
    replacements: 1,
  });
});

test('a file over the limit is not edited, and an edit does not make one', async () => {
  const { workspace } = await createSandbox();
  await workspace.write('big.txt', Buffer.alloc(5 * 1024 * 1024, 'a'));
  const find = 'a'.repeat(5 * 1024 * 1024);
  expect(await codeOf(workspace.edit('big.txt', [{ find, replace: `${find}a` }]))).toBe('file_too_large');
  expect(await codeOf(workspace.edit('big.txt', [{ find, replace: 'ñ'.repeat(3 * 1024 * 1024) }]))).toBe(
    'file_too_large',
  );
  expect((await workspace.edit('big.txt', [{ find, replace: 'small' }])).size).toBe(5);
});
