import type { SQL } from 'drizzle-orm';
import type { Executor } from '../db/database.ts';
import { and, asc, desc, eq, gt, lt } from '../db/drizzle.ts';
import { messages } from '../db/memory-schema.ts';
import { chatSessions } from '../db/schema.ts';
import { ProblemError } from '../errors.ts';

/** A stored message as its owner sees it. */
export interface Message {
  id: string;
  sessionId: string;
  runId: string | null;
  role: 'user' | 'assistant';
  /** Who spoke, in a message that was imported. */
  name: string | null;
  agent: string | null;
  content: string;
  /** Whether it was cut off, because its turn was cancelled. */
  partial: boolean;
  createdAt: Date;
}

interface HistoryRequest {
  userId: string;
  /** Without it, the messages of all the user's sessions. */
  sessionId?: string | undefined;
  limit: number;
  order: 'asc' | 'desc';
  /** Only messages with a smaller id, which are older. */
  before?: string | undefined;
  /** Only messages with a greater id, which are newer. */
  after?: string | undefined;
}

/** A page of the history, and whether more follows. */
export interface HistoryPage {
  messages: Message[];
  more: boolean;
}

/** The columns of a message that leave the database. */
const messageColumns = {
  id: messages.id,
  sessionId: messages.sessionId,
  runId: messages.runId,
  role: messages.role,
  name: messages.name,
  agent: messages.agent,
  content: messages.content,
  partial: messages.partial,
  createdAt: messages.createdAt,
};

/** Reads what was said, by id, which is by time. */
export function createMessages({ executor }: { executor: Executor }) {
  /** @throws ProblemError `session_not_found` when the session is not this user's. */
  async function history(request: HistoryRequest): Promise<HistoryPage> {
    const { userId, sessionId, limit, order, before, after } = request;
    const conditions: SQL[] = [eq(messages.userId, userId)];
    if (sessionId) conditions.push(eq(messages.sessionId, sessionId));
    if (before) conditions.push(lt(messages.id, before));
    if (after) conditions.push(gt(messages.id, after));
    const found = await executor
      .select(messageColumns)
      .from(messages)
      .where(and(...conditions))
      .orderBy(order === 'asc' ? asc(messages.id) : desc(messages.id))
      .limit(limit + 1);
    if (found.length === 0 && sessionId) await requireSession(userId, sessionId);
    return { messages: found.slice(0, limit), more: found.length > limit };
  }

  async function requireSession(userId: string, sessionId: string): Promise<void> {
    const [session] = await executor
      .select({ id: chatSessions.id })
      .from(chatSessions)
      .where(and(eq(chatSessions.userId, userId), eq(chatSessions.id, sessionId)));
    if (!session) throw new ProblemError('session_not_found', `There is no session ${sessionId}.`);
  }

  return { history };
}

export type Messages = ReturnType<typeof createMessages>;
