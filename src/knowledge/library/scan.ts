import type { Logger } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import type { Executor } from '../../db/database.ts';
import { sql } from '../../db/drizzle.ts';
import type { DocumentState, KnowledgeFault } from '../../db/knowledge-schema.ts';
import { ProblemError } from '../../errors.ts';
import type { FolderEntry } from '../../workspace/explorer/explorer.ts';
import type { Workspace, Workspaces } from '../../workspace/workspace.ts';
import type { Catalogue } from './catalogue.ts';
import { isCovered, type Root, rootOf } from './coverage.ts';
import { isReadable } from './readable.ts';

const PAGE = 10_000;
/** A user's documents; a folder with more is followed as far as this goes, and says so. */
const MOST_DOCUMENTS = 20_000;
/** A rename is told by the content, so at most so many files are read for it in one scan. */
const MOST_COMPARED = 2_000;
/** So long a file that was named itself may be gone until it is not followed any more. */
const DAYS_GONE = 30;

interface ScanNeeds {
  executor: Executor;
  workspaces: Workspaces;
  catalogue: Pick<Catalogue, 'roots'>;
  log: Pick<Logger, 'warn'>;
}

/** A file as it is on the disk now. */
interface SeenFile {
  path: string;
  size: number;
  modifiedAt: number;
}

/** A document as it was seen last. */
interface KnownFile extends SeenFile {
  id: string;
  state: DocumentState;
  etag: string | null;
}

/** What a root has in it. */
interface Sight {
  files: SeenFile[];
  skipped: number;
  fault: KnowledgeFault | null;
}

/**
 * Compares what is on the disk with what is indexed: new and changed files are queued to be read, renamed ones keep all they
 * have, and what is gone goes with its chunks and vectors in one statement.
 */
export function createScan({ executor, workspaces, catalogue, log }: ScanNeeds) {
  /** Scans one root of a user, and says what is wrong with it; two scans at once do no harm. */
  async function scan(userId: string, root: Root): Promise<KnowledgeFault | null> {
    const workspace = workspaces.for(userId);
    const roots = await catalogue.roots(userId);
    const isOwn = (path: string) => rootOf(roots, path)?.id === root.id;
    // Before the disk is looked at: what another scan adds meanwhile is not gone.
    const known = (await knownFiles(userId, root)).filter(({ path }) => isOwn(path));
    const sight = await look(workspace, root, isOwn);
    if (sight === 'unreachable') return null;
    const before = new Map(known.map((file) => [file.path, file]));
    const now = new Set(sight.files.map(({ path }) => path));
    const fresh = sight.files.filter(({ path }) => !before.has(path));
    const gone = known.filter(({ path }) => !now.has(path));
    const renamed = await findRenamed(workspace, fresh, gone);
    for (const { from, to } of renamed) await rename(userId, from, to);
    const from = new Set(renamed.map((one) => one.from.id));
    const to = new Set(renamed.map((one) => one.to.path));
    await remove(
      userId,
      gone.filter(({ id }) => !from.has(id)).map(({ id }) => id),
    );
    await queueChanged(
      userId,
      sight.files.filter((file) => hasChanged(file, before.get(file.path))),
    );
    const room = await add(
      { userId, root },
      fresh.filter(({ path }) => !to.has(path)),
    );
    const fault = sight.fault ?? room;
    await noteScan(userId, root, { ...sight, fault });
    return fault;
  }

  /** What is in a root now; nothing is concluded from one that cannot be looked at. */
  async function look(
    workspace: Workspace,
    root: Root,
    isOwn: (path: string) => boolean,
  ): Promise<Sight | 'unreachable'> {
    try {
      if (root.type === 'file')
        return { files: [await seeFile(workspace, root.path)], skipped: 0, fault: null };
      return await seeFolder(workspace, root, isOwn);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      if (!isAbsence(error)) {
        log.warn({ err: error }, 'a followed folder could not be listed; it is tried again');
        return 'unreachable';
      }
      return { files: [], skipped: 0, fault: { code: error.code, detail: error.message } };
    }
  }

  async function knownFiles(userId: string, root: Root): Promise<KnownFile[]> {
    const { rows } = await executor.execute<{ [Key in keyof KnownFile]: KnownFile[Key] }>(sql`
      select d.id, d.path, d.size::float8 as size, (extract(epoch from d.modified_at) * 1000)::float8 as "modifiedAt", d.state, d.etag
      from documents as d where d.user_id = ${userId} and ${isCovered(root)}`);
    return rows;
  }

  async function rename(
    userId: string,
    { id }: KnownFile,
    { path, size, modifiedAt }: SeenFile,
  ): Promise<void> {
    await executor.execute(sql`
      update documents set path = ${path}, size = ${size}::bigint, modified_at = to_timestamp(${modifiedAt / 1000}::float8)
      where user_id = ${userId} and id = ${id}::uuid
        and not exists (select from documents as d where d.user_id = ${userId} and md5(d.path) = md5(${path}))`);
  }

  async function remove(userId: string, ids: string[]): Promise<void> {
    if (ids.length === 0) return;
    await executor.execute(sql`
      delete from documents where user_id = ${userId} and id = any(${`{${ids.join(',')}}`}::uuid[])`);
  }

  /** Whoever is reading one of them finds out when the reading is stored. */
  async function queueChanged(userId: string, files: SeenFile[]): Promise<void> {
    if (files.length === 0) return;
    await executor.execute(sql`
      update documents as d
      set state = 'queued', fault = null, owner = null, waits_until = null, attempts = 0, queued_at = now(),
        size = f.size::bigint, modified_at = to_timestamp(f."modifiedAt" / 1000)
      from jsonb_to_recordset(${JSON.stringify(files)}::jsonb) as f(path text, size float8, "modifiedAt" float8)
      where d.user_id = ${userId} and md5(d.path) = md5(f.path) and d.path = f.path and d.state <> 'excluded'`);
  }

  /** Queues new files; the fault where not all of them have room. */
  async function add(
    { userId, root }: { userId: string; root: Root },
    files: SeenFile[],
  ): Promise<KnowledgeFault | null> {
    if (files.length === 0) return null;
    const { rows } = await executor.execute<{ count: number }>(sql`
      select count(*)::int as count from documents where user_id = ${userId}`);
    const room = Math.max(0, MOST_DOCUMENTS - (rows[0]?.count ?? 0));
    const added = files.slice(0, room).map((file) => ({ ...file, id: uuidv7() }));
    await executor.execute(sql`
      insert into documents (user_id, id, path, state, size, modified_at)
      select ${userId}, f.id, f.path, 'queued', f.size::bigint, to_timestamp(f."modifiedAt" / 1000)
      from jsonb_to_recordset(${JSON.stringify(added)}::jsonb) as f(id uuid, path text, size float8, "modifiedAt" float8)
      where exists (select from knowledge_roots as r where r.user_id = ${userId} and r.id = ${root.id}::uuid for key share)
      on conflict do nothing`);
    if (files.length <= room) return null;
    const left = files.length - room;
    return {
      code: 'too_many_documents',
      detail: `${left} files were left out: there is room for ${MOST_DOCUMENTS} documents. Follow a smaller folder.`,
    };
  }

  /** A file that was named itself and is gone can come back for a while. */
  async function noteScan(userId: string, root: Root, { files, skipped, fault }: Sight): Promise<void> {
    if (root.type === 'file' && files.length === 0) {
      await executor.execute(sql`
        with old as (
          delete from knowledge_roots where user_id = ${userId} and id = ${root.id}::uuid
            and (fault->>'since')::timestamptz < now() - make_interval(days => ${DAYS_GONE}::int)
        )
        update knowledge_roots set scanned_at = now(), fault = ${JSON.stringify({ ...fault, since: new Date() })}::jsonb
        where user_id = ${userId} and id = ${root.id}::uuid and fault->>'since' is null`);
      return;
    }
    await executor.execute(sql`
      update knowledge_roots
      set scanned_at = now(), skipped = ${skipped}::int, fault = ${fault && JSON.stringify(fault)}::jsonb
      where user_id = ${userId} and id = ${root.id}::uuid`);
  }

  return scan;
}

