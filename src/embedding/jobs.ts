import type { SQL } from 'drizzle-orm';
import type { Executor } from '../db/database.ts';
import { sql } from '../db/drizzle.ts';
import type { JobState } from '../db/embedding-schema.ts';
import type { EmbeddingIdentity } from '../models/embeddings.ts';

const LISTED = 100;

/** A job as an administrator sees it. */
export interface JobView {
  id: string;
  kind: 'reembed';
  state: JobState;
  done: number;
  total: number;
  detail: string;
  startedAt: Date;
  endedAt: Date | null;
}

/** A job that a process has taken. */
export interface TakenJob {
  id: string;
  from: string;
  to: string;
}

interface Left {
  messages: number;
  passages: number;
  tokens: number;
}

interface JobsNeeds {
  executor: Executor;
  /** Names this process in what it has taken. */
  owner: string;
  leaseMs: number;
}

/** How many texts there are for a model, and how many have its vectors: counted, so that it is right whatever happened. */
export function progressOf(model: SQL): SQL {
  return sql`
    select (select count(*) from messages) + (select count(*) from chunks where not exists (
        select from embedding_models where name = ${model} and kind = 'lexical')) as total,
      (select count(*) from message_vectors where model = ${model}) + (select count(*) from chunk_vectors where model = ${model}) as done`;
}

/** The jobs of the background; one is worked on by one process at a time, for as long as its lease. */
export function createReembedJobs({ executor, owner, leaseMs }: JobsNeeds) {
  const leaseEnd = sql`now() + make_interval(secs => ${leaseMs / 1000}::float8)`;

  /** The last jobs, newest first. */
  async function list(): Promise<JobView[]> {
    const { rows } = await executor.execute<JobRow>(sql`
      select j.id, j.kind, j.parameters->>'from' as "from", j.parameters->>'to' as "to", j.note,
        case when j.state = 'running' and (j.lease_until is null or j.lease_until < now()) then 'interrupted' else j.state end as state,
        coalesce(counted.done, j.done)::float8 as done, coalesce(counted.total, j.total)::float8 as total,
        j.started_at as "startedAt", j.ended_at as "endedAt"
      from jobs as j left join lateral (${progressOf(sql`j.parameters->>'to'`)}) as counted on j.state = 'running'
      order by j.started_at desc, j.id desc limit ${LISTED}::int`);
    return rows.map(({ from, to, note, startedAt, endedAt, ...job }) => ({
      ...job,
      detail: `From ${from} to ${to}.${note === null ? '' : ` ${note}`}`,
      startedAt: new Date(startedAt),
      endedAt: endedAt && new Date(endedAt),
    }));
  }

  /** What a model has still to embed, and about how many tokens that is. */
  async function left(to: EmbeddingIdentity): Promise<Left> {
    const { rows } = await executor.execute<{ [Key in keyof Left]: Left[Key] }>(sql`
      select m.count as messages, c.count as passages, m.tokens + c.tokens as tokens
      from (select count(*)::float8 as count, coalesce(sum(token_count), 0)::float8 as tokens from messages as m where not exists (
          select from message_vectors as v where v.user_id = m.user_id and v.message_id = m.id and v.model = ${to.name})) as m,
        (select count(*)::float8 as count, coalesce(sum(token_count), 0)::float8 as tokens from chunks as c
         where ${to.kind === 'neural'}::boolean and not exists (select from chunk_vectors as v
          where v.user_id = c.user_id and v.document_id = c.document_id and v.chunk_id = c.id and v.model = ${to.name})) as c`);
    return rows[0] ?? { messages: 0, passages: 0, tokens: 0 };
  }

  /** Takes the job that leads to a model, unless another process has it. */
  async function take(to: string): Promise<TakenJob | undefined> {
    const { rows } = await executor.execute<{ [Key in keyof TakenJob]: TakenJob[Key] }>(sql`
      update jobs as j set owner = ${owner}::uuid, lease_until = ${leaseEnd}, updated_at = now()
      where id = (select id from jobs where kind = 'reembed' and state = 'running' and parameters->>'to' = ${to}::text
          and (lease_until is null or lease_until < now()) order by started_at desc limit 1 for update skip locked)
      returning j.id, j.parameters->>'from' as "from", j.parameters->>'to' as "to"`);
    return rows[0];
  }

  /** Keeps a job; false when it was taken away or has ended. */
  async function keep({ id }: TakenJob): Promise<boolean> {
    const { rowCount } = await executor.execute(sql`
      update jobs set lease_until = ${leaseEnd}, updated_at = now()
      where id = ${id}::uuid and owner = ${owner}::uuid and state = 'running'`);
    return rowCount === 1;
  }

  /** Says why a job waits; null when it goes on. */
  async function note({ id }: TakenJob, text: string | null): Promise<void> {
    await executor.execute(sql`
      update jobs set note = ${text}, updated_at = now()
      where id = ${id}::uuid and owner = ${owner}::uuid and note is distinct from ${text}`);
  }

  /** Leaves a job to whoever goes on with it. */
  async function release({ id }: TakenJob): Promise<void> {
    await executor.execute(sql`
      update jobs set owner = null, lease_until = null, updated_at = now()
      where id = ${id}::uuid and owner = ${owner}::uuid and state = 'running'`);
  }

  /** Ends a job; `text` says what it left out. */
  async function finish({ id, to }: TakenJob, text: string | null): Promise<void> {
    await executor.execute(sql`
      update jobs set state = 'done', owner = null, lease_until = null, note = ${text}, updated_at = now(), ended_at = now(),
        done = counted.done, total = counted.total
      from (${progressOf(sql`${to}::text`)}) as counted
      where id = ${id}::uuid and owner = ${owner}::uuid and state = 'running'`);
  }

  /** Frees what processes before this one had taken, for one that knows that there is no other. */
  async function freeAll(): Promise<void> {
    await executor.execute(sql`update jobs set owner = null, lease_until = null where state = 'running'`);
  }

  return { list, left, take, keep, note, release, finish, freeAll };
}

/** A spread type, because drizzle asks for one that can be indexed. */
type JobRow = { [Key in keyof Omit<JobView, 'detail'>]: JobView[Key] } & {
  from: string;
  to: string;
  note: string | null;
};

export type ReembedJobs = ReturnType<typeof createReembedJobs>;
