import { join, resolve } from 'node:path';
import { type LineWriter, writeLines } from './backup-file.ts';
import { FORM } from './backup-lines.ts';
import {
  type DatabasePlace,
  explained,
  hasEmbedded,
  type OpenedDatabase,
  openAsItIs,
  reading,
} from './open-database.ts';
import { type RowListener, readContents } from './read-database.ts';
import { refuseWhenStopped, TransferError } from './transfer-error.ts';
import { walk } from './workspace-files.ts';

interface BackupOptions {
  database: DatabasePlace;
  /** The root of the workspaces, or undefined for the database alone. */
  workspace: string | undefined;
  file: string;
  stop: AbortSignal;
  onRows: RowListener;
}

/** What a backup has. */
export interface BackedUp {
  rows: number;
  files: number;
  /** What was left out, because it is neither file, folder nor link. */
  skipped: string[];
}

const UNCHANGED = 'No backup was made.';

/**
 * Writes all of a database, as it is at one moment, and the files of the workspaces into one file.
 *
 * @throws TransferError or StartupError with the sentence for the person; no file is left then.
 */
export async function makeBackup(options: BackupOptions): Promise<BackedUp> {
  const { database } = options;
  if (database.url === undefined && !hasEmbedded(database.dataDir))
    throw new TransferError(`There is no embedded database in ${database.dataDir} (DATA_DIR).`);
  const writer = await writeLines(resolve(options.file));
  try {
    const source = await openAsItIs(database);
    try {
      const rows = await reading(source.client, async () => await writeRows(writer, source, options));
      // Still open, so that no server can begin to change the files of an embedded database.
      const kept = await writeFiles(writer, options);
      await writer.finish();
      return { rows, ...kept };
    } finally {
      await source.close();
    }
  } catch (error) {
    await writer.abandon();
    throw explained(error, UNCHANGED);
  }
}

async function writeRows(
  writer: LineWriter,
  source: OpenedDatabase,
  options: BackupOptions,
): Promise<number> {
  const { migrations, tables, sequences, rowsOf } = await readContents(source, options);
  const head = { tertulia_backup: FORM, created_at: new Date().toISOString(), migrations };
  await writer.write({ ...head, files: options.workspace !== undefined });
  for (const table of tables) {
    await writer.write({ table });
    for await (const batch of rowsOf(table)) for (const row of batch) await writer.write(row);
  }
  await writer.write({ sequences });
  return tables.reduce((sum, { content }) => sum + content.rows, 0);
}

async function writeFiles(
  writer: LineWriter,
  { workspace, database, file, stop }: BackupOptions,
): Promise<Omit<BackedUp, 'rows'>> {
  const kept = { files: 0, skipped: [] as string[] };
  if (workspace === undefined) return kept;
  // Whatever of ours lies in the workspace is no file of a person.
  const excluded = [writer.partial, resolve(file), join(database.dataDir)];
  for await (const entry of walk(workspace, excluded)) {
    refuseWhenStopped(stop);
    if (entry.kind === 'other') {
      kept.skipped.push(entry.path);
    } else if (entry.kind === 'file') {
      const { path, mode, modified } = entry;
      await writer.write({ file: { path, mode, modified } });
      for await (const piece of entry.pieces()) await writer.write(piece.toString('base64'));
      kept.files += 1;
    } else {
      const { kind, ...rest } = entry;
      await writer.write({ [kind]: rest });
    }
  }
  return kept;
}
