import { check, index, jsonb, pgTable, primaryKey, sql, text, uniqueIndex, uuid } from './drizzle.ts';
import { time } from './schema.ts';

/** What happened at a path. A `moved` one went from `from_path` to `path`. */
export const CHANGE_OPERATIONS = ['created', 'replaced', 'deleted', 'moved'] as const;
export type ChangeOperation = (typeof CHANGE_OPERATIONS)[number];

/** A file as it was: its strong ETag (SHA-256 in quotes), its size in bytes and, where it is needed, its permission bits. */
export interface FileVersion {
  type: 'file';
  etag: string;
  size: number;
  mode?: number;
}

/** A folder as it was: `digest` covers all that is in it, `inode` says which folder it is; what is not known is left out. */
export interface FolderVersion {
  type: 'folder';
  files?: number;
  bytes?: number;
  digest?: string;
  inode?: string;
}

/** What was at a path; null where there was nothing. */
export type EntryVersion = FileVersion | FolderVersion | null;

/**
 * Where a change stands: `pending` is written before it begins; `unclear` means that the process ended in the middle and that the
 * disk, found later, was as neither before nor after.
 */
export const CHANGE_STATES = ['pending', 'done', 'unclear'] as const;
export type ChangeState = (typeof CHANGE_STATES)[number];

/**
 * The journal of the workspaces: one row for each change of a file or a folder. It has no foreign key to runs, because a change
 * can be undone when the conversation in which it was made is gone.
 */
export const fileChanges = pgTable(
  'file_changes',
  {
    userId: text('user_id').notNull(),
    id: uuid('id').notNull(),
    operation: text('operation').$type<ChangeOperation>().notNull(),
    path: text('path').notNull(),
    fromPath: text('from_path'),
    before: jsonb('before').$type<EntryVersion>(),
    after: jsonb('after').$type<EntryVersion>(),
    /** What a move left at `from_path`: the content that an undone move had overwritten there. */
    left: jsonb('left_behind').$type<EntryVersion>(),
    /** The folders that had to be made for it, outermost first; undoing it takes them away again where they are empty. */
    made: jsonb('made').$type<string[]>().notNull().default([]),
    /** The folders that it takes away where they are empty, innermost first. */
    cleared: jsonb('cleared').$type<string[]>().notNull().default([]),
    /** The change that this one undoes; each can be undone once. */
    undoes: uuid('undoes'),
    runId: uuid('run_id'),
    /** The tool call that made it. */
    callId: uuid('call_id'),
    agent: text('agent'),
    state: text('state').$type<ChangeState>().notNull(),
    /** The process that makes a pending change. */
    owner: uuid('owner').notNull(),
    createdAt: time('created_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.id] }),
    // A user's workspace changes one step at a time, whichever process does it.
    uniqueIndex('file_changes_pending').on(table.userId).where(sql`state = 'pending'`),
    uniqueIndex('file_changes_undoes').on(table.userId, table.undoes).where(sql`undoes is not null`),
    // By hash, because a path can be longer than an index entry.
    index('file_changes_path').on(table.userId, sql`md5(path)`, table.id),
    index('file_changes_from')
      .on(table.userId, sql`md5(from_path)`, table.id)
      .where(sql`from_path is not null`),
    index('file_changes_run').on(table.userId, table.runId, table.id).where(sql`run_id is not null`),
    index('file_changes_call').on(table.userId, table.callId).where(sql`call_id is not null`),
    check('file_changes_operation', sql.raw(`operation in ('${CHANGE_OPERATIONS.join("', '")}')`)),
    check('file_changes_state', sql.raw(`state in ('${CHANGE_STATES.join("', '")}')`)),
  ],
);

export type FileChangeRow = typeof fileChanges.$inferSelect;
