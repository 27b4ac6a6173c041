import type { Executor } from '../db/database.ts';
import { sql } from '../db/drizzle.ts';

/** So long a delivery is known again; GitHub itself keeps them for three days. */
const DAYS_KEPT = 30;

/** What came in. */
interface NewDelivery {
  id: string;
  event: string;
  /** Null for what is about no repository. */
  repositoryId: number | null;
  /** JSON. */
  payload: string;
}

/** A delivery that this process has taken. */
export interface Delivery {
  id: string;
  event: string;
  payload: string;
  /** ISO 8601. */
  receivedAt: string;
  attempts: number;
}

interface DeliveryQueueNeeds {
  executor: Executor;
  /** Names this process in what it has taken. */
  owner: string;
  leaseMs: number;
}

/**
 * What GitHub has sent, shared by all processes: each delivery is taken by one at a time, for as long as its lease, and those of a
 * repository one after the other.
 */
export function createDeliveryQueue({ executor, owner, leaseMs }: DeliveryQueueNeeds) {
  const after = (ms: number) => sql`now() + make_interval(secs => ${ms / 1000}::float8)`;

  /**
   * Stores a delivery; false if it is here already. One that was given up is taken anew. What nobody follows is not kept.
   */
  async function add({ id, event, repositoryId, payload }: NewDelivery): Promise<boolean> {
    const { rowCount } = await executor.execute(sql`
      insert into github_deliveries as d (id, event, repository_id, payload)
      values (${id}, ${event}, ${repositoryId}::bigint,
        case when exists (select from github_follows where repository_id = ${repositoryId}::bigint) then ${payload}::text end)
      on conflict (id) do update set payload = excluded.payload, fault = null, attempts = 0, waits_until = null
      where d.fault is not null`);
    return rowCount === 1;
  }

  /** Takes the delivery that came first, of those with none of the same repository before them; undefined if there is none. */
  async function take(): Promise<Delivery | undefined> {
    const { rows } = await executor.execute<{ [Key in keyof Delivery]: Delivery[Key] }>(sql`
      with next as (
        select d.id from github_deliveries as d
        where d.payload is not null and (d.waits_until is null or d.waits_until < now())
          and not exists (
            select from github_deliveries as e
            where e.payload is not null and e.repository_id = d.repository_id and e.place < d.place)
        order by d.place limit 1 for update of d skip locked
      )
      update github_deliveries as d
      set owner = ${owner}::uuid, waits_until = ${after(leaseMs)}, attempts = d.attempts + 1
      from next where d.id = next.id
      returning d.id, d.event, d.payload, d.attempts,
        to_char(d.received_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "receivedAt"`);
    return rows[0];
  }

  /** Keeps a delivery while it is worked on. */
  async function keep({ id }: Delivery): Promise<void> {
    await executor.execute(sql`
      update github_deliveries set waits_until = ${after(leaseMs)}
      where id = ${id} and owner = ${owner}::uuid and payload is not null`);
  }

  /** Ends the work on a delivery; with a fault it was given up. */
  async function finish({ id }: Delivery, fault: string | null): Promise<void> {
    await executor.execute(sql`
      update github_deliveries set payload = null, owner = null, waits_until = null, fault = ${fault}
      where id = ${id} and owner = ${owner}::uuid`);
  }

  /** Gives a delivery back, to be tried again after a while. */
  async function giveBack({ id, attempts }: Delivery, delayMs: number): Promise<void> {
    await executor.execute(sql`
      update github_deliveries set owner = null, waits_until = ${after(delayMs)}, attempts = ${attempts}::int
      where id = ${id} and owner = ${owner}::uuid`);
  }

  /** Frees what processes before this one had taken, for one that knows that there is no other. */
  async function freeAll(): Promise<void> {
    await executor.execute(sql`
      update github_deliveries set owner = null, waits_until = null where owner is not null`);
  }

  /** Forgets deliveries that are done and so old that GitHub sends them no more. */
  async function clear(): Promise<void> {
    await executor.execute(sql`
      delete from github_deliveries
      where payload is null and received_at < now() - make_interval(days => ${DAYS_KEPT}::int)`);
  }

  return { add, take, keep, finish, giveBack, freeAll, clear };
}

export type DeliveryQueue = ReturnType<typeof createDeliveryQueue>;
