import {
  type Answer,
  type Call,
  type Handlers,
  notFound,
  ok,
  page,
  Refusal,
  repositoryOf,
  text,
} from './exchange.ts';
import { ancestors, changesBetween, commitsBetween, mergeBase, unifiedDiff } from './git-history.ts';
import { entryAt, resolveCommit } from './git-objects.ts';
import { nodeId, repositoryPage, repositoryUrl, type Shown, showRepository } from './present.ts';
import { accountOfSignature, showChange, showCommit, showTag } from './present-git.ts';
import { showPullBriefly } from './present-pulls.ts';
import { isPull } from './pull-state.ts';
import { filled } from './schema-fill.ts';
import type { CheckRun, CommitStatus, Repository } from './state.ts';

const DIFF = 'application/vnd.github.diff; charset=utf-8';

function refsUnder({ git }: Repository, prefix: string): string[] {
  return [...git.refs.keys()].filter((ref) => ref.startsWith(prefix)).sort();
}

/** The commit that the path's ref means. */
function commitOf(call: Call, repository: Repository, name = call.path.ref ?? ''): string {
  if (repository.git.refs.size === 0) throw new Refusal(409, 'Git Repository is empty.');
  const sha = resolveCommit(repository.git, name);
  if (sha === undefined) throw new Refusal(422, `No commit found for SHA: ${name}`);
  return sha;
}

function listCommits(call: Call): Answer {
  const repository = repositoryOf(call);
  const { git, defaultBranch } = repository;
  if (git.refs.size === 0) throw new Refusal(409, 'Git Repository is empty.');
  const start = resolveCommit(git, text(call.query, 'sha') ?? defaultBranch);
  if (start === undefined) throw notFound();
  const path = text(call.query, 'path');
  const since = Date.parse(text(call.query, 'since') ?? '1970-01-01');
  const until = Date.parse(text(call.query, 'until') ?? '9999-01-01');
  const people = ['author', 'committer'] as const;
  const found = ancestors(git, start).filter((sha) => {
    const commit = git.commits.get(sha);
    if (!commit) return false;
    const time = Date.parse(commit.committer.date);
    const theirs = people.every((role) => {
      const wanted = text(call.query, role);
      const { email } = commit[role];
      return (
        wanted === undefined || email === wanted || accountOfSignature(call, commit[role])?.login === wanted
      );
    });
    return time >= since && time <= until && theirs && (path === undefined || touches(repository, sha, path));
  });
  return page(call, found, (list) => list.map((sha) => showCommit(call, repository, sha)));
}

/** Whether a commit changed a file, or something in a folder. */
function touches({ git }: Repository, sha: string, path: string): boolean {
  const commit = git.commits.get(sha);
  const here = commit && entryAt(git, commit.tree, path)?.sha;
  const before =
    commit?.parents.map((parent) => entryAt(git, git.commits.get(parent)?.tree ?? '', path)?.sha) ?? [];
  return before.length === 0 ? here !== undefined : before.every((one) => one !== here);
}

function getCommit(call: Call): Answer {
  const repository = repositoryOf(call);
  const sha = commitOf(call, repository);
  const changes = changesBetween(repository.git, repository.git.commits.get(sha)?.parents[0], sha);
  if (call.accept.includes('diff'))
    return { status: 200, raw: { content: unifiedDiff(changes), type: DIFF } };
  return ok(showCommit(call, repository, sha, changes));
}

function compare(call: Call): Answer {
  const repository = repositoryOf(call);
  const { git } = repository;
  const [from = '', to = ''] = (call.path.basehead ?? '').split('...');
  // Either may be named with its owner, as a branch of another fork is.
  const [base, head] = [from, to].map((name) => resolveCommit(git, name.slice(name.indexOf(':') + 1)));
  if (base === undefined || head === undefined) throw notFound();
  const common = mergeBase(git, base, head);
  if (common === undefined) throw new Refusal(404, `No common ancestor between ${from} and ${to}.`);
  const changes = changesBetween(git, common, head);
  if (call.accept.includes('diff'))
    return { status: 200, raw: { content: unifiedDiff(changes), type: DIFF } };
  const ahead = commitsBetween(git, base, head);
  const behind = commitsBetween(git, head, base);
  const status =
    ahead.length > 0
      ? behind.length > 0
        ? 'diverged'
        : 'ahead'
      : behind.length > 0
        ? 'behind'
        : 'identical';
  const url = `${repositoryPage(call, repository)}/compare/${from}...${to}`;
  // Only the first page tells the files.
  const files = Number(call.query.page ?? 1) > 1 ? [] : changes.slice(0, 300);
  return page(call, ahead, (commits) => ({
    url: `${repositoryUrl(call, repository)}/compare/${encodeURIComponent(from)}...${encodeURIComponent(to)}`,
    html_url: url,
    permalink_url: url,
    diff_url: `${url}.diff`,
    patch_url: `${url}.patch`,
    base_commit: showCommit(call, repository, base),
    merge_base_commit: showCommit(call, repository, common),
    status,
    ahead_by: ahead.length,
    behind_by: behind.length,
    total_commits: ahead.length,
    commits: commits.map((sha) => showCommit(call, repository, sha)),
    files: files.map((change) => showChange(call, repository, { change, sha: head })),
  }));
}

