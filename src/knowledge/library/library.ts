import { v7 as uuidv7 } from 'uuid';
import type { Executor } from '../../db/database.ts';
import { sql } from '../../db/drizzle.ts';
import { ProblemError } from '../../errors.ts';
import type { Workspaces } from '../../workspace/workspace.ts';
import type { Catalogue } from './catalogue.ts';
import { covers, isCovered, type Root } from './coverage.ts';
import type { Indexer } from './indexer.ts';
import type { Scan } from './scan.ts';
import type { DocumentView, FolderView, RemovalReceipt } from './views.ts';

interface LibraryNeeds {
  executor: Executor;
  workspaces: Workspaces;
  catalogue: Catalogue;
  scan: Scan;
  indexer: Pick<Indexer, 'wake'>;
}

/** The files and folders that a user wants consulted. */
export function createLibrary({ executor, workspaces, catalogue, scan, indexer }: LibraryNeeds) {
  /**
   * Follows a file or a folder from now on and has it read in the background. What is there unchanged is not read again; what
   * failed is tried again.
   *
   * @throws ProblemError `too_many_documents`, `file_not_found` and what else is wrong with the path.
   */
  async function add(userId: string, path: string): Promise<DocumentView | FolderView> {
    const found = await workspaces.for(userId).glance(path.replace(/^(?:\.\/)+/, '').replace(/^\.$/, ''));
    const root = await follow(userId, { path: found.path, type: found.type });
    await tryAgain(userId, { path: found.path, type: found.type });
    const fault = await scan(userId, root);
    indexer.wake();
    if (
      fault?.code === 'too_many_documents' &&
      !(await isListed(userId, found.path)) &&
      found.type === 'file'
    )
      throw new ProblemError('too_many_documents', fault.detail);
    return found.type === 'folder'
      ? await catalogue.get(userId, root.id)
      : await catalogue.at(userId, found.path);
  }

  /** The root that covers a path: one that is there, or a new one. */
  async function follow(userId: string, wanted: Pick<Root, 'path' | 'type'>): Promise<Root> {
    const covering = (await catalogue.roots(userId)).find((root) =>
      wanted.type === 'file'
        ? covers(root, wanted.path)
        : root.type === 'folder' && root.path === wanted.path,
    );
    if (covering && wanted.type === 'folder') return covering;
    if (covering && !(await isListed(userId, wanted.path))) await scan(userId, covering);
    if (covering && (await isListed(userId, wanted.path))) return covering;
    const { rows } = await executor.execute<{ [Key in keyof Root]: Root[Key] }>(sql`
      insert into knowledge_roots (user_id, id, path, type) values (${userId}, ${uuidv7()}::uuid, ${wanted.path}, ${wanted.type})
      on conflict (user_id, md5(path)) do update set type = excluded.type returning id, path, type`);
    // An insert, or an update of what is in its way, always returns its row.
    return rows[0] as Root;
  }

  /** Whether a file is known already: one that its folder leaves out needs a root of its own. */
  async function isListed(userId: string, path: string): Promise<boolean> {
    const { rows } = await executor.execute(sql`
      select from documents as d where d.user_id = ${userId} and md5(d.path) = md5(${path}) and d.path = ${path}`);
    return rows.length > 0;
  }

  /** Queues what failed, or was excluded by name. */
  async function tryAgain(userId: string, root: Pick<Root, 'path' | 'type'>): Promise<void> {
    await executor.execute(sql`
      update documents as d
      set state = 'queued', fault = null, owner = null, waits_until = null, attempts = 0, etag = null, queued_at = now()
      where d.user_id = ${userId} and ${isCovered(root)} and d.state in ('failed', ${root.type === 'file' ? 'excluded' : 'failed'})`);
  }

  /**
   * Forgets a document, or a folder with all of its documents that no other root covers, with chunks and vectors. A document
   * of a folder that stays is excluded, or it would be there again at once. No file is touched.
   *
   * @throws ProblemError `document_not_found`.
   */
  async function remove(userId: string, id: string): Promise<RemovalReceipt> {
    const found = await catalogue.get(userId, id);
    const others = (await catalogue.roots(userId)).filter(
      (root) => !(root.path === found.path && root.type === found.type),
    );
    const isOtherwiseCovered = sql.join(
      [sql`false`, ...others.map((root) => sql`(${isCovered(root)})`)],
      sql` or `,
    );
    const isFile = found.type === 'file';
    const { rows } = await executor.execute<Removed>(sql`
      with root as (
        delete from knowledge_roots where user_id = ${userId} and md5(path) = md5(${found.path}) and path = ${found.path} and type = ${found.type}
      )
      delete from documents as d
      where d.user_id = ${userId} and ${isFile ? sql`d.id = ${id}::uuid` : sql`${isCovered(found)} and not (${isOtherwiseCovered})`}
      returning d.path, d.size::float8 as size, d.modified_at as "modifiedAt", d.chunks, (${isOtherwiseCovered}) as "isCovered"`);
    for (const removed of rows) if (isFile && removed.isCovered) await exclude(userId, removed);
    return { documents: rows.length, chunks: rows.reduce((sum, { chunks }) => sum + chunks, 0) };
  }

  /** Keeps out a document of a folder that stays followed. It was deleted before, with all that a reading under way had stored. */
  async function exclude(userId: string, { path, size, modifiedAt }: Removed): Promise<void> {
    await executor.execute(sql`
      insert into documents (user_id, id, path, state, size, modified_at)
      select ${userId}, ${uuidv7()}::uuid, ${path}, 'excluded', ${size}::bigint, ${new Date(modifiedAt).toISOString()}::timestamptz
      where exists (select from knowledge_roots as r where r.user_id = ${userId} for key share)
      on conflict (user_id, md5(path)) do update
        set state = 'excluded', owner = null, waits_until = null, etag = null where documents.chunks = 0`);
  }

  return {
    add,
    remove,
    get: catalogue.get,
    at: catalogue.at,
    open: catalogue.open,
    documents: catalogue.documents,
    folders: catalogue.folders,
    summary: catalogue.summary,
  };
}

/** A spread type, because drizzle asks for one that can be indexed. */
type Removed = { path: string; size: number; modifiedAt: Date; chunks: number; isCovered: boolean };

export type Library = ReturnType<typeof createLibrary>;
