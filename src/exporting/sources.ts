import type { SQL } from 'drizzle-orm';
import { sql } from '../db/drizzle.ts';
import type { OTHER_LINES } from '../memory/export-types.ts';

/** What one kind of lines comes from. */
export interface ExportSource {
  type: 'message' | (typeof OTHER_LINES)[number];
  /** The tables whose rows it shows. */
  tables: string[];
  /** The fields of a line, each under its name. */
  fields: SQL;
  /** From what they are read; the owner is in the first table. */
  from: SQL;
  owner: SQL;
  /** By which the rows are in order and told apart, each with its type. */
  keys: [column: SQL, type: SQL][];
  /** Rows that are read at a time: few where they can be large. */
  page: number;
}

const uuid = sql`uuid`;
const text = sql`text`;
const number = sql`bigint`;

/** ISO 8601, in UTC, to the millisecond. */
const time = (column: SQL) => sql`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/**
 * Everything that is kept about a user, in the order in which it is written. A message's line has what `POST /memory/import` takes. Left
 * out are vectors, hashes and secrets; a test compares the tables with those of the database.
 */
export const SOURCES: ExportSource[] = [
  {
    ...{ type: 'session', tables: ['chat_sessions'], page: 500 },
    fields: sql`s.id, s.title, s.assistant, s.imported_as, ${time(sql`s.created_at`)} as created_at,
      ${time(sql`s.last_message_at`)} as last_message_at`,
    ...{ from: sql`chat_sessions as s`, owner: sql`s.user_id`, keys: [[sql`s.id`, uuid]] },
  },
  {
    ...{ type: 'message', tables: ['messages'], page: 100 },
    fields: sql`coalesce(s.imported_as, s.id::text) as session, s.title, m.role, m.name, m.content, ${time(sql`m.created_at`)} as created_at,
      m.id, m.session_id, m.run_id, m.agent, m.partial`,
    from: sql`messages as m join chat_sessions as s on s.user_id = m.user_id and s.id = m.session_id`,
    ...{ owner: sql`m.user_id`, keys: [[sql`m.id`, uuid]] },
  },
  {
    ...{ type: 'run', tables: ['runs'], page: 50 },
    fields: sql`r.id, r.session_id, r.entry, r.memory, r.status, r.attempt, r.model, r.error, r.usage, r.agents, r.tool_calls, r.recalled,
      r.passages, r.degraded, r.trimmed as events_removed, r.erased, ${time(sql`r.created_at`)} as created_at,
      ${time(sql`r.started_at`)} as started_at, ${time(sql`r.finished_at`)} as finished_at`,
    ...{ from: sql`runs as r`, owner: sql`r.user_id`, keys: [[sql`r.id`, uuid]] },
  },
  {
    ...{ type: 'approval', tables: ['approvals'], page: 100 },
    fields: sql`a.id, a.run_id, a.code, a.agent, a.tool, a.effect, a.summary, a.preview, a.decision, a.reason,
      ${time(sql`a.created_at`)} as created_at, ${time(sql`a.expires_at`)} as expires_at, ${time(sql`a.decided_at`)} as decided_at`,
    ...{ from: sql`approvals as a`, owner: sql`a.user_id`, keys: [[sql`a.id`, uuid]] },
  },
  {
    ...{ type: 'event', tables: ['run_events'], page: 500 },
    fields: sql`e.run_id, e.seq, e.type as event, e.data::json as data, ${time(sql`e.created_at`)} as created_at`,
    ...{ from: sql`run_events as e`, owner: sql`e.user_id` },
    keys: [
      [sql`e.run_id`, uuid],
      [sql`e.seq`, number],
    ],
  },
  {
    ...{ type: 'checkpoint', tables: ['checkpoints'], page: 2 },
    fields: sql`c.run_id, encode(c.graph, 'base64') as graph, ${time(sql`c.created_at`)} as created_at`,
    ...{ from: sql`checkpoints as c`, owner: sql`c.user_id`, keys: [[sql`c.run_id`, uuid]] },
  },
  {
    ...{ type: 'idempotency_key', tables: ['idempotency_keys'], page: 500 },
    fields: sql`k.key, k.run_id, ${time(sql`k.created_at`)} as created_at`,
    ...{ from: sql`idempotency_keys as k`, owner: sql`k.user_id`, keys: [[sql`k.key`, text]] },
  },
  {
    ...{ type: 'followed', tables: ['knowledge_roots'], page: 500 },
    fields: sql`f.id, f.path, f.type as kind, f.fault, f.skipped, ${time(sql`f.scanned_at`)} as scanned_at,
      ${time(sql`f.created_at`)} as created_at`,
    ...{ from: sql`knowledge_roots as f`, owner: sql`f.user_id`, keys: [[sql`f.id`, uuid]] },
  },
  {
    ...{ type: 'document', tables: ['documents'], page: 500 },
    fields: sql`d.id, d.path, d.state, d.fault, d.format, d.title, d.pages, d.size::float8 as size, d.chunks,
      ${time(sql`d.modified_at`)} as modified_at, ${time(sql`d.read_at`)} as read_at, ${time(sql`d.created_at`)} as created_at`,
    ...{ from: sql`documents as d`, owner: sql`d.user_id`, keys: [[sql`d.id`, uuid]] },
  },
  {
    ...{ type: 'chunk', tables: ['chunks', 'chunk_places'], page: 200 },
    fields: sql`p.document_id, p.position, p.start_line, p.end_line, p.page, c.trail as headings, c.text`,
    from: sql`chunk_places as p join chunks as c on c.user_id = p.user_id and c.document_id = p.document_id and c.id = p.chunk_id`,
    owner: sql`p.user_id`,
    keys: [
      [sql`p.document_id`, uuid],
      [sql`p.position`, number],
    ],
  },
  {
    ...{ type: 'file_change', tables: ['file_changes'], page: 500 },
    fields: sql`c.id, c.operation, c.path, c.from_path, c.before, c.after, c.left_behind, c.made, c.cleared, c.undoes, c.run_id, c.call_id,
      c.agent, c.state, ${time(sql`c.created_at`)} as created_at`,
    ...{ from: sql`file_changes as c`, owner: sql`c.user_id`, keys: [[sql`c.id`, uuid]] },
  },
  {
    ...{ type: 'github_follow', tables: ['github_follows'], page: 500 },
    fields: sql`g.repository_id::text as repository_id, g.full_name as repository, ${time(sql`g.created_at`)} as created_at`,
    ...{ from: sql`github_follows as g`, owner: sql`g.user_id`, keys: [[sql`g.repository_id`, number]] },
  },
  {
    ...{ type: 'github_token', tables: ['github_tokens'], page: 1 },
    fields: sql`t.login, t.scopes, ${time(sql`t.expires_at`)} as expires_at, ${time(sql`t.created_at`)} as created_at`,
    ...{ from: sql`github_tokens as t`, owner: sql`t.user_id`, keys: [[sql`t.user_id`, text]] },
  },
  {
    ...{ type: 'api_key', tables: ['api_keys'], page: 500 },
    fields: sql`k.id, k.role, k.name, ${time(sql`k.created_at`)} as created_at, ${time(sql`k.expires_at`)} as expires_at,
      ${time(sql`k.last_used_at`)} as last_used_at, ${time(sql`k.revoked_at`)} as revoked_at`,
    ...{ from: sql`api_keys as k`, owner: sql`k.user_id`, keys: [[sql`k.id`, uuid]] },
  },
  {
    ...{ type: 'token_usage', tables: ['token_usage'], page: 500 },
    fields: sql`u.day::text as day, u.input_tokens::float8 as input_tokens, u.output_tokens::float8 as output_tokens`,
    ...{ from: sql`token_usage as u`, owner: sql`u.user_id`, keys: [[sql`u.day`, sql`date`]] },
  },
];
