import {
  type Answer,
  type Call,
  created,
  type Handlers,
  invalid,
  issueOf,
  notFound,
  nothing,
  ok,
  page,
  repositoryOf,
  text,
  writableRepository,
} from './exchange.ts';
import { assignable, labelNames } from './operations-issues.ts';
import { showAccount, showLabel } from './present.ts';
import { showIssue } from './present-issues.ts';
import { labelNamed } from './seed.ts';
import type { Issue, Label, Repository } from './state.ts';

function named(labels: Label[], name: string | undefined): Label | undefined {
  return labels.find((label) => label.name.toLowerCase() === name?.toLowerCase());
}

function showAll(call: Call, repository: Repository, issue: Issue): Answer {
  return ok(issue.labels.map((label) => showLabel(call, repository, label)));
}

/** Puts labels on an issue, besides those that it has or in their place. */
function label(call: Call, replace: boolean): Answer {
  const repository = writableRepository(call, 'triage');
  const issue = issueOf(call, repository);
  const given = Array.isArray(call.body) ? call.body : call.body.labels;
  const labels = labelNames(given).map((name) => labelNamed(call.state, repository, name));
  issue.labels = [...new Set(replace ? labels : [...issue.labels, ...labels])];
  issue.updatedAt = call.state.now();
  return showAll(call, repository, issue);
}

/** Labels and assignees. */
export const labelHandlers: Handlers = {
  'issues/list-labels-for-repo': (call) => {
    const repository = repositoryOf(call);
    return page(call, repository.labels, (list) => list.map((one) => showLabel(call, repository, one)));
  },
  'issues/get-label': (call) => {
    const repository = repositoryOf(call);
    const found = named(repository.labels, call.path.name);
    if (!found) throw notFound();
    return ok(showLabel(call, repository, found));
  },
  'issues/create-label': (call) => {
    const repository = writableRepository(call, 'push');
    const { state, body } = call;
    const name = String(body.name);
    if (named(repository.labels, name)) {
      throw invalid({ resource: 'Label', code: 'already_exists', field: 'name' });
    }
    const color = text(body, 'color') ?? 'ededed';
    if (!/^[0-9a-f]{6}$/i.test(color)) throw invalid({ resource: 'Label', code: 'invalid', field: 'color' });
    const made = { id: state.nextId(), name, color, description: text(body, 'description') ?? null };
    repository.labels.push(made);
    const shown = showLabel(call, repository, made);
    return created(shown, shown.url);
  },
  'issues/delete-label': (call) => {
    const repository = writableRepository(call, 'push');
    const found = named(repository.labels, call.path.name);
    if (!found) throw notFound();
    repository.labels = repository.labels.filter((one) => one !== found);
    for (const issue of repository.issues) issue.labels = issue.labels.filter((one) => one !== found);
    return nothing();
  },
  'issues/list-labels-on-issue': (call) => {
    const repository = repositoryOf(call);
    return page(call, issueOf(call, repository).labels, (list) =>
      list.map((one) => showLabel(call, repository, one)),
    );
  },
  'issues/add-labels': (call) => label(call, false),
  'issues/set-labels': (call) => label(call, true),
  'issues/remove-all-labels': (call) => {
    issueOf(call, writableRepository(call, 'triage')).labels = [];
    return nothing();
  },
  'issues/remove-label': (call) => {
    const repository = writableRepository(call, 'triage');
    const issue = issueOf(call, repository);
    const found = named(issue.labels, call.path.name);
    if (!found) throw notFound();
    issue.labels = issue.labels.filter((one) => one !== found);
    return showAll(call, repository, issue);
  },
  'issues/list-assignees': (call) => {
    const repository = repositoryOf(call);
    const logins = call.state.accounts.map(({ login }) => login);
    return page(call, assignable(call, repository, logins), (list) =>
      list.map((one) => showAccount(call, one)),
    );
  },
  'issues/add-assignees': (call) => {
    const repository = writableRepository(call, 'triage');
    const issue = issueOf(call, repository);
    issue.assignees = [
      ...new Set([...issue.assignees, ...assignable(call, repository, call.body.assignees)]),
    ];
    return { status: 201, body: showIssue(call, repository, issue) };
  },
  'issues/remove-assignees': (call) => {
    const repository = writableRepository(call, 'triage');
    const issue = issueOf(call, repository);
    const gone = assignable(call, repository, call.body.assignees);
    issue.assignees = issue.assignees.filter((one) => !gone.includes(one));
    return ok(showIssue(call, repository, issue));
  },
};
