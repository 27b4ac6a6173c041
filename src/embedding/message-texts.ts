import { createHash } from 'node:crypto';
import type { Executor } from '../db/database.ts';
import { sql } from '../db/drizzle.ts';
import { halfvecRows } from '../db/halfvec.ts';
import type { EmbeddedText, TextPage, TextSource, WaitingText } from './text-source.ts';
import { type StoredVector, textOfMessage } from './vectors.ts';

/** Not compared, because PGlite leaves it out of what it hands over where it is the first character of a text. */
const BYTE_ORDER_MARK = '\uFEFF';

/** A message that has been embedded by some models. */
export interface EmbeddedMessage {
  userId: string;
  id: string;
  /** What was embedded of it. */
  text: string;
  vectors: { model: string; vector: StoredVector }[];
}

/**
 * Stores what models made of messages. A model that neither serves nor comes any more is passed over; a message waits no longer
 * when it has the serving model's vector. What was erased or changed meanwhile is left out; what is now falls with its message, or
 * waits for this statement and is embedded again.
 */
export async function storeMessageVectors(executor: Executor, embedded: EmbeddedMessage[]): Promise<void> {
  const made = embedded.flatMap(({ userId, id, vectors }) =>
    vectors.map(({ model, vector }) => ({ userId, id, model, vector })),
  );
  const neural = made.flatMap(({ vector }) => ('vector' in vector ? [vector.vector] : []));
  const rows = made.map(({ vector, ...row }) =>
    'vector' in vector ? { ...row, place: neural.indexOf(vector.vector) } : { ...row, ...vector },
  );
  const models = [...new Set(rows.map(({ model }) => model))];
  const texts = embedded.map(({ userId, id, text }) => ({
    ...{ userId, id },
    hash: createHash('md5').update(text.replaceAll(BYTE_ORDER_MARK, '')).digest('hex'),
  }));
  await executor.executePrepared(sql`
    with models as materialized (
      -- Held until this statement ends, so that the serving model does not change under it; the serving one first.
      select name, role from embedding_models
      where name in (select jsonb_array_elements_text(${JSON.stringify(models)}::jsonb)) order by role desc for key share
    ), present as materialized (
      select said.*
      from jsonb_to_recordset(${JSON.stringify(texts)}::jsonb) as row("userId" text, id uuid, hash text)
      -- Each looked up by its key, also by a plan that was made when there were few messages.
      cross join lateral (
        select m.user_id, m.id from messages as m
        where m.user_id = row."userId" and m.id = row.id
          and md5(replace(coalesce(m.name || ': ', '') || m.content, ${BYTE_ORDER_MARK}, '')) = row.hash
        limit 1 for share) as said
    ), embedded as materialized (
      select p.user_id, p.id, models.name, models.role, neural.vector, row.features::sparsevec as features
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        as row("userId" text, id uuid, model text, place int, features text)
      left join (${halfvecRows(neural)}) as neural(place, vector) on neural.place = row.place
      join present as p on p.user_id = row."userId" and p.id = row.id
      join models on models.name = row.model
    ), done as (
      delete from embedding_queue as q using embedded as e
      where q.user_id = e.user_id and q.message_id = e.id and e.role = 'serving'
    )
    insert into message_vectors (user_id, message_id, model, vector, features)
    select user_id, id, name, vector, features from embedded
    on conflict (user_id, message_id, model) do update set vector = excluded.vector, features = excluded.features`);
}

/** All messages of all users, and what they lack of a model's vectors. */
export function messageTexts(executor: Executor): TextSource {
  async function page(model: string, after: string[], size: number): Promise<TextPage> {
    const [userId = '', id = '00000000-0000-0000-0000-000000000000'] = after;
    const { rows } = await executor.execute<{ last: string[] | null; missing: string[][] | null }>(sql`
      with page as materialized (
        select user_id, id from messages where (user_id, id) > (${userId}::text, ${id}::uuid)
        order by user_id, id limit ${size}::int
      )
      select (select jsonb_build_array(user_id, id) from page order by user_id desc, id desc limit 1) as last,
        (select jsonb_agg(jsonb_build_array(user_id, id)) from page as p where not exists (
          select from message_vectors as v where v.user_id = p.user_id and v.message_id = p.id and v.model = ${model})) as missing`);
    return { last: rows[0]?.last ?? null, missing: rows[0]?.missing ?? [] };
  }

  async function load(model: string, keys: string[][]): Promise<WaitingText[]> {
    const { rows } = await executor.execute<{
      userId: string;
      id: string;
      name: string | null;
      content: string;
    }>(sql`
      select m.user_id as "userId", m.id, m.name, m.content
      from jsonb_array_elements(${JSON.stringify(keys)}::jsonb) as key
      join messages as m on m.user_id = key->>0 and m.id = (key->>1)::uuid
      where not exists (
        select from message_vectors as v where v.user_id = m.user_id and v.message_id = m.id and v.model = ${model})`);
    return rows.map(({ userId, id, ...said }) => ({ key: [userId, id], text: textOfMessage(said) }));
  }

  async function store(model: string, texts: EmbeddedText[]): Promise<void> {
    await storeMessageVectors(
      executor,
      texts.map(({ key: [userId = '', id = ''], text, vector }) => ({
        ...{ userId, id, text },
        vectors: [{ model, vector }],
      })),
    );
  }

  /** Messages that were refused are tried again by the sweeps of the embedder. */
  async function leave(keys: string[][]): Promise<void> {
    await executor.execute(sql`
      insert into embedding_queue (user_id, message_id)
      select m.user_id, m.id from jsonb_array_elements(${JSON.stringify(keys)}::jsonb) as key
      join messages as m on m.user_id = key->>0 and m.id = (key->>1)::uuid
      on conflict do nothing`);
  }

  return { page, load, store, leave };
}
