import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { World } from './world.ts';

/** What changes by itself: who was seen when, and what waits for a vector. */
const VOLATILE = ['api_keys', 'embedding_queue', 'message_vectors', 'knowledge_roots'];

/** All rows and files of Ana's, by their hashes. */
export async function anasEverything({ app }: World): Promise<Record<string, string>> {
  await app.services.embedder.settled();
  const tables = inject('personal').tables.filter((table) => !VOLATILE.includes(table));
  const selects = tables.map(
    (table) =>
      `select '${table}' as name, md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as hash from ${table} as t where user_id = 'ana'`,
  );
  const rows = await app.runSql(selects.join(' union all '));
  const kept = rows.map(({ name, hash }) => [String(name), String(hash)] as const);
  return Object.fromEntries([...kept, ...(await filesIn(join(app.workspace, 'ana')))]);
}

async function filesIn(folder: string): Promise<[string, string][]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry): Promise<[string, string]> => {
        const path = join(entry.parentPath, entry.name);
        return [
          path,
          createHash('sha256')
            .update(await readFile(path))
            .digest('hex'),
        ];
      }),
  );
}
