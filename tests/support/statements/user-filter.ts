import { parse } from 'libpg-query';
import { restrict } from './conditions.ts';
import {
  type Columns,
  isRestricted,
  newColumn,
  newScope,
  type Output,
  type Scope,
  starOutput,
  type UserColumn,
  userOf,
} from './scope.ts';
import { hasParameter, namesAt, subLinksIn, type Tree, textAt, treeAt, treesAt } from './syntax.ts';

/** A personal table in a statement. */
interface Reference {
  table: string;
  alias: string;
  user: UserColumn;
}

/**
 * The personal tables that a statement reads or writes without a user: nothing makes their `user_id` equal to a parameter, or to
 * the `user_id` of something for which that holds. Conditions count where every row has to fulfil them: not within `or`, not on the
 * side of an outer join that is kept whole. An `insert` has to give a `user_id` for which it holds.
 */
export async function unfilteredTables(statement: string, personal: ReadonlySet<string>): Promise<string[]> {
  const { stmts = [] } = await parse(statement);
  const references: Reference[] = [];
  for (const { stmt } of stmts) readQuery(stmt as Tree, { references, personal }, undefined);
  return references
    .filter(({ user }) => !isRestricted(user))
    .map(({ table, alias }) => (alias === table ? table : `${table} as ${alias}`));
}

interface Reading {
  references: Reference[];
  personal: ReadonlySet<string>;
}

function readQuery(query: Tree | undefined, reading: Reading, outer: Scope | undefined): Output {
  const scope = newScope(outer);
  const [kind = '', inner] = Object.entries(query ?? {})[0] ?? [];
  const body = inner as Tree;
  if (!/^(Select|Insert|Update|Delete)Stmt$/.test(kind)) return unknownStatement(kind, body, reading);
  for (const entry of treesAt(treeAt(body, 'withClause'), 'ctes')) {
    const cte = treeAt(entry, 'CommonTableExpr');
    const output = readQuery(treeAt(cte, 'ctequery'), reading, scope);
    scope.ctes.set(textAt(cte, 'ctename') ?? '', renamed(output, namesAt(cte, 'aliascolnames')));
  }
  if (kind === 'SelectStmt') return readSelect(body, reading, scope);
  if (kind === 'InsertStmt') return readInsert(body, reading, scope);
  return readChange(body, reading, scope);
}

/** What is no query touches no rows, but for these. */
function unknownStatement(kind: string, body: Tree, { references, personal }: Reading): Output {
  const tables =
    kind === 'TruncateStmt' ? treesAt(body, 'relations').map((one) => treeAt(one, 'RangeVar')) : [];
  const merged = kind === 'MergeStmt' ? [treeAt(body, 'relation')] : [];
  for (const table of [...tables, ...merged]) {
    const name = textAt(table, 'relname') ?? '';
    if (personal.has(name)) references.push({ table: name, alias: name, user: newColumn() });
  }
  return [];
}

function readSelect(body: Tree, reading: Reading, scope: Scope): Output {
  if (textAt(body, 'op') !== undefined && textAt(body, 'op') !== 'SETOP_NONE') {
    const left = readSelect(treeAt(body, 'larg') ?? {}, reading, newScope(scope));
    const right = readSelect(treeAt(body, 'rarg') ?? {}, reading, newScope(scope));
    return left.map(({ name, column }, position) => {
      const other = right[position]?.column;
      return { name, column: column && other && newColumn({ every: [column, other] }) };
    });
  }
  if (treesAt(body, 'valuesLists').length > 0) return readValues(body, reading, scope);
  readTables(treesAt(body, 'fromClause'), reading, scope);
  restrictBy(treeAt(body, 'whereClause'), { reading, scope, takes: () => true });
  const { withClause: _with, fromClause: _from, ...rest } = body;
  readSubLinks(rest, reading, scope);
  return outputOf(treesAt(body, 'targetList'), scope);
}

function readValues(body: Tree, reading: Reading, scope: Scope): Output {
  readSubLinks(body.valuesLists, reading, scope);
  const rows = treesAt(body, 'valuesLists').map((row) => treesAt(treeAt(row, 'List'), 'items'));
  return (rows[0] ?? []).map((_, position) => {
    const cells = rows.map((row) => userOf(row[position], scope)?.column);
    const every = cells.filter((cell) => cell !== undefined);
    return {
      name: `column${position + 1}`,
      column: every.length === cells.length ? newColumn({ every }) : undefined,
    };
  });
}

function readInsert(body: Tree, reading: Reading, scope: Scope): Output {
  const relation = treeAt(body, 'relation');
  const table = textAt(relation, 'relname') ?? '';
  const source = readQuery(treeAt(body, 'selectStmt'), reading, scope);
  const place = treesAt(body, 'cols').findIndex(
    (one) => textAt(treeAt(one, 'ResTarget'), 'name') === 'user_id',
  );
  const user = source[place]?.column ?? newColumn();
  addTable(relation, { reading, scope, user });
  if (!reading.personal.has(table)) scope.items.set(aliasOf(relation), new Map());
  readSubLinks([body.onConflictClause, body.returningList, body.returningClause], reading, scope);
  return outputOf(returning(body), scope);
}

function readChange(body: Tree, reading: Reading, scope: Scope): Output {
  addTable(treeAt(body, 'relation'), { reading, scope, user: newColumn() });
  readTables([...treesAt(body, 'fromClause'), ...treesAt(body, 'usingClause')], reading, scope);
  restrictBy(treeAt(body, 'whereClause'), { reading, scope, takes: () => true });
  const { withClause: _with, fromClause: _from, usingClause: _using, ...rest } = body;
  readSubLinks(rest, reading, scope);
  return outputOf(returning(body), scope);
}

