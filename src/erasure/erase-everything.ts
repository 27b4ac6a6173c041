import { v7 as uuidv7 } from 'uuid';
import type { Execute } from '../db/database.ts';
import { sql } from '../db/drizzle.ts';
import { importLock } from '../memory/importer.ts';
import type { Erased } from './receipt.ts';
import { eraseMessages, eraseRows, holdRuns } from './steps.ts';

/** In this order: first what hangs on others, and what a table's rows are counted as. */
const OF_RUNS = ['idempotency_keys', 'approvals'];
const OF_DOCUMENTS = ['chunk_places', 'chunks'];

/** Erases everything of a user but keys, counters and files. What is on its way into memory from before stops by itself. */
export async function eraseEverything(execute: Execute, userId: string): Promise<Erased> {
  // Imports store in turns; after this one none that began before stores anything.
  await execute(sql`select pg_advisory_xact_lock(hashtextextended(${importLock(userId)}, 0))`);
  await execute(sql`
    insert into memory_erasures (user_id, id) values (${userId}, ${uuidv7()}::uuid)
    on conflict (user_id) do update set id = excluded.id, erased_at = now(), files_left = true`);
  await execute(sql`select from chat_sessions where user_id = ${userId} order by id for update`);
  const held = await holdRuns(execute, userId, sql`true`);
  const said = await eraseMessages(execute, userId, sql`true`);
  const checkpoints = await eraseRows(execute, userId, { table: 'checkpoints' });
  const events = await eraseRows(execute, userId, { table: 'run_events' });
  for (const table of OF_RUNS) await eraseRows(execute, userId, { table });
  const runs = await eraseRows(execute, userId, { table: 'runs' });
  await eraseRows(execute, userId, { table: 'chat_sessions' });
  // Before the documents: who finds a new one holds what it was found by, so it is there by now, or never comes.
  await eraseChanging(execute, userId, 'knowledge_roots');
  const { documents, vectors } = await eraseDocuments(execute, userId);
  await unfollow(execute, userId);
  await eraseChanging(execute, userId, 'github_tokens');
  await eraseRows(execute, userId, { table: 'file_changes' });
  const receipt = {
    ...{ messages: said.messages, embeddings: said.embeddings + vectors },
    ...{ runs, checkpoints, events, documents },
  };
  return { receipt, open: held.filter(({ isOpen }) => isOpen) };
}

/** Who reads or embeds a document holds it or its chunks while it stores: what comes in between goes with them. */
async function eraseDocuments(
  execute: Execute,
  userId: string,
): Promise<{ documents: number; vectors: number }> {
  await execute(sql`select from documents where user_id = ${userId} order by id for update`);
  const vectors = await eraseRows(execute, userId, { table: 'chunk_vectors' });
  for (const table of OF_DOCUMENTS) await eraseRows(execute, userId, { table });
  return { documents: await eraseRows(execute, userId, { table: 'documents' }), vectors };
}

/** Follows no repository any more. What GitHub has sent for nobody else is not kept either. */
async function unfollow(execute: Execute, userId: string): Promise<void> {
  await execute(sql`
    update github_deliveries as d set payload = null, owner = null, waits_until = null
    where d.payload is not null
      and exists (select from github_follows as f where f.user_id = ${userId} and f.repository_id = d.repository_id)
      and not exists (select from github_follows as f where f.user_id <> ${userId} and f.repository_id = d.repository_id)`);
  await eraseChanging(execute, userId, 'github_follows');
}

/**
 * Erases the few rows of a table that the background writes into at any moment. `eraseRows` goes by where a row is, and so passes over one
 * that is being changed.
 */
async function eraseChanging(execute: Execute, userId: string, table: string): Promise<void> {
  await execute(sql`delete from ${sql.raw(table)} where user_id = ${userId}`);
}
