import type { SQL } from 'drizzle-orm';
import { EMBEDDING_DIMENSIONS } from '../config.ts';
import {
  check,
  customType,
  foreignKey,
  halfvec,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  sql,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from './drizzle.ts';

/** The states of a run. Only `running` holds its session's slot. */
export const RUN_STATUSES = ['running', 'completed', 'failed'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

export const MEMORY_MODES = ['recent', 'similar', 'hybrid'] as const;
export type MemoryMode = (typeof MEMORY_MODES)[number];

/** The ways by which a message can be recalled. */
export const RECALL_LEGS = ['recent', 'similar', 'text', 'neighbour'] as const;
export type RecallLeg = (typeof RECALL_LEGS)[number];

/** What a run keeps of one recalled message. */
export interface RecallRecord {
  message_id: string;
  via: RecallLeg[];
  score: number;
  created_at: string;
}

/** What a run keeps of one tool call; `result` is cut to its first characters. */
export interface ToolCallRecord {
  agent: string;
  tool: string;
  arguments: unknown;
  outcome: 'returned' | 'failed' | 'refused';
  result: string;
}

/** Tokens of all model calls of a run, added up. */
export interface Usage {
  input_tokens: number;
  output_tokens: number;
}

const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' });
const time = (name: string) => timestamp(name, { withTimezone: true, mode: 'date', precision: 3 });
const SEARCHABLE_CHARACTERS = 100_000;

/** Conversations. `last_message_at` finds the user's latest one. */
export const chatSessions = pgTable(
  'chat_sessions',
  {
    userId: text('user_id').notNull(),
    id: uuid('id').notNull(),
    title: text('title'),
    assistant: text('assistant').notNull().default('assistant'),
    createdAt: time('created_at').notNull().defaultNow(),
    lastMessageAt: time('last_message_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.id] }),
    index('chat_sessions_latest').on(table.userId, table.lastMessageAt, table.id),
  ],
);

/** One row for each question that was accepted; its state says what became of it. */
export const runs = pgTable(
  'runs',
  {
    userId: text('user_id').notNull(),
    id: uuid('id').notNull(),
    sessionId: uuid('session_id').notNull(),
    entry: text('entry').notNull(),
    memory: text('memory').$type<MemoryMode>().notNull(),
    status: text('status').$type<RunStatus>().notNull(),
    attempt: integer('attempt').notNull().default(1),
    model: text('model'),
    error: jsonb('error').$type<{ code: string; detail: string }>(),
    usage: jsonb('usage').$type<Usage>(),
    agents: jsonb('agents').$type<string[]>().notNull().default([]),
    toolCalls: jsonb('tool_calls').$type<ToolCallRecord[]>().notNull().default([]),
    recalled: jsonb('recalled').$type<RecallRecord[]>().notNull().default([]),
    degraded: jsonb('degraded').$type<string[]>().notNull().default([]),
    leaseOwner: uuid('lease_owner'),
    leaseExpiresAt: time('lease_expires_at'),
    createdAt: time('created_at').notNull().defaultNow(),
    startedAt: time('started_at').notNull().defaultNow(),
    finishedAt: time('finished_at'),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.id] }),
    foreignKey({
      name: 'runs_session',
      columns: [table.userId, table.sessionId],
      foreignColumns: [chatSessions.userId, chatSessions.id],
    }).onDelete('cascade'),
    uniqueIndex('runs_one_per_session').on(table.userId, table.sessionId).where(sql`status = 'running'`),
    index('runs_of_session').on(table.userId, table.sessionId, table.id),
    index('runs_leases').on(table.leaseExpiresAt).where(sql`status = 'running'`),
    check('runs_status', sql.raw(`status in ('${RUN_STATUSES.join("', '")}')`)),
  ],
);

/** Everything said. `search` holds the lexemes of the text read as English and read as Spanish. */
export const messages = pgTable(
  'messages',
  {
    userId: text('user_id').notNull(),
    id: uuid('id').notNull(),
    sessionId: uuid('session_id').notNull(),
    runId: uuid('run_id'),
    role: text('role').$type<'user' | 'assistant'>().notNull(),
    name: text('name'),
    agent: text('agent'),
    content: text('content').notNull(),
    tokenCount: integer('token_count').notNull(),
    embedding: halfvec('embedding', { dimensions: EMBEDDING_DIMENSIONS }),
    embeddingModel: text('embedding_model'),
    search: tsvector('search')
      .notNull()
      .generatedAlwaysAs(
        (): SQL =>
          sql.raw(
            `to_tsvector('tertulia_english', left(content, ${SEARCHABLE_CHARACTERS})) || to_tsvector('tertulia_spanish', left(content, ${SEARCHABLE_CHARACTERS}))`,
          ),
      ),
    createdAt: time('created_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.id] }),
    foreignKey({
      name: 'messages_session',
      columns: [table.userId, table.sessionId],
      foreignColumns: [chatSessions.userId, chatSessions.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'messages_run',
      columns: [table.userId, table.runId],
      foreignColumns: [runs.userId, runs.id],
    }).onDelete('cascade'),
    index('messages_of_session').on(table.userId, table.sessionId, table.id),
    index('messages_of_run').on(table.userId, table.runId),
    index('messages_search').using('gin', table.userId, table.search),
    index('messages_not_embedded').on(table.id).where(sql`embedding_model is null`),
    check('messages_role', sql`role in ('user', 'assistant')`),
  ],
);
