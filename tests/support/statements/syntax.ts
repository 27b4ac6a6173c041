/** A node of PostgreSQL's syntax tree: its kind is its only key. What is not looked at is `unknown`. */
export type Tree = Record<string, unknown>;

/** What is under a key, where it is a node. */
export function treeAt(tree: Tree | undefined, key: string): Tree | undefined {
  const found = tree?.[key];
  return isTree(found) ? found : undefined;
}

/** What is under a key, where it is a list of nodes. */
export function treesAt(tree: Tree | undefined, key: string): Tree[] {
  const found = tree?.[key];
  return Array.isArray(found) ? found.filter(isTree) : [];
}

/** What is under a key, where it is a text. */
export function textAt(tree: Tree | undefined, key: string): string | undefined {
  const found = tree?.[key];
  return typeof found === 'string' ? found : undefined;
}

/** A list of names. */
export function namesAt(tree: Tree | undefined, key: string): string[] {
  return treesAt(tree, key).map((one) => textAt(treeAt(one, 'String'), 'sval') ?? '');
}

/** An expression without the casts around it. */
export function bare(expression: Tree | undefined): Tree | undefined {
  const cast = treeAt(expression, 'TypeCast');
  return cast ? bare(treeAt(cast, 'arg')) : expression;
}

/** The sub-selects of an expression that are not within another sub-select. */
export function subLinksIn(value: unknown): Tree[] {
  if (Array.isArray(value)) return value.flatMap(subLinksIn);
  if (!isTree(value)) return [];
  const link = treeAt(value, 'SubLink');
  if (link) return [link, ...subLinksIn(link.testexpr)];
  return Object.values(value).flatMap(subLinksIn);
}

/** Whether a parameter is anywhere in it. */
export function hasParameter(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasParameter);
  if (!isTree(value)) return false;
  return 'ParamRef' in value || Object.values(value).some(hasParameter);
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
