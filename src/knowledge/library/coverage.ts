import type { SQL } from 'drizzle-orm';
import { sql } from '../../db/drizzle.ts';

/** A file or a folder that is followed; the empty path is the whole workspace. */
export interface Root {
  id: string;
  path: string;
  type: 'file' | 'folder';
}

/** Whether a root is, or has in it, what is at a path. */
export function covers(root: Pick<Root, 'path' | 'type'>, path: string): boolean {
  if (root.path === path) return true;
  return root.type === 'folder' && (root.path === '' || path.startsWith(`${root.path}/`));
}

/** The root to which a path belongs: the innermost of those that cover it. */
export function rootOf<Known extends Pick<Root, 'path' | 'type'>>(
  roots: readonly Known[],
  path: string,
): Known | undefined {
  return roots
    .filter((root) => covers(root, path))
    .toSorted((one, other) => other.path.length - one.path.length)[0];
}

/** `covers`, as a condition on the column `path` of documents as `d`. */
export function isCovered({ path, type }: Pick<Root, 'path' | 'type'>): SQL {
  if (type === 'file') return sql`d.path = ${path}::text`;
  return path === '' ? sql`true` : sql`starts_with(d.path, ${`${path}/`}::text)`;
}
