import type { Call } from './exchange.ts';
import type { FileChange } from './git-history.ts';
import type { Commit, Signature } from './git-objects.ts';
import { nodeId, repositoryPage, repositoryUrl, type Shown, showAccount } from './present.ts';
import { filled } from './schema-fill.ts';
import type { Account, Repository } from './state.ts';

const UNSIGNED = { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null };

function shownSignature({ name, email, date }: Signature): Shown {
  return { name, email, date: new Date(date).toISOString().replace('.000Z', 'Z') };
}

/** The account that a commit's address belongs to. */
export function accountOfSignature({ state }: Call, { email }: Signature): Account | undefined {
  return state.accounts.find(
    (account) =>
      account.email === email || email === `${account.id}+${account.login}@users.noreply.github.com`,
  );
}

function commitOf({ git }: Repository, sha: string): Commit {
  const commit = git.commits.get(sha);
  if (!commit) throw new Error(`There is no commit ${sha}.`);
  return commit;
}

/** A commit as the git data API shows it. */
export function showGitCommit(call: Call, repository: Repository, sha: string): Shown {
  const commit = commitOf(repository, sha);
  const url = `${repositoryUrl(call, repository)}/git`;
  const page = repositoryPage(call, repository);
  return {
    sha,
    node_id: nodeId('Commit', sha),
    url: `${url}/commits/${sha}`,
    html_url: `${page}/commit/${sha}`,
    author: shownSignature(commit.author),
    committer: shownSignature(commit.committer),
    message: commit.message,
    tree: { sha: commit.tree, url: `${url}/trees/${commit.tree}` },
    parents: commit.parents.map((parent) => ({
      sha: parent,
      url: `${url}/commits/${parent}`,
      html_url: `${page}/commit/${parent}`,
    })),
    verification: UNSIGNED,
  };
}

/** A commit as lists of commits show it; with `changes` its files too. */
export function showCommit(call: Call, repository: Repository, sha: string, changes?: FileChange[]): Shown {
  const commit = commitOf(repository, sha);
  const url = repositoryUrl(call, repository);
  const page = repositoryPage(call, repository);
  const [author, committer] = [commit.author, commit.committer].map((one) => accountOfSignature(call, one));
  const additions = changes?.reduce((sum, change) => sum + change.additions, 0) ?? 0;
  const deletions = changes?.reduce((sum, change) => sum + change.deletions, 0) ?? 0;
  return {
    sha,
    node_id: nodeId('Commit', sha),
    url: `${url}/commits/${sha}`,
    html_url: `${page}/commit/${sha}`,
    comments_url: `${url}/commits/${sha}/comments`,
    commit: {
      url: `${url}/git/commits/${sha}`,
      author: shownSignature(commit.author),
      committer: shownSignature(commit.committer),
      message: commit.message,
      comment_count: 0,
      tree: { sha: commit.tree, url: `${url}/git/trees/${commit.tree}` },
      verification: UNSIGNED,
    },
    author: author ? showAccount(call, author) : null,
    committer: committer ? showAccount(call, committer) : null,
    parents: commit.parents.map((parent) => ({
      sha: parent,
      url: `${url}/commits/${parent}`,
      html_url: `${page}/commit/${parent}`,
    })),
    ...(changes && {
      stats: { additions, deletions, total: additions + deletions },
      files: changes.map((change) => showChange(call, repository, { change, sha })),
    }),
  };
}

/** A changed file, as commits, comparisons and pull requests list them. */
export function showChange(
  call: Call,
  repository: Repository,
  { change, sha }: { change: FileChange; sha: string },
): Shown {
  const { path, previousPath, status, before, after, additions, deletions, patch } = change;
  const page = repositoryPage(call, repository);
  const encoded = encodePath(path);
  return {
    sha: after ?? before ?? null,
    filename: path,
    status,
    additions,
    deletions,
    changes: additions + deletions,
    blob_url: `${page}/blob/${sha}/${encoded}`,
    raw_url: `${page}/raw/${sha}/${encoded}`,
    contents_url: `${repositoryUrl(call, repository)}/contents/${encoded}?ref=${sha}`,
    ...(patch !== undefined && { patch }),
    ...(previousPath !== undefined && { previous_filename: previousPath }),
  };
}

