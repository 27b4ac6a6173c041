import { createHash } from 'node:crypto';
import type { Executor, Prepared } from '../db/database.ts';
import { recallQuery } from './recall-query.ts';
import type { RecallQuestion } from './recall-question.ts';
import { shapeOf, valuesOf } from './recall-values.ts';
import type { RecallRow } from './recalled.ts';

/** A plan serves until the table of messages is twice as large as when it was made, counted from this size on. */
const LEAST_BYTES = 65_536;
/** Shapes beyond so many are built anew. */
const MOST_SHAPES = 64;

/**
 * Runs the recall statement by name, because planning takes several times as long as what it does for a user with little to say.
 * Where nothing counts a table's rows (the embedded database; a server in its first minute) a plan stays as it was made when the table
 * was empty, and lookups that are good there are not when it has grown. So each answer tells the table's size, and the name follows it.
 */
export function createRecallStatements(executor: Pick<Executor, 'prepare'>) {
  const statements = new Map<string, Prepared<RecallRow>>();
  let doublings = 0;

  async function run(question: RecallQuestion): Promise<RecallRow[]> {
    const { rows } = await statementFor(question)(valuesOf(question));
    if (rows[0]) remember(rows[0].storedBytes);
    return rows;
  }

  function statementFor(question: RecallQuestion): Prepared<RecallRow> {
    const shape = shapeOf(question);
    const known = statements.get(shape);
    if (known) return known;
    const made = executor.prepare<RecallRow>(recallQuery(question), nameOf(question, shape));
    if (statements.size >= MOST_SHAPES) statements.clear();
    statements.set(shape, made);
    return made;
  }

  /** Questions that name a time have many shapes and are few, so they are planned each time, as what is to be explained is. */
  function nameOf({ ranges, event, explain }: RecallQuestion, shape: string): string | undefined {
    if (ranges.length > 0 || event || explain) return undefined;
    return `recall_${createHash('md5').update(`${shape} ${doublings}`).digest('hex')}`;
  }

  function remember(storedBytes: number): void {
    const now = Math.max(0, Math.floor(Math.log2(storedBytes / LEAST_BYTES)));
    if (now === doublings) return;
    doublings = now;
    statements.clear();
  }

  return { run };
}
