import type { Call } from './exchange.ts';
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
import { filled } from './schema-fill.ts';
import type { Comment, Issue, Repository } from './state.ts';

/** An issue (or a pull request as an issue) as lists and searches show it. */
export function showIssue(
  call: Call,
  repository: Repository,
  issue: Issue,
  { schema = 'issue', withRepository = false }: { schema?: string; withRepository?: boolean } = {},
): Shown {
  const { number, pull, author, body, assignees } = issue;
  const url = `${repositoryUrl(call, repository)}/issues/${number}`;
  const page = `${repositoryPage(call, repository)}/${pull ? 'pull' : 'issues'}/${number}`;
  const searched = schema === 'issue-search-result-item';
  return filled(schema, {
    id: issue.id,
    node_id: nodeId(pull ? 'PullRequest' : 'Issue', issue.id),
    url,
    repository_url: repositoryUrl(call, repository),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    timeline_url: `${url}/timeline`,
    html_url: page,
    number,
    state: issue.state,
    state_reason: issue.stateReason,
    title: issue.title,
    // The description of search results does not have a body that is null.
    body: searched ? (body ?? undefined) : body,
    user: showAccount(call, author),
    labels: issue.labels.map((label) => showLabel(call, repository, label)),
    assignee: assignees[0] ? showAccount(call, assignees[0]) : null,
    assignees: assignees.map((account) => showAccount(call, account)),
    milestone: null,
    locked: issue.locked,
    active_lock_reason: null,
    comments: issue.comments.length,
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    closed_at: issue.closedAt,
    closed_by: issue.closedBy ? showAccount(call, issue.closedBy) : searched ? undefined : null,
    author_association: association(repository, author),
    performed_via_github_app: null,
    score: searched ? 1 : undefined,
    ...(withRepository && { repository: showRepository(call, repository, 'repository') }),
    ...(pull && {
      draft: pull.draft,
      pull_request: {
        url: url.replace('/issues/', '/pulls/'),
        html_url: page,
        diff_url: `${page}.diff`,
        patch_url: `${page}.patch`,
        merged_at: pull.merged?.at ?? null,
      },
    }),
  });
}

/** A comment under an issue or a pull request. */
export function showComment(
  call: Call,
  repository: Repository,
  { issue, comment }: { issue: Issue; comment: Comment },
): Shown {
  const url = `${repositoryUrl(call, repository)}/issues`;
  const page = `${repositoryPage(call, repository)}/${issue.pull ? 'pull' : 'issues'}/${issue.number}`;
  return {
    id: comment.id,
    node_id: nodeId('IssueComment', comment.id),
    url: `${url}/comments/${comment.id}`,
    html_url: `${page}#issuecomment-${comment.id}`,
    issue_url: `${url}/${issue.number}`,
    body: comment.body,
    user: showAccount(call, comment.author),
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    author_association: association(repository, comment.author),
    performed_via_github_app: null,
  };
}
