import { ProblemError } from '../errors.ts';
import type { Workspace } from '../workspace/workspace.ts';

/** A file to make, or to change from what was read. */
export interface FileToWrite {
  path: string;
  content: string | Uint8Array;
  /** The text and ETag of what is there; null where nothing is. */
  previous: { text: string; etag: string } | null;
}

/** What became of a file. */
export interface WrittenFile {
  id: string | null;
  path: string;
  operation: 'created' | 'replaced' | 'unchanged';
}

/**
 * Writes files one after the other, all of them or none: when one cannot be written, those before it are undone, the latest first.
 * What is changed keeps its encoding.
 * @throws ProblemError `precondition_failed` when something has come in between, and whatever writing throws.
 */
export async function applyChanges(
  workspace: Workspace,
  files: readonly FileToWrite[],
  signal?: AbortSignal,
): Promise<WrittenFile[]> {
  const made: WrittenFile[] = [];
  try {
    for (const file of files) made.push(await writeOne(workspace, file, signal));
    return made;
  } catch (error) {
    const undoing: unknown[] = [];
    for (const { id } of made.toReversed()) {
      if (id !== null) await workspace.changes.undo(id).catch((failure: unknown) => undoing.push(failure));
    }
    if (undoing.length === 0) throw error;
    throw notAllUndone(error, undoing);
  }
}

/** What somebody has changed in the moment since it was written stays, and that is said. */
function notAllUndone(error: unknown, undoing: unknown[]): ProblemError {
  const reason = error instanceof ProblemError ? error.message : 'The workspace could not be written.';
  return new ProblemError(
    error instanceof ProblemError ? error.code : 'workspace_failed',
    `${reason} Of what was written before, ${undoing.length} could not be taken away again; see the last changes.`,
    { cause: new AggregateError([error, ...undoing]) },
  );
}

async function writeOne(
  workspace: Workspace,
  { path, content, previous }: FileToWrite,
  signal: AbortSignal | undefined,
): Promise<WrittenFile> {
  if (previous === null || previous.text === '') {
    const condition = previous === null ? { ifNoneMatch: '*' as const } : { ifMatch: previous.etag };
    const { id, operation } = await workspace.write(path, Buffer.from(content), { ...condition, signal });
    return { id, path, operation };
  }
  const edits = [{ find: previous.text, replace: Buffer.from(content).toString() }];
  const { id, operation } = await workspace.edit(path, edits, { ifMatch: previous.etag, signal });
  return { id, path, operation };
}
