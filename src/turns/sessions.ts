import type { SQL } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Executor } from '../db/database.ts';
import { and, desc, eq, lt, sql } from '../db/drizzle.ts';
import { chatSessions } from '../db/schema.ts';
import { ProblemError } from '../errors.ts';

/** A conversation. */
export type Session = Omit<typeof chatSessions.$inferSelect, 'userId' | 'isFirst' | 'importedAs'>;

/** What was erased, counted in the transaction that erased it. */
export type ErasureReceipt = {
  messages: number;
  embeddings: number;
  runs: number;
  checkpoints: number;
  events: number;
  documents: number;
};

interface SessionPage {
  sessions: Session[];
  more: boolean;
}

const columns = {
  id: chatSessions.id,
  title: chatSessions.title,
  assistant: chatSessions.assistant,
  createdAt: chatSessions.createdAt,
  lastMessageAt: chatSessions.lastMessageAt,
};

/** The user's conversations, newest first by id. */
export function createSessions({ executor }: { executor: Executor }) {
  async function list(userId: string, limit: number, before: string | undefined): Promise<SessionPage> {
    const conditions: SQL[] = [eq(chatSessions.userId, userId)];
    if (before) conditions.push(lt(chatSessions.id, before));
    const found = await executor
      .select(columns)
      .from(chatSessions)
      .where(and(...conditions))
      .orderBy(desc(chatSessions.id))
      .limit(limit + 1);
    return { sessions: found.slice(0, limit), more: found.length > limit };
  }

  async function create(userId: string, title: string | null): Promise<Session> {
    const created = await executor
      .insert(chatSessions)
      .values({ userId, id: uuidv7(), title })
      .returning(columns);
    return required(created[0], 'new');
  }

  /** @throws ProblemError `session_not_found`, as every call here that names a session does. */
  async function get(userId: string, id: string): Promise<Session> {
    const found = await executor.select(columns).from(chatSessions).where(own(userId, id));
    return required(found[0], id);
  }

  async function rename(userId: string, id: string, title: string | null): Promise<Session> {
    const renamed = await executor
      .update(chatSessions)
      .set({ title })
      .where(own(userId, id))
      .returning(columns);
    return required(renamed[0], id);
  }

  /**
   * Erases a session and all that came of it in one statement. A turn that is running in it finds its run gone when it ends,
   * and stores nothing.
   */
  async function erase(userId: string, id: string): Promise<ErasureReceipt> {
    const { rows } = await executor.execute<ErasureReceipt>(sql`
      with counted as (
        select count(distinct m.id)::int as messages, count(v.message_id)::int as embeddings
        from messages as m left join message_vectors as v on v.user_id = m.user_id and v.message_id = m.id
        where m.user_id = ${userId} and m.session_id = ${id}
      ), own_runs as (
        select id from runs where user_id = ${userId} and session_id = ${id}
      ), run_count as (
        select count(*)::int as runs from own_runs
      ), checkpoint_count as (
        select count(*)::int as checkpoints from checkpoints as c join own_runs as r on c.run_id = r.id where c.user_id = ${userId}
      ), event_count as (
        select count(*)::int as events from run_events as e join own_runs as r on e.run_id = r.id where e.user_id = ${userId}
      ), erased as (
        delete from chat_sessions where user_id = ${userId} and id = ${id} returning id
      )
      select messages, embeddings, runs, checkpoints, events, 0 as documents
      from counted, run_count, checkpoint_count, event_count, erased`);
    return required(rows[0], id);
  }

  return { list, create, get, rename, erase };
}

export type Sessions = ReturnType<typeof createSessions>;

function own(userId: string, id: string) {
  return and(eq(chatSessions.userId, userId), eq(chatSessions.id, id));
}

function required<Value>(value: Value | undefined, id: string): Value {
  if (value === undefined) throw new ProblemError('session_not_found', `There is no session ${id}.`);
  return value;
}
