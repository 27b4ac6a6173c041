import { expect, it } from 'vitest';
import { runProgram } from '../../src/projects/verify/run-program.ts';

/** Works for a while, and answers from when to when. */
const WORK =
  'const from = Date.now(); while (Date.now() < from + 200); console.log(JSON.stringify([from, Date.now()]));';

it('runs a few programs at a time, and the others after them', async () => {
  const outcomes = await Promise.all(
    Array.from({ length: 10 }, () => runProgram([process.execPath, '-e', WORK], { folder: '/' })),
  );
  const times: [number, number][] = outcomes.map((outcome) =>
    JSON.parse(outcome.kind === 'ended' ? outcome.output : ''),
  );
  const together = times.map(([start]) => times.filter(([from, to]) => from <= start && start < to).length);
  expect(Math.max(...together)).toBeGreaterThan(0);
  expect(Math.max(...together)).toBeLessThanOrEqual(4);
});
