import type { SQL } from 'drizzle-orm';
import type { Executor } from '../../db/database.ts';
import { and, desc, eq, lt, sql } from '../../db/drizzle.ts';
import { type EntryVersion, type FileChangeRow, fileChanges } from '../../db/workspace-schema.ts';

/** A change that was made, and the one that undid it. */
export interface JournalEntry extends FileChangeRow {
  undoneBy: string | null;
}

/** Which changes to list, the latest first. */
export interface ChangeFilter {
  limit: number;
  /** The id of the last change of the page before. */
  before?: string | undefined;
  path?: string | undefined;
  runId?: string | undefined;
}

/** Changes that are looked through in one statement. */
const AT_A_TIME = 100;
/** How often a file may have gone from place to place with folders while the journal is asked about it. */
const MOST_HOPS = 50;

/** Reads what was changed. */
export function createJournalReader({ executor }: { executor: Executor }) {
  const undoneBy = sql<
    string | null
  >`(select u.id from file_changes as u where u.user_id = "file_changes"."user_id"
    and u.undoes = "file_changes"."id" and u.state <> 'pending')`;

  async function find(userId: string, id: string): Promise<JournalEntry | undefined> {
    const [entry] = await select(userId, eq(fileChanges.id, id)).limit(1);
    return entry;
  }

  async function list(userId: string, filter: ChangeFilter): Promise<JournalEntry[]> {
    return await select(
      userId,
      filter.before === undefined ? undefined : lt(fileChanges.id, filter.before),
      filter.path === undefined ? undefined : concerns(filter.path),
      filter.runId === undefined ? undefined : eq(fileChanges.runId, filter.runId),
    ).limit(filter.limit);
  }

  /** The changes that undo what was done last: those of one run, or a single one made outside of a run; the latest first. */
  async function lastDone(userId: string, exceptRun: string | null): Promise<JournalEntry[]> {
    const isOriginal = sql`undoes is null and state = 'done' and (${exceptRun}::uuid is null or run_id is distinct from ${exceptRun}::uuid)`;
    for (let before: string | undefined; ; ) {
      const latest = await select(
        userId,
        isOriginal,
        before === undefined ? undefined : lt(fileChanges.id, before),
      ).limit(AT_A_TIME);
      const inEffect = await tipsOf(
        userId,
        latest.map((entry) => entry.id),
      );
      const last = latest.find((entry) => inEffect.has(entry.id));
      if (last?.runId) return await openOf(userId, last.runId);
      if (last) return await entriesOf(userId, [inEffect.get(last.id) ?? last.id]);
      before = latest.at(-1)?.id;
      if (before === undefined) return [];
    }
  }

  /** What is to be undone so that nothing of a run is left, the latest first; what the run itself undid again is not. */
  async function openOf(userId: string, runId: string): Promise<JournalEntry[]> {
    const entries = await select(userId, eq(fileChanges.runId, runId), eq(fileChanges.state, 'done'));
    const own = new Set(entries.map((entry) => entry.id));
    const origins = entries
      .filter((entry) => entry.undoes === null || !own.has(entry.undoes))
      .map((entry) => entry.id);
    const tips = await tipsOf(userId, origins);
    return await entriesOf(
      userId,
      origins.flatMap((origin) => tips.get(origin) ?? []),
    );
  }

  /**
   * For each change that is in effect, the one that is to be undone to end that: itself, or, where it was undone and that undone
   * again, the last of these.
   */
  async function tipsOf(userId: string, ids: string[]): Promise<Map<string, string>> {
    const { rows } = await executor.execute<{ origin: string; tip: string }>(sql`
      with recursive chain as (
        select id::uuid as origin, id::uuid as tip, 0 as depth from jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb) as given(id)
        union all
        select c.origin, u.id, c.depth + 1 from chain as c
          join file_changes as u on u.user_id = ${userId} and u.undoes = c.tip and u.state = 'done'
      ), last as (select distinct on (origin) origin, tip, depth from chain order by origin, depth desc)
      select origin, tip from last where depth % 2 = 0`);
    return new Map(rows.map(({ origin, tip }) => [origin, tip]));
  }

  /** The changes with these ids, in their order. */
  async function entriesOf(userId: string, ids: string[]): Promise<JournalEntry[]> {
    const found = await Promise.all(ids.map((id) => find(userId, id)));
    return found.filter((entry) => entry !== undefined);
  }

  /**
   * What the journal knows of a path, and since when: what its own last change left there, also where it came or went with a folder
   * since. Undefined where no change was about it.
   */
  async function lastKnown(
    userId: string,
    path: string,
  ): Promise<{ version: EntryVersion; at: Date } | undefined> {
    let wanted = path;
    for (let hops = 0, before: string | undefined; hops < MOST_HOPS; hops += 1) {
      const [last] = await select(
        userId,
        eq(fileChanges.state, 'done'),
        withAncestors(wanted),
        before === undefined ? undefined : lt(fileChanges.id, before),
      ).limit(1);
      if (last === undefined) return undefined;
      if (last.path === wanted) return { version: last.after, at: last.createdAt };
      if (last.fromPath === wanted) return { version: last.left, at: last.createdAt };
      // It came with a folder: what was known of it is what was known of it there.
      if (last.operation === 'moved' && wanted.startsWith(`${last.path}/`)) {
        wanted = `${last.fromPath}${wanted.slice(last.path.length)}`;
        before = last.id;
      } else if (last.operation === 'created' && last.undoes !== null) before = last.undoes;
      else return undefined;
    }
    return undefined;
  }

  /** Whether a tool call made a change. */
  async function hasChanged(userId: string, callId: string): Promise<boolean> {
    return (await select(userId, eq(fileChanges.callId, callId)).limit(1)).length > 0;
  }

  function select(userId: string, ...conditions: (SQL | undefined)[]) {
    return executor
      .select({ ...columns, undoneBy })
      .from(fileChanges)
      .where(and(eq(fileChanges.userId, userId), ...conditions))
      .orderBy(desc(fileChanges.id))
      .$dynamic();
  }

  return { find, list, lastDone, openOf, lastKnown, hasChanged };
}

const { userId, id, operation, path, fromPath, before, after, left, made, cleared } = fileChanges;
const { undoes, runId, callId, agent, state, owner, createdAt } = fileChanges;
const columns = {
  ...{ userId, id, operation, path, fromPath, before, after, left, made, cleared },
  ...{ undoes, runId, callId, agent, state, owner, createdAt },
};

/** Whether a change is about a path or a folder above it. */
function withAncestors(path: string): SQL {
  const names = path.split('/');
  const paths = JSON.stringify(names.map((_, index) => names.slice(0, index + 1).join('/')));
  const hashes = sql`array(select md5(p) from jsonb_array_elements_text(${paths}::jsonb) as given(p))`;
  const among = sql`(select jsonb_array_elements_text(${paths}::jsonb))`;
  return sql`((md5(path) = any(${hashes}) and path in ${among}) or (md5(from_path) = any(${hashes}) and from_path in ${among}))`;
}

function concerns(text: string): SQL {
  return sql`((md5(path) = md5(${text}) and path = ${text}) or (md5(from_path) = md5(${text}) and from_path = ${text}))`;
}
