import { type Call, notFound } from './exchange.ts';
import { changesBetween, commitsBetween, mergeBase } from './git-history.ts';
import {
  association,
  nodeId,
  repositoryPage,
  repositoryUrl,
  type Shown,
  showAccount,
  showLabel,
  showRepository,
} from './present.ts';
import { mergeability, type Pull } from './pull-state.ts';
import { filled } from './schema-fill.ts';
import type { Repository, Review, ReviewComment } from './state.ts';

function links(urls: Record<string, string>): Shown {
  return Object.fromEntries(Object.entries(urls).map(([name, href]) => [name, { href }]));
}

/** What changed since the head left the base. */
export function changesOf({ git }: Repository, { pull }: Pull) {
  return changesBetween(git, mergeBase(git, pull.baseSha, pull.headSha), pull.headSha);
}

function common(call: Call, repository: Repository, issue: Pull): Shown {
  const { number, pull, author, assignees } = issue;
  const root = repositoryUrl(call, repository);
  const url = `${root}/pulls/${number}`;
  const issueUrl = `${root}/issues/${number}`;
  const page = `${repositoryPage(call, repository)}/pull/${number}`;
  const statuses = `${root}/statuses/${pull.headSha}`;
  const end = (branch: string, sha: string) => ({
    label: `${repository.owner.login}:${branch}`,
    ref: branch,
    sha,
    user: showAccount(call, repository.owner),
    repo: showRepository(call, repository, 'repository'),
  });
  return {
    id: issue.id,
    node_id: nodeId('PullRequest', issue.id),
    url,
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    issue_url: issueUrl,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${root}/pulls/comments{/number}`,
    comments_url: `${issueUrl}/comments`,
    statuses_url: statuses,
    number,
    state: issue.state,
    locked: issue.locked,
    title: issue.title,
    user: showAccount(call, author),
    body: issue.body,
    // The description knows no label of a pull request in a list that has no description.
    labels: issue.labels.map((label) => ({
      ...showLabel(call, repository, label),
      description: label.description ?? '',
    })),
    milestone: null,
    active_lock_reason: null,
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    closed_at: issue.closedAt,
    merged_at: pull.merged?.at ?? null,
    merge_commit_sha: pull.merged?.commit ?? null,
    assignee: assignees[0] ? showAccount(call, assignees[0]) : null,
    assignees: assignees.map((account) => showAccount(call, account)),
    requested_reviewers: pull.reviewers.map((account) => showAccount(call, account)),
    requested_teams: [],
    head: end(pull.head, pull.headSha),
    base: end(pull.base, pull.baseSha),
    _links: links({
      self: url,
      html: page,
      issue: issueUrl,
      comments: `${issueUrl}/comments`,
      review_comments: `${url}/comments`,
      review_comment: `${root}/pulls/comments{/number}`,
      commits: `${url}/commits`,
      statuses,
    }),
    author_association: association(repository, author),
    auto_merge: null,
    draft: pull.draft,
  };
}

/** A pull request in a list. */
export function showPullBriefly(call: Call, repository: Repository, issue: Pull): Shown {
  return filled('pull-request-simple', common(call, repository, issue));
}

/** A pull request by itself, with whether it can be merged and the size of its changes. */
export function showPull(call: Call, repository: Repository, issue: Pull): Shown {
  const { pull, comments } = issue;
  const changes = changesOf(repository, issue);
  const { mergeable, state } = mergeability(repository, issue);
  return filled('pull-request', {
    ...common(call, repository, issue),
    merged: pull.merged !== undefined,
    mergeable,
    rebaseable: mergeable,
    mergeable_state: state,
    merged_by: pull.merged ? showAccount(call, pull.merged.by) : null,
    comments: comments.length,
    review_comments: pull.reviews.flatMap((review) => review.comments).length,
    maintainer_can_modify: false,
    commits: commitsBetween(repository.git, pull.baseSha, pull.headSha).length,
    additions: changes.reduce((sum, { additions }) => sum + additions, 0),
    deletions: changes.reduce((sum, { deletions }) => sum + deletions, 0),
    changed_files: changes.length,
  });
}

/** A review of a pull request. */
export function showReview(
  call: Call,
  repository: Repository,
  { issue, review }: { issue: Pull; review: Review },
): Shown {
  const url = `${repositoryUrl(call, repository)}/pulls/${issue.number}`;
  const page = `${repositoryPage(call, repository)}/pull/${issue.number}#pullrequestreview-${review.id}`;
  return {
    id: review.id,
    node_id: nodeId('PullRequestReview', review.id),
    user: showAccount(call, review.author),
    body: review.body,
    state: review.state,
    html_url: page,
    pull_request_url: url,
    _links: links({ html: page, pull_request: url }),
    ...(review.submittedAt !== undefined && { submitted_at: review.submittedAt }),
    commit_id: review.commit,
    author_association: association(repository, review.author),
  };
}

/** A comment of a review, on a line of a file. */
export function showReviewComment(
  call: Call,
  repository: Repository,
  { issue, comment }: { issue: Pull; comment: ReviewComment },
): Shown {
  const review = issue.pull.reviews.find(({ id }) => id === comment.reviewId);
  if (!review) throw notFound();
  const root = repositoryUrl(call, repository);
  const url = `${root}/pulls/comments/${comment.id}`;
  const page = `${repositoryPage(call, repository)}/pull/${issue.number}#discussion_r${comment.id}`;
  return filled('pull-request-review-comment', {
    id: comment.id,
    node_id: nodeId('PullRequestReviewComment', comment.id),
    url,
    html_url: page,
    pull_request_url: `${root}/pulls/${issue.number}`,
    pull_request_review_id: comment.reviewId,
    body: comment.body,
    path: comment.path,
    line: comment.line ?? undefined,
    side: comment.side,
    diff_hunk: '@@',
    commit_id: review.commit,
    original_commit_id: review.commit,
    user: showAccount(call, comment.author),
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    author_association: association(repository, comment.author),
    _links: links({ self: url, html: page, pull_request: `${root}/pulls/${issue.number}` }),
  });
}
