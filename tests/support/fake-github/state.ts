import type { GitStore } from './git-objects.ts';

/** What somebody may do in a repository, from the least to the most. */
export type Permission = 'pull' | 'triage' | 'push' | 'maintain' | 'admin';

/** A person, an organisation or an app's bot. */
export interface Account {
  id: number;
  login: string;
  type: 'User' | 'Organization' | 'Bot';
  name: string | null;
  email: string | null;
  description: string | null;
  createdAt: string;
  /** Of an organisation: its people. */
  members: Map<string, 'admin' | 'member'>;
}

/** A label of a repository. */
export interface Label {
  id: number;
  name: string;
  color: string;
  description: string | null;
}

/** A comment under an issue or a pull request. */
export interface Comment {
  id: number;
  author: Account;
  body: string;
  createdAt: string;
  updatedAt: string;
}

/** A comment on a line of a file, as a part of a review. */
export interface ReviewComment extends Comment {
  reviewId: number;
  path: string;
  line: number | null;
  side: 'LEFT' | 'RIGHT';
}

/** A review of a pull request; one without a time was not sent yet. */
export interface Review {
  id: number;
  author: Account;
  state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'PENDING';
  body: string;
  commit: string;
  submittedAt: string | undefined;
  comments: ReviewComment[];
}

/** What an issue has more when it is a pull request. */
export interface PullDetails {
  /** Branch names within the repository. */
  head: string;
  base: string;
  /** Where the branches are; kept up with them while the pull request is open. */
  headSha: string;
  baseSha: string;
  draft: boolean;
  merged: { at: string; by: Account; commit: string } | undefined;
  reviewers: Account[];
  reviews: Review[];
  /** How many more times reading it says that it is not known yet whether it can be merged. */
  mergeableUnknownFor: number;
}

/** An issue or, with `pull`, a pull request. */
export interface Issue {
  id: number;
  number: number;
  author: Account;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  stateReason: 'completed' | 'not_planned' | 'duplicate' | 'reopened' | null;
  labels: Label[];
  assignees: Account[];
  comments: Comment[];
  locked: boolean;
  createdAt: string;
  updatedAt: string;
  closedAt: string | null;
  closedBy: Account | undefined;
  pull: PullDetails | undefined;
}

/** A release; a draft has no tag of git yet. */
export interface Release {
  id: number;
  author: Account;
  tag: string;
  target: string;
  name: string | null;
  body: string | null;
  draft: boolean;
  prerelease: boolean;
  createdAt: string;
  publishedAt: string | null;
}

/** A check of a commit, as GitHub Apps report it. */
export interface CheckRun {
  id: number;
  sha: string;
  name: string;
  status: 'queued' | 'in_progress' | 'completed';
  conclusion: 'success' | 'failure' | 'neutral' | 'cancelled' | 'skipped' | 'timed_out' | null;
  summary: string | null;
  startedAt: string;
}

/** A status of a commit, the older kind of check. */
export interface CommitStatus {
  id: number;
  sha: string;
  context: string;
  state: 'error' | 'failure' | 'pending' | 'success';
  description: string | null;
  createdAt: string;
}

/** A job of a workflow run, with what it wrote. */
export interface Job {
  id: number;
  name: string;
  conclusion: 'success' | 'failure' | 'cancelled' | 'skipped' | null;
  log: string;
}

/** A run of a workflow. */
export interface WorkflowRun {
  id: number;
  number: number;
  attempt: number;
  name: string;
  event: string;
  branch: string;
  sha: string;
  actor: Account;
  status: 'queued' | 'in_progress' | 'completed';
  conclusion: 'success' | 'failure' | 'cancelled' | null;
  createdAt: string;
  updatedAt: string;
  jobs: Job[];
}

/** What of a repository can be switched on and off, by the names of the API. */
export interface Settings {
  has_issues: boolean;
  has_projects: boolean;
  has_wiki: boolean;
  has_downloads: boolean;
  has_discussions: boolean;
  is_template: boolean;
  allow_squash_merge: boolean;
  allow_merge_commit: boolean;
  allow_rebase_merge: boolean;
  allow_auto_merge: boolean;
  allow_update_branch: boolean;
  delete_branch_on_merge: boolean;
  allow_forking: boolean;
  web_commit_signoff_required: boolean;
}

/** A repository and all that is in it. */
export interface Repository {
  id: number;
  owner: Account;
  name: string;
  /** `owner/name` under which it was known before; these answer with a redirect. */
  formerNames: string[];
  description: string | null;
  homepage: string | null;
  private: boolean;
  archived: boolean;
  topics: string[];
  defaultBranch: string;
  settings: Settings;
  createdAt: string;
  updatedAt: string;
  pushedAt: string;
  /** By login; the owner is not among them. */
  collaborators: Map<string, Permission>;
  invitations: { id: number; login: string; permission: Permission }[];
  git: GitStore;
  labels: Label[];
  /** Issues and pull requests, which share their numbers. */
  issues: Issue[];
  releases: Release[];
  checks: CheckRun[];
  statuses: CommitStatus[];
  runs: WorkflowRun[];
}

/** Whom a token speaks for. A token of an installation is bound by its repositories. */
export interface Token {
  login: string;
  /** Of a classic token; left out for a fine-grained one, which has all the rights of its person. */
  scopes?: string[];
  /** ISO 8601; told in a header of each answer, and refused afterwards. */
  expires?: string;
  installation?: { id: number; repositories: number[] | undefined };
}

/** Everything that the fake knows. Tests may change it between requests. */
export interface State {
  tokens: Map<string, Token>;
  accounts: Account[];
  repositories: Repository[];
  /** GitHub Apps are not modelled, only where they are installed: by the number of the installation. */
  installations: Map<number, { account: Account }>;
  /** How many entries a recursive tree may have before it is cut short. */
  treeLimit: number;
  /** How many lines a diff may have before it is refused. */
  diffLimit: number;
  /** Requests in an hour of one person, and searches in a minute. */
  limits: { core: number; search: number };
  /** Seconds until the search finds what is new. GitHub's own takes its time, so nothing may rely on it at once. */
  searchLag: number;
  /** The next number of an object of any kind. */
  nextId(): number;
  /** The time now, as the API writes it: ISO 8601 to the second. */
  now(): string;
}

/** A state with nobody in it. */
export function emptyState(): State {
  let id = 1000;
  return {
    tokens: new Map(),
    accounts: [],
    repositories: [],
    installations: new Map(),
    treeLimit: 100_000,
    diffLimit: 20_000,
    limits: { core: 5000, search: 30 },
    searchLag: 0,
    nextId: () => ++id,
    now: () => new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
  };
}

/** Logins and names are the same in capitals and in small letters. */
export function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** The account of that login. */
export function findAccount(state: State, login: string): Account | undefined {
  return state.accounts.find((account) => sameName(account.login, login));
}

/** The repository of that name, under its present name. */
export function findRepository(state: State, owner: string, name: string): Repository | undefined {
  return state.repositories.find(
    (repository) => sameName(repository.owner.login, owner) && sameName(repository.name, name),
  );
}

/** What a person may do in a repository; undefined for nothing at all. */
export function permissionOf(repository: Repository, account: Account | undefined): Permission | undefined {
  const { owner, collaborators } = repository;
  if (account?.login === owner.login) return 'admin';
  const role = account && owner.members.get(account.login);
  if (role === 'admin') return 'admin';
  const given = account && collaborators.get(account.login);
  return given ?? (role === 'member' || !repository.private ? 'pull' : undefined);
}
