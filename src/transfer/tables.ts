import pg from 'pg';
import { TransferError } from './transfer-error.ts';

/** A table with the columns that are stored by whoever writes; generated ones follow from them. */
export interface Table {
  schema: string;
  name: string;
  columns: { name: string; type: string }[];
}

/** How many rows a table has, and a sum over all their values that does not depend on their order. */
export interface TableContent {
  rows: number;
  digest: string;
}

/** A sequence's state, as its number is in text. */
export interface Sequence {
  schema: string;
  name: string;
  lastValue: string;
  isCalled: boolean;
}

/** Of our own making: in no schema of the system, and no part of an extension. */
const OURS = `n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND NOT EXISTS (
  SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')`;

/** The name of a table or sequence as SQL has it. */
export function nameOf({ schema, name }: { schema: string; name: string }): string {
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
}

/** All tables of a database, from its catalog, so that none is forgotten. */
export async function listTables(client: pg.ClientBase): Promise<Table[]> {
  const { rows } = await client.query<Table>(`
    SELECT n.nspname AS schema, c.relname AS name,
      (SELECT json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod)) ORDER BY a.attnum)
        FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND ${OURS} ORDER BY 1, 2`);
  return rows;
}

/** What there is in a database, by name: tables, views and sequences. An empty database has none. */
export async function listRelations(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(`
    SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND ${OURS} ORDER BY c.relkind = 'S', 1`);
  return rows.map(({ name }) => name);
}

/** The table of the same name, and with the same columns, in another database. @throws TransferError when there is none. */
export function sameTable(
  table: { schema: string; name: string; columns: string[] },
  others: Table[],
): Table {
  const found = others.find(({ schema, name }) => schema === table.schema && name === table.name);
  const columns = found?.columns.map(({ name }) => name) ?? [];
  if (!found || columns.toSorted().join() !== table.columns.toSorted().join()) {
    throw new TransferError(
      `The table ${table.schema}.${table.name} is not as this version of Tertulia makes it, so its rows have no place.`,
    );
  }
  return found;
}

/** Counts a table's rows and sums their hashes. The texts of values are the same on every server, by `reading` and `writing`. */
export async function contentOf(client: pg.ClientBase, table: Table): Promise<TableContent> {
  const values = table.columns
    .map(({ name }) => name)
    .toSorted()
    .map((name) => `t.${pg.escapeIdentifier(name)}::text`);
  const hash = `substr(encode(sha256(convert_to(row(${values.join(', ')})::text, 'UTF8')), 'hex'), 1, 15)`;
  const { rows } = await client.query<{ rows: string; digest: string }>(`
    SELECT count(*)::text AS rows, coalesce(sum(('x' || ${hash})::bit(60)::bigint::numeric), 0)::text AS digest
    FROM ${nameOf(table)} t`);
  return { rows: Number(rows[0]?.rows), digest: String(rows[0]?.digest) };
}

/** The sequences of a database, those of identity columns among them. */
export async function listSequences(client: pg.ClientBase): Promise<Sequence[]> {
  const { rows } = await client.query<{ schema: string; name: string }>(`
    SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'S' AND ${OURS} ORDER BY 1, 2`);
  const sequences: Sequence[] = [];
  for (const found of rows) {
    const { rows: states } = await client.query<{ last: string; called: boolean }>(
      `SELECT last_value::text AS last, is_called AS called FROM ${nameOf(found)}`,
    );
    sequences.push({
      ...found,
      lastValue: String(states[0]?.last),
      isCalled: states[0]?.called === true,
    });
  }
  return sequences;
}

/** Has the sequences go on where they were. */
export async function setSequences(client: pg.ClientBase, sequences: Sequence[]): Promise<void> {
  for (const sequence of sequences) {
    const { lastValue, isCalled } = sequence;
    await client.query('SELECT setval($1::regclass, $2::bigint, $3)', [
      nameOf(sequence),
      lastValue,
      isCalled,
    ]);
  }
}
