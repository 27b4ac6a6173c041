import type pg from 'pg';
import { makeSchema } from '../db/migrate.ts';
import { type OpenedDatabase, writing } from './open-database.ts';
import { insertRows, type Row, suspendRules } from './rows.ts';
import {
  contentOf,
  listRelations,
  listTables,
  type Sequence,
  sameTable,
  setSequences,
  type Table,
  type TableContent,
} from './tables.ts';
import { TransferError } from './transfer-error.ts';

const NAMED = 5;

/** A table of the source, and what has to be in it afterwards. */
export interface SourceTable {
  schema: string;
  name: string;
  columns: string[];
  content: TableContent;
}

/** Takes the contents of a source as they come: a table's rows, in any number of calls, and sequences. */
export interface Filling {
  addRows: (table: SourceTable, rows: Row[]) => Promise<void>;
  setSequences: (sequences: Sequence[]) => Promise<void>;
}

/** @throws TransferError when there is anything in the database; names what. */
export async function refuseUnlessEmpty({ client, description }: OpenedDatabase): Promise<void> {
  const found = await listRelations(client);
  if (found.length === 0) return;
  const more = found.length > NAMED ? ` and ${found.length - NAMED} more` : '';
  throw new TransferError(
    `${description} is not empty: it has ${found.slice(0, NAMED).join(', ')}${more}. It takes a new, empty database.`,
  );
}

/**
 * Fills an empty database in one transaction: the schema as the source's migrations made it, then what `fill` brings, then a look
 * whether every table has exactly what it should. The next start of the server brings
 * what is of an older version up to date.
 *
 * @throws TransferError or StartupError when the database cannot be used or would not be the same.
 */
export async function fillDatabase(
  target: OpenedDatabase,
  migrations: number[],
  fill: (filling: Filling) => Promise<SourceTable[]>,
): Promise<void> {
  const { client } = target;
  await writing(client, async () => {
    await refuseUnlessEmpty(target);
    await makeSchema(client, migrations);
    const tables = await listTables(client);
    const resumeRules = await suspendRules(client);
    const filled = await fill({
      addRows: async (table, rows) =>
        await insertRows(client, { table: sameTable(table, tables), columns: table.columns }, rows),
      setSequences: async (sequences) => await setSequences(client, sequences),
    });
    await resumeRules();
    await compare(client, filled, tables);
  });
  // All of it is there now; without this the first questions are slow, until the server does it by itself.
  await client.query('ANALYZE').catch(() => undefined);
}

async function compare(client: pg.ClientBase, filled: SourceTable[], tables: Table[]): Promise<void> {
  const missing = tables.find(
    (table) => !filled.some(({ schema, name }) => schema === table.schema && name === table.name),
  );
  if (missing) throw new TransferError(`The table ${missing.schema}.${missing.name} did not come.`);
  for (const source of filled) {
    const now = await contentOf(client, sameTable(source, tables));
    if (now.rows === source.content.rows && now.digest === source.content.digest) continue;
    throw new TransferError(
      `The table ${source.schema}.${source.name} came with ${now.rows} of ${source.content.rows} rows, or with other values.`,
    );
  }
}
