import { createHash } from 'node:crypto';
import type { SQL } from 'drizzle-orm';
import pg from 'pg';
import { fillPlaceholders, PgDialect } from './drizzle.ts';

/** A server that does not have the statement, has another one of its name, or planned it for tables that have changed since. */
const NOT_KEPT = ['26000', '42P05', '0A000'];
/** Times of any kind, and lists of them, come as PostgreSQL writes them, as from drizzle. */
const TIMES = new Set([1082, 1114, 1115, 1182, 1184, 1185, 1186, 1187]);
const asWritten = (value: string) => value;
const types = {
  getTypeParser: (id: number, format?: 'text' | 'binary') =>
    TIMES.has(id) ? asWritten : pg.types.getTypeParser(id, format),
};

type Result<Row extends Record<string, unknown>> = Promise<pg.QueryResult<Row>>;

interface Query {
  /** Under a name, a connection reads and plans a text once: https://node-postgres.com/features/queries#prepared-statements */
  name: string | undefined;
  text: string;
  values: unknown[];
}

/** Runs statements that come again and again. */
export function preparing(pool: Pick<pg.Pool, 'query'>) {
  const dialect = new PgDialect();
  const names = new Map<string, string>();
  let isKept = true;

  /** Where a pooler between here and the server keeps no prepared statements, they run like any other. */
  async function send<Row extends Record<string, unknown>>({ name, text, values }: Query): Result<Row> {
    // `types` is missing from the pool's own type of a query.
    const query = { text, values, types } as pg.QueryConfig;
    if (name === undefined || !isKept) return await pool.query<Row>(query);
    try {
      return await pool.query<Row>({ ...query, name });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && NOT_KEPT.includes(String(error.code)))) throw error;
      isKept = error.code === '0A000';
      return await pool.query<Row>(query);
    }
  }

  /** The same in every process, so that two that share a server's connection by a pooler mean the same by it. */
  function nameOf(text: string): string {
    const known = names.get(text);
    if (known !== undefined) return known;
    const name = createHash('sha256').update(text).digest('hex').slice(0, 32);
    names.set(text, name);
    return name;
  }

  /** Runs a statement under a name that follows from its text. */
  function run<Row extends Record<string, unknown>>(statement: SQL): Result<Row> {
    const { sql: text, params: values } = dialect.sqlToQuery(statement);
    return send<Row>({ name: nameOf(text), text, values });
  }

  /** Writes a statement's text once; what is returned runs it with values for its placeholders. */
  function prepare<Row extends Record<string, unknown>>(statement: SQL, name: string | undefined) {
    const { text, distinct } = compile(dialect, statement);
    return (values: Record<string, unknown>): Result<Row> =>
      send<Row>({ name, text, values: fillPlaceholders(distinct, values) });
  }

  return { run, prepare };
}

export type Preparing = ReturnType<typeof preparing>;

/** A statement as text. A placeholder that it names more than once is one parameter, so that its value is sent once. */
function compile(dialect: InstanceType<typeof PgDialect>, statement: SQL) {
  const { sql: text, params } = dialect.sqlToQuery(statement);
  const distinct: unknown[] = [];
  const places = params.map((one) => {
    const name = placeholderOf(one);
    const known = name === undefined ? -1 : distinct.findIndex((other) => placeholderOf(other) === name);
    return known < 0 ? distinct.push(one) : known + 1;
  });
  return {
    text: text.replaceAll(/\$(\d+)/g, (_, place: string) => `$${places[Number(place) - 1]}`),
    distinct,
  };
}

/** The name of a placeholder of drizzle's; undefined for a plain value. */
function placeholderOf(one: unknown): string | undefined {
  const isPlaceholder = typeof one === 'object' && one !== null && 'name' in one && 'getSQL' in one;
  return isPlaceholder ? String(one.name) : undefined;
}
