import {
  type Answer,
  type Call,
  created,
  type Handlers,
  notFound,
  nothing,
  ok,
  page,
  Refusal,
  repositoryOf,
  text,
  viewerOf,
  writableRepository,
} from './exchange.ts';
import { isFastForward } from './git-history.ts';
import {
  entryAt,
  filesOf,
  resolveCommit,
  type Signature,
  type TreeEntry,
  writeBlob,
  writeCommit,
  writeFiles,
  writeTag,
} from './git-objects.ts';
import { nodeId, repositoryUrl, type Shown } from './present.ts';
import { brokenBase64, kindOf, showGitCommit, showRef } from './present-git.ts';
import { refMoved } from './pull-state.ts';
import { signatureOf } from './seed.ts';
import type { Repository } from './state.ts';

// What GitHub reads of a path without slashes at its ends, dots alone, or `.git`.
const BAD_PATH = /^\/|\/$|\/\/|^$|(^|\/)(\.|\.\.|\.git)(\/|$)/i;
const SHA = /^[0-9a-f]{40}$/;

/** A repository whose objects may be read; one without any answers 409. */
function filledRepository(call: Call, write: boolean): Repository {
  const repository = write ? writableRepository(call, 'push') : repositoryOf(call);
  if (repository.git.refs.size === 0) throw new Refusal(409, 'Git Repository is empty.');
  return repository;
}

function signature(call: Call, given: unknown): Signature | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  // The body has been found to fit.
  const { name, email, date } = given as { name?: string; email?: string; date?: string };
  const fallback = signatureOf(viewerOf(call), call.state.now());
  return { name: name ?? fallback.name, email: email ?? fallback.email, date: date ?? fallback.date };
}

/** Who makes a commit and who commits it, from a body or else the viewer. */
export function signatures(call: Call): { author: Signature; committer: Signature } {
  const author = signature(call, call.body.author) ?? signatureOf(viewerOf(call), call.state.now());
  return { author, committer: signature(call, call.body.committer) ?? author };
}

function createTree(call: Call): Answer {
  const repository = filledRepository(call, true);
  const { git } = repository;
  const base = text(call.body, 'base_tree');
  const baseTree = base === undefined ? undefined : (git.commits.get(base)?.tree ?? base);
  if (baseTree !== undefined && !git.trees.has(baseTree)) throw new Refusal(404, 'Not Found');
  const files = baseTree === undefined ? new Map() : filesOf(git, baseTree);
  const entries = call.body.tree as {
    path?: string;
    mode?: TreeEntry['mode'];
    type?: string;
    sha?: string | null;
    content?: string;
  }[];
  for (const { path = '', mode = '100644', type, sha, content } of entries) {
    if (BAD_PATH.test(path)) throw new Refusal(422, 'tree.path contains a malformed path component');
    if (sha !== undefined && sha !== null && content !== undefined) {
      throw new Refusal(422, 'Must supply either tree.sha or tree.content, but not both.');
    }
    // A file where a folder was takes its place, and the other way around.
    const inFolder = [...files.keys()].filter((other) => other.startsWith(`${path}/`));
    for (const other of sha === null || type !== 'tree' ? [path, ...inFolder] : inFolder) files.delete(other);
    if (sha === null) continue;
    const object = content === undefined ? sha : writeBlob(git, content);
    if (object === undefined || (mode !== '160000' && kindOf(repository, object) === undefined)) {
      throw new Refusal(422, `tree.sha ${object} is not a valid ${type ?? 'blob'}`);
    }
    if (mode !== '040000') files.set(path, { mode, sha: object });
    else for (const [inner, file] of filesOf(git, object, `${path}/`)) files.set(inner, file);
  }
  const tree = writeFiles(git, files);
  const shown = showTree(call, repository, { tree, recursive: false });
  return created(shown, shown.url);
}

