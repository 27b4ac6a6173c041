import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProblemError } from '../../src/errors.ts';
import { nameFault } from '../../src/workspace/sandbox/names.ts';
import { userFolder } from '../../src/workspace/sandbox/user-folder.ts';

const userId = fc.oneof(
  fc.constantFrom(
    '..',
    '.',
    '/',
    '\0',
    'con',
    'CON',
    'nul.txt',
    'a_b',
    'a_5fb',
    '_',
    '_2e',
    '_sha256-00',
    'Ana',
    'ana',
    ' ',
  ),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }),
);

test('the folder of a user is one harmless name, also where case is ignored', () => {
  fc.assert(
    fc.property(
      userId.filter((id) => id.isWellFormed()),
      (id) => {
        const name = userFolder(id);
        expect(name).toMatch(/^[a-z0-9_-]{1,200}$/);
        expect(nameFault(name)).toBeUndefined();
      },
    ),
    { numRuns: 2000 },
  );
});

test('no two users share a folder', () => {
  const ids = fc.sample(
    userId.filter((id) => id.isWellFormed()),
    5000,
  );
  const distinct = new Set(ids);
  expect(new Set([...distinct].map(userFolder)).size).toBe(distinct.size);
  expect(userFolder('a'.repeat(201))).not.toBe(userFolder('a'.repeat(202)));
});

test('plain ids stay readable', () => {
  expect(userFolder('local')).toBe('local');
  expect(userFolder('user-42')).toBe('user-42');
  expect(userFolder('Ana@example.org')).toBe('_41na_40example_2eorg');
  expect(userFolder('../ana')).toBe('_2e_2e_2fana');
  expect(userFolder('con')).toBe('_63_6f_6e');
});

test('an empty or ill-formed id is refused', () => {
  for (const id of ['', '\ud800']) expect(() => userFolder(id)).toThrow(ProblemError);
});
