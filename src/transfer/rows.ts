import pg from 'pg';
import { nameOf, type Table } from './tables.ts';

/** A row's values as texts, in the order of the table's columns. */
export type Row = (string | null)[];

/** What is held in memory of a table at once, more or less: the next rows may be larger than those before. */
const BATCH_CHARACTERS = 4_000_000;
const FIRST_ROWS = 16;
const MOST_ROWS = 2_000;

/** Reads a table's rows in batches of bounded size, in no particular order. */
export async function* readRows(client: pg.ClientBase, table: Table): AsyncGenerator<Row[]> {
  const values = table.columns.map(({ name }) => `${pg.escapeIdentifier(name)}::text`);
  await client.query(
    `DECLARE tertulia_rows NO SCROLL CURSOR FOR SELECT ${values.join(', ')} FROM ${nameOf(table)}`,
  );
  let count = FIRST_ROWS;
  for (;;) {
    const { rows } = await client.query<Row>({
      text: `FETCH ${count} FROM tertulia_rows`,
      rowMode: 'array',
    });
    if (rows.length === 0) break;
    yield rows;
    const average = rows.reduce((sum, row) => sum + sizeOf(row), 0) / rows.length;
    count = Math.min(MOST_ROWS, Math.max(1, Math.floor(BATCH_CHARACTERS / average)));
  }
  await client.query('CLOSE tertulia_rows');
}

/** What a row takes, in characters and at least one. */
export function sizeOf(row: Row): number {
  return row.reduce((sum, value) => sum + (value?.length ?? 0), 1);
}

/** Stores rows whose values come in the order of `columns`. */
export async function insertRows(
  client: pg.ClientBase,
  { table, columns }: { table: Table; columns: string[] },
  rows: Row[],
): Promise<void> {
  const names = columns.map((name) => pg.escapeIdentifier(name));
  const types = new Map(table.columns.map(({ name, type }) => [name, type]));
  const casts = columns.map((name, position) => `r.${names[position]}::${types.get(name)}`);
  const lists = columns.map((_, position) => `$${position + 1}::text[]`);
  await client.query(
    `INSERT INTO ${nameOf(table)} (${names.join(', ')}) OVERRIDING SYSTEM VALUE
      SELECT ${casts.join(', ')} FROM unnest(${lists.join(', ')}) AS r(${names.join(', ')})`,
    columns.map((_, position) => rows.map((row) => row[position] ?? null)),
  );
}

/**
 * Puts foreign keys and triggers out of the way, so that rows can come in any order and nothing is done twice, such as queueing a
 * message that is queued already. Returns what brings them back, which checks every foreign key.
 */
export async function suspendRules(client: pg.ClientBase): Promise<() => Promise<void>> {
  const { rows } = await client.query<{ suspend: string; resume: string }>(`
    SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS suspend,
      format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS resume
    FROM pg_constraint WHERE contype = 'f' AND conparentid = 0
    UNION ALL
    SELECT format('ALTER TABLE %s DISABLE TRIGGER %I', tgrelid::regclass, tgname),
      format('ALTER TABLE %s ENABLE TRIGGER %I', tgrelid::regclass, tgname)
    FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'`);
  for (const { suspend } of rows) await client.query(suspend);
  return async () => {
    for (const { resume } of rows) await client.query(resume);
  };
}
