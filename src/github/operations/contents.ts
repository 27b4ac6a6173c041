import { isUtf8 } from 'node:buffer';
import { ProblemError } from '../../errors.ts';
import { ifThere, type ReadOptions, within } from '../calls.ts';
import { cutText } from '../clean-text.ts';
import type { GitHubConnection } from '../client.ts';
import { given, type RawAnswer, type Rest } from '../raw-answer.ts';
import { placeOf } from '../repository-name.ts';
import { checkedPath } from './file-paths.ts';
import { commitShaOf, defaultBranchOf } from './refs.ts';

const DEFAULT_CHARACTERS = 60_000;
const MOST_CHARACTERS = 400_000;
const LARGEST_FILE_BYTES = 20 * 1024 * 1024;
const MOST_TREE_ENTRIES = 5_000;

interface RepositoryEntry {
  path: string;
  kind: 'file' | 'folder' | 'link' | 'submodule';
  /** In bytes; 0 for all but files. */
  size: number;
  sha: string;
}

interface RepositoryFile {
  kind: 'file';
  path: string;
  size: number;
  sha: string;
  /** Null for a file that is not UTF-8 text. */
  text: string | null;
}

interface RepositoryFolder {
  kind: 'folder';
  path: string;
  entries: RepositoryEntry[];
}

type RefOptions = ReadOptions & {
  /** A branch, tag or commit; the default branch unless given. */
  ref?: string | undefined;
};

const KINDS = { blob: 'file', file: 'file', tree: 'folder', dir: 'folder', symlink: 'link' } as const;

/** A file's text, or what is in a folder; "" is the top of the repository. Reads. */
async function read(
  connection: GitHubConnection,
  repository: string,
  path: string,
  options: RefOptions & { characters?: number | undefined } = {},
): Promise<RepositoryFile | RepositoryFolder> {
  if (path === '') return readTop(connection, repository, options);
  const raw = await askContents(connection, repository, path, options);
  if (Array.isArray(raw)) {
    return {
      kind: 'folder',
      path,
      entries: raw.map((entry) => ({
        path: entry.path,
        kind: kindOf(entry.type),
        size: entry.size,
        sha: entry.sha,
      })),
    };
  }
  const bytes = await bytesOf(connection, repository, raw, options.signal);
  const { characters = DEFAULT_CHARACTERS } = options;
  const text = isText(bytes) ? cutText(bytes.toString('utf8'), Math.min(characters, MOST_CHARACTERS)) : null;
  return { kind: 'file', path: raw.path, size: raw.size, sha: raw.sha, text };
}

/** GitHub's description has no address for the contents of the top, but its tree is always there. */
async function readTop(
  connection: GitHubConnection,
  repository: string,
  { ref, signal }: RefOptions,
): Promise<RepositoryFolder> {
  const start = await treeNameOf(connection, repository, { ref, signal });
  const entries = await askTree(connection, repository, start, signal);
  return { kind: 'folder', path: '', entries: entries.map((entry) => toEntry(entry, '')) };
}

/** A file as it is, up to 20 MB. Reads; throws `is_folder` and `file_too_large`. */
async function readBytes(
  connection: GitHubConnection,
  repository: string,
  path: string,
  options: RefOptions = {},
): Promise<Uint8Array> {
  const raw = await askContents(connection, repository, checkedPath(path), options);
  if (Array.isArray(raw)) throw new ProblemError('is_folder', `${path} is a folder.`);
  return bytesOf(connection, repository, raw, options.signal);
}

/** Everything in a repository or below a folder; `isTruncated` if that is more than GitHub or we will list. Reads. */
async function tree(
  connection: GitHubConnection,
  repository: string,
  { ref, folder = '', signal }: RefOptions & { folder?: string | undefined } = {},
): Promise<{ entries: RepositoryEntry[]; isTruncated: boolean }> {
  const start = await treeNameOf(connection, repository, { ref, signal });
  const treeSha =
    folder === ''
      ? start
      : await folderSha(connection, repository, checkedPath(folder), { ref: start, signal });
  const { data } = await connection.rest.git.getTree({
    ...placeOf(repository),
    tree_sha: treeSha,
    recursive: 'true',
    ...within(signal),
  });
  const entries = data.tree.slice(0, MOST_TREE_ENTRIES).map((entry) => toEntry(entry, folder));
  return { entries, isTruncated: data.truncated || data.tree.length > MOST_TREE_ENTRIES };
}

