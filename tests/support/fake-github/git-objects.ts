import { createHash } from 'node:crypto';

/** One entry of a tree. Modes are written as the API writes them, with six digits. */
export interface TreeEntry {
  name: string;
  mode: '100644' | '100755' | '040000' | '160000' | '120000';
  sha: string;
}

/** Who made a commit, and when (ISO 8601, to the second). */
export interface Signature {
  name: string;
  email: string;
  date: string;
}

/** A commit, without its name. */
export interface Commit {
  tree: string;
  parents: string[];
  author: Signature;
  committer: Signature;
  message: string;
}

interface Tag {
  object: string;
  type: 'commit' | 'tree' | 'blob' | 'tag';
  tag: string;
  tagger: Signature;
  message: string;
}

/** A file of a whole tree, by its path. */
export type Files = Map<string, { mode: TreeEntry['mode']; sha: string }>;

/** The objects and refs of one repository; every name is the SHA-1 that git itself would give. */
export interface GitStore {
  blobs: Map<string, Buffer>;
  trees: Map<string, TreeEntry[]>;
  commits: Map<string, Commit>;
  tags: Map<string, Tag>;
  /** Full names (`refs/heads/main`) to SHA. */
  refs: Map<string, string>;
}

/** A repository without a commit. */
export function emptyGitStore(): GitStore {
  return { blobs: new Map(), trees: new Map(), commits: new Map(), tags: new Map(), refs: new Map() };
}

function hashOf(type: string, content: Buffer): string {
  return createHash('sha1').update(`${type} ${content.length}\0`).update(content).digest('hex');
}

/** Keeps a content; returns its SHA. */
export function writeBlob(git: GitStore, content: Buffer | string): string {
  const bytes = Buffer.from(content);
  const sha = hashOf('blob', bytes);
  git.blobs.set(sha, bytes);
  return sha;
}

/** Git sorts a folder as if its name ended in a slash, by bytes. */
function sortKey({ name, mode }: TreeEntry): Buffer {
  return Buffer.from(mode === '040000' ? `${name}/` : name);
}

function writeTree(git: GitStore, entries: TreeEntry[]): string {
  const sorted = entries.toSorted((one, other) => Buffer.compare(sortKey(one), sortKey(other)));
  const content = sorted.flatMap(({ name, mode, sha }) => [
    Buffer.from(`${mode.replace(/^0/, '')} ${name}\0`),
    Buffer.from(sha, 'hex'),
  ]);
  const sha = hashOf('tree', Buffer.concat(content));
  git.trees.set(sha, sorted);
  return sha;
}

function signatureLine({ name, email, date }: Signature): string {
  return `${name} <${email}> ${Math.floor(Date.parse(date) / 1000)} +0000`;
}

/** Keeps a commit; returns its SHA. The message is kept to the letter. */
export function writeCommit(git: GitStore, commit: Commit): string {
  const lines = [
    `tree ${commit.tree}`,
    ...commit.parents.map((parent) => `parent ${parent}`),
    `author ${signatureLine(commit.author)}`,
    `committer ${signatureLine(commit.committer)}`,
    '',
    commit.message,
  ];
  const sha = hashOf('commit', Buffer.from(lines.join('\n')));
  git.commits.set(sha, commit);
  return sha;
}

/** Keeps an annotated tag; returns its SHA. */
export function writeTag(git: GitStore, tag: Tag): string {
  const lines = [
    `object ${tag.object}`,
    `type ${tag.type}`,
    `tag ${tag.tag}`,
    `tagger ${signatureLine(tag.tagger)}`,
    '',
    tag.message,
  ];
  const sha = hashOf('tag', Buffer.from(lines.join('\n')));
  git.tags.set(sha, tag);
  return sha;
}

/** Every file under a tree, by its whole path. */
export function filesOf(git: GitStore, tree: string, prefix = ''): Files {
  const files: Files = new Map();
  for (const { name, mode, sha } of git.trees.get(tree) ?? []) {
    const path = `${prefix}${name}`;
    if (mode !== '040000') files.set(path, { mode, sha });
    else for (const [inner, file] of filesOf(git, sha, `${path}/`)) files.set(inner, file);
  }
  return files;
}

/** Writes the trees of a set of files; a folder is there because a file is in it. */
export function writeFiles(git: GitStore, files: Files): string {
  const entries: TreeEntry[] = [];
  const folders = new Map<string, Files>();
  for (const [path, file] of files) {
    const slash = path.indexOf('/');
    if (slash < 0) {
      entries.push({ name: path, ...file });
    } else {
      const folder = path.slice(0, slash);
      const inner = folders.get(folder) ?? new Map();
      folders.set(folder, inner.set(path.slice(slash + 1), file));
    }
  }
  for (const [name, inner] of folders) entries.push({ name, mode: '040000', sha: writeFiles(git, inner) });
  return writeTree(git, entries);
}

/** The entry at a path of a tree; the empty path is the tree itself. */
export function entryAt(git: GitStore, tree: string, path: string): Omit<TreeEntry, 'name'> | undefined {
  let entry: Omit<TreeEntry, 'name'> = { mode: '040000', sha: tree };
  for (const part of path.split('/').filter(Boolean)) {
    const found: TreeEntry | undefined = git.trees.get(entry.sha)?.find(({ name }) => name === part);
    if (entry.mode !== '040000' || !found) return undefined;
    entry = { mode: found.mode, sha: found.sha };
  }
  return entry;
}

/** The commit that a branch, a tag, a full ref or a SHA (or the start of one) means. */
export function resolveCommit(git: GitStore, name: string): string | undefined {
  const refs = [name, `refs/${name}`, `refs/heads/${name}`, `refs/tags/${name}`];
  const sha = refs.map((ref) => git.refs.get(ref)).find(Boolean) ?? name;
  const peeled = git.tags.get(sha)?.object ?? sha;
  if (git.commits.has(peeled)) return peeled;
  if (!/^[0-9a-f]{7,39}$/.test(peeled)) return undefined;
  const fitting = [...git.commits.keys()].filter((full) => full.startsWith(peeled));
  return fitting.length === 1 ? fitting[0] : undefined;
}
