import {
  type Answer,
  type Call,
  created,
  type Handlers,
  invalid,
  issueOf,
  mayIn,
  notFound,
  nothing,
  ok,
  page,
  Refusal,
  repositoryOf,
  requireLengths,
  text,
  viewerOf,
  writableRepository,
} from './exchange.ts';
import { repositoryUrl } from './present.ts';
import { showComment, showIssue } from './present-issues.ts';
import { labelNamed, openIssue } from './seed.ts';
import {
  type Account,
  type Comment,
  findAccount,
  type Issue,
  permissionOf,
  type Repository,
} from './state.ts';

/** The accounts of those who can be given an issue. GitHub passes over the others in silence. */
export function assignable(call: Call, repository: Repository, logins: unknown): Account[] {
  const list = Array.isArray(logins) ? logins : [];
  const accounts = list.flatMap((one: string | { login: string }) => {
    const login = typeof one === 'string' ? one : one.login;
    return findAccount(call.state, login) ?? [];
  });
  return [...new Set(accounts)].filter((account) => {
    const { owner, collaborators } = repository;
    return account === owner || owner.members.has(account.login) || collaborators.has(account.login);
  });
}

/** The names of labels, whichever way a body writes them. */
export function labelNames(labels: unknown): string[] {
  const list = Array.isArray(labels) ? labels : [];
  return list.map((one: string | { name?: string }) => (typeof one === 'string' ? one : (one.name ?? '')));
}

/** Closes or reopens an issue; a pull request that was merged stays closed. */
export function setState(
  call: Call,
  issue: Issue,
  change: { state: string; reason: string | undefined },
): void {
  const now = call.state.now();
  if (change.state === 'closed') {
    const reason = (change.reason ?? 'completed') as Issue['stateReason'];
    Object.assign(issue, { state: 'closed', closedAt: issue.closedAt ?? now, closedBy: viewerOf(call) });
    issue.stateReason = issue.pull ? null : reason;
  } else {
    if (issue.pull?.merged) {
      throw invalid({
        resource: 'PullRequest',
        code: 'custom',
        field: 'state',
        message: 'state cannot be changed. The pull request cannot be reopened.',
      });
    }
    Object.assign(issue, { state: 'open', closedAt: null, closedBy: undefined });
    issue.stateReason = issue.pull ? null : 'reopened';
  }
}

function create(call: Call): Answer {
  const repository = writableRepository(call, 'pull');
  const { state, body } = call;
  const author = viewerOf(call);
  if (!repository.settings.has_issues) throw new Refusal(410, 'Issues are disabled for this repo');
  const title = text(body, 'title')?.trim() ?? '';
  if (title === '') throw invalid({ resource: 'Issue', code: 'missing_field', field: 'title' });
  requireLengths('Issue', { title, body: body.body });
  // Somebody who may not push opens an issue without labels or assignees.
  const trusted = mayIn(call, repository, 'triage');
  const wanted = body.assignees ?? (body.assignee ? [body.assignee] : []);
  const assignees = trusted ? assignable(call, repository, wanted) : [];
  if (trusted && Array.isArray(wanted) && assignees.length < wanted.length) {
    throw invalid({ resource: 'Issue', code: 'invalid', field: 'assignees' });
  }
  const labels = trusted ? labelNames(body.labels).map((name) => labelNamed(state, repository, name)) : [];
  const issue = openIssue(state, repository, {
    author,
    title,
    body: text(body, 'body') ?? null,
    labels: [...new Set(labels)],
    assignees,
  });
  return created(
    showIssue(call, repository, issue),
    `${repositoryUrl(call, repository)}/issues/${issue.number}`,
  );
}

function update(call: Call): Answer {
  const repository = writableRepository(call, 'pull');
  const { state, body } = call;
  const issue = issueOf(call, repository);
  const trusted = mayIn(call, repository, 'triage');
  if (!trusted && issue.author !== viewerOf(call))
    throw new Refusal(403, 'Must have admin rights to Repository.');
  requireLengths('Issue', body);
  if (body.title !== undefined && body.title !== null) issue.title = String(body.title);
  if ('body' in body) issue.body = text(body, 'body') ?? null;
  const next = text(body, 'state');
  const reason = text(body, 'state_reason');
  if (next !== undefined && (next !== issue.state || reason !== undefined))
    setState(call, issue, { state: next, reason });
  if (trusted && body.labels !== undefined) {
    issue.labels = labelNames(body.labels).map((name) => labelNamed(state, repository, name));
  }
  if (trusted && body.assignees !== undefined) issue.assignees = assignable(call, repository, body.assignees);
  issue.updatedAt = state.now();
  return ok(showIssue(call, repository, issue));
}

