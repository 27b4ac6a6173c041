import { appliedMigrations } from '../db/migrate.ts';
import type { SourceTable } from './fill-database.ts';
import type { OpenedDatabase } from './open-database.ts';
import { type Row, readRows } from './rows.ts';
import { contentOf, listSequences, listTables, type Sequence } from './tables.ts';
import { refuseWhenStopped, TransferError } from './transfer-error.ts';

/** Told after each batch of rows: how many of all there are, and of which table. */
export type RowListener = (done: number, all: number, table: string) => void;

/** All of a database, as it is at one moment; to be read within `reading`. */
export interface DatabaseContents {
  migrations: number[];
  tables: SourceTable[];
  sequences: Sequence[];
  /** A table's rows, in batches of bounded size. */
  rowsOf: (table: SourceTable) => AsyncGenerator<Row[]>;
}

/** Looks at what a database holds. @throws TransferError when it is not one of ours. */
export async function readContents(
  { client, description }: OpenedDatabase,
  { stop, onRows }: { stop: AbortSignal; onRows: RowListener },
): Promise<DatabaseContents> {
  const migrations = await appliedMigrations(client);
  if (migrations.length === 0) throw new TransferError(`${description} holds nothing of Tertulia.`);
  const found = await listTables(client);
  const tables: SourceTable[] = [];
  for (const table of found) {
    refuseWhenStopped(stop);
    const { schema, name, columns } = table;
    const content = await contentOf(client, table);
    tables.push({ schema, name, columns: columns.map((column) => column.name), content });
  }
  const all = tables.reduce((sum, { content }) => sum + content.rows, 0);
  let done = 0;

  async function* rowsOf(source: SourceTable): AsyncGenerator<Row[]> {
    const table = found.find(({ schema, name }) => schema === source.schema && name === source.name);
    if (!table) throw new TransferError(`There is no table ${source.schema}.${source.name}.`);
    for await (const rows of readRows(client, table)) {
      refuseWhenStopped(stop);
      yield rows;
      done += rows.length;
      onRows(done, all, source.name);
    }
  }
  return { migrations, tables, sequences: await listSequences(client), rowsOf };
}