/** A name under which GitHub has a tree; one with slashes is not sure to be taken for a branch there. */
async function treeNameOf(
  connection: GitHubConnection,
  repository: string,
  { ref, signal }: RefOptions,
): Promise<string> {
  const name = ref ?? (await defaultBranchOf(connection, repository, { signal }));
  return name.includes('/') ? commitShaOf(connection, repository, name, { signal }) : name;
}

/** The name in git of a folder's tree; each folder above knows those within it. */
async function folderSha(
  connection: GitHubConnection,
  repository: string,
  folder: string,
  { ref, signal }: { ref: string; signal: AbortSignal | undefined },
): Promise<string> {
  let sha = ref;
  for (const part of folder.split('/')) {
    const entries = await askTree(connection, repository, sha, signal);
    const found = entries.find(({ path, type }) => path === part && type === 'tree');
    if (found === undefined) {
      throw new ProblemError('github_not_found', `${repository} has no folder "${folder}".`);
    }
    sha = found.sha;
  }
  return sha;
}

async function askTree(
  connection: GitHubConnection,
  repository: string,
  sha: string,
  signal: AbortSignal | undefined,
) {
  const question = { ...placeOf(repository), tree_sha: sha, ...within(signal) };
  return (await connection.rest.git.getTree(question)).data.tree;
}

/** The README's text; null if there is none. Reads. */
async function readme(
  connection: GitHubConnection,
  repository: string,
  { ref, signal }: RefOptions = {},
): Promise<{ path: string; text: string } | null> {
  const found = await ifThere(
    connection.rest.repos.getReadme({ ...placeOf(repository), ...given({ ref }), ...within(signal) }),
  );
  if (found === undefined) return null;
  const bytes = Buffer.from(found.data.content, 'base64');
  return { path: found.data.path, text: cutText(bytes.toString('utf8')) };
}

async function askContents(
  connection: GitHubConnection,
  repository: string,
  path: string,
  { ref, signal }: RefOptions,
) {
  const { data } = await connection.rest.repos.getContent({
    ...placeOf(repository),
    path: checkedPath(path),
    ...given({ ref }),
    ...within(signal),
  });
  return data;
}

/** GitHub leaves out the content of files over 1 MB here, and gives it as a blob. */
async function bytesOf(
  connection: GitHubConnection,
  repository: string,
  raw: { path: string; type: string; size: number; sha: string; content?: string; encoding?: string },
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  if (raw.type !== 'file') {
    throw new ProblemError('not_regular_file', `${raw.path} is a ${kindOf(raw.type)}, not a file.`);
  }
  if (raw.size > LARGEST_FILE_BYTES) {
    throw new ProblemError('file_too_large', `${raw.path} has more than ${LARGEST_FILE_BYTES} bytes.`);
  }
  if (raw.encoding === 'base64') return Buffer.from(raw.content ?? '', 'base64');
  const question = { ...placeOf(repository), file_sha: raw.sha, ...within(signal) };
  const { data } = await connection.rest.git.getBlob(question);
  return Buffer.from(data.content, data.encoding === 'base64' ? 'base64' : 'utf8');
}

function toEntry(
  { path, type, mode, size = 0, sha }: RawAnswer<Rest['git']['getTree']>['tree'][number],
  folder: string,
): RepositoryEntry {
  const kind = mode === '120000' ? 'link' : kindOf(type);
  return { path: folder === '' ? path : `${folder}/${path}`, kind, size, sha };
}

function isText(bytes: Buffer): boolean {
  return isUtf8(bytes) && !bytes.includes(0);
}

function kindOf(type: string): RepositoryEntry['kind'] {
  return Object.hasOwn(KINDS, type) ? KINDS[type as keyof typeof KINDS] : 'submodule';
}

/** What can be done with the files of a repository; they are written in commit-files.ts. */
export const contentOperations = { read, readBytes, tree, readme };
