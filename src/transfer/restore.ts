import { mkdir } from 'node:fs/promises';
import { type BackupHead, type BackupLine, readBackup } from './backup-lines.ts';
import { type Filling, fillDatabase, refuseUnlessEmpty, type SourceTable } from './fill-database.ts';
import { type DatabasePlace, explained, openAsItIs } from './open-database.ts';
import type { RowListener } from './read-database.ts';
import { type Row, sizeOf } from './rows.ts';
import { refuseWhenStopped, TransferError } from './transfer-error.ts';
import { isEmptyFolder, startPlacing } from './workspace-files.ts';

interface RestoreOptions {
  file: string;
  /** Where to: an empty database, or an embedded one that does not exist yet. */
  database: DatabasePlace;
  /** The root of the workspaces, which has to be empty, or undefined for the database alone. */
  workspace: string | undefined;
  stop: AbortSignal;
  onRows: RowListener;
}

/** What was restored. */
export interface Restored {
  createdAt: string;
  rows: number;
  files: number;
}

const BATCH_CHARACTERS = 4_000_000;
const UNCHANGED = 'Nothing was restored.';

/**
 * Fills an empty database and an empty workspace from a backup. The whole file is read and checked before anything is written.
 *
 * @throws TransferError or StartupError with the sentence for the person; both are empty then, as they were.
 */
export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  try {
    const { head, rows, files } = await checkBackup(options);
    const workspace = head.files ? options.workspace : undefined;
    if (workspace !== undefined && !(await isEmptyFolder(workspace)))
      throw new TransferError(
        `${workspace} (WORKSPACE_DIR) is not empty; it takes an empty folder, or a new one.`,
      );
    await fillFrom({ ...options, workspace }, { head, rows });
    return { createdAt: head.created_at, rows, files: workspace === undefined ? 0 : files };
  } catch (error) {
    throw explained(error, UNCHANGED);
  }
}

/** Reads a backup to its end, so that a damaged one is refused before anything is written. */
async function checkBackup({ file, stop }: RestoreOptions) {
  const { head, lines } = await readBackup(file);
  let rows = 0;
  let files = 0;
  for await (const line of lines) {
    refuseWhenStopped(stop);
    if (Array.isArray(line)) rows += 1;
    else if (typeof line === 'object' && 'file' in line) files += 1;
  }
  return { head, rows, files };
}

async function fillFrom(
  { file, database, workspace, stop, onRows }: RestoreOptions,
  { head, rows }: { head: BackupHead; rows: number },
): Promise<void> {
  const target = await openAsItIs(database);
  const placing = workspace === undefined ? undefined : startPlacing(workspace);
  let isPlacing = false;
  try {
    await refuseUnlessEmpty(target);
    await fillDatabase(target, head.migrations, async (filling) => {
      const taken = takeLines((await readBackup(file)).lines, stop);
      const tables = await takeTables(taken, filling, (done, table) => onRows(done, rows, table));
      if (workspace !== undefined && placing) {
        isPlacing = true;
        await mkdir(workspace, { recursive: true });
        await takeFiles(taken, placing);
        await placing.finish();
      }
      // To the end, where the checksum is compared once more.
      while (await taken.next());
      return tables;
    });
  } catch (error) {
    if (isPlacing) await placing?.takeBack();
    throw error;
  } finally {
    await target.close();
  }
}

/** The lines of a backup one by one, with a look at the next one. */
interface Taken {
  next: () => Promise<BackupLine | undefined>;
  peek: () => Promise<BackupLine | undefined>;
}

function takeLines(lines: AsyncGenerator<BackupLine>, stop: AbortSignal): Taken {
  let ahead: BackupLine | undefined;
  async function peek(): Promise<BackupLine | undefined> {
    refuseWhenStopped(stop);
    ahead ??= (await lines.next()).value;
    return ahead;
  }
  async function next(): Promise<BackupLine | undefined> {
    const line = await peek();
    ahead = undefined;
    return line;
  }
  return { next, peek };
}

async function takeTables(
  taken: Taken,
  filling: Filling,
  onRows: (done: number, table: string) => void,
): Promise<SourceTable[]> {
  const tables: SourceTable[] = [];
  let done = 0;
  for (;;) {
    const line = await taken.next();
    if (typeof line !== 'object' || Array.isArray(line)) throw misplaced();
    if ('sequences' in line) {
      await filling.setSequences(line.sequences);
      return tables;
    }
    if (!('table' in line)) throw misplaced();
    tables.push(line.table);
    for await (const batch of batchesOf(taken)) {
      await filling.addRows(line.table, batch);
      done += batch.length;
      onRows(done, line.table.name);
    }
  }
}

async function* batchesOf(taken: Taken): AsyncGenerator<Row[]> {
  let batch: Row[] = [];
  let size = 0;
  while (Array.isArray(await taken.peek())) {
    const row = (await taken.next()) as Row; // What was looked at is an array, and arrays are rows.
    batch.push(row);
    size += sizeOf(row);
    if (size < BATCH_CHARACTERS) continue;
    yield batch;
    batch = [];
    size = 0;
  }
  if (batch.length > 0) yield batch;
}

async function takeFiles(taken: Taken, placing: ReturnType<typeof startPlacing>): Promise<void> {
  for (let line = await taken.next(); line !== undefined; line = await taken.next()) {
    if (typeof line !== 'object') throw misplaced();
    if ('folder' in line) await placing.folder(line.folder.path, line.folder.mode);
    else if ('file' in line) await placing.file(line.file, piecesOf(taken));
    else if ('link' in line) placing.link(line.link.path, line.link.target);
    else throw misplaced();
  }
}

async function* piecesOf(taken: Taken): AsyncGenerator<Buffer> {
  while (typeof (await taken.peek()) === 'string') yield Buffer.from(String(await taken.next()), 'base64');
}

function misplaced(): TransferError {
  return new TransferError('The backup has a line where it does not belong.');
}
