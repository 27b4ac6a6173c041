import {
  type Answer,
  type Call,
  type Handlers,
  mayIn,
  ok,
  Refusal,
  text,
  viewerOf,
  writableRepository,
} from './exchange.ts';
import { commitsBetween, mergeBase, mergedFiles } from './git-history.ts';
import { type Signature, writeCommit, writeFiles } from './git-objects.ts';
import { pullOf } from './operations-pulls.ts';
import { repositoryUrl } from './present.ts';
import { type Pull, refMoved } from './pull-state.ts';
import { signatureOf } from './seed.ts';
import type { Repository } from './state.ts';

// What GitHub signs the commits of its own web pages with.
const COMMITTER = { name: 'GitHub', email: 'noreply@github.com' };

/** The tree of both branches together; only for those without a conflict. */
function mergedTree({ git }: Repository, ours: string, theirs: string): string | undefined {
  const { files, conflicts } = mergedFiles(git, { base: mergeBase(git, ours, theirs), ours, theirs });
  return conflicts.length > 0 ? undefined : writeFiles(git, files);
}

function messageOf(call: Call, title: string, details: string): string {
  const message = [text(call.body, 'commit_title') ?? title, text(call.body, 'commit_message') ?? details];
  return message.filter(Boolean).join('\n\n');
}

/** Replays each commit of the head on the base; undefined where one does not apply. */
function rebased(repository: Repository, { pull }: Pull, committer: Signature): string | undefined {
  const { git } = repository;
  let tip = pull.baseSha;
  for (const sha of commitsBetween(git, pull.baseSha, pull.headSha)) {
    const commit = git.commits.get(sha);
    if (!commit || commit.parents.length > 1) continue;
    const { files, conflicts } = mergedFiles(git, { base: commit.parents[0], ours: tip, theirs: sha });
    if (conflicts.length > 0) return undefined;
    tip = writeCommit(git, { ...commit, tree: writeFiles(git, files), parents: [tip], committer });
  }
  return tip;
}

/** The commit that merging makes, in one of GitHub's three ways; undefined where it cannot be made. */
function mergeCommit(call: Call, repository: Repository, issue: Pull): string | undefined {
  const { git, owner } = repository;
  const { pull, title, number } = issue;
  const method = text(call.body, 'merge_method') ?? 'merge';
  const author = signatureOf(viewerOf(call), call.state.now());
  const committer = { ...COMMITTER, date: author.date };
  if (method === 'rebase') return rebased(repository, issue, committer);
  const tree = mergedTree(repository, pull.baseSha, pull.headSha);
  if (tree === undefined) return undefined;
  if (method === 'squash') {
    const commits = commitsBetween(git, pull.baseSha, pull.headSha).map(
      (sha) => git.commits.get(sha)?.message ?? '',
    );
    const list = commits.length > 1 ? commits.map((message) => `* ${message}`).join('\n\n') : '';
    const message = messageOf(call, `${title} (#${number})`, list);
    return writeCommit(git, { tree, parents: [pull.baseSha], message, author, committer });
  }
  const message = messageOf(call, `Merge pull request #${number} from ${owner.login}/${pull.head}`, title);
  return writeCommit(git, { tree, parents: [pull.baseSha, pull.headSha], message, author, committer });
}

function merge(call: Call): Answer {
  const repository = writableRepository(call, 'push');
  const { state, body } = call;
  const issue = pullOf(call, repository);
  const { pull } = issue;
  const sha = text(body, 'sha');
  const allowed = {
    merge: repository.settings.allow_merge_commit,
    squash: repository.settings.allow_squash_merge,
    rebase: repository.settings.allow_rebase_merge,
  };
  if (pull.draft) throw new Refusal(405, 'Pull Request is still a draft');
  if (issue.state === 'closed') throw new Refusal(405, 'Pull Request is not mergeable');
  if (sha !== undefined && sha !== pull.headSha) {
    throw new Refusal(409, 'Head branch was modified. Review and try the merge again.');
  }
  const method = (text(body, 'merge_method') ?? 'merge') as keyof typeof allowed;
  if (!allowed[method]) {
    const name = { merge: 'Merge commits', squash: 'Squash merges', rebase: 'Rebase merges' }[method];
    throw new Refusal(405, `${name} are not allowed on this repository.`);
  }
  const commit = mergeCommit(call, repository, issue);
  if (commit === undefined) throw new Refusal(405, 'Pull Request is not mergeable');
  const now = state.now();
  pull.merged = { at: now, by: viewerOf(call), commit };
  Object.assign(issue, { state: 'closed', closedAt: now, closedBy: viewerOf(call), updatedAt: now });
  repository.git.refs.set(`refs/heads/${pull.base}`, commit);
  refMoved(state, repository, `refs/heads/${pull.base}`);
  if (repository.settings.delete_branch_on_merge) repository.git.refs.delete(`refs/heads/${pull.head}`);
  closeMentioned(call, repository, issue);
  return ok({ sha: commit, merged: true, message: 'Pull Request successfully merged' });
}

/** `Fixes #3` in a pull request into the default branch closes that issue. */
function closeMentioned(call: Call, repository: Repository, issue: Pull): void {
  if (issue.pull.base !== repository.defaultBranch) return;
  for (const [, number] of (issue.body ?? '').matchAll(/\b(?:clos|fix|resolv)(?:e|es|ed)? #(\d+)/gi)) {
    const other = repository.issues.find((one) => one.number === Number(number) && one.state === 'open');
    const now = call.state.now();
    if (other)
      Object.assign(other, {
        state: 'closed',
        stateReason: 'completed',
        closedAt: now,
        closedBy: viewerOf(call),
      });
  }
}

function updateBranch(call: Call): Answer {
  const repository = writableRepository(call, 'pull');
  const issue = pullOf(call, repository);
  const { git } = repository;
  const { pull } = issue;
  if (!mayIn(call, repository, 'push'))
    throw new Refusal(403, 'Resource not accessible by personal access token');
  const expected = text(call.body, 'expected_head_sha');
  if (expected !== undefined && expected !== pull.headSha) {
    throw new Refusal(422, "expected head sha didn't match current head ref.");
  }
  if (commitsBetween(git, pull.headSha, pull.baseSha).length === 0) {
    throw new Refusal(422, 'There are no new commits on the base branch.');
  }
  const tree = mergedTree(repository, pull.headSha, pull.baseSha);
  if (tree === undefined) throw new Refusal(422, 'merge conflict between base and head');
  const author = signatureOf(viewerOf(call), call.state.now());
  const message = `Merge branch '${pull.base}' into ${pull.head}`;
  const parents = [pull.headSha, pull.baseSha];
  const sha = writeCommit(git, {
    tree,
    parents,
    message,
    author,
    committer: { ...COMMITTER, date: author.date },
  });
  git.refs.set(`refs/heads/${pull.head}`, sha);
  refMoved(call.state, repository, `refs/heads/${pull.head}`);
  const url = `${repositoryUrl(call, repository)}/pulls/${issue.number}`;
  return { status: 202, body: { message: 'Updating pull request branch.', url } };
}

/** Merging a pull request, and bringing its branch up to its base. */
export const mergeHandlers: Handlers = {
  'pulls/merge': merge,
  'pulls/update-branch': updateBranch,
};
