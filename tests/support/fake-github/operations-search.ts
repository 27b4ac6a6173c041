import { type Answer, type Call, type Handlers, mayIn, page, Refusal } from './exchange.ts';
import { treeOf } from './git-history.ts';
import { filesOf } from './git-objects.ts';
import { repositoryPage, repositoryUrl, type Shown, showRepository } from './present.ts';
import { encodePath } from './present-git.ts';
import { showIssue } from './present-issues.ts';
import { allHold, inRange, parseSearch, requireSearchable, type SearchQuery } from './search-query.ts';
import { type Issue, type Repository, sameName } from './state.ts';

const PLACES = ['repo', 'org', 'user'];
const ISSUE_WORDS = [
  ...PLACES,
  'is',
  'type',
  'state',
  'author',
  'assignee',
  'label',
  'in',
  'no',
  'created',
  'updated',
  'closed',
  'comments',
  'commenter',
  'involves',
  'head',
  'base',
  'draft',
  'archived',
  'sort',
  'reason',
  'mentions',
] as const;
const CODE_WORDS = [...PLACES, 'path', 'filename', 'extension', 'in', 'language', 'size'];
const REPOSITORY_WORDS = [
  ...PLACES,
  'in',
  'is',
  'topic',
  'archived',
  'language',
  'created',
  'pushed',
  'stars',
  'fork',
];
// Beyond this many results GitHub gives none.
const REACH = 1000;

function inPlace({ owner, name }: Repository, kind: string, value: string): boolean {
  return kind === 'repo' ? sameName(`${owner.login}/${name}`, value) : sameName(owner.login, value);
}

/** Where the words are looked for: what `in:` says, or else everything of `fallback`. */
function wherein({ qualifiers }: SearchQuery, fallback: string[]): string[] {
  const said = qualifiers.filter(({ name }) => name === 'in').flatMap(({ value }) => value.split(','));
  return said.length > 0 ? said : fallback;
}

/** A search in a place that is not there, or is hidden, is refused. */
function requirePlaces(call: Call, { qualifiers }: SearchQuery): void {
  const places = qualifiers.filter(({ name, negated }) => PLACES.includes(name) && !negated);
  const seen = ({ name, value }: { name: string; value: string }) =>
    name === 'repo'
      ? call.state.repositories.some((one) => inPlace(one, name, value) && mayIn(call, one, 'pull'))
      : call.state.accounts.some(({ login }) => sameName(login, value) || value === '@me');
  if (places.length > 0 && !places.some(seen)) {
    const message =
      'The listed users and repositories cannot be searched either because the resources do not exist or you do not have permission to view them.';
    throw new Refusal(422, 'Validation Failed', [
      { resource: 'Search', field: 'q', code: 'invalid', message },
    ]);
  }
}

function results<Item>(call: Call, items: Item[], show: (item: Item) => Shown, more: Shown = {}): Answer {
  const size = Number(call.query.per_page ?? 30);
  if ((Number(call.query.page ?? 1) - 1) * size >= REACH) {
    throw new Refusal(422, 'Only the first 1000 search results are available');
  }
  return page(call, items.slice(0, REACH), (list) => ({
    total_count: items.length,
    incomplete_results: false,
    items: list.map(show),
    ...more,
  }));
}

function visible(call: Call): Repository[] {
  return call.state.repositories.filter((repository) => mayIn(call, repository, 'pull'));
}