export type Scan = ReturnType<typeof createScan>;

async function seeFile(workspace: Workspace, path: string): Promise<SeenFile> {
  const found = await workspace.glance(path);
  if (found.type === 'folder') throw new ProblemError('is_folder', `"${path}" is a folder now.`);
  return { path: found.path, size: found.size, modifiedAt: Date.parse(found.modified_at) };
}

/** The files of a folder, without what `.gitignore` leaves out; of a folder that is left out itself, all. */
async function seeFolder(
  workspace: Workspace,
  { path }: Root,
  isOwn: (path: string) => boolean,
): Promise<Sight> {
  let entries = await listAll(workspace, path, false);
  if (entries.length === 0 && path !== '') entries = await listAll(workspace, path, true);
  const own = entries.filter((entry) => entry.type === 'file' && isOwn(entry.path));
  const files = own
    .filter((entry) => isReadable(entry.path))
    .map((entry) => ({ path: entry.path, size: entry.size, modifiedAt: Date.parse(entry.modified_at) }));
  return { files, skipped: own.length - files.length, fault: null };
}

async function listAll(workspace: Workspace, path: string, all: boolean): Promise<FolderEntry[]> {
  const entries: FolderEntry[] = [];
  const below = path === '' ? 0 : path.length + 1;
  for (let after: string | undefined; ; ) {
    const page = await workspace.list(path, { recursive: true, all, limit: PAGE, after });
    entries.push(...page.entries);
    const last = page.entries.at(-1);
    if (!page.truncated || !last) return entries;
    after = last.path.slice(below);
  }
}

/** New files whose content is that of a document whose file is gone. */
async function findRenamed(
  workspace: Workspace,
  fresh: SeenFile[],
  gone: KnownFile[],
): Promise<{ from: KnownFile; to: SeenFile }[]> {
  const renamed: { from: KnownFile; to: SeenFile }[] = [];
  const left = new Set(gone.filter(({ etag }) => etag !== null));
  const sizes = new Set([...left].map(({ size }) => size));
  const candidates = fresh.filter(({ size }) => sizes.has(size));
  for (const to of candidates.slice(0, MOST_COMPARED)) {
    const found = await workspace.stat(to.path).catch(() => undefined);
    if (found?.type !== 'file') continue;
    const from = [...left].find(({ etag }) => etag === found.etag);
    if (!from) continue;
    left.delete(from);
    renamed.push({ from, to });
  }
  return renamed;
}

function hasChanged(file: SeenFile, before: KnownFile | undefined): boolean {
  return (
    before !== undefined &&
    before.state !== 'excluded' &&
    (before.size !== file.size || Math.round(before.modifiedAt) !== file.modifiedAt)
  );
}

/** Whether a path is not there, or no longer what it was. */
function isAbsence({ code }: ProblemError): boolean {
  return ['file_not_found', 'is_file', 'is_folder', 'not_regular_file', 'path_is_link'].includes(code);
}
