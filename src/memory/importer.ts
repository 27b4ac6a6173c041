import type { SQL } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Executor } from '../db/database.ts';
import { sql } from '../db/drizzle.ts';
import type { Embedder } from './embedder.ts';
import { type ImportLine, type LineError, parseLine, readLines } from './import-lines.ts';

/** The most lines that one statement stores, and the bytes that close a batch. */
const BATCH_LINES = 500;
const BATCH_BYTES = 2_000_000;
/** More errors are counted, and not told one by one. */
const MOST_ERRORS_TOLD = 1_000;
/** The most messages of one session and millisecond whose order is kept, five hexadecimal digits of their ids. */
const LAST_PLACE = 0xf_ffff;

/** What an import came to: `failed` counts the lines that were not taken, `errors` tells of the first thousand. */
export interface ImportReport {
  imported: number;
  /** What was there already. */
  skipped: number;
  failed: number;
  errors: LineError[];
}

interface ImporterNeeds {
  executor: Executor;
  embedder: Pick<Embedder, 'wake'>;
}

/** Takes history from elsewhere into a user's memory. */
export function createImporter({ executor, embedder }: ImporterNeeds) {
  /**
   * Stores the lines of an NDJSON stream in their order, whatever its length, batch by batch: what is stored when the stream
   * breaks off stays, and the same lines again change nothing. Vectors follow in the background.
   */
  async function importLines(userId: string, stream: AsyncIterable<Buffer>): Promise<ImportReport> {
    const report: ImportReport = { imported: 0, skipped: 0, failed: 0, errors: [] };
    const batch: ImportLine[] = [];
    let bytes = 0;
    try {
      for await (const { line, source } of readLines(stream)) {
        const read = parseLine(source);
        if ('detail' in read) {
          report.failed += 1;
          if (report.errors.length < MOST_ERRORS_TOLD) report.errors.push({ line, detail: read.detail });
        } else {
          batch.push(read);
          bytes += source.length;
        }
        if (batch.length === BATCH_LINES || bytes >= BATCH_BYTES) {
          await store(userId, batch.splice(0), report);
          bytes = 0;
        }
      }
      await store(userId, batch, report);
    } finally {
      if (report.imported > 0) embedder.wake();
    }
    return report;
  }

  async function store(userId: string, lines: ImportLine[], report: ImportReport): Promise<void> {
    if (lines.length === 0) return;
    const { rows } = await executor.executeAlone<{ imported: number }>(
      `import of ${userId}`,
      storeStatement(userId, lines),
    );
    const imported = rows[0]?.imported ?? 0;
    report.imported += imported;
    report.skipped += lines.length - imported;
  }

  return { importLines };
}

export type Importer = ReturnType<typeof createImporter>;

/**
 * One statement for a batch. A message's id is a UUIDv7 of its time, its place among those of the same session and millisecond
 * (20 bits, so that the order of the lines is kept), and a hash of the line (52 bits), by which it is known again.
 */
function storeStatement(userId: string, lines: ImportLine[]): SQL {
  const sessions = [...Map.groupBy(lines, ({ session }) => session)].map(([session, [first]]) => ({
    session,
    title: first?.title ?? session,
    id: uuidv7({ msecs: Date.parse(first?.createdAt ?? '') }),
  }));
  return sql`
    with lines as materialized (
      select row_number() over () as number, l.*
      from jsonb_to_recordset(${JSON.stringify(lines)}::jsonb) as l(session text, role text, name text, content text,
        "createdAt" timestamptz, tokens int, moment text, hash text)
    ), opened as (
      insert into chat_sessions as s (user_id, id, title, imported_as, created_at, last_message_at)
      select ${userId}, n.id, n.title, n.session, min(l."createdAt"), max(l."createdAt")
      from jsonb_to_recordset(${JSON.stringify(sessions)}::jsonb) as n(session text, title text, id uuid)
      join lines as l on l.session = n.session group by n.id, n.title, n.session
      on conflict (user_id, imported_as) where imported_as is not null do update
        set created_at = least(s.created_at, excluded.created_at),
          -- What was asked here says which session is the latest one, not what comes from elsewhere.
          last_message_at = case when exists (select from runs as r where r.user_id = s.user_id and r.session_id = s.id)
            then s.last_message_at else greatest(s.last_message_at, excluded.last_message_at) end
      returning id, imported_as
    ), distinct_lines as (
      select distinct on (session, moment, hash) * from lines order by session, moment, hash, number
    ), fresh as (
      select l.*, opened.id as session_id, left(l.moment, 8) || '-' || right(l.moment, 4) as prefix
      from distinct_lines as l join opened on opened.imported_as = l.session
      where not exists (
        select from messages as m
        where m.user_id = ${userId} and m.id >= (l.moment || '70008000' || repeat('0', 12))::uuid
          and m.id <= (l.moment || '7fff8fff' || repeat('f', 12))::uuid
          and substr(m.id::text, 23, 1) || substr(m.id::text, 25) = l.hash)
    ), last_places as (
      select f.session_id, f.moment, max(('x' || lpad(substr(m.id::text, 16, 3) || substr(m.id::text, 21, 2), 8, '0'))::bit(32)::int) as place
      from (select distinct session_id, moment from fresh) as f
      join messages as m on m.user_id = ${userId} and m.session_id = f.session_id and m.run_id is null
        and m.id >= (f.moment || '70008000' || repeat('0', 12))::uuid and m.id <= (f.moment || '7fff8fff' || repeat('f', 12))::uuid
      group by f.session_id, f.moment
    ), placed as (
      select f.*, lpad(to_hex(least(coalesce(last_places.place, -1)
          + row_number() over (partition by f.session_id, f.moment order by f.number), ${LAST_PLACE}::int)::int), 5, '0') as place
      from fresh as f left join last_places using (session_id, moment)
    ), stored as (
      insert into messages (user_id, id, session_id, role, name, content, token_count, created_at)
      select ${userId}, (prefix || '-7' || left(place, 3) || '-8' || right(place, 2) || left(hash, 1) || '-' || substr(hash, 2))::uuid,
        session_id, role, name, content, tokens, "createdAt"
      from placed order by number
      on conflict do nothing
      returning 1
    )
    select count(*)::int as imported from stored`;
}
