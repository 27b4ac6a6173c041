/** Work in a thread took longer than it may; whoever gave the time says what that means. */
export class OvertimeError extends Error {
  override readonly name = 'OvertimeError';
}

/** The time that a piece of work has, looked at between its steps. */
export interface Deadline {
  /** @throws OvertimeError when the time is over. */
  check(): void;
}

/** Starts the clock; times are in milliseconds. */
export function createDeadline(timeoutMs: number): Deadline {
  const end = performance.now() + timeoutMs;
  return {
    check() {
      if (performance.now() > end) throw new OvertimeError('The time is over.');
    },
  };
}