/** A path as a part of an address, its slashes kept. */
export function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

/** What kind of object a SHA is in a repository; undefined for none. */
export function kindOf({ git }: Repository, sha: string): 'blob' | 'tree' | 'commit' | 'tag' | undefined {
  if (git.commits.has(sha)) return 'commit';
  if (git.blobs.has(sha)) return 'blob';
  if (git.trees.has(sha)) return 'tree';
  return git.tags.has(sha) ? 'tag' : undefined;
}

/** A ref and the object that it names. */
export function showRef(call: Call, repository: Repository, ref: string): Shown {
  const sha = repository.git.refs.get(ref) ?? '';
  const type = kindOf(repository, sha) ?? 'commit';
  const url = `${repositoryUrl(call, repository)}/git`;
  return {
    ref,
    node_id: nodeId('Ref', `${repository.id}/${ref}`),
    url: `${url}/${encodePath(ref)}`,
    object: { sha, type, url: `${url}/${type}s/${sha}` },
  };
}

/** A blob or a folder as the contents API shows it; `content` is only there for a single file. */
export function showContent(
  call: Call,
  repository: Repository,
  file: {
    path: string;
    sha: string;
    type: 'file' | 'dir' | 'submodule' | 'symlink';
    ref: string;
    whole: boolean;
  },
): Shown {
  const { path, sha, type, ref, whole } = file;
  const blob = repository.git.blobs.get(sha);
  const url = `${repositoryUrl(call, repository)}/contents/${encodePath(path)}?ref=${encodeURIComponent(ref)}`;
  const kind = type === 'dir' ? 'tree' : 'blob';
  const page = `${repositoryPage(call, repository)}/${kind}/${ref}/${encodePath(path)}`;
  const gitUrl = `${repositoryUrl(call, repository)}/git/${kind}s/${sha}`;
  return {
    name: path.slice(path.lastIndexOf('/') + 1),
    path,
    sha,
    size: blob?.length ?? 0,
    url,
    html_url: page,
    git_url: gitUrl,
    download_url: type === 'file' ? page.replace('/blob/', '/raw/') : null,
    type,
    // GitHub breaks base64 into lines of 60 characters; beyond 1 MB it leaves the content to the blob.
    ...(whole && type === 'symlink' && { target: blob?.toString() ?? '' }),
    ...(whole && type === 'submodule' && { submodule_git_url: gitUrl }),
    ...(whole &&
      type === 'file' &&
      blob &&
      blob.length <= 1_048_576 && { content: brokenBase64(blob), encoding: 'base64' }),
    ...(whole && type === 'file' && blob && blob.length > 1_048_576 && { content: '', encoding: 'none' }),
    _links: { self: url, git: gitUrl, html: page },
  };
}

/** Base64 as GitHub writes it: in lines of 60 characters, each with its end. */
export function brokenBase64(content: Buffer): string {
  return content.toString('base64').replaceAll(/.{1,60}/g, '$&\n');
}

/** A tag as the list of tags shows it: with its commit, annotated or not. */
export function showTag(call: Call, repository: Repository, ref: string): Shown {
  const name = ref.slice('refs/tags/'.length);
  const target = repository.git.refs.get(ref) ?? '';
  const sha = repository.git.tags.get(target)?.object ?? target;
  const url = repositoryUrl(call, repository);
  return filled('tag', {
    name,
    commit: { sha, url: `${url}/commits/${sha}` },
    zipball_url: `${url}/zipball/refs/tags/${name}`,
    tarball_url: `${url}/tarball/refs/tags/${name}`,
    node_id: nodeId('Ref', `${repository.id}/${ref}`),
  });
}
