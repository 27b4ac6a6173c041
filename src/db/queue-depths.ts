import type { Executor } from './database.ts';
import { sql } from './drizzle.ts';

/** Beyond this many, counting on would only cost time; a queue of that length is shown with this number. */
const MOST_COUNTED = 10_000;
/** How long one answer is believed, so that several who scrape cost the database one statement. */
const BELIEVED_MS = 5_000;
/** How long one who scrapes waits for the database. */
const PATIENCE_MS = 1_000;

type Row = Record<'sessions' | 'embedding' | 'documents' | 'deliveries', number>;

/**
 * Counts what waits in the database's queues. It never rejects nor holds up for long: while the database does not answer, there
 * is nothing, and no second statement is sent before the first one has ended.
 */
export function createQueueDepths({ executor }: { executor: Executor }) {
  let latest: Promise<Row | undefined> | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;

  return async (): Promise<Row | undefined> => {
    if (latest === undefined || performance.now() - askedAt > BELIEVED_MS) {
      askedAt = Number.POSITIVE_INFINITY;
      latest = count(executor)
        .catch(() => undefined)
        .finally(() => {
          askedAt = performance.now();
        });
    }
    return await withinPatience(latest);
  };
}

async function count(executor: Executor): Promise<Row | undefined> {
  const some = sql`limit ${sql.raw(String(MOST_COUNTED))}`;
  const { rows } = await executor.execute<Row>(sql`
    select
      (select count(*) from (select from runs where status = 'queued' ${some}) as waiting)::int as sessions,
      (select count(*) from (select from embedding_queue ${some}) as waiting)::int as embedding,
      (select count(*) from (select from documents where state in ('queued', 'reading', 'embedding') ${some}) as waiting)::int
        as documents,
      (select count(*) from (select from github_deliveries where payload is not null ${some}) as waiting)::int as deliveries`);
  return rows[0];
}

async function withinPatience<Value>(answer: Promise<Value>): Promise<Value | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
