import { treeOf } from './git-history.ts';
import {
  emptyGitStore,
  type Files,
  filesOf,
  type Signature,
  writeBlob,
  writeCommit,
  writeFiles,
} from './git-objects.ts';
import {
  type Account,
  type CheckRun,
  findAccount,
  type Issue,
  type Job,
  type Label,
  type Repository,
  type Settings,
  type State,
  type WorkflowRun,
} from './state.ts';

const SETTINGS: Settings = {
  has_issues: true,
  has_projects: true,
  has_wiki: true,
  has_downloads: true,
  has_discussions: false,
  is_template: false,
  allow_squash_merge: true,
  allow_merge_commit: true,
  allow_rebase_merge: true,
  allow_auto_merge: false,
  allow_update_branch: false,
  delete_branch_on_merge: false,
  allow_forking: true,
  web_commit_signoff_required: false,
};

// The labels that GitHub gives every new repository.
const LABELS: [string, string, string][] = [
  ['bug', 'd73a4a', "Something isn't working"],
  ['documentation', '0075ca', 'Improvements or additions to documentation'],
  ['duplicate', 'cfd3d7', 'This issue or pull request already exists'],
  ['enhancement', 'a2eeef', 'New feature or request'],
  ['good first issue', '7057ff', 'Good for newcomers'],
  ['help wanted', '008672', 'Extra attention is needed'],
  ['invalid', 'e4e669', "This doesn't seem right"],
  ['question', 'd876e3', 'Further information is requested'],
  ['wontfix', 'ffffff', 'This will not be worked on'],
];

/** Adds a person (or what `more` says), or gives the one who is there. */
export function addAccount(state: State, login: string, more: Partial<Account> = {}): Account {
  const there = findAccount(state, login);
  if (there) return Object.assign(there, more);
  const account: Account = {
    id: state.nextId(),
    login,
    type: 'User',
    name: null,
    email: null,
    description: null,
    createdAt: '2020-01-01T00:00:00Z',
    members: new Map(),
    ...more,
  };
  state.accounts.push(account);
  return account;
}

/** Who an account is in a commit. */
export function signatureOf({ id, login, name, email }: Account, date: string): Signature {
  return { name: name ?? login, email: email ?? `${id}+${login}@users.noreply.github.com`, date };
}

/** A new repository without a commit. */
export function newRepository(
  state: State,
  { owner, ...more }: { owner: Account; name: string } & Partial<Repository>,
): Repository {
  const now = state.now();
  const repository: Repository = {
    id: state.nextId(),
    owner,
    formerNames: [],
    description: null,
    homepage: null,
    private: false,
    archived: false,
    topics: [],
    defaultBranch: 'main',
    settings: { ...SETTINGS },
    createdAt: now,
    updatedAt: now,
    pushedAt: now,
    collaborators: new Map(),
    invitations: [],
    git: emptyGitStore(),
    labels: LABELS.map(([name, color, description]) => ({ id: state.nextId(), name, color, description })),
    issues: [],
    releases: [],
    checks: [],
    statuses: [],
    runs: [],
    ...more,
  };
  state.repositories.push(repository);
  return repository;
}

/** What to commit: `null` removes a file. The branch is made from the default branch if it is not there. */
export interface SeedCommit {
  files: Record<string, string | Buffer | null>;
  message?: string;
  branch?: string;
  author?: Account;
}

/** Commits files on top of a branch; returns the SHA of the commit. */
export function commitFiles(state: State, repository: Repository, commit: SeedCommit): string {
  const { git, defaultBranch, owner } = repository;
  const ref = `refs/heads/${commit.branch ?? defaultBranch}`;
  const parent = git.refs.get(ref) ?? git.refs.get(`refs/heads/${defaultBranch}`);
  const tree = treeOf(git, parent);
  const files: Files = tree === undefined ? new Map() : filesOf(git, tree);
  for (const [path, content] of Object.entries(commit.files)) {
    if (content === null) files.delete(path);
    else files.set(path, { mode: files.get(path)?.mode ?? '100644', sha: writeBlob(git, content) });
  }
  const now = state.now();
  const signature = signatureOf(commit.author ?? owner, now);
  const sha = writeCommit(git, {
    tree: writeFiles(git, files),
    parents: parent === undefined ? [] : [parent],
    author: signature,
    committer: signature,
    message: commit.message ?? 'Change files',
  });
  git.refs.set(ref, sha);
  repository.pushedAt = now;
  return sha;
}

/** The label of that name, made as GitHub makes it if the repository does not have it. */
export function labelNamed(state: State, repository: Repository, name: string): Label {
  const there = repository.labels.find((label) => label.name.toLowerCase() === name.toLowerCase());
  if (there) return there;
  const label = { id: state.nextId(), name, color: 'ededed', description: null };
  repository.labels.push(label);
  return label;
}

/** The number that the next issue or pull request gets. */
function nextNumber({ issues }: Repository): number {
  return Math.max(0, ...issues.map(({ number }) => number)) + 1;
}

