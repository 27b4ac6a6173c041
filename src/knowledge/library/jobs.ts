import type { Executor } from '../../db/database.ts';
import { sql } from '../../db/drizzle.ts';
import type { KnowledgeFault } from '../../db/knowledge-schema.ts';

/** A document that a process has taken to read or to embed. */
export interface Job {
  userId: string;
  id: string;
  path: string;
  state: 'reading' | 'embedding';
  generation: number;
  etag: string | null;
  readAs: string | null;
  attempts: number;
}

interface JobsNeeds {
  executor: Executor;
  /** Names this process in what it has taken. */
  owner: string;
  leaseMs: number;
}

/** What waits to be done for documents, shared by all processes: each document is taken by one at a time, for as long as its lease. */
export function createJobs({ executor, owner, leaseMs }: JobsNeeds) {
  const leaseEnd = sql`now() + make_interval(secs => ${leaseMs / 1000}::float8)`;

  /** Takes the document that waits longest; undefined when none waits. */
  async function take(): Promise<Job | undefined> {
    const { rows } = await executor.execute<{ [Key in keyof Job]: Job[Key] }>(sql`
      with next as (
        select user_id, id from documents
        where state in ('queued', 'reading', 'embedding') and (waits_until is null or waits_until < now())
        order by queued_at limit 1 for update skip locked
      )
      update documents as d
      set owner = ${owner}::uuid, waits_until = ${leaseEnd}, attempts = d.attempts + 1,
        state = case d.state when 'embedding' then 'embedding' else 'reading' end
      from next where d.user_id = next.user_id and d.id = next.id
      returning d.user_id as "userId", d.id, d.path, d.state, d.generation, d.etag, d.read_as as "readAs", d.attempts`);
    return rows[0];
  }

  /** Keeps a document; false when it was taken away: it changed, was removed, or the lease was over. */
  async function keep({ userId, id }: Job): Promise<boolean> {
    const { rowCount } = await executor.execute(sql`
      update documents set waits_until = ${leaseEnd}
      where user_id = ${userId} and id = ${id}::uuid and owner = ${owner}::uuid`);
    return rowCount === 1;
  }

  /** Gives a document back, to be tried again after a while; `fault` says why it waits. */
  async function giveBack(
    { userId, id, state, attempts }: Job,
    delayMs: number,
    fault: KnowledgeFault | null,
  ): Promise<void> {
    await executor.execute(sql`
      update documents
      set owner = null, attempts = ${Math.max(0, attempts)}::int, waits_until = now() + make_interval(secs => ${delayMs / 1000}::float8),
        state = ${state === 'reading' ? 'queued' : state}, fault = ${fault && JSON.stringify(fault)}::jsonb
      where user_id = ${userId} and id = ${id}::uuid and owner = ${owner}::uuid`);
  }

  /**
   * Ends the work on a document whose content is indexed; `model` made its vectors, or null where it has none. Where another model
   * serves by now, it waits for that one's.
   */
  async function finish(
    { userId, id }: Job,
    model: string | null,
    fault: KnowledgeFault | null,
  ): Promise<void> {
    await executor.execute(sql`
      update documents
      set state = case when exists (select from embedding_models where role = 'serving' and (name = ${model} or ${model === null}::boolean))
          then 'ready' else 'embedding' end, owner = null, waits_until = null, attempts = 0, embedded_as = ${model},
        fault = ${fault && JSON.stringify(fault)}::jsonb
      where user_id = ${userId} and id = ${id}::uuid and owner = ${owner}::uuid`);
  }

  /** Frees what processes before this one had taken, for one that knows that there is no other. */
  async function freeAll(): Promise<void> {
    await executor.execute(sql`
      update documents set owner = null, waits_until = null
      where owner is not null and state in ('reading', 'embedding')`);
  }

  /** Tells the planner how much there is: the embedded database never does so itself, and a server only after a minute. */
  async function analyze(): Promise<void> {
    await executor.execute(sql`analyze documents, chunks, chunk_places, chunk_vectors`);
  }

  return { take, keep, giveBack, finish, freeAll, analyze };
}

export type Jobs = ReturnType<typeof createJobs>;