function issueHolds(call: Call, { repository, issue }: { repository: Repository; issue: Issue }) {
  const person = (login: string) => (login === '@me' ? (call.viewer?.login ?? '') : login);
  const is: Record<string, boolean> = {
    issue: !issue.pull,
    pr: issue.pull !== undefined,
    'pull-request': issue.pull !== undefined,
    open: issue.state === 'open',
    closed: issue.state === 'closed',
    merged: issue.pull?.merged !== undefined,
    unmerged: issue.pull !== undefined && !issue.pull.merged,
    draft: issue.pull?.draft === true,
    locked: issue.locked,
    public: !repository.private,
    private: repository.private,
  };
  const no: Record<string, boolean> = {
    label: issue.labels.length === 0,
    assignee: issue.assignees.length === 0,
    milestone: true,
  };
  const isBy = (login: string) => sameName(issue.author.login, person(login));
  const isFor = (login: string) => issue.assignees.some((one) => sameName(one.login, person(login)));
  const isIn = (login: string) => issue.comments.some(({ author }) => sameName(author.login, person(login)));
  const mentions = (login: string) =>
    `${issue.body}`.toLowerCase().includes(`@${person(login).toLowerCase()}`);
  const checks: Record<string, (value: string) => boolean> = {
    is: (value) => is[value.toLowerCase()] ?? false,
    type: (value) => is[value.toLowerCase()] ?? false,
    state: (value) => issue.state === value.toLowerCase(),
    reason: (value) => issue.stateReason === value.replace(' ', '_'),
    author: isBy,
    assignee: isFor,
    commenter: isIn,
    mentions,
    involves: (login) => isBy(login) || isFor(login) || isIn(login) || mentions(login),
    // `label:a,b` is either of the two.
    label: (value) => value.split(',').some((one) => issue.labels.some(({ name }) => sameName(name, one))),
    no: (value) => no[value] ?? false,
    created: (value) => inRange(value, issue.createdAt),
    updated: (value) => inRange(value, issue.updatedAt),
    closed: (value) => issue.closedAt !== null && inRange(value, issue.closedAt),
    comments: (value) => inRange(value, issue.comments.length),
    head: (value) => issue.pull?.head.startsWith(value) ?? false,
    base: (value) => issue.pull?.base.startsWith(value) ?? false,
    draft: (value) => issue.pull !== undefined && String(issue.pull.draft) === value,
    archived: (value) => String(repository.archived) === value,
  };
  return (name: string, value: string) =>
    PLACES.includes(name) ? inPlace(repository, name, person(value)) : (checks[name]?.(value) ?? true);
}

function searchIssues(call: Call): Answer {
  const query = String(call.query.q);
  requireSearchable(query);
  const search = parseSearch(query, ISSUE_WORDS);
  requirePlaces(call, search);
  const kinds = search.qualifiers.filter(({ name }) => name === 'is' || name === 'type');
  // GitHub wants this of the newer kinds of token only.
  if (
    call.token &&
    !call.token.scopes &&
    !kinds.some(({ value }) => /^(issue|pr|pull-request)$/.test(value))
  ) {
    throw new Refusal(422, "Query must include 'is:issue' or 'is:pull-request'");
  }
  const places = wherein(search, ['title', 'body', 'comments']);
  const found = visible(call).flatMap((repository) =>
    repository.issues
      .filter((issue) => {
        const texts = {
          title: issue.title,
          body: issue.body ?? '',
          comments: issue.comments.map(({ body }) => body).join('\n'),
        };
        const text = Object.entries(texts).flatMap(([name, value]) => (places.includes(name) ? [value] : []));
        const words = text.join('\n').toLowerCase();
        return (
          Date.parse(issue.createdAt) + call.state.searchLag * 1000 <= Date.now() &&
          search.words.every((word) => words.includes(word)) &&
          allHold(search, PLACES, issueHolds(call, { repository, issue }))
        );
      })
      .map((issue) => ({ repository, issue })),
  );
  const sort = String(
    call.query.sort ?? search.qualifiers.find(({ name }) => name === 'sort')?.value ?? 'created',
  );
  const key = ({ issue }: { issue: Issue }) =>
    sort.startsWith('comments')
      ? issue.comments.length
      : Date.parse(sort.startsWith('updated') ? issue.updatedAt : issue.createdAt);
  const sorted = found.toSorted((one, other) => key(one) - key(other) || one.issue.id - other.issue.id);
  const ascending = call.query.order === 'asc' || sort.endsWith('-asc');
  return results(
    call,
    ascending ? sorted : sorted.reverse(),
    ({ repository, issue }) => showIssue(call, repository, issue, { schema: 'issue-search-result-item' }),
    { search_type: 'lexical' },
  );
}