function showTree(
  call: Call,
  repository: Repository,
  { tree, recursive }: { tree: string; recursive: boolean },
): Shown {
  const { git } = repository;
  const url = `${repositoryUrl(call, repository)}/git`;
  const list: Shown[] = [];
  const add = (sha: string, prefix: string) => {
    for (const { name, mode, sha: object } of git.trees.get(sha) ?? []) {
      const type = mode === '040000' ? 'tree' : mode === '160000' ? 'commit' : 'blob';
      const size = type === 'blob' ? { size: git.blobs.get(object)?.length ?? 0 } : {};
      list.push({
        path: `${prefix}${name}`,
        mode,
        type,
        sha: object,
        ...size,
        url: `${url}/${type}s/${object}`,
      });
      if (recursive && type === 'tree') add(object, `${prefix}${name}/`);
    }
  };
  add(tree, '');
  const truncated = recursive && list.length > call.state.treeLimit;
  return {
    sha: tree,
    url: `${url}/trees/${tree}`,
    tree: truncated ? list.slice(0, call.state.treeLimit) : list,
    truncated,
  };
}

function getTree(call: Call): Answer {
  const repository = filledRepository(call, false);
  const { git } = repository;
  const name = call.path.tree_sha ?? '';
  // `main:src` names the folder of a branch.
  const [start = '', path = ''] = name.split(':');
  const commit = resolveCommit(git, start);
  const root = commit === undefined ? start : git.commits.get(commit)?.tree;
  const entry = root !== undefined && git.trees.has(root) ? entryAt(git, root, path) : undefined;
  if (entry?.mode !== '040000') throw notFound();
  return ok(showTree(call, repository, { tree: entry.sha, recursive: call.query.recursive !== undefined }));
}

function createCommit(call: Call): Answer {
  const repository = filledRepository(call, true);
  const { git } = repository;
  const { message, tree, parents = [] } = call.body as { message: string; tree: string; parents?: string[] };
  if (!git.trees.has(tree)) throw new Refusal(422, 'Tree SHA does not exist');
  const lost = parents.find((parent) => !git.commits.has(parent));
  if (lost !== undefined) throw new Refusal(422, 'Parent SHA does not exist or is not a commit object');
  const sha = writeCommit(git, { message, tree, parents, ...signatures(call) });
  const shown = showGitCommit(call, repository, sha);
  return created(shown, shown.url);
}

