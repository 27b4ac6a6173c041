import type { SQL } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Executor } from '../db/database.ts';
import { sql } from '../db/drizzle.ts';
import type { EmbeddingIdentity } from '../models/embeddings.ts';
import { progressOf } from './jobs.ts';

/** What other processes are told when the models change. */
export const MODELS_CHANGED = 'embedding-models';
/** Decisions about the models are taken one after the other, by whichever process. */
const ALONE = 'embedding models';
/** A process that has not been heard of for so many intervals is gone. */
export const INTERVALS_TO_LIVE = 3;
const DELETED_AT_A_TIME = 1_000;

interface ModelChangesNeeds {
  executor: Executor;
  /** Names this process. */
  self: string;
  wanted: EmbeddingIdentity;
  /** How often a process says that it is there, in milliseconds. */
  checkMs: number;
  /** The notification channel of the database. */
  channel: string;
}

/**
 * Decides which embedding model serves, together with all other processes. Each says for which model it is configured. A change
 * begins when no process is configured for the serving model any more, and is given up when none is for the coming one: so a
 * deployment that replaces processes one by one changes the model once, and one that was left behind changes nothing back.
 */
export function createModelChanges({ executor, self, wanted, checkMs, channel }: ModelChangesNeeds) {
  const tell = sql`pg_notify(${channel}, ${MODELS_CHANGED})`;
  const isWished = (model: SQL) =>
    sql`exists (select from embedding_wishes as w where w.model = ${model} and w.until > now())`;

  /** Says that this process is there, and forgets those that are gone. */
  async function wish(): Promise<void> {
    await executor.execute(sql`
      with gone as (delete from embedding_wishes where until < now() and process <> ${self}::uuid)
      insert into embedding_wishes (process, model, until)
      values (${self}::uuid, ${wanted.name}, now() + make_interval(secs => ${(checkMs * INTERVALS_TO_LIVE) / 1000}::float8))
      on conflict (process) do update set until = excluded.until`);
  }

  /** Says that this process goes, so that nothing waits for it. */
  async function unwish(): Promise<void> {
    await executor.execute(sql`delete from embedding_wishes where process = ${self}::uuid`);
  }

  /** Forgets all processes, for one that knows that there is no other. */
  async function forgetOthers(): Promise<void> {
    await executor.execute(sql`delete from embedding_wishes`);
  }

  /** How many processes are configured for a model. */
  async function wishesFor(model: string): Promise<number> {
    const { rows } = await executor.execute<{ count: number }>(sql`
      select count(*)::int as count from embedding_wishes where model = ${model} and until > now()`);
    return rows[0]?.count ?? 0;
  }

  /** Lets the wanted model serve at once where none does. */
  async function serveFirst(): Promise<void> {
    await executor.executeAlone(
      ALONE,
      sql`insert into embedding_models (role, name, kind) select 'serving', ${wanted.name}, ${wanted.kind}
        where not exists (select from embedding_models where role = 'serving')`,
    );
  }

  /** Gives up a change that no process wants any more; whether it did. */
  async function withdraw(): Promise<boolean> {
    const { rowCount } = await executor.executeAlone(
      ALONE,
      sql`with gone as (
        delete from embedding_models as m where m.role = 'coming' and m.name <> ${wanted.name} and not ${isWished(sql`m.name`)}
        returning m.name
      ), ended as (
        update jobs set state = 'interrupted', owner = null, lease_until = null, updated_at = now(), ended_at = now(),
          done = counted.done, total = counted.total, note = 'It was given up: no process is configured for that model any more.'
        from gone cross join lateral (${progressOf(sql`gone.name`)}) as counted
        where kind = 'reembed' and state = 'running' and parameters->>'to' = gone.name
      )
      select ${tell} from gone`,
    );
    return rowCount === 1;
  }

  /** Begins the change to the wanted model, or makes it at once where nothing was embedded; when no process wants the old one. */
  async function begin(): Promise<void> {
    await executor.executeAlone(
      ALONE,
      sql`with serving as materialized (
        select m.name from embedding_models as m
        where m.role = 'serving' and m.name <> ${wanted.name} and not ${isWished(sql`m.name`)}
          and not exists (select from embedding_models where role = 'coming')
      ), is_empty as materialized (
        select not exists (select from message_vectors) and not exists (select from chunks) as value
      ), replaced as (
        update embedding_models set name = ${wanted.name}, kind = ${wanted.kind}, since = now()
        from serving, is_empty where role = 'serving' and is_empty.value
      ), coming as (
        insert into embedding_models (role, name, kind)
        select 'coming', ${wanted.name}, ${wanted.kind} from serving, is_empty where not is_empty.value
      ), ended as (
        update jobs set state = 'done', owner = null, lease_until = null, updated_at = now(), ended_at = now()
        from serving where kind = 'reembed' and state = 'running'
      ), begun as (
        insert into jobs (id, kind, state, parameters)
        select ${uuidv7()}::uuid, 'reembed', 'running', jsonb_build_object('from', serving.name, 'to', ${wanted.name}::text)
        from serving, is_empty where not is_empty.value
      )
      select ${tell} from serving`,
    );
  }

  /** Lets the coming model serve. What is being stored by the old one at this moment is waited for, and none is from then on. */
  async function complete(to: string): Promise<void> {
    await executor.executeAlone(
      ALONE,
      sql`with gone as (
        delete from embedding_models
        where role = 'serving' and exists (select from embedding_models where role = 'coming' and name = ${to}) returning name
      ), now_serving as (
        update embedding_models set role = 'serving', since = now()
        where role = 'coming' and name = ${to} and (select count(*) from gone) = 1 returning name
      )
      select ${tell} from now_serving`,
    );
  }

  /** Removes vectors of models that neither serve nor come, step by step. */
  async function removeOthers(signal: AbortSignal): Promise<void> {
    for (const remove of [removeMessageVectors, removeChunkVectors]) {
      while ((await executor.execute(remove)).rowCount === DELETED_AT_A_TIME) signal.throwIfAborted();
    }
  }

  return { wish, unwish, forgetOthers, wishesFor, serveFirst, withdraw, begin, complete, removeOthers };
}

export type ModelChanges = ReturnType<typeof createModelChanges>;

/** As ranges of the hash that the index is of, because "unequal" would read all that is there. */
const isOther = sql`(select count(*) from active) > 0 and (
  md5(v.model) < (select min(hash) from active) or md5(v.model) > (select max(hash) from active)
  or (md5(v.model) > (select min(hash) from active) and md5(v.model) < (select max(hash) from active)))`;
const active = sql`active as materialized (select md5(name) as hash from embedding_models)`;

const removeMessageVectors = sql`
  with ${active}, old as materialized (
    select v.user_id, v.message_id, v.model from message_vectors as v where ${isOther}
    limit ${DELETED_AT_A_TIME}::int for update skip locked
  )
  delete from message_vectors as v using old
  where v.user_id = old.user_id and v.message_id = old.message_id and v.model = old.model`;

const removeChunkVectors = sql`
  with ${active}, old as materialized (
    select v.user_id, v.document_id, v.chunk_id, v.model from chunk_vectors as v where ${isOther}
    limit ${DELETED_AT_A_TIME}::int for update skip locked
  )
  delete from chunk_vectors as v using old
  where v.user_id = old.user_id and v.document_id = old.document_id and v.chunk_id = old.chunk_id and v.model = old.model`;