function returning(body: Tree): Tree[] {
  return [...treesAt(body, 'returningList'), ...treesAt(treeAt(body, 'returningClause'), 'exprs')];
}

function readTables(tables: Tree[], reading: Reading, scope: Scope): void {
  for (const table of tables) readTable(table, reading, scope);
}

/** Adds what a part of `from` has to the scope; answers its columns. */
function readTable(table: Tree, reading: Reading, scope: Scope): UserColumn[] {
  const plain = treeAt(table, 'RangeVar');
  if (plain) return addTable(plain, { reading, scope, user: newColumn() });
  const inner = treeAt(table, 'RangeSubselect');
  if (inner) {
    const output = readQuery(treeAt(inner, 'subquery'), reading, scope);
    const alias = treeAt(inner, 'alias');
    return addItem(textAt(alias, 'aliasname') ?? '', renamed(output, namesAt(alias, 'colnames')), scope);
  }
  const join = treeAt(table, 'JoinExpr');
  if (join) return readJoin(join, reading, scope);
  const called = treeAt(table, 'RangeFunction');
  if (called) {
    readSubLinks(called, reading, scope);
    const alias = treeAt(called, 'alias');
    const defined = treesAt(called, 'coldeflist').map((one) => textAt(treeAt(one, 'ColumnDef'), 'colname'));
    // What a function makes of a parameter is given by the caller, as the parameter is.
    const isGiven = hasParameter(called.functions);
    const output = [...defined, ...namesAt(alias, 'colnames')].map((name = '') => ({
      name,
      column: newColumn({ isGiven }),
    }));
    return addItem(textAt(alias, 'aliasname') ?? '', output, scope);
  }
  return [];
}

function readJoin(join: Tree, reading: Reading, scope: Scope): UserColumn[] {
  const left = readTable(treeAt(join, 'larg') ?? {}, reading, scope);
  const right = readTable(treeAt(join, 'rarg') ?? {}, reading, scope);
  const type = textAt(join, 'jointype');
  const taken: Record<string, UserColumn[]> = {
    JOIN_INNER: [...left, ...right],
    JOIN_LEFT: right,
    JOIN_RIGHT: left,
  };
  const takes = (column: UserColumn) => (taken[type ?? ''] ?? []).includes(column);
  const condition = treeAt(join, 'quals');
  restrictBy(condition, { reading, scope, takes });
  readSubLinks(condition, reading, scope);
  if (namesAt(join, 'usingClause').includes('user_id')) {
    for (const one of left) for (const other of right) equateUsing(one, other, takes);
  }
  return [...left, ...right];
}

function equateUsing(one: UserColumn, other: UserColumn, takes: (column: UserColumn) => boolean): void {
  if (takes(one)) one.equals.push(other);
  if (takes(other)) other.equals.push(one);
}

function addTable(
  relation: Tree | undefined,
  { reading, scope, user }: { reading: Reading; scope: Scope; user: UserColumn },
): UserColumn[] {
  const table = textAt(relation, 'relname') ?? '';
  const alias = aliasOf(relation);
  const cte = textAt(relation, 'schemaname') === undefined ? scope.ctes.get(table) : undefined;
  if (cte) return addItem(alias, cte, scope);
  if (!reading.personal.has(table)) {
    scope.items.set(alias, new Map());
    return [];
  }
  reading.references.push({ table, alias, user });
  scope.items.set(alias, new Map([['user_id', user]]));
  return [user];
}

function aliasOf(relation: Tree | undefined): string {
  return textAt(treeAt(relation, 'alias'), 'aliasname') ?? textAt(relation, 'relname') ?? '';
}

/** Each mention of a query's result has columns of its own: what one is compared with says nothing of the others. */
function addItem(alias: string, output: Output, scope: Scope): UserColumn[] {
  const columns: Columns = new Map();
  for (const { name, column } of output) if (column) columns.set(name, newColumn({ equals: [column] }));
  scope.items.set(alias, columns);
  return [...columns.values()];
}

function renamed(output: Output, names: string[]): Output {
  return output.map(({ name, column }, position) => ({ name: names[position] ?? name, column }));
}

interface Restricted {
  reading: Reading;
  scope: Scope;
  takes: (column: UserColumn) => boolean;
}

function restrictBy(condition: Tree | undefined, { reading, scope, takes }: Restricted): void {
  // The tables of sub-selects are noted where all of those are read.
  const unnoted = { ...reading, references: [] };
  restrict(condition, { scope, takes, read: (query, outer) => readQuery(query, unnoted, outer) });
}

function readSubLinks(value: unknown, reading: Reading, scope: Scope): void {
  for (const link of subLinksIn(value)) readQuery(treeAt(link, 'subselect'), reading, scope);
}

function outputOf(targets: Tree[], scope: Scope): Output {
  return targets.flatMap((entry) => {
    const target = treeAt(entry, 'ResTarget');
    const value = treeAt(target, 'val');
    const reference = treeAt(value, 'ColumnRef');
    const star = reference && starOutput(reference, scope);
    if (star) return star;
    const name = textAt(target, 'name') ?? namesAt(reference, 'fields').at(-1) ?? '';
    return [{ name, column: userOf(value, scope)?.column }];
  });
}
