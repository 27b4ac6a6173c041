import { expect, it } from 'vitest';
import { isYear, newCode } from '../../src/turns/approvals.ts';

it('never gives an approval a code that would be read as a year', () => {
  const codes = Array.from({ length: 5_000 }, () => newCode(0));
  // One in 45 of the numbers with four digits is such a year.
  expect(codes.filter(isYear)).toEqual([]);
  expect(codes.every((code) => /^\d{4}$/.test(code))).toBe(true);
  expect(newCode(9)).toMatch(/^\d{4,6}$/);
});