function createRef(call: Call): Answer {
  const repository = filledRepository(call, true);
  const { git } = repository;
  const { ref, sha } = call.body as { ref: string; sha: string };
  if (!/^refs\/[^/]+\/[^/]/.test(ref) || /\.\.|[ ~^:?*[\\]|@\{|\.lock$|\/$|\.$/.test(ref)) {
    throw new Refusal(422, `${ref} is not a valid ref name.`);
  }
  if (git.refs.has(ref)) throw new Refusal(422, 'Reference already exists');
  if (!SHA.test(sha))
    throw new Refusal(422, 'The sha parameter must be exactly 40 characters and contain only [0-9a-f].');
  const kind = kindOf(repository, sha);
  if (kind === undefined || (ref.startsWith('refs/heads/') && kind !== 'commit')) {
    throw new Refusal(422, 'Object does not exist');
  }
  git.refs.set(ref, sha);
  repository.pushedAt = call.state.now();
  const shown = showRef(call, repository, ref);
  return created(shown, shown.url);
}

function updateRef(call: Call): Answer {
  const repository = filledRepository(call, true);
  const { git } = repository;
  const ref = `refs/${call.path.ref}`;
  const { sha, force = false } = call.body as { sha: string; force?: boolean };
  const before = git.refs.get(ref);
  if (before === undefined) throw new Refusal(422, 'Reference does not exist');
  if (kindOf(repository, sha) === undefined) throw new Refusal(422, 'Object does not exist');
  if (!force && !isFastForward(git, before, sha)) throw new Refusal(422, 'Update is not a fast forward');
  git.refs.set(ref, sha);
  refMoved(call.state, repository, ref);
  return ok(showRef(call, repository, ref));
}

/** The git data API: objects by their SHA, and the refs that name them. */
export const gitHandlers: Handlers = {
  'git/create-blob': (call) => {
    const repository = filledRepository(call, true);
    const { content, encoding = 'utf-8' } = call.body as { content: string; encoding?: string };
    if (encoding !== 'utf-8' && encoding !== 'base64') throw new Refusal(422, 'Unsupported encoding');
    const sha = writeBlob(repository.git, Buffer.from(content, encoding === 'base64' ? 'base64' : 'utf8'));
    const url = `${repositoryUrl(call, repository)}/git/blobs/${sha}`;
    return created({ sha, url }, url);
  },
  'git/get-blob': (call) => {
    const repository = filledRepository(call, false);
    const sha = call.path.file_sha ?? '';
    const content = repository.git.blobs.get(sha);
    if (!content) throw notFound();
    if (call.accept.includes('raw'))
      return { status: 200, raw: { content, type: 'application/vnd.github.raw' } };
    return ok({
      sha,
      node_id: nodeId('Blob', sha),
      size: content.length,
      url: `${repositoryUrl(call, repository)}/git/blobs/${sha}`,
      content: brokenBase64(content),
      encoding: 'base64',
    });
  },
  'git/create-tree': createTree,
  'git/get-tree': getTree,
  'git/create-commit': createCommit,
  'git/get-commit': (call) => {
    const repository = filledRepository(call, false);
    const sha = call.path.commit_sha ?? '';
    if (!repository.git.commits.has(sha)) throw notFound();
    return ok(showGitCommit(call, repository, sha));
  },
  'git/create-tag': (call) => {
    const repository = filledRepository(call, true);
    const { tag, message, object, type } = call.body as Record<'tag' | 'message' | 'object', string> & {
      type: 'commit';
    };
    if (kindOf(repository, object) !== type) throw new Refusal(422, `Could not resolve to a ${type}`);
    const tagger = signature(call, call.body.tagger) ?? signatureOf(viewerOf(call), call.state.now());
    const sha = writeTag(repository.git, { tag, message, object, type, tagger });
    const shown = showTagObject(call, repository, sha);
    return created(shown, shown.url);
  },
  'git/get-tag': (call) => {
    const repository = filledRepository(call, false);
    const sha = call.path.tag_sha ?? '';
    if (!repository.git.tags.has(sha)) throw notFound();
    return ok(showTagObject(call, repository, sha));
  },
  'git/get-ref': (call) => {
    const repository = filledRepository(call, false);
    const ref = `refs/${call.path.ref}`;
    if (!repository.git.refs.has(ref)) throw notFound();
    return ok(showRef(call, repository, ref));
  },
  'git/list-matching-refs': (call) => {
    const repository = filledRepository(call, false);
    const refs = [...repository.git.refs.keys()].filter((ref) => ref.startsWith(`refs/${call.path.ref}`));
    return page(call, refs.sort(), (list) => list.map((ref) => showRef(call, repository, ref)));
  },
  'git/create-ref': createRef,
  'git/update-ref': updateRef,
  'git/delete-ref': (call) => {
    const repository = filledRepository(call, true);
    const ref = `refs/${call.path.ref}`;
    if (!repository.git.refs.has(ref)) throw new Refusal(422, 'Reference does not exist');
    if (ref === `refs/heads/${repository.defaultBranch}`) {
      throw new Refusal(422, 'Cannot delete the default branch');
    }
    repository.git.refs.delete(ref);
    refMoved(call.state, repository, ref);
    return nothing();
  },
};

function showTagObject(call: Call, repository: Repository, sha: string): Shown {
  const tag = repository.git.tags.get(sha);
  if (!tag) throw notFound();
  const url = `${repositoryUrl(call, repository)}/git`;
  const { object, type, tagger } = tag;
  return {
    sha,
    node_id: nodeId('Tag', sha),
    url: `${url}/tags/${sha}`,
    tag: tag.tag,
    message: tag.message,
    tagger,
    object: { sha: object, type, url: `${url}/${type}s/${object}` },
  };
}
