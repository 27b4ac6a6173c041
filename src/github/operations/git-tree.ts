import { ProblemError } from '../../errors.ts';
import { within } from '../calls.ts';
import type { GitHubConnection } from '../client.ts';
import { placeOf } from '../repository-name.ts';
import { writeRepeatably } from '../writes.ts';
import { isPlainText, type PreparedChanges, type PreparedFile } from './file-changes.ts';

/** What one request carries; GitHub gives up on trees that take it more than ten seconds. */
const REQUEST_BYTES = 4 * 1024 * 1024;
const REQUEST_ENTRIES = 300;

interface Work {
  connection: GitHubConnection;
  repository: string;
  signal?: AbortSignal | undefined;
}

/** One file or folder in a tree of git's. */
interface TreeEntry {
  mode: string;
  type: string;
  sha: string;
}

type Lookup = (path: string) => Promise<TreeEntry | undefined>;

/** What is to be written of a file: its mode is known now. */
interface FileEntry extends PreparedFile {
  mode: '100644' | '100755';
}

/** The part of the changes that a tree does not have yet. */
export interface Differences {
  files: FileEntry[];
  deletions: string[];
}

/** Leaves out the files that are in the tree as they shall be, and deletions of what is not there. */
export async function differencesFrom(
  work: Work,
  treeSha: string,
  { files, deletions }: PreparedChanges,
): Promise<Differences> {
  const lookUp = await openTree(work, treeSha);
  const differences: Differences = { files: [], deletions: [] };
  for (const file of files) {
    const there = await lookUp(file.path);
    const executable = file.executable ?? there?.mode === '100755';
    const mode = executable ? '100755' : '100644';
    if (there?.sha !== file.sha || there.mode !== mode) differences.files.push({ ...file, mode });
  }
  for (const path of deletions) {
    const there = await lookUp(path);
    if (there?.type === 'tree') throw new ProblemError('is_folder', `${path} is a folder; name its files.`);
    // GitHub refuses to delete what is not there.
    if (there !== undefined) differences.deletions.push(path);
  }
  return differences;
}

/** Writes the tree that has the differences; what nothing points to yet is seen by nobody. */
export async function writeTree(
  work: Work,
  baseTree: string,
  { files, deletions }: Differences,
): Promise<string> {
  const { connection, repository, signal } = work;
  const entries: { entry: NewEntry; bytes: number }[] = deletions.map((path) => ({
    entry: { path, mode: '100644', type: 'blob', sha: null },
    bytes: 0,
  }));
  for (const { path, bytes, mode, sha } of files) {
    const isInline = isPlainText(bytes) && bytes.byteLength <= REQUEST_BYTES / 4;
    if (!isInline) await writeBlob(work, bytes);
    const content = isInline ? { content: bytes.toString('utf8') } : { sha };
    entries.push({
      entry: { path, mode, type: 'blob', ...content },
      bytes: isInline ? bytes.byteLength : 0,
    });
  }
  let treeSha = baseTree;
  for (const part of inRequests(entries)) {
    const written = await writeRepeatably({
      connection,
      deed: 'the tree was written',
      signal,
      send: async () => {
        const values = { base_tree: treeSha, tree: part };
        const { data } = await connection.rest.git.createTree({
          ...placeOf(repository),
          ...values,
          ...within(signal),
        });
        return { sha: data.sha };
      },
    });
    treeSha = written.sha;
  }
  return treeSha;
}

interface NewEntry {
  path: string;
  mode: '100644' | '100755';
  type: 'blob';
  sha?: string | null;
  content?: string;
}

function inRequests(entries: { entry: NewEntry; bytes: number }[]): NewEntry[][] {
  const requests: NewEntry[][] = [];
  let current: NewEntry[] = [];
  let size = 0;
  for (const { entry, bytes } of entries) {
    if (current.length === REQUEST_ENTRIES || (current.length > 0 && size + bytes > REQUEST_BYTES)) {
      requests.push(current);
      current = [];
      size = 0;
    }
    current.push(entry);
    size += bytes;
  }
  return current.length === 0 ? requests : [...requests, current];
}

async function writeBlob({ connection, repository, signal }: Work, bytes: Buffer): Promise<void> {
  await writeRepeatably({
    connection,
    deed: 'the content was written',
    signal,
    send: async () => {
      const values = { content: bytes.toString('base64'), encoding: 'base64' };
      const { data } = await connection.rest.git.createBlob({
        ...placeOf(repository),
        ...values,
        ...within(signal),
      });
      return { sha: data.sha };
    },
  });
}

/** Looks paths up in the whole tree, or folder by folder where GitHub will not list so much at once. */
async function openTree(work: Work, rootSha: string): Promise<Lookup> {
  const whole = await readTree(work, rootSha, true);
  if (!whole.isTruncated) return async (path) => whole.entries.get(path);
  const folders = new Map<string, Promise<{ entries: Map<string, TreeEntry>; isTruncated: boolean }>>();
  return async (path) => {
    let entry: TreeEntry | undefined = { mode: '040000', type: 'tree', sha: rootSha };
    for (const part of path.split('/')) {
      if (entry?.type !== 'tree') return undefined;
      const reading: ReturnType<typeof readTree> = folders.get(entry.sha) ?? readTree(work, entry.sha, false);
      folders.set(entry.sha, reading);
      const folder = await reading;
      entry = folder.entries.get(part);
      if (entry === undefined && folder.isTruncated) {
        throw new ProblemError('github_refused', `A folder above ${path} has more files than GitHub lists.`);
      }
    }
    return entry;
  };
}

async function readTree({ connection, repository, signal }: Work, sha: string, isRecursive: boolean) {
  const { data } = await connection.rest.git.getTree({
    ...placeOf(repository),
    tree_sha: sha,
    ...(isRecursive ? { recursive: 'true' } : {}),
    ...within(signal),
  });
  const entries = new Map(
    data.tree.map(({ path, mode, type, sha: name }) => [path, { mode, type, sha: name }]),
  );
  return { entries, isTruncated: data.truncated };
}
