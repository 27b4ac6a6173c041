import { ProblemError } from '../../errors.ts';

/** One of several changes that a request asks for. */
export interface Change {
  /** The field that asks for it. */
  field: string;
  make: () => Promise<{ repeated: boolean }>;
}

/**
 * Makes changes one after another, for which GitHub has no single call. Says whether one of them had to be repeated.
 * @throws ProblemError of the first one that fails, with the fields that are changed by then in `changed`.
 */
export async function changeInTurn(changes: Change[]): Promise<boolean> {
  const changed: string[] = [];
  let isRepeated = false;
  for (const { field, make } of changes) {
    try {
      const { repeated } = await make();
      isRepeated ||= repeated;
    } catch (error) {
      if (!(error instanceof ProblemError) || changed.length === 0) throw error;
      throw error.with({ changed: changed.join(', ') });
    }
    changed.push(field);
  }
  return isRepeated;
}
