import type { Executor } from '../../db/database.ts';
import { sql } from '../../db/drizzle.ts';
import type { DocumentState, KnowledgeFault } from '../../db/knowledge-schema.ts';
import { ProblemError } from '../../errors.ts';
import { isCovered, type Root } from './coverage.ts';
import type { DocumentView, FolderView } from './views.ts';

/** Which documents to list. */
export interface ListRequest {
  userId: string;
  /** Only what is at or below this path. */
  path?: string | undefined;
  state?: DocumentState | undefined;
  limit: number;
  /** The path of the last one of the page before. */
  after?: string | undefined;
}

/** One passage of a document, as it is read on. */
export interface PassageText {
  text: string;
  startLine: number;
  endLine: number;
  page: number | null;
  trail: string[];
}

/** Where to begin to read: a line or a page, from 1; and how many passages. */
export interface OpenRequest {
  line?: number | undefined;
  page?: number | undefined;
  limit: number;
}

/** Some passages of a document in their order, and whether more follow. */
export interface OpenedDocument {
  document: DocumentView;
  passages: PassageText[];
  more: boolean;
}

interface CatalogueNeeds {
  executor: Executor;
  /** The embedding model whose vectors count now; null where chunks need none. */
  model: () => string | null;
}

/** Shows what is indexed and how far. */
export function createCatalogue({ executor, model }: CatalogueNeeds) {
  const columns = (serving = model()) => sql`
    d.id, 'file' as type, d.path, d.state, d.fault, d.format, d.title, d.pages, d.size::float8 as size, d.modified_at as "modifiedAt",
    d.chunks, d.read_at as "readAt", d.created_at as "createdAt",
    case when ${serving === null}::boolean or d.embedded_as = ${serving}::text then d.chunks
         else (select count(*) from chunk_vectors as v where v.user_id = d.user_id and v.document_id = d.id and v.model = ${serving}::text)::int
    end as embedded`;

  async function documents(request: ListRequest): Promise<DocumentView[]> {
    const { userId, path, state, limit, after } = request;
    const isAt =
      path === undefined
        ? sql`true`
        : sql`(d.path = ${path}::text or ${isCovered({ path, type: 'folder' })})`;
    const { rows } = await executor.execute<Indexed<DocumentView>>(sql`
      select ${columns()} from documents as d
      where d.user_id = ${userId} and ${isAt}
        and ${state === undefined ? sql`d.state <> 'excluded'` : sql`d.state = ${state}::text`}
        and ${after === undefined ? sql`true` : sql`d.path collate "C" > ${after}::text`}
      order by d.path collate "C" limit ${limit}::int`);
    return rows.map(toDocument);
  }

  async function folders(userId: string): Promise<FolderView[]> {
    const { rows } = await executor.execute<Indexed<FolderRow>>(sql`
      select r.id, r.path, r.fault, r.skipped, r.scanned_at as "scannedAt", r.created_at as "createdAt", counts.*
      from knowledge_roots as r cross join lateral (
        select count(*)::int as total, count(*) filter (where d.state = 'ready')::int as ready,
          count(*) filter (where d.state in ('queued', 'reading', 'embedding'))::int as pending,
          count(*) filter (where d.state = 'failed')::int as failed, coalesce(sum(d.chunks), 0)::int as chunks
        from documents as d
        where d.user_id = r.user_id and d.state <> 'excluded' and (r.path = '' or starts_with(d.path, r.path || '/'))) as counts
      where r.user_id = ${userId} and r.type = 'folder' order by r.path collate "C"`);
    return rows.map(toFolder);
  }

  /** @throws ProblemError `document_not_found`. */
  async function get(userId: string, id: string): Promise<DocumentView | FolderView> {
    const { rows } = await executor.execute<Indexed<DocumentView>>(sql`
      select ${columns()} from documents as d where d.user_id = ${userId} and d.id = ${id}::uuid`);
    const [row] = rows;
    if (row) return toDocument(row);
    const folder = (await folders(userId)).find((one) => one.id === id);
    if (folder) return folder;
    throw new ProblemError('document_not_found', `There is no document ${id}.`);
  }

  /** The document at a path. @throws ProblemError `document_not_found`. */
  async function at(userId: string, path: string): Promise<DocumentView> {
    const { rows } = await executor.execute<Indexed<DocumentView>>(sql`
      select ${columns()} from documents as d
      where d.user_id = ${userId} and md5(d.path) = md5(${path}) and d.path = ${path} and d.state <> 'excluded'`);
    const [row] = rows;
    if (row) return toDocument(row);
    throw new ProblemError(
      'document_not_found',
      `"${path}" is not among the documents that were read in; POST it to /file-consultant/documents first.`,
    );
  }

  /** Reads on in a document, as it was read in. @throws ProblemError `document_not_found`. */
  async function open(userId: string, path: string, request: OpenRequest): Promise<OpenedDocument> {
    const { line = 1, page, limit } = request;
    const document = await at(userId, path);
    const { rows } = await executor.execute<Indexed<PassageText>>(sql`
      select c.text, p.start_line as "startLine", p.end_line as "endLine", p.page, c.trail
      from chunk_places as p join chunks as c on c.user_id = p.user_id and c.document_id = p.document_id and c.id = p.chunk_id
      where p.user_id = ${userId} and p.document_id = ${document.id}::uuid
        and ${page === undefined ? sql`p.end_line >= ${line}::int` : sql`p.page >= ${page}::int`}
      order by p.position limit ${limit + 1}::int`);
    return { document, passages: rows.slice(0, limit), more: rows.length > limit };
  }

  /** How much there is to be searched. */
  async function summary(userId: string): Promise<{ total: number; pending: number; folders: string[] }> {
    const { rows } = await executor.execute<{ total: number; pending: number; folders: string[] }>(sql`
      select count(*)::int as total, count(*) filter (where state in ('queued', 'reading', 'embedding'))::int as pending,
        coalesce((select jsonb_agg(r.path order by r.path) from knowledge_roots as r where r.user_id = ${userId} and r.type = 'folder'), '[]') as folders
      from documents where user_id = ${userId} and state <> 'excluded'`);
    return rows[0] ?? { total: 0, pending: 0, folders: [] };
  }

  /** All files and folders that the user has followed. */
  async function roots(userId: string): Promise<Root[]> {
    const { rows } = await executor.execute<Indexed<Root>>(sql`
      select id, path, type from knowledge_roots where user_id = ${userId} order by path collate "C"`);
    return rows;
  }

  return { documents, folders, get, at, open, summary, roots };
}

export type Catalogue = ReturnType<typeof createCatalogue>;

/** A spread type, because drizzle asks for one that can be indexed. */
type Indexed<Row> = { [Key in keyof Row]: Row[Key] };

interface FolderRow {
  id: string;
  path: string;
  fault: KnowledgeFault | null;
  skipped: number;
  scannedAt: Date | null;
  createdAt: Date;
  total: number;
  ready: number;
  pending: number;
  failed: number;
  chunks: number;
}

function toDocument(row: DocumentView): DocumentView {
  return {
    ...row,
    modifiedAt: new Date(row.modifiedAt),
    readAt: row.readAt && new Date(row.readAt),
    createdAt: new Date(row.createdAt),
  };
}

function toFolder({ total, ready, pending, failed, ...row }: FolderRow): FolderView {
  const isReading = row.scannedAt === null || pending > 0;
  return {
    ...row,
    type: 'folder',
    state: row.fault ? 'failed' : isReading ? 'reading' : 'ready',
    files: { total, ready, pending, failed },
    scannedAt: row.scannedAt && new Date(row.scannedAt),
    createdAt: new Date(row.createdAt),
  };
}
