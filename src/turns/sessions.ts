import type { SQL } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Executor } from '../db/database.ts';
import { and, desc, eq, lt } from '../db/drizzle.ts';
import { chatSessions } from '../db/schema.ts';
import { ProblemError } from '../errors.ts';

/** A conversation. */
export type Session = Omit<typeof chatSessions.$inferSelect, 'userId' | 'isFirst' | 'importedAs'>;

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

  return { list, create, get, rename };
}

export type Sessions = ReturnType<typeof createSessions>;

function own(userId: string, id: string) {
  return and(eq(chatSessions.userId, userId), eq(chatSessions.id, id));
}

function required<Value>(value: Value | undefined, id: string): Value {
  if (value === undefined) throw new ProblemError('session_not_found', `There is no session ${id}.`);
  return value;
}