function searchCode(call: Call): Answer {
  const query = String(call.query.q);
  requireSearchable(query);
  const search = parseSearch(query, CODE_WORDS);
  requirePlaces(call, search);
  if (search.words.length === 0) {
    const message = 'Must include at least one search word.';
    throw new Refusal(422, 'Validation Failed', [
      { resource: 'Search', field: 'q', code: 'invalid', message },
    ]);
  }
  const places = wherein(search, ['file', 'path']);
  const found = visible(call).flatMap((repository) => {
    const { git, defaultBranch } = repository;
    // Only the default branch is searched.
    const tree = treeOf(git, git.refs.get(`refs/heads/${defaultBranch}`));
    const files = tree === undefined ? [] : [...filesOf(git, tree)];
    return files.flatMap(([path, { sha }]) => {
      const content = git.blobs.get(sha) ?? Buffer.alloc(0);
      const name = path.slice(path.lastIndexOf('/') + 1);
      const holds = (qualifier: string, value: string) => {
        if (PLACES.includes(qualifier)) return inPlace(repository, qualifier, value);
        if (qualifier === 'path')
          return path === value || path.startsWith(`${value.replace(/\/$/, '')}/`) || value === '/';
        if (qualifier === 'filename') return sameName(name, value);
        if (qualifier === 'extension') return name.endsWith(`.${value.replace(/^\./, '')}`);
        return qualifier === 'size' ? inRange(value, content.length) : true;
      };
      const text = [places.includes('file') ? content.toString() : '', places.includes('path') ? path : '']
        .join('\n')
        .toLowerCase();
      const fits = search.words.every((word) => text.includes(word)) && allHold(search, PLACES, holds);
      return fits ? [{ repository, path, name, sha }] : [];
    });
  });
  return results(call, found, ({ repository, path, name, sha }) => {
    const root = repositoryUrl(call, repository);
    const commit = repository.git.refs.get(`refs/heads/${repository.defaultBranch}`);
    return {
      name,
      path,
      sha,
      url: `${root}/contents/${encodePath(path)}?ref=${commit}`,
      git_url: `${root}/git/blobs/${sha}`,
      html_url: `${repositoryPage(call, repository)}/blob/${commit}/${encodePath(path)}`,
      repository: showRepository(call, repository, 'minimal-repository'),
      score: 1,
    };
  });
}

function searchRepositories(call: Call): Answer {
  const query = String(call.query.q);
  requireSearchable(query);
  const search = parseSearch(query, REPOSITORY_WORDS);
  const places = wherein(search, ['name', 'description', 'topics']);
  const found = visible(call).filter((repository) => {
    const { name, description, topics, archived } = repository;
    const texts = Object.entries({ name, description: description ?? '', topics: topics.join(' ') });
    const text = texts
      .flatMap(([place, value]) => (places.includes(place) ? [value] : []))
      .join('\n')
      .toLowerCase();
    const holds = (qualifier: string, value: string) => {
      if (PLACES.includes(qualifier)) {
        return inPlace(repository, qualifier, value === '@me' ? (call.viewer?.login ?? '') : value);
      }
      if (qualifier === 'topic') return topics.includes(value);
      if (qualifier === 'archived') return String(archived) === value;
      if (qualifier === 'created') return inRange(value, repository.createdAt);
      if (qualifier === 'pushed') return inRange(value, repository.pushedAt);
      if (qualifier === 'stars') return inRange(value, 0);
      return qualifier === 'is' ? value === (repository.private ? 'private' : 'public') : true;
    };
    return search.words.every((word) => text.includes(word)) && allHold(search, PLACES, holds);
  });
  return results(call, found, (one) => showRepository(call, one, 'repo-search-result-item', { score: 1 }));
}

/** Searches: words by whether they are there, the qualifiers by what they say. */
export const searchHandlers: Handlers = {
  'search/issues-and-pull-requests': searchIssues,
  'search/code': searchCode,
  'search/repos': searchRepositories,
};
