import { bare, namesAt, type Tree, treeAt, treesAt } from './syntax.ts';

/** A column that holds a user, and what makes sure that it is one certain user. */
export interface UserColumn {
  /** Equal to a parameter. */
  isGiven: boolean;
  /** Equal to these: if one of them is restricted, so is this one. */
  equals: UserColumn[];
  /** The same column of every part of a union: restricted if each of them is. */
  every: UserColumn[] | null;
}

/** The columns that hold a user, by name. */
export type Columns = Map<string, UserColumn>;
/** What a query gives, in order; a column that holds no user is undefined. */
export type Output = { name: string; column: UserColumn | undefined }[];

/** What a query's expressions can name. */
export interface Scope {
  items: Map<string, Columns>;
  ctes: Map<string, Output>;
  outer: Scope | undefined;
}

export function newColumn(part: Partial<UserColumn> = {}): UserColumn {
  return { isGiven: false, equals: [], every: null, ...part };
}

export function newScope(outer: Scope | undefined): Scope {
  return { items: new Map(), ctes: new Map(outer?.ctes), outer };
}

/** Whether what a column holds is one certain user, whom the caller named. */
export function isRestricted(column: UserColumn, seen = new Set<UserColumn>()): boolean {
  if (column.isGiven) return true;
  if (seen.has(column)) return false;
  seen.add(column);
  if (column.every?.length && column.every.every((one) => isRestricted(one, new Set(seen)))) return true;
  return column.equals.some((one) => isRestricted(one, seen));
}

/** What an expression is, where that is a column that holds a user or a parameter; `depth` 0 is the query's own. */
export function userOf(
  expression: Tree | undefined,
  scope: Scope,
): { column: UserColumn; depth: number } | undefined {
  const plain = bare(expression);
  if (treeAt(plain, 'ParamRef')) return { column: newColumn({ isGiven: true }), depth: Infinity };
  const reference = treeAt(plain, 'ColumnRef');
  if (!reference) return undefined;
  const names = namesAt(reference, 'fields');
  return names.length > 1 ? named(names.slice(-2), scope) : unnamed(names[0] ?? '', scope);
}

/** The columns that `*`, or `alias.*`, stands for. */
export function starOutput(reference: Tree, scope: Scope): Output | undefined {
  const fields = treesAt(reference, 'fields');
  if (!fields.at(-1) || !('A_Star' in (fields.at(-1) ?? {}))) return undefined;
  const [alias] = namesAt(reference, 'fields');
  const items = fields.length > 1 ? [scope.items.get(alias ?? '') ?? new Map()] : [...scope.items.values()];
  return items.flatMap((columns) => [...columns].map(([name, column]) => ({ name, column })));
}

function named([alias = '', name = '']: string[], scope: Scope) {
  let depth = 0;
  for (let at: Scope | undefined = scope; at; at = at.outer) {
    const item = at.items.get(alias);
    if (item) {
      const column = item.get(name);
      return column && { column, depth };
    }
    depth += 1;
  }
  return undefined;
}

function unnamed(name: string, scope: Scope) {
  let depth = 0;
  for (let at: Scope | undefined = scope; at; at = at.outer) {
    for (const item of at.items.values()) {
      const column = item.get(name);
      if (column) return { column, depth };
    }
    depth += 1;
  }
  return undefined;
}
