import { fillDatabase } from './fill-database.ts';
import { explained, hasEmbedded, openAsItIs, reading } from './open-database.ts';
import { type RowListener, readContents } from './read-database.ts';
import { TransferError } from './transfer-error.ts';

interface MoveOptions {
  /** The folder of the embedded database. */
  dataDir: string;
  /** The server's empty database. */
  url: string;
  stop: AbortSignal;
  onRows: RowListener;
}

/** What was moved. */
export interface Moved {
  tables: number;
  rows: number;
}

const UNCHANGED = 'Nothing was moved: the embedded database is as it was, and the target as empty as before.';

/**
 * Copies all of the embedded database into an empty one on a server, in one transaction there, and compares every table.
 *
 * @throws TransferError or StartupError with the sentence for the person; nothing has changed then.
 */
export async function moveDatabase({ dataDir, url, stop, onRows }: MoveOptions): Promise<Moved> {
  if (!hasEmbedded(dataDir))
    throw new TransferError(`There is no embedded database in ${dataDir} (DATA_DIR).`);
  const target = await openAsItIs({ url, dataDir });
  try {
    const source = await openAsItIs({ url: undefined, dataDir });
    try {
      return await reading(source.client, async () => {
        const contents = await readContents(source, { stop, onRows });
        const { migrations, tables, sequences, rowsOf } = contents;
        await fillDatabase(target, migrations, async (filling) => {
          for (const table of tables) {
            for await (const rows of rowsOf(table)) await filling.addRows(table, rows);
          }
          await filling.setSequences(sequences);
          return tables;
        });
        const rows = tables.reduce((sum, { content }) => sum + content.rows, 0);
        return { tables: tables.length, rows };
      });
    } finally {
      await source.close();
    }
  } catch (error) {
    throw explained(error, UNCHANGED);
  } finally {
    await target.close();
  }
}