/** Opens an issue; with `pull` a pull request. */
export function openIssue(
  state: State,
  repository: Repository,
  more: { author: Account; title: string } & Partial<Issue>,
): Issue {
  const now = state.now();
  const issue: Issue = {
    id: state.nextId(),
    number: nextNumber(repository),
    body: null,
    state: 'open',
    stateReason: null,
    labels: [],
    assignees: [],
    comments: [],
    locked: false,
    createdAt: now,
    updatedAt: now,
    closedAt: null,
    closedBy: undefined,
    pull: undefined,
    ...more,
  };
  repository.issues.push(issue);
  return issue;
}

/** How tests put things there; each returns what it made. `name` of a repository is `owner/name`. */
export interface Seed {
  user(login: string, more?: Partial<Account>): Account;
  organization(login: string, members: Record<string, 'admin' | 'member'>): Account;
  repository(
    name: string,
    more?: Partial<Repository> & { files?: Record<string, string | Buffer> },
  ): Repository;
  commit(repository: Repository, commit: SeedCommit): string;
  issue(
    repository: Repository,
    more: { title: string; author?: string; labelNames?: string[]; commentBodies?: string[] } & Omit<
      Partial<Issue>,
      'author'
    >,
  ): Issue;
  pull(
    repository: Repository,
    more: { title: string; head: string; base?: string; author?: string; body?: string; draft?: boolean },
  ): Issue;
  check(repository: Repository, more: Partial<CheckRun> & { sha: string; name: string }): CheckRun;
  run(
    repository: Repository,
    more: Partial<Omit<WorkflowRun, 'jobs'>> & { name: string; jobs?: Partial<Job>[] },
  ): WorkflowRun;
}

/** The ways to put things into a state. */
export function seedOf(state: State): Seed {
  const comment = (author: Account, body: string) => {
    const now = state.now();
    return { id: state.nextId(), author, body, createdAt: now, updatedAt: now };
  };
  const seed: Seed = {
    user: (login, more) => addAccount(state, login, more),
    organization: (login, members) => {
      for (const member of Object.keys(members)) addAccount(state, member);
      return addAccount(state, login, { type: 'Organization', members: new Map(Object.entries(members)) });
    },
    repository: (fullName, { files, ...more } = {}) => {
      const [owner = '', name = ''] = fullName.split('/');
      const repository = newRepository(state, { owner: addAccount(state, owner), name, ...more });
      if (files) commitFiles(state, repository, { files, message: 'Initial commit' });
      return repository;
    },
    commit: (repository, commit) => commitFiles(state, repository, commit),
    issue: (repository, { author, labelNames = [], commentBodies = [], ...more }) => {
      const person = author === undefined ? repository.owner : addAccount(state, author);
      const labels = labelNames.map((name) => labelNamed(state, repository, name));
      const comments = commentBodies.map((body) => comment(person, body));
      return openIssue(state, repository, { author: person, labels, comments, ...more });
    },
    pull: (repository, { head, base = repository.defaultBranch, author, draft = false, ...more }) => {
      const person = author === undefined ? repository.owner : addAccount(state, author);
      return openIssue(state, repository, {
        author: person,
        ...more,
        pull: newPull(repository, { head, base, draft }),
      });
    },
    check: (repository, more) => {
      const check: CheckRun = {
        id: state.nextId(),
        status: 'completed',
        conclusion: 'success',
        summary: null,
        startedAt: state.now(),
        ...more,
      };
      repository.checks.push(check);
      return check;
    },
    run: (repository, { jobs = [{}], ...more }) => addRun(state, repository, { jobs, ...more }),
  };
  return seed;
}

/** The details of a pull request between two branches that are there; throws for one that is not. */
export function newPull(
  repository: Repository,
  { head, base, draft }: { head: string; base: string; draft: boolean },
) {
  const [headSha, baseSha] = [head, base].map((branch) => repository.git.refs.get(`refs/heads/${branch}`));
  if (!headSha || !baseSha) throw new Error(`${repository.name} lacks the branch ${head} or ${base}.`);
  return {
    head,
    base,
    headSha,
    baseSha,
    draft,
    merged: undefined,
    reviewers: [],
    reviews: [],
    mergeableUnknownFor: 0,
  };
}

function addRun(
  state: State,
  repository: Repository,
  { jobs, ...more }: Partial<Omit<WorkflowRun, 'jobs'>> & { name: string; jobs: Partial<Job>[] },
): WorkflowRun {
  const now = state.now();
  const branch = more.branch ?? repository.defaultBranch;
  const conclusion = more.conclusion === undefined ? 'success' : more.conclusion;
  const run: WorkflowRun = {
    id: state.nextId(),
    number: repository.runs.length + 1,
    attempt: 1,
    event: 'push',
    branch,
    sha: repository.git.refs.get(`refs/heads/${branch}`) ?? '',
    actor: repository.owner,
    status: 'completed',
    conclusion,
    createdAt: now,
    updatedAt: now,
    ...more,
    jobs: jobs.map((job) => ({ id: state.nextId(), name: 'build', conclusion, log: '', ...job })),
  };
  repository.runs.push(run);
  return run;
}
