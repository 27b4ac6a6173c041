import type { Executor } from '../../src/db/database.ts';
import { sql } from '../../src/db/drizzle.ts';
import type { Sent } from '../support/request-statements.ts';

/** A node of a plan, as EXPLAIN gives it: https://www.postgresql.org/docs/17/using-explain.html */
export interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  Filter?: string;
  'Index Cond'?: string;
  'Recheck Cond'?: string;
  /** For each of the loops, rounded. */
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: PlanNode[];
}

/** Runs a statement that was sent, with the values that it had, and returns its plan with what it really did. */
export async function explain(executor: Executor, { text, values }: Sent): Promise<PlanNode> {
  // The statement again, each of its parameters in its place.
  const statement = text.split(/(\$\d+)/).map((part, index) => {
    if (index % 2 === 0) return sql.raw(part);
    return sql`${sql.param(values[Number(part.slice(1)) - 1])}`;
  });
  const { rows } = await executor.execute<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
    sql`explain (analyze, buffers, timing off, format json) ${sql.join(statement)}`,
  );
  const plan = rows[0]?.['QUERY PLAN'][0]?.Plan;
  if (!plan) throw new Error('the database explained nothing');
  return plan;
}

/** How many rows of a table a plan took into its hands, also those that it then left aside. */
export function rowsRead(plan: PlanNode, table: string): number {
  return scansOf(plan, table).reduce(
    (sum, node) => sum + (node['Actual Rows'] + leftAside(node)) * node['Actual Loops'],
    0,
  );
}

/** The pages that a plan looked at, whether they were in memory or not. */
export function pagesRead(plan: PlanNode): number {
  return plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
}

/** The scans of a table that were carried out. */
export function scansOf(plan: PlanNode, table: string): PlanNode[] {
  const below = (plan.Plans ?? []).flatMap((node) => scansOf(node, table));
  const isScan = plan['Relation Name'] === table && plan['Actual Loops'] > 0;
  return isScan ? [plan, ...below] : below;
}

function leftAside(node: PlanNode): number {
  return (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
}
