import {
  type Answer,
  type Call,
  created,
  type Handlers,
  invalid,
  notFound,
  ok,
  Refusal,
  repositoryOf,
  text,
  writableRepository,
} from './exchange.ts';
import { treeOf } from './git-history.ts';
import {
  entryAt,
  type Files,
  filesOf,
  resolveCommit,
  type TreeEntry,
  writeBlob,
  writeCommit,
  writeFiles,
} from './git-objects.ts';
import { signatures } from './operations-git.ts';
import { showContent, showGitCommit } from './present-git.ts';
import { refMoved } from './pull-state.ts';
import type { Repository } from './state.ts';

// A content that GitHub takes is base64, in lines or not.
const BASE64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;

function kindOfMode(mode: TreeEntry['mode']): 'file' | 'dir' | 'submodule' | 'symlink' {
  if (mode === '040000') return 'dir';
  if (mode === '160000') return 'submodule';
  return mode === '120000' ? 'symlink' : 'file';
}

/** The tree of the ref that a request names, or of the default branch. */
function startingPoint(call: Call, repository: Repository): { ref: string; tree: string } {
  const ref = text(call.query, 'ref') ?? repository.defaultBranch;
  if (repository.git.refs.size === 0) throw new Refusal(404, 'This repository is empty.');
  const tree = treeOf(repository.git, resolveCommit(repository.git, ref));
  if (tree === undefined) throw new Refusal(404, `No commit found for the ref ${ref}`);
  return { ref, tree };
}

function getContent(call: Call): Answer {
  const repository = repositoryOf(call);
  const { git } = repository;
  const { ref, tree } = startingPoint(call, repository);
  const path = (call.path.path ?? '').replaceAll(/^\/+|\/+$/g, '');
  const entry = entryAt(git, tree, path);
  if (!entry) throw notFound();
  if (entry.mode === '040000') {
    const inside = (git.trees.get(entry.sha) ?? []).map(({ name, mode, sha }) =>
      showContent(call, repository, {
        path: path === '' ? name : `${path}/${name}`,
        sha,
        type: kindOfMode(mode),
        ref,
        whole: false,
      }),
    );
    // The description gives the type of a listing's submodules and files alike; GitHub lists a thousand at most.
    return ok(inside.slice(0, 1000));
  }
  const blob = git.blobs.get(entry.sha);
  if (blob && call.accept.includes('raw')) {
    return { status: 200, raw: { content: blob, type: 'application/vnd.github.raw; charset=utf-8' } };
  }
  return ok(
    showContent(call, repository, { path, sha: entry.sha, type: kindOfMode(entry.mode), ref, whole: true }),
  );
}

function getReadme(call: Call): Answer {
  const repository = repositoryOf(call);
  const { ref, tree } = startingPoint(call, repository);
  const readme = repository.git.trees.get(tree)?.find(({ name }) => /^readme(\.\w+)?$/i.test(name));
  if (!readme) throw notFound();
  return ok(
    showContent(call, repository, { path: readme.name, sha: readme.sha, type: 'file', ref, whole: true }),
  );
}

/** The branch that a change goes to, with its files. An empty repository has neither yet. */
function targetOf(call: Call, repository: Repository): { ref: string; parents: string[]; files: Files } {
  const { git } = repository;
  const branch = text(call.body, 'branch') ?? repository.defaultBranch;
  const ref = `refs/heads/${branch}`;
  const head = git.refs.get(ref);
  if (head === undefined && git.refs.size > 0) throw new Refusal(404, `Branch ${branch} not found`);
  const tree = treeOf(git, head);
  return {
    ref,
    parents: head === undefined ? [] : [head],
    files: tree === undefined ? new Map() : filesOf(git, tree),
  };
}

function requireSha(call: Call, path: string, there: string): void {
  const sha = text(call.body, 'sha');
  if (sha === undefined) throw new Refusal(422, `Invalid request.\n\n"sha" wasn't supplied.`);
  if (sha !== there) throw new Refusal(409, `${path} does not match ${sha}`);
}

function commitTo(call: Call, repository: Repository, target: ReturnType<typeof targetOf>): string {
  const { git } = repository;
  const { ref, parents, files } = target;
  const message = String(call.body.message);
  const sha = writeCommit(git, { tree: writeFiles(git, files), parents, message, ...signatures(call) });
  git.refs.set(ref, sha);
  refMoved(call.state, repository, ref);
  return sha;
}

function putFile(call: Call): Answer {
  const repository = writableRepository(call, 'push');
  const path = call.path.path ?? '';
  const target = targetOf(call, repository);
  const content = String(call.body.content);
  if (!BASE64.test(content)) throw new Refusal(422, 'content is not valid Base64');
  if (/^\/|\/$|\/\/|^$|(^|\/)(\.|\.\.|\.git)(\/|$)/.test(path)) {
    throw invalid({ resource: 'Commit', code: 'invalid', field: 'path' });
  }
  const there = target.files.get(path);
  if (there) requireSha(call, path, there.sha);
  else if (call.body.sha !== undefined) throw new Refusal(409, `${path} does not match ${call.body.sha}`);
  const blob = writeBlob(repository.git, Buffer.from(content, 'base64'));
  target.files.set(path, { mode: there?.mode ?? '100644', sha: blob });
  const commit = commitTo(call, repository, target);
  const ref = target.ref.replace('refs/heads/', '');
  const answer = {
    content: showContent(call, repository, { path, sha: blob, type: 'file', ref, whole: false }),
    commit: showGitCommit(call, repository, commit),
  };
  return there ? ok(answer) : created(answer, undefined);
}

function deleteFile(call: Call): Answer {
  const repository = writableRepository(call, 'push');
  const path = call.path.path ?? '';
  const target = targetOf(call, repository);
  const there = target.files.get(path);
  if (!there) throw notFound();
  requireSha(call, path, there.sha);
  target.files.delete(path);
  const commit = commitTo(call, repository, target);
  return ok({ content: null, commit: showGitCommit(call, repository, commit) });
}

/** Files and folders by their path. */
export const contentHandlers: Handlers = {
  'repos/get-content': getContent,
  'repos/get-readme': getReadme,
  'repos/create-or-update-file-contents': putFile,
  'repos/delete-file': deleteFile,
};
