import { ProblemError } from '../errors.ts';
import type { FolderEntry } from '../workspace/explorer/explorer.ts';
import type { Workspace } from '../workspace/workspace.ts';

/** What one commit takes. */
const MOST_FILES = 1_000;
const MOST_BYTES = 50 * 1024 * 1024;
const PAGE = 10_000;
const MOST_SKIPPED_TOLD = 100;

/** A file with its path in the folder that it was collected from. */
interface CollectedFile {
  path: string;
  content: Buffer;
  executable: boolean;
}

/** What is left out of a folder, and why. */
export interface SkippedFile {
  path: string;
  reason: string;
}

/**
 * Reads all files of a folder, without what `.gitignore` leaves out and what is git's own; links and the like are only named.
 * @throws ProblemError `file_too_large` or `invalid_request` for more than 1,000 files or 50 MB, or none.
 */
export async function collectFiles(
  workspace: Workspace,
  path: string,
  signal: AbortSignal | undefined,
): Promise<{ files: CollectedFile[]; skipped: SkippedFile[] }> {
  const { found, skipped } = await findFiles(workspace, path, signal);
  if (found.length === 0) {
    throw new ProblemError(
      'invalid_request',
      `"${path}" has no files, or .gitignore leaves all of them out.`,
    );
  }
  const files: CollectedFile[] = [];
  let room = MOST_BYTES;
  for (const file of found) {
    // Files may have grown since they were listed.
    const { bytes, executable } = await workspace.read(file.path, { maximum: room, signal });
    room -= bytes.length;
    files.push({ path: file.inside, content: bytes, executable });
  }
  return { files, skipped };
}

/** A file and its path inside the folder. */
type FoundFile = FolderEntry & { inside: string };

async function findFiles(workspace: Workspace, path: string, signal: AbortSignal | undefined) {
  const found: FoundFile[] = [];
  const skipped: SkippedFile[] = [];
  let bytes = 0;
  for (let after: string | undefined; ; ) {
    const page = await workspace.list(path, { recursive: true, limit: PAGE, after, signal });
    const start = page.path === '' ? 0 : page.path.length + 1;
    const entries = page.entries.map((entry) => ({ ...entry, inside: entry.path.slice(start) }));
    for (const entry of entries.filter(({ inside }) => !isOfGit(inside))) {
      if (entry.type === 'file') found.push(entry);
      else if (entry.type !== 'folder' && skipped.length < MOST_SKIPPED_TOLD) skipped.push(whySkipped(entry));
      bytes += entry.size;
      refuseTooMuch(path, found.length, bytes);
    }
    after = entries.at(-1)?.inside;
    if (!page.truncated || after === undefined) return { found, skipped };
  }
}

function whySkipped({ type, inside }: FoundFile): SkippedFile {
  return {
    path: inside,
    reason: type === 'link' ? 'a link' : 'neither a file nor a folder, or with a name that cannot be used',
  };
}

/** The history of a repository that was cloned into the workspace is not one of its files. */
function isOfGit(inside: string): boolean {
  return inside.split('/').some((part) => part.toLowerCase() === '.git');
}

function refuseTooMuch(path: string, files: number, bytes: number): void {
  if (files > MOST_FILES) {
    throw new ProblemError(
      'invalid_request',
      `"${path}" has more than ${MOST_FILES.toLocaleString('en')} files. Name a smaller folder, or leave files out by .gitignore.`,
    );
  }
  if (bytes > MOST_BYTES) {
    throw new ProblemError(
      'file_too_large',
      `"${path}" has more than ${MOST_BYTES / 1024 / 1024} MB. Name a smaller folder, or leave files out by .gitignore.`,
    );
  }
}
