import { v4 as uuidv4, v7 as uuidv7 } from 'uuid';
import type { Executor } from '../../db/database.ts';
import { and, eq, sql } from '../../db/drizzle.ts';
import { violatedConstraint } from '../../db/failures.ts';
import { timeOf } from '../../db/uuid-time.ts';
import { type FileChangeRow, fileChanges } from '../../db/workspace-schema.ts';

/** A change that is about to be made. */
export type PlannedChange = Omit<FileChangeRow, 'state' | 'owner' | 'createdAt'>;

const PENDING_INDEX = 'file_changes_pending';
const UNDOES_INDEX = 'file_changes_undoes';

/** Writes changes down, before they begin and when they have come to their end, and knows what is left to do about them. */
export function createJournalWriter({ executor }: { executor: Executor }) {
  /** Names this process in what it is about to do. */
  const owner = uuidv4();
  /**
   * Writes a change down before it begins. Answers `busy` while another one of the user's is pending, in any process, and
   * `undone` when what it would undo was undone before.
   */
  async function begin(change: PlannedChange): Promise<'begun' | 'busy' | 'undone'> {
    try {
      await executor.insert(fileChanges).values({ ...change, state: 'pending', owner });
      return 'begun';
    } catch (error) {
      const constraint = violatedConstraint(error);
      if (constraint === PENDING_INDEX) return 'busy';
      if (constraint === UNDOES_INDEX) return 'undone';
      throw error;
    }
  }

  /** Notes that a change was made, or that nobody can tell; also when somebody took it for one that was not made. */
  async function confirm(change: PlannedChange, state: 'done' | 'unclear'): Promise<void> {
    await executor
      .insert(fileChanges)
      .values({ ...change, state, owner })
      .onConflictDoUpdate({ target: [fileChanges.userId, fileChanges.id], set: { state } });
  }

  /** Forgets a change that was not made. */
  async function drop({ userId, id }: Pick<PlannedChange, 'userId' | 'id'>): Promise<void> {
    await executor.delete(fileChanges).where(and(eq(fileChanges.userId, userId), eq(fileChanges.id, id)));
  }

  /** The changes that were begun and whose end is not written down. Who holds the workspace knows that nobody is at work on them. */
  async function pending(userId?: string): Promise<FileChangeRow[]> {
    const ofUser = userId === undefined ? undefined : eq(fileChanges.userId, userId);
    return await executor
      .select()
      .from(fileChanges)
      .where(and(eq(fileChanges.state, 'pending'), ofUser));
  }

  /** An id for the next change of a user, which comes after all of that user's, whichever process's clock gave those theirs. */
  async function newId(userId: string): Promise<string> {
    const { rows } = await executor.execute<{ id: string }>(sql`
      select id from file_changes where user_id = ${userId} order by id desc limit 1`);
    const [last] = rows;
    return uuidv7(last && { msecs: Math.max(Date.now(), timeOf(last.id).getTime() + 1) });
  }

  /** The change that a tool call began and whose end nobody wrote down. */
  async function pendingOf(userId: string, callId: string): Promise<FileChangeRow | undefined> {
    const [row] = await executor
      .select()
      .from(fileChanges)
      .where(
        and(eq(fileChanges.userId, userId), eq(fileChanges.callId, callId), eq(fileChanges.state, 'pending')),
      );
    return row;
  }

  /** Which of these contents, by their ETags, a change not older than `days` can need again: of one user, or of any. */
  async function needed(userId: string | null, etags: string[], days: number): Promise<Set<string>> {
    const { rows } = await executor.execute<{ etag: string }>(sql`
      select distinct v.etag from file_changes as c,
        lateral (values (c.before->>'etag'), (c.after->>'etag'), (c.left_behind->>'etag')) as v(etag)
      where (${userId}::text is null or c.user_id = ${userId}) and c.created_at > now() - make_interval(days => ${days}::int)
        and v.etag in (select jsonb_array_elements_text(${JSON.stringify(etags)}::jsonb))`);
    return new Set(rows.map(({ etag }) => etag));
  }

  /** Which of these changes are written down, whoever made them. */
  async function known(ids: string[]): Promise<Set<string>> {
    const { rows } = await executor.execute<{ id: string }>(sql`
      select id::text as id from file_changes
      where id::text in (select jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))`);
    return new Set(rows.map(({ id }) => id));
  }

  /** Everybody whose files were changed, also those who had all that is known of it erased. */
  async function users(): Promise<string[]> {
    const { rows } = await executor.execute<{ user_id: string }>(
      sql`select user_id from file_changes union select user_id from memory_erasures`,
    );
    return rows.map((row) => row.user_id);
  }

  return { begin, confirm, drop, pending, newId, pendingOf, needed, known, users };
}
