import { v7 as uuidv7 } from 'uuid';
import type { Executor } from '../../db/database.ts';
import { sql } from '../../db/drizzle.ts';
import type { KnowledgeFault } from '../../db/knowledge-schema.ts';
import type { ReadDocument } from '../document.ts';
import { wordColumns } from '../words/word-columns.ts';
import { type AddedChunk, compareChunks, type StoredChunk } from './chunk-changes.ts';
import type { Job } from './jobs.ts';

/** Chunks that are stored in one statement, so that none takes long. */
const CHUNKS_AT_A_TIME = 100;

/** The content of a file that was read. */
export interface SeenContent {
  etag: string;
  size: number;
  modifiedAt: string;
}

interface ReadingStoreNeeds {
  executor: Executor;
  owner: string;
  /** The version of the readers: what was read by another one is read again. */
  readAs: string;
  /** The embedding model whose vectors chunks get now; null where they need none. */
  model: () => string | null;
}

/**
 * Stores what was read of documents. New chunks are stored step by step, without a place, so that no search finds them; one statement
 * then gives the document its new places and takes away what has none. After a crash the new chunks are there already.
 */
export function createReadingStore({ executor, owner, readAs, model }: ReadingStoreNeeds) {
  /** How many chunks were new; undefined when the document is no longer this process's, and nothing was stored. */
  async function store(
    job: Job,
    content: SeenContent,
    { reading, signal }: { reading: ReadDocument; signal: AbortSignal },
  ): Promise<number | undefined> {
    const { added, order } = compareChunks(await storedChunks(job), reading.chunks, uuidv7);
    for (let from = 0; from < added.length; from += CHUNKS_AT_A_TIME) {
      signal.throwIfAborted();
      if (!(await stage(job, added.slice(from, from + CHUNKS_AT_A_TIME)))) return undefined;
    }
    return (await adopt(job, { content, reading, order })) ? added.length : undefined;
  }

  async function storedChunks({ userId, id }: Job): Promise<StoredChunk[]> {
    const { rows } = await executor.execute<{ [Key in keyof StoredChunk]: StoredChunk[Key] }>(sql`
      select id, hash, heading from chunks where user_id = ${userId} and document_id = ${id}::uuid order by id`);
    return rows;
  }

  /** Stores new chunks, as long as the document is this process's. */
  async function stage({ userId, id }: Job, added: AddedChunk[]): Promise<boolean> {
    const rows = added.map(({ chunk: { text, trail, tokenCount, hash }, heading, ...ids }) => ({
      ...{ ...ids, text, trail, heading, tokenCount, hash },
      ...wordColumns(text, heading),
    }));
    const { rows: counts } = await executor.execute<{ stored: number }>(sql`
      with mine as (
        select 1 from documents where user_id = ${userId} and id = ${id}::uuid and owner = ${owner}::uuid for key share
      ), given as (
        select c.* from mine cross join jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as c(id uuid, "vectorOf" uuid, text text,
          trail jsonb, heading text, "tokenCount" int, hash text, simhash text, words text, code text)
      ), stored as (
        insert into chunks (user_id, document_id, id, text, trail, heading, token_count, hash, simhash, words, search_code)
        select ${userId}, ${id}::uuid, c.id, c.text, c.trail, c.heading, c."tokenCount", c.hash, c.simhash::bigint, c.words, c.code::tsvector
        from given as c returning id
      ), lent as (
        insert into chunk_vectors (user_id, document_id, chunk_id, model, vector)
        select v.user_id, v.document_id, c.id, v.model, v.vector
        from given as c join chunk_vectors as v
          on v.user_id = ${userId} and v.document_id = ${id}::uuid and v.chunk_id = c."vectorOf"
      )
      select count(*)::int as stored from stored`);
    return counts[0]?.stored === rows.length;
  }

  /** Gives the document its places, in one statement: new chunks appear, and those without a place go with their vectors. */
  async function adopt(
    { userId, id, generation }: Job,
    { content, reading, order }: { content: SeenContent; reading: ReadDocument; order: string[] },
  ): Promise<boolean> {
    const isEmbedded = model() !== null;
    const places = reading.chunks.map(({ startLine, endLine, page, tokenCount }, position) => ({
      ...{ position, id: order[position], startLine, endLine, page, tokenCount },
    }));
    const { rowCount } = await executor.execute(sql`
      with job as (
        update documents
        set generation = ${generation + 1}::int, chunks = ${places.length}::int, format = ${reading.format}, title = ${reading.title},
          pages = ${reading.pages}::int, ${seen(content)}, fault = null, attempts = 1, read_at = now(), embedded_as = null,
          state = ${isEmbedded && places.length > 0 ? 'embedding' : 'ready'}, ${isEmbedded && places.length > 0 ? sql`owner = owner` : sql`owner = null, waits_until = null`}
        where user_id = ${userId} and id = ${id}::uuid and owner = ${owner}::uuid and generation = ${generation}::int
        returning 1
      ), places as materialized (
        select p.* from job cross join jsonb_to_recordset(${JSON.stringify(places)}::jsonb)
          as p(position int, id uuid, "startLine" int, "endLine" int, page int, "tokenCount" int)
      ), changed as (
        insert into chunk_places as old (user_id, document_id, position, chunk_id, start_line, end_line, page, token_count)
        select ${userId}, ${id}::uuid, p.position, p.id, p."startLine", p."endLine", p.page, p."tokenCount" from places as p
        on conflict (user_id, document_id, position) do update
          set chunk_id = excluded.chunk_id, start_line = excluded.start_line, end_line = excluded.end_line, page = excluded.page,
            token_count = excluded.token_count
          where (old.chunk_id, old.start_line, old.end_line, old.page) is distinct from
            (excluded.chunk_id, excluded.start_line, excluded.end_line, excluded.page)
      ), shortened as (
        delete from chunk_places as p using job
        where p.user_id = ${userId} and p.document_id = ${id}::uuid and p.position >= ${places.length}::int
      ), gone as (
        delete from chunks as c using job
        where c.user_id = ${userId} and c.document_id = ${id}::uuid and not exists (select from places where places.id = c.id)
      )
      select from job`);
    return rowCount === 1;
  }

  /** Notes that the content cannot be read, and why; what was read of an older one goes. */
  async function fail(job: Job, content: SeenContent | null, fault: KnowledgeFault): Promise<void> {
    const { userId, id } = job;
    await executor.execute(sql`
      with job as (
        update documents
        set state = 'failed', fault = ${JSON.stringify(fault)}::jsonb, chunks = 0, owner = null, waits_until = null, attempts = 0,
          generation = generation + 1, read_at = now(), ${content ? seen(content) : sql`etag = null`}
        where user_id = ${userId} and id = ${id}::uuid and owner = ${owner}::uuid
        returning 1
      )
      delete from chunks using job where user_id = ${userId} and document_id = ${id}::uuid`);
  }

  /** Notes that the content is the one that was read before; what a reading of another one left goes. */
  async function noteUnchanged({ userId, id }: Job, content: SeenContent): Promise<void> {
    const serving = model();
    await executor.execute(sql`
      with job as (
        update documents
        set ${seen(content)}, fault = null, attempts = 0, owner = null, waits_until = null,
          state = ${serving !== null ? sql`case when embedded_as is distinct from ${serving} and chunks > 0 then 'embedding' else 'ready' end` : sql`'ready'`}
        where user_id = ${userId} and id = ${id}::uuid and owner = ${owner}::uuid
        returning 1
      )
      delete from chunks as c using job
      where c.user_id = ${userId} and c.document_id = ${id}::uuid and not exists (
        select from chunk_places as p where p.user_id = c.user_id and p.document_id = c.document_id and p.chunk_id = c.id)`);
  }

  /** Forgets a document whose file is gone; one that was renamed meanwhile is not. */
  async function forget({ userId, id, path }: Job): Promise<void> {
    await executor.execute(sql`
      delete from documents
      where user_id = ${userId} and id = ${id}::uuid and owner = ${owner}::uuid and path = ${path}`);
  }

  function seen({ etag, size, modifiedAt }: SeenContent) {
    return sql`etag = ${etag}, read_as = ${readAs}, size = ${size}::bigint, modified_at = ${modifiedAt}::timestamptz`;
  }

  return { store, fail, noteUnchanged, forget };
}

export type ReadingStore = ReturnType<typeof createReadingStore>;
