import { type Output, type Scope, type UserColumn, userOf } from './scope.ts';
import { bare, namesAt, type Tree, textAt, treeAt, treesAt } from './syntax.ts';

/** What of a condition restricts what: `takes` says of which columns a row that does not fit it is left out. */
export interface Restricting {
  scope: Scope;
  takes: (column: UserColumn) => boolean;
  /** Reads the sub-select of an `in`. */
  read: (query: Tree, scope: Scope) => Output;
}

/** Takes over what a condition, and every condition that has to hold with it, says of columns that hold a user. */
export function restrict(condition: Tree | undefined, restricting: Restricting): void {
  const all = treeAt(condition, 'BoolExpr');
  if (all && textAt(all, 'boolop') === 'AND_EXPR') {
    for (const part of treesAt(all, 'args')) restrict(part, restricting);
    return;
  }
  const comparison = treeAt(condition, 'A_Expr');
  if (
    comparison &&
    textAt(comparison, 'kind') === 'AEXPR_OP' &&
    namesAt(comparison, 'name').join('') === '='
  ) {
    equate(treeAt(comparison, 'lexpr'), treeAt(comparison, 'rexpr'), restricting);
    return;
  }
  const link = treeAt(condition, 'SubLink');
  if (link && textAt(link, 'subLinkType') === 'ANY_SUBLINK' && treesAt(link, 'operName').length === 0) {
    const tested = partsOf(treeAt(link, 'testexpr'));
    const output = restricting.read(treeAt(link, 'subselect') ?? {}, restricting.scope);
    for (const [position, expression] of tested.entries()) {
      const own = userOf(expression, restricting.scope);
      const other = output[position]?.column;
      if (own?.depth === 0 && other && restricting.takes(own.column)) own.column.equals.push(other);
    }
  }
}

function equate(one: Tree | undefined, other: Tree | undefined, restricting: Restricting): void {
  const ones = partsOf(one);
  const others = partsOf(other);
  for (const [position, left] of ones.entries()) {
    const first = userOf(left, restricting.scope);
    const second = userOf(others[position], restricting.scope);
    if (!first || !second) continue;
    // What a query outside gives does not depend on what is compared with it in here.
    if (first.depth === 0 && restricting.takes(first.column)) first.column.equals.push(second.column);
    if (second.depth === 0 && restricting.takes(second.column)) second.column.equals.push(first.column);
  }
}

function partsOf(expression: Tree | undefined): Tree[] {
  const plain = bare(expression);
  const row = treeAt(plain, 'RowExpr');
  if (row) return treesAt(row, 'args');
  return plain ? [plain] : [];
}
