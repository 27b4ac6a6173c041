import { z } from 'zod';
import { readLines } from './backup-file.ts';
import { TransferError } from './transfer-error.ts';
import { isInside } from './workspace-files.ts';

/** The version of the file's own form; the version of what is in it is told by the migrations. */
export const FORM = 1;

const path = z.string().refine(isInside);
const mode = z.int().min(0).max(0o777);

const head = z.strictObject({
  tertulia_backup: z.literal(FORM),
  created_at: z.iso.datetime(),
  /** The times of the migrations that the database had. */
  migrations: z.array(z.int()).min(1),
  /** Whether the files of the workspace are in it. */
  files: z.boolean(),
});
const table = z.strictObject({
  table: z.strictObject({
    schema: z.string(),
    name: z.string(),
    columns: z.array(z.string()).min(1),
    content: z.strictObject({ rows: z.int().min(0), digest: z.string() }),
  }),
});
const sequences = z.strictObject({
  sequences: z.array(
    z.strictObject({ schema: z.string(), name: z.string(), lastValue: z.string(), isCalled: z.boolean() }),
  ),
});

/**
 * What the lines of a backup are. After `table` come its rows, arrays of texts; after `file` its content, in pieces as Base64.
 * All of a database comes before `sequences`, all files after it.
 */
const line = z.union([
  z.array(z.string().nullable()),
  z.string(),
  table,
  z.strictObject({ file: z.strictObject({ path, mode, modified: z.number() }) }),
  z.strictObject({ folder: z.strictObject({ path, mode }) }),
  z.strictObject({ link: z.strictObject({ path, target: z.string() }) }),
  sequences,
]);

export type BackupHead = z.infer<typeof head>;
export type BackupLine = z.infer<typeof line>;

/** Reads a backup; `lines` have to be taken to their end, which is where a damaged file is noticed. */
export async function readBackup(
  file: string,
): Promise<{ head: BackupHead; lines: AsyncGenerator<BackupLine> }> {
  const values = readLines(file);
  const first = await values.next();
  const parsed = head.safeParse(first.value);
  if (!parsed.success) {
    await values.return(undefined);
    throw new TransferError(
      `${file} is no backup of Tertulia that this version can read. It takes a file that "npm run backup" of this or an older version wrote.`,
    );
  }
  async function* lines(): AsyncGenerator<BackupLine> {
    for await (const value of values) {
      const found = line.safeParse(value);
      if (!found.success)
        throw new TransferError(`${file} is not a whole backup: a line is not as it should be.`);
      yield found.data;
    }
  }
  return { head: parsed.data, lines: lines() };
}
