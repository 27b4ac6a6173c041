import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import type { Effect } from '../config.ts';
import {
  boolean,
  check,
  customType,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  sql,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from './drizzle.ts';

/** The states of a run. Only `running` holds its session's slot; `queued` waits for it. */
export const RUN_STATUSES = [
  'queued',
  'running',
  'awaiting_approval',
  'completed',
  'failed',
  'cancelled',
] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

export const MEMORY_MODES = ['recent', 'similar', 'hybrid'] as const;
export type MemoryMode = (typeof MEMORY_MODES)[number];

/** The ways by which a message can be recalled. */
export const RECALL_LEGS = ['recent', 'similar', 'text', 'neighbour', 'time', 'exchange'] as const;
export type RecallLeg = (typeof RECALL_LEGS)[number];

/** A message's place (from 1) in each leg that found it by itself, and its score there: BM25, or cosine similarity. */
export interface LegScores {
  recent?: { rank: number };
  similar?: { rank: number; score: number };
  text?: { rank: number; score: number };
}

/** What a run keeps of one recalled message; `cut` when the token budget had no room for it, so that no model saw it. */
export interface RecallRecord {
  message_id: string;
  via: RecallLeg[];
  score: number;
  legs?: LegScores;
  cut?: true;
  created_at: string;
}

/** A passage of a document that a run was given: its lines, or its page. */
export interface PassageRecord {
  document_id: string;
  path: string;
  start_line: number;
  end_line: number;
  page: number | null;
}

/**
 * What became of a tool call. `called` is written before the tool runs; a call that stays so, because the process ended, is
 * settled afterwards by looking at what it would have changed, or becomes `unknown`.
 */
export const TOOL_OUTCOMES = ['called', 'returned', 'failed', 'refused', 'unknown'] as const;

/** What a run keeps of one tool call; `result` is cut to its first characters. */
export interface ToolCallRecord {
  /** A UUIDv7; the approval of the call, where it needed one, has the same id. */
  id: string;
  agent: string;
  tool: string;
  arguments: unknown;
  effect: Effect | null;
  outcome: (typeof TOOL_OUTCOMES)[number];
  result: string;
  /** The state, before the call, of what the tool changes; null where the tool cannot tell. */
  before: string | null;
  /** The versions of things, such as files, that the agent saw by this call. */
  seen?: Record<string, string>;
  /** The passages of documents that it brought. */
  passages?: PassageRecord[];
}

/** What became of an approval. Undecided ones are null. */
export const DECISIONS = ['approve', 'reject', 'expired', 'cancelled'] as const;
export type Decision = (typeof DECISIONS)[number];

/** The events of a run, as its streams name them. */
export const EVENT_TYPES = ['run', 'recall', 'agent', 'tool', 'token', 'approval', 'done', 'error'] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** Tokens of all model calls of a run, added up. */
export interface Usage {
  input_tokens: number;
  output_tokens: number;
}

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
/** A moment, to the millisecond. */
export const time = (name: string) => timestamp(name, { withTimezone: true, mode: 'date', precision: 3 });

/** Conversations. `last_message_at` finds the user's latest one. */
export const chatSessions = pgTable(
  'chat_sessions',
  {
    userId: text('user_id').notNull(),
    id: uuid('id').notNull(),
    title: text('title'),
    assistant: text('assistant').notNull().default('assistant'),
    /** Whether it was opened by itself for a question of a user without any; two questions at once open one. */
    isFirst: boolean('is_first').notNull().default(false),
    /** What its importer calls it; null for one that was opened here. */
    importedAs: text('imported_as'),
    createdAt: time('created_at').notNull().defaultNow(),
    lastMessageAt: time('last_message_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.id] }),
    uniqueIndex('chat_sessions_first').on(table.userId).where(sql`is_first`),
    uniqueIndex('chat_sessions_imported')
      .on(table.userId, table.importedAs)
      .where(sql`imported_as is not null`),
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
    /** Counts the questions accepted in the session; two that are accepted at once cannot both have the next place. */
    place: integer('place').notNull().default(0),
    /** Whether it goes before the others that are queued. */
    ahead: boolean('ahead').notNull().default(false),
    /** Which of the user's turns that are under way it is; null where those are not limited. It means nothing once the run has ended. */
    turnSlot: smallint('turn_slot'),
    attempt: integer('attempt').notNull().default(1),
    model: text('model'),
    error: jsonb('error').$type<{ code: string; detail: string }>(),
    usage: jsonb('usage').$type<Usage>(),
    agents: jsonb('agents').$type<string[]>().notNull().default([]),
    toolCalls: jsonb('tool_calls').$type<ToolCallRecord[]>().notNull().default([]),
    recalled: jsonb('recalled').$type<RecallRecord[]>().notNull().default([]),
    /** The passages of documents that were recalled for it. */
    passages: jsonb('passages').$type<PassageRecord[]>().notNull().default([]),
    degraded: jsonb('degraded').$type<string[]>().notNull().default([]),
    leaseOwner: uuid('lease_owner'),
    leaseExpiresAt: time('lease_expires_at'),
    /** Whether its events and its checkpoint were removed, because it ended long ago. */
    trimmed: boolean('trimmed').notNull().default(false),
    /** Whether a message of it was erased, and with that all that it held of its content. */
    erased: boolean('erased').notNull().default(false),
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
    uniqueIndex('runs_turn_slot')
      .on(table.userId, table.turnSlot)
      .where(sql`status in ('queued', 'running')`),
    uniqueIndex('runs_place').on(table.userId, table.sessionId, table.place).where(sql`place > 0`),
    index('runs_of_session').on(table.userId, table.sessionId, table.id),
    index('runs_queue')
      .on(table.userId, table.sessionId, table.ahead.desc(), table.id)
      .where(sql`status = 'queued'`),
    index('runs_leases').on(table.leaseExpiresAt).where(sql`status in ('running', 'queued')`),
    index('runs_to_trim').on(table.finishedAt).where(sql`finished_at is not null and not trimmed`),
    check('runs_status', sql.raw(`status in ('${RUN_STATUSES.join("', '")}')`)),
  ],
);

const ofRun = (name: string, table: { userId: AnyPgColumn; runId: AnyPgColumn }) =>
  foreignKey({
    name,
    columns: [table.userId, table.runId],
    foreignColumns: [runs.userId, runs.id],
  }).onDelete('cascade');

/** What a run did, in order. `data` is kept as the text that streams send, so that every stream of a run has the same bytes. */
export const runEvents = pgTable(
  'run_events',
  {
    userId: text('user_id').notNull(),
    runId: uuid('run_id').notNull(),
    seq: integer('seq').notNull(),
    type: text('type').$type<EventType>().notNull(),
    data: text('data').notNull(),
    createdAt: time('created_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.runId, table.seq] }),
    ofRun('run_events_run', table),
    check('run_events_type', sql.raw(`type in ('${EVENT_TYPES.join("', '")}')`)),
  ],
);

/** Calls that wait for a person. `code` is what a person types; it is unique among the user's undecided ones. */
export const approvals = pgTable(
  'approvals',
  {
    userId: text('user_id').notNull(),
    id: uuid('id').notNull(),
    runId: uuid('run_id').notNull(),
    code: text('code').notNull(),
    agent: text('agent').notNull(),
    tool: text('tool').notNull(),
    effect: text('effect').$type<Effect>().notNull(),
    summary: text('summary').notNull(),
    preview: text('preview').notNull(),
    /** SHA-256 of the tool and its arguments: an approval is for exactly this call. */
    callHash: text('call_hash').notNull(),
    decision: text('decision').$type<Decision>(),
    reason: text('reason'),
    createdAt: time('created_at').notNull().defaultNow(),
    expiresAt: time('expires_at').notNull(),
    decidedAt: time('decided_at'),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.id] }),
    ofRun('approvals_run', table),
    index('approvals_of_run').on(table.userId, table.runId, table.id),
    uniqueIndex('approvals_code').on(table.userId, table.code).where(sql`decision is null`),
    index('approvals_expiry').on(table.expiresAt).where(sql`decision is null`),
    check('approvals_decision', sql.raw(`decision in ('${DECISIONS.join("', '")}')`)),
  ],
);

/** The graph of a run that waits for approvals, as it stood when it paused. */
export const checkpoints = pgTable(
  'checkpoints',
  {
    userId: text('user_id').notNull(),
    runId: uuid('run_id').notNull(),
    graph: bytea('graph').notNull(),
    /** How many of the run's tool calls are part of it. */
    toolCalls: integer('tool_calls').notNull(),
    createdAt: time('created_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.runId] }), ofRun('checkpoints_run', table)],
);

/** Which run a request with an `Idempotency-Key` began, and what that request asked. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    userId: text('user_id').notNull(),
    key: text('key').notNull(),
    requestHash: text('request_hash').notNull(),
    runId: uuid('run_id').notNull(),
    /** The number of the run's last event before the request: a decision goes on with a run that is there. */
    afterSeq: integer('after_seq').notNull().default(0),
    createdAt: time('created_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.key] }),
    ofRun('idempotency_keys_run', table),
    index('idempotency_keys_run_of').on(table.userId, table.runId),
    index('idempotency_keys_age').on(table.createdAt),
  ],
);