function showCheck(call: Call, repository: Repository, check: CheckRun): Shown {
  const url = `${repositoryUrl(call, repository)}/check-runs/${check.id}`;
  const page = `${repositoryPage(call, repository)}/runs/${check.id}`;
  return {
    id: check.id,
    node_id: nodeId('CheckRun', check.id),
    external_id: '',
    head_sha: check.sha,
    name: check.name,
    url,
    html_url: page,
    details_url: page,
    status: check.status,
    conclusion: check.status === 'completed' ? check.conclusion : null,
    started_at: check.startedAt,
    completed_at: check.status === 'completed' ? check.startedAt : null,
    output: {
      title: check.summary === null ? null : check.name,
      summary: check.summary,
      text: null,
      annotations_count: 0,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: check.id },
    app: null,
    pull_requests: [],
  };
}

function showStatus(call: Call, repository: Repository, status: CommitStatus): Shown {
  return filled('simple-commit-status', {
    id: status.id,
    node_id: nodeId('StatusContext', status.id),
    url: `${repositoryUrl(call, repository)}/statuses/${status.sha}`,
    avatar_url: null,
    context: status.context,
    state: status.state,
    description: status.description,
    target_url: null,
    created_at: status.createdAt,
    updated_at: status.createdAt,
  });
}

function combinedStatus(call: Call): Answer {
  const repository = repositoryOf(call);
  const sha = commitOf(call, repository);
  // Only the last word of each context counts.
  const latest = new Map(
    repository.statuses.filter((one) => one.sha === sha).map((one) => [one.context, one]),
  );
  const statuses = [...latest.values()];
  const states = statuses.map(({ state }) => state);
  const failed = states.some((state) => state === 'failure' || state === 'error');
  const state = failed
    ? 'failure'
    : states.length === 0 || states.includes('pending')
      ? 'pending'
      : 'success';
  const url = `${repositoryUrl(call, repository)}/commits/${sha}`;
  return page(call, statuses, (list) => ({
    state,
    statuses: list.map((status) => showStatus(call, repository, status)),
    sha,
    total_count: statuses.length,
    repository: showRepository(call, repository, 'minimal-repository'),
    commit_url: url,
    url: `${url}/status`,
  }));
}

function showBranch(call: Call, repository: Repository, ref: string): Shown {
  const sha = repository.git.refs.get(ref) ?? '';
  const name = ref.slice('refs/heads/'.length);
  return {
    name,
    commit: { sha, url: `${repositoryUrl(call, repository)}/commits/${sha}` },
    protected: false,
  };
}

/** Branches, tags and commits, and what was checked of them. */
export const historyHandlers: Handlers = {
  'repos/list-branches': (call) => {
    const repository = repositoryOf(call);
    const branches = call.query.protected === true ? [] : refsUnder(repository, 'refs/heads/');
    return page(call, branches, (list) => list.map((ref) => showBranch(call, repository, ref)));
  },
  'repos/get-branch': (call) => {
    const repository = repositoryOf(call);
    const name = call.path.branch ?? '';
    const sha = repository.git.refs.get(`refs/heads/${name}`);
    if (sha === undefined) throw new Refusal(404, 'Branch not found');
    const self = `${repositoryUrl(call, repository)}/branches/${encodeURIComponent(name)}`;
    return ok({
      name,
      commit: showCommit(call, repository, sha),
      _links: { self, html: `${repositoryPage(call, repository)}/tree/${name}` },
      protected: false,
      protection: { enabled: false, required_status_checks: { contexts: [], checks: [] } },
      protection_url: `${self}/protection`,
    });
  },
  'repos/list-tags': (call) => {
    const repository = repositoryOf(call);
    const tags = refsUnder(repository, 'refs/tags/').reverse();
    return page(call, tags, (list) => list.map((ref) => showTag(call, repository, ref)));
  },
  'repos/list-commits': listCommits,
  'repos/get-commit': getCommit,
  'repos/compare-commits-with-basehead': compare,
  'repos/list-pull-requests-associated-with-commit': (call) => {
    const repository = repositoryOf(call);
    const sha = commitOf(call, repository, call.path.commit_sha);
    const pulls = repository.issues
      .filter(isPull)
      .filter(
        ({ pull }) =>
          pull.merged?.commit === sha ||
          commitsBetween(repository.git, pull.baseSha, pull.headSha).includes(sha),
      );
    return page(call, pulls, (list) => list.map((issue) => showPullBriefly(call, repository, issue)));
  },
  'repos/get-combined-status-for-ref': combinedStatus,
  'checks/list-for-ref': (call) => {
    const repository = repositoryOf(call);
    const sha = commitOf(call, repository);
    const { check_name: name, status } = call.query;
    const checks = repository.checks.filter(
      (one) =>
        one.sha === sha &&
        (name === undefined || one.name === name) &&
        (status === undefined || one.status === status),
    );
    return page(call, checks, (list) => ({
      total_count: checks.length,
      check_runs: list.map((check) => showCheck(call, repository, check)),
    }));
  },
};
