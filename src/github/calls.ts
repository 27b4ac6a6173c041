import { hasCode } from './github-problem.ts';

/** What every operation takes beside its input. */
export interface ReadOptions {
  signal?: AbortSignal | undefined;
}

export interface WriteOptions extends ReadOptions {
  /**
   * Stands for this one write, such as the id of a tool call: by it the write is found again after a failure.
   * Letters, digits and `. : _ -`, at most 100. Without one, each call is a write of its own.
   */
  mark?: string | undefined;
  /** The same write may have been sent before, perhaps by a process that has died: look for it first. */
  again?: boolean | undefined;
}

/** The part of a request's parameters by which it can be cancelled. */
export function within(signal: AbortSignal | undefined): { request?: { signal: AbortSignal } } {
  return signal === undefined ? {} : { request: { signal } };
}

/** The answer, or undefined if GitHub has no such thing. */
export async function ifThere<Answer>(question: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await question;
  } catch (error) {
    if (hasCode(error, 'github_not_found')) return undefined;
    throw error;
  }
}