/** The issues that the filters of a list leave, in its order. */
function filtered(call: Call, issues: Issue[]): Issue[] {
  const {
    state = 'open',
    labels,
    since,
    creator,
    assignee,
    sort = 'created',
    direction = 'desc',
  } = call.query;
  const wanted = typeof labels === 'string' ? labels.toLowerCase().split(',') : [];
  const found = issues.filter(
    (issue) =>
      (state === 'all' || issue.state === state) &&
      wanted.every((name) => issue.labels.some((label) => label.name.toLowerCase() === name)) &&
      (since === undefined || issue.updatedAt >= String(since)) &&
      (creator === undefined || issue.author.login === creator) &&
      (assignee === undefined || assignee === '*'
        ? assignee === undefined || issue.assignees.length > 0
        : assignee === 'none'
          ? issue.assignees.length === 0
          : issue.assignees.some(({ login }) => login === assignee)),
  );
  const key = (issue: Issue) =>
    sort === 'comments'
      ? issue.comments.length
      : Date.parse(sort === 'updated' ? issue.updatedAt : issue.createdAt);
  const sorted = found.toSorted((one, other) => key(one) - key(other) || one.id - other.id);
  return direction === 'asc' ? sorted : sorted.reverse();
}

function listMine(call: Call): Answer {
  const viewer = viewerOf(call);
  const filter = String(call.query.filter ?? 'assigned');
  const homes = new Map<Issue, Repository>();
  for (const repository of call.state.repositories) {
    if (!mayIn(call, repository, 'pull') || permissionOf(repository, viewer) === undefined) continue;
    for (const issue of repository.issues) {
      const fits =
        filter === 'assigned'
          ? issue.assignees.includes(viewer)
          : filter === 'created'
            ? issue.author === viewer
            : true;
      if (fits) homes.set(issue, repository);
    }
  }
  return page(call, filtered(call, [...homes.keys()]), (list) =>
    list.map((issue) => showIssue(call, homes.get(issue) as Repository, issue, { withRepository: true })),
  );
}

function commentOf(call: Call, repository: Repository): { issue: Issue; comment: Comment } {
  for (const issue of repository.issues) {
    const comment = issue.comments.find(({ id }) => id === Number(call.path.comment_id));
    if (comment) return { issue, comment };
  }
  throw notFound();
}

function createComment(call: Call): Answer {
  const repository = writableRepository(call, 'pull');
  const { state, body } = call;
  const issue = issueOf(call, repository);
  const author = viewerOf(call);
  const words = text(body, 'body') ?? '';
  if (words.trim() === '') throw invalid({ resource: 'IssueComment', code: 'missing_field', field: 'body' });
  requireLengths('IssueComment', body);
  if (issue.locked && !mayIn(call, repository, 'push'))
    throw new Refusal(403, 'Unable to create comment because issue is locked.');
  const now = state.now();
  const comment: Comment = { id: state.nextId(), author, body: words, createdAt: now, updatedAt: now };
  issue.comments.push(comment);
  issue.updatedAt = now;
  const shown = showComment(call, repository, { issue, comment });
  return created(shown, shown.url);
}

/** Issues and what is said under them. */
export const issueHandlers: Handlers = {
  'issues/list': listMine,
  'issues/list-for-authenticated-user': listMine,
  'issues/list-for-repo': (call) => {
    const repository = repositoryOf(call);
    if (!repository.settings.has_issues) throw new Refusal(410, 'Issues are disabled for this repo');
    return page(call, filtered(call, repository.issues), (list) =>
      list.map((issue) => showIssue(call, repository, issue)),
    );
  },
  'issues/get': (call) => {
    const repository = repositoryOf(call);
    return ok(showIssue(call, repository, issueOf(call, repository)));
  },
  'issues/create': create,
  'issues/update': update,
  'issues/list-comments': (call) => {
    const repository = repositoryOf(call);
    const issue = issueOf(call, repository);
    const since = text(call.query, 'since') ?? '';
    const comments = issue.comments.filter(({ updatedAt }) => updatedAt >= since);
    return page(call, comments, (list) =>
      list.map((comment) => showComment(call, repository, { issue, comment })),
    );
  },
  'issues/create-comment': createComment,
  'issues/get-comment': (call) => {
    const repository = repositoryOf(call);
    return ok(showComment(call, repository, commentOf(call, repository)));
  },
  'issues/update-comment': (call) => {
    const repository = writableRepository(call, 'pull');
    const found = commentOf(call, repository);
    if (found.comment.author !== viewerOf(call) && !mayIn(call, repository, 'push'))
      throw new Refusal(403, 'Forbidden');
    found.comment.body = String(call.body.body);
    found.comment.updatedAt = call.state.now();
    return ok(showComment(call, repository, found));
  },
  'issues/delete-comment': (call) => {
    const repository = writableRepository(call, 'pull');
    const { issue, comment } = commentOf(call, repository);
    issue.comments.splice(issue.comments.indexOf(comment), 1);
    return nothing();
  },
};
