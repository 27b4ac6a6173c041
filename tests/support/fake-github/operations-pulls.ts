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
import { commitsBetween, unifiedDiff } from './git-history.ts';
import { setState } from './operations-issues.ts';
import { showChange, showCommit } from './present-git.ts';
import { changesOf, showPull, showPullBriefly } from './present-pulls.ts';
import { isPull, type Pull } from './pull-state.ts';
import { newPull, openIssue } from './seed.ts';
import type { Repository } from './state.ts';

/** The pull request of the path. */
export function pullOf(call: Call, repository: Repository): Pull {
  const issue = issueOf(call, repository);
  if (!isPull(issue)) throw notFound();
  return issue;
}

/** The branch that `head` means: `branch` or `owner:branch`. Forks are not modelled, so only of the repository itself. */
function headBranch(repository: Repository, head: string): string | undefined {
  const colon = head.indexOf(':');
  const owner = colon < 0 ? repository.owner.login : head.slice(0, colon);
  const branch = head.slice(colon + 1);
  const there = owner === repository.owner.login && repository.git.refs.has(`refs/heads/${branch}`);
  return there ? branch : undefined;
}

function create(call: Call): Answer {
  const repository = writableRepository(call, 'pull');
  const { state, body } = call;
  const head = headBranch(repository, String(body.head));
  const base = text(body, 'base') ?? '';
  if (head === undefined) throw invalid({ resource: 'PullRequest', code: 'invalid', field: 'head' });
  if (!repository.git.refs.has(`refs/heads/${base}`)) {
    throw invalid({ resource: 'PullRequest', code: 'invalid', field: 'base' });
  }
  const title = text(body, 'title') ?? '';
  if (title.trim() === '') throw invalid({ resource: 'PullRequest', code: 'missing_field', field: 'title' });
  requireLengths('PullRequest', body);
  const custom = (message: string) => invalid({ resource: 'PullRequest', code: 'custom', message });
  const there = repository.issues.find(
    (issue) => issue.state === 'open' && issue.pull?.head === head && issue.pull.base === base,
  );
  const label = `${repository.owner.login}:${head}`;
  if (there) throw custom(`A pull request already exists for ${label}.`);
  const pull = newPull(repository, { head, base, draft: body.draft === true });
  if (commitsBetween(repository.git, pull.baseSha, pull.headSha).length === 0) {
    throw custom(`No commits between ${repository.owner.login}:${base} and ${label}`);
  }
  const issue = openIssue(state, repository, {
    author: viewerOf(call),
    title,
    body: text(body, 'body') ?? null,
    pull,
  });
  if (!isPull(issue)) throw notFound();
  const shown = showPull(call, repository, issue);
  return created(shown, shown.url);
}

function update(call: Call): Answer {
  const repository = writableRepository(call, 'pull');
  const { body, state } = call;
  const issue = pullOf(call, repository);
  if (issue.author !== viewerOf(call) && !mayIn(call, repository, 'push'))
    throw new Refusal(403, 'Forbidden');
  requireLengths('PullRequest', body);
  if (body.title !== undefined) issue.title = String(body.title);
  if ('body' in body) issue.body = text(body, 'body') ?? null;
  const base = text(body, 'base');
  if (base !== undefined) {
    const sha = repository.git.refs.get(`refs/heads/${base}`);
    if (sha === undefined) throw invalid({ resource: 'PullRequest', code: 'invalid', field: 'base' });
    Object.assign(issue.pull, { base, baseSha: sha });
  }
  const next = text(body, 'state');
  if (next !== undefined && next !== issue.state) setState(call, issue, { state: next, reason: undefined });
  issue.updatedAt = state.now();
  return ok(showPull(call, repository, issue));
}

function list(call: Call): Answer {
  const repository = repositoryOf(call);
  const { state = 'open', head, base, sort = 'created' } = call.query;
  const direction = call.query.direction ?? (sort === 'created' ? 'desc' : 'asc');
  const label = (pull: Pull) => `${repository.owner.login}:${pull.pull.head}`;
  const found = repository.issues
    .filter(isPull)
    .filter((issue) => state === 'all' || issue.state === state)
    // GitHub passes over a head without an owner, as if there were none.
    .filter((issue) => head === undefined || !String(head).includes(':') || label(issue) === head)
    .filter((issue) => base === undefined || issue.pull.base === base);
  const key = (issue: Pull) => (sort === 'updated' ? issue.updatedAt : issue.createdAt);
  const sorted = found.toSorted(
    (one, other) => Date.parse(key(one)) - Date.parse(key(other)) || one.id - other.id,
  );
  return page(call, direction === 'asc' ? sorted : sorted.reverse(), (pulls) =>
    pulls.map((issue) => showPullBriefly(call, repository, issue)),
  );
}

/** Pull requests, their commits and what they change. */
export const pullHandlers: Handlers = {
  'pulls/list': list,
  'pulls/get': (call) => {
    const repository = repositoryOf(call);
    const issue = pullOf(call, repository);
    if (call.accept.includes('diff')) {
      const type = 'application/vnd.github.diff; charset=utf-8';
      const content = unifiedDiff(changesOf(repository, issue));
      const { diffLimit } = call.state;
      if (content.split('\n').length > diffLimit) {
        const message = `Sorry, the diff exceeded the maximum number of lines (${diffLimit})`;
        throw new Refusal(406, message, [{ resource: 'PullRequest', field: 'diff', code: 'too_large' }]);
      }
      return { status: 200, raw: { content, type } };
    }
    return ok(showPull(call, repository, issue));
  },
  'pulls/create': create,
  'pulls/update': update,
  'pulls/list-files': (call) => {
    const repository = repositoryOf(call);
    const issue = pullOf(call, repository);
    const sha = issue.pull.headSha;
    return page(call, changesOf(repository, issue), (changes) =>
      changes.map((change) => showChange(call, repository, { change, sha })),
    );
  },
  'pulls/list-commits': (call) => {
    const repository = repositoryOf(call);
    const { pull } = pullOf(call, repository);
    return page(call, commitsBetween(repository.git, pull.baseSha, pull.headSha), (commits) =>
      commits.map((sha) => showCommit(call, repository, sha)),
    );
  },
  'pulls/check-if-merged': (call) => {
    if (!pullOf(call, repositoryOf(call)).pull.merged) throw notFound();
    return nothing();
  },
};
