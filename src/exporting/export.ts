import type { Executor } from '../db/database.ts';
import { sql } from '../db/drizzle.ts';
import { type ExportSource, SOURCES } from './sources.ts';

/** Changes when a reader of an older export could not read a newer one. */
const VERSION = 1;

/** Writes down everything that is kept about a user. */
export function createExport({ executor }: { executor: Executor }) {
  /**
   * The lines, page by page as they are asked for, so that memory stays bounded whatever there is. The last one counts those before it: an
   * export without it was cut off. Each page is as it is when it is read.
   */
  async function* lines(userId: string): AsyncGenerator<string> {
    let count = 1;
    const head = { type: 'export', version: VERSION, created_at: new Date().toISOString(), user: userId };
    let text = `${JSON.stringify(head)}\n`;
    for (const source of SOURCES) {
      for await (const page of pagesOf(userId, source)) {
        count += page.length;
        yield text + page.map((line) => `${JSON.stringify(line)}\n`).join('');
        text = '';
      }
    }
    yield `${text}${JSON.stringify({ type: 'end', lines: count })}\n`;
  }

  async function* pagesOf(userId: string, source: ExportSource): AsyncGenerator<object[]> {
    const { type, fields, from, owner, keys, page } = source;
    const columns = sql.join(
      keys.map(([column]) => column),
      sql`, `,
    );
    const cursorColumns = sql.join(
      keys.map(([column]) => sql`${column}::text`),
      sql`, `,
    );
    let after = sql`true`;
    for (;;) {
      const { rows } = await executor.execute<{ cursor: string[] } & Record<string, unknown>>(sql`
        select ${fields}, array[${cursorColumns}] as cursor from ${from}
        where ${owner} = ${userId} and ${after} order by ${columns} limit ${page}::int`);
      if (rows.length > 0) yield rows.map(({ cursor: _, ...line }) => ({ type, ...line }));
      const last = rows.at(-1);
      if (!last || rows.length < page) return;
      const values = keys.map(([, type], place) => sql`${last.cursor[place]}::${type}`);
      after = sql`(${columns}) > (${sql.join(values, sql`, `)})`;
    }
  }

  return { lines };
}

export type Export = ReturnType<typeof createExport>;
