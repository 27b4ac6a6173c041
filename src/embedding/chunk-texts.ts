import type { Executor } from '../db/database.ts';
import { sql } from '../db/drizzle.ts';
import { halfvecRows } from '../db/halfvec.ts';
import type { EmbeddedText, TextPage, TextSource, WaitingText } from './text-source.ts';

const FIRST = '00000000-0000-0000-0000-000000000000';

/** One chunk with a neural model's vector. */
export interface EmbeddedChunk {
  userId: string;
  documentId: string;
  id: string;
  vector: number[];
}

/**
 * Stores what a model made of chunks, unless it neither serves nor comes any more. What was removed meanwhile is left out; what is
 * removed now waits for this statement, then falls with its chunk.
 */
export async function storeChunkVectors(
  executor: Executor,
  model: string,
  chunks: EmbeddedChunk[],
): Promise<void> {
  const rows = chunks.map(({ vector: _, ...chunk }, place) => ({ ...chunk, place }));
  await executor.execute(sql`
    with models as materialized (select name from embedding_models where name = ${model} for key share)
    insert into chunk_vectors (user_id, document_id, chunk_id, model, vector)
    select c.user_id, c.document_id, c.id, models.name, neural.vector
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row("userId" text, "documentId" uuid, id uuid, place int)
    join (${halfvecRows(chunks.map(({ vector }) => vector))}) as neural(place, vector) on neural.place = row.place
    join chunks as c on c.user_id = row."userId" and c.document_id = row."documentId" and c.id = row.id
    cross join models
    for key share of c
    on conflict (user_id, document_id, chunk_id, model) do update set vector = excluded.vector`);
}

/** The chunks of all documents of all users, and what they lack of a neural model's vectors. */
export function chunkTexts(executor: Executor): TextSource {
  async function page(model: string, after: string[], size: number): Promise<TextPage> {
    const [userId = '', documentId = FIRST, id = FIRST] = after;
    const { rows } = await executor.execute<{ last: string[] | null; missing: string[][] | null }>(sql`
      with page as materialized (
        select user_id, document_id, id from chunks
        where (user_id, document_id, id) > (${userId}::text, ${documentId}::uuid, ${id}::uuid)
        order by user_id, document_id, id limit ${size}::int
      )
      select (select jsonb_build_array(user_id, document_id, id) from page
              order by user_id desc, document_id desc, id desc limit 1) as last,
        (select jsonb_agg(jsonb_build_array(user_id, document_id, id)) from page as p where not exists (
          select from chunk_vectors as v
          where v.user_id = p.user_id and v.document_id = p.document_id and v.chunk_id = p.id and v.model = ${model})) as missing`);
    return { last: rows[0]?.last ?? null, missing: rows[0]?.missing ?? [] };
  }

  async function load(model: string, keys: string[][]): Promise<WaitingText[]> {
    const { rows } = await executor.execute<{ key: string[]; text: string }>(sql`
      select key, c.text
      from jsonb_array_elements(${JSON.stringify(keys)}::jsonb) as key
      join chunks as c on c.user_id = key->>0 and c.document_id = (key->>1)::uuid and c.id = (key->>2)::uuid
      where not exists (
        select from chunk_vectors as v
        where v.user_id = c.user_id and v.document_id = c.document_id and v.chunk_id = c.id and v.model = ${model})`);
    return rows;
  }

  async function store(model: string, texts: EmbeddedText[]): Promise<void> {
    const chunks = texts.flatMap(({ key: [userId = '', documentId = '', id = ''], vector }) =>
      'vector' in vector ? [{ userId, documentId, id, vector: vector.vector }] : [],
    );
    await storeChunkVectors(executor, model, chunks);
  }

  /** Their documents say so, and are tried again at the next start. */
  async function leave(): Promise<void> {}

  return { page, load, store, leave };
}

/**
 * Notes of documents that all their chunks have a model's vectors, and has the others embedded: those whose vectors were refused, or
 * are of another model.
 */
export async function adoptDocuments(executor: Executor, model: string): Promise<void> {
  await executor.execute(sql`
    update documents as d set embedded_as = ${model}
    where d.state = 'ready' and d.chunks > 0 and d.embedded_as is distinct from ${model} and not exists (
      select from chunks as c where c.user_id = d.user_id and c.document_id = d.id and not exists (
        select from chunk_vectors as v
        where v.user_id = c.user_id and v.document_id = c.document_id and v.chunk_id = c.id and v.model = ${model}))`);
  await executor.execute(sql`
    update documents set state = 'embedding', attempts = 0, waits_until = null, queued_at = now()
    where state = 'ready' and chunks > 0 and embedded_as is distinct from ${model}`);
}
