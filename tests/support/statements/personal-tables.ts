import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import type { Executor } from '../../../src/db/database.ts';
import { ACROSS_USERS } from './across-users.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The tables with a user_id, as the catalog has them, and where test files leave which exceptions they needed. */
    personal: { tables: string[]; folder: string };
  }
}

/** Tells every test file which tables are personal; gives back what to do at the end of the run. */
export async function providePersonalTables(
  project: TestProject,
  executor: Executor,
): Promise<() => Promise<void>> {
  const { rows } = await executor.execute<{ table_name: string }>(
    `select distinct table_name from information_schema.columns
     where column_name = 'user_id' and table_schema not in ('pg_catalog', 'information_schema') order by table_name`,
  );
  const folder = await mkdtemp(join(tmpdir(), 'tertulia-statements-'));
  project.provide('personal', { tables: rows.map((row) => row.table_name), folder });
  return async () => {
    await reportUnused(project, folder);
    await rm(folder, { recursive: true, force: true });
  };
}

/** After a run of all files, names the exceptions that no statement needed. */
async function reportUnused(project: TestProject, folder: string): Promise<void> {
  const left = await Promise.all(
    (await readdir(folder)).map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8'))),
  );
  const { testFiles } = await project.globTestFiles();
  const ran = new Set(left.map(({ file }) => file));
  if (!testFiles.every((file) => ran.has(file))) return;
  const used = new Set(left.flatMap((one) => one.used));
  for (const { name } of ACROSS_USERS.filter((entry) => !used.has(entry.name))) {
    console.log(`unused: tests/support/statements/across-users.ts has "${name}", which no statement needed.`);
  }
}
