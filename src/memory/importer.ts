import type { Executor } from '../db/database.ts';
import { sql } from '../db/drizzle.ts';
import { ProblemError } from '../errors.ts';
import type { Embedder } from './embedder.ts';
import { type ImportLine, type LineError, parseLine, readLines } from './import-lines.ts';
import { lastErasure, storeStatement } from './import-statement.ts';

/** The most lines that one statement stores, and the bytes that close a batch. */
const BATCH_LINES = 500;
const BATCH_BYTES = 2_000_000;
/** More errors are counted, and not told one by one. */
const MOST_ERRORS_TOLD = 1_000;

/** What an import came to: `failed` counts the lines that were not taken, `errors` tells of the first thousand. */
export interface ImportReport {
  imported: number;
  /** What was there already. */
  skipped: number;
  failed: number;
  /** Lines of an export that are no messages; left out where there are none. */
  passed_over?: number;
  errors: LineError[];
}

interface ImporterNeeds {
  executor: Executor;
  embedder: Pick<Embedder, 'wake'>;
}

/** Whoever stores what comes from elsewhere into a user's memory does it alone under this name. */
export function importLock(userId: string): string {
  return `import of ${userId}`;
}

/** Takes history from elsewhere into a user's memory. */
export function createImporter({ executor, embedder }: ImporterNeeds) {
  /**
   * Stores the lines of an NDJSON stream in their order, whatever its length, batch by batch: what is stored when the stream
   * breaks off stays, and the same lines again change nothing. Vectors follow in the background. `since` is the user's last erasure as
   * it was when the lines were made; left out: as it is now.
   *
   * @throws ProblemError `memory_erased` when everything is erased meanwhile.
   */
  async function importLines(
    userId: string,
    stream: AsyncIterable<Buffer>,
    since?: string | null,
  ): Promise<ImportReport> {
    const state = { since: since === undefined ? await erasureOf(userId) : since };
    const report: ImportReport = { imported: 0, skipped: 0, failed: 0, errors: [] };
    const batch: ImportLine[] = [];
    let bytes = 0;
    try {
      for await (const { line, source } of readLines(stream)) {
        const read = parseLine(source);
        if (read === 'passed over') report.passed_over = (report.passed_over ?? 0) + 1;
        else if ('detail' in read) {
          report.failed += 1;
          if (report.errors.length < MOST_ERRORS_TOLD) report.errors.push({ line, detail: read.detail });
        } else {
          batch.push(read);
          bytes += source.length;
        }
        if (batch.length === BATCH_LINES || bytes >= BATCH_BYTES) {
          await store({ userId, ...state }, batch.splice(0), report);
          bytes = 0;
        }
      }
      await store({ userId, ...state }, batch, report);
    } finally {
      if (report.imported > 0) embedder.wake();
    }
    return report;
  }

  async function store(
    { userId, since }: { userId: string; since: string | null },
    lines: ImportLine[],
    report: ImportReport,
  ): Promise<void> {
    if (lines.length === 0) return;
    const { rows } = await executor.executeAlone<{ imported: number; isCurrent: boolean }>(
      importLock(userId),
      storeStatement(userId, lines, since),
    );
    if (rows[0]?.isCurrent === false) {
      throw new ProblemError(
        'memory_erased',
        'Everything was erased while this was brought in, so nothing more was taken. Send it again if it is to be kept.',
      );
    }
    const imported = rows[0]?.imported ?? 0;
    report.imported += imported;
    report.skipped += lines.length - imported;
  }

  async function erasureOf(userId: string): Promise<string | null> {
    const { rows } = await executor.execute<{ id: string | null }>(sql`select ${lastErasure(userId)} as id`);
    return rows[0]?.id ?? null;
  }

  return { importLines };
}

export type Importer = ReturnType<typeof createImporter>;
