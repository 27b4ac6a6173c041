import { randomUUID } from 'node:crypto';
import { type ReadOptions, type WriteOptions, within } from '../calls.ts';
import type { GitHubConnection } from '../client.ts';
import { bearsMark, withMark } from '../marks.ts';
import { type Listed, readPages } from '../pages.ts';
import { given } from '../raw-answer.ts';
import { placeOf } from '../repository-name.ts';
import { type Written, writeOnce, writeRepeatably } from '../writes.ts';
import { type ChangedFile, toChangedFiles } from './changed-files.ts';
import { type Check, type ChecksState, checksOf, stateOfChecks } from './checks.ts';
import { type PullRequest, type PullState, toPullRequest } from './pull-results.ts';
import { listReviews, type Review, type ReviewInput, writeReview } from './reviews.ts';

const DEFAULT_FILES = 100;

interface PullFilter extends ReadOptions {
  state?: 'open' | 'closed' | 'all' | undefined;
  /** "branch" of the same repository, or "owner:branch". */
  head?: string | undefined;
  base?: string | undefined;
  limit?: number | undefined;
}

interface PullInput {
  title: string;
  body?: string | undefined;
  /** "branch" of the same repository, or "owner:branch" of a fork. */
  head: string;
  base: string;
  draft?: boolean | undefined;
}

/** A pull request with its changes, checks and reviews. */
export interface PullDetails extends PullRequest {
  files: ChangedFile[];
  hasMoreFiles: boolean;
  checks: Check[];
  checksState: ChecksState;
  reviews: Review[];
}

/** The pull requests of a repository, the newest first. Reads. */
async function list(
  connection: GitHubConnection,
  repository: string,
  { state = 'open', head, base, limit, signal }: PullFilter = {},
): Promise<Listed<PullRequest>> {
  const place = placeOf(repository);
  const filters = given({ base, head: head === undefined ? undefined : ownedHead(place.owner, head) });
  return readPages(
    limit,
    (page) => connection.rest.pulls.list({ ...place, state, ...filters, ...page, ...within(signal) }),
    toPullRequest,
  );
}

/** A pull request with the changes of its files (100 unless told), its checks and its reviews. Reads. */
async function read(
  connection: GitHubConnection,
  repository: string,
  number: number,
  { files: limit = DEFAULT_FILES, signal }: ReadOptions & { files?: number | undefined } = {},
): Promise<PullDetails> {
  const place = { ...placeOf(repository), pull_number: number };
  const { data: raw } = await connection.rest.pulls.get({ ...place, ...within(signal) });
  const [files, checks, reviews] = await Promise.all([
    readPages(
      limit,
      (page) => connection.rest.pulls.listFiles({ ...place, ...page, ...within(signal) }),
      (file) => file,
    ),
    checksOf(connection, repository, raw.head.sha, signal),
    listReviews(connection, repository, number, signal),
  ]);
  return {
    ...toPullRequest(raw),
    files: toChangedFiles(files.items),
    hasMoreFiles: files.hasMore,
    checks,
    checksState: stateOfChecks(checks),
    reviews: reviews.items,
  };
}

/** Opens a pull request. Publishes. */
async function create(
  connection: GitHubConnection,
  repository: string,
  input: PullInput,
  options: WriteOptions = {},
): Promise<Written<PullRequest>> {
  const { signal, again, mark = randomUUID() } = options;
  const { title, head, base, draft = false } = input;
  const place = placeOf(repository);
  const { rest } = connection;
  return writeOnce({
    connection,
    deed: `the pull request "${title}" was opened`,
    signal,
    again,
    send: async () => {
      const body = withMark(input.body ?? '', mark);
      const { data } = await rest.pulls.create({
        ...place,
        title,
        head,
        base,
        draft,
        body,
        ...within(signal),
      });
      return toPullRequest(data);
    },
    find: async () => {
      const filters = { head: ownedHead(place.owner, head), base, state: 'all', per_page: 100 } as const;
      const { data } = await rest.pulls.list({ ...place, ...filters, ...within(signal) });
      const found = data.find(({ body }) => bearsMark(body, mark));
      return found && toPullRequest(found);
    },
  });
}

/** Changes title, text, base or state; closing and opening again too. Publishes. */
async function update(
  connection: GitHubConnection,
  repository: string,
  number: number,
  change: { [Key in 'title' | 'body' | 'base']?: string | undefined } & {
    state?: Exclude<PullState, 'merged'> | undefined;
  },
  { signal }: WriteOptions = {},
): Promise<Written<PullRequest>> {
  const values = { ...placeOf(repository), pull_number: number, ...given(change) };
  return writeRepeatably({
    connection,
    deed: `pull request ${number} was changed`,
    signal,
    send: async () =>
      toPullRequest((await connection.rest.pulls.update({ ...values, ...within(signal) })).data),
  });
}

/** Approves, asks for changes or just comments. Publishes. */
async function review(
  connection: GitHubConnection,
  repository: string,
  number: number,
  input: ReviewInput,
  options: WriteOptions = {},
): Promise<Written<Review>> {
  return writeReview(connection, repository, number, { ...input, ...options });
}

interface MergeInput {
  method?: 'merge' | 'squash' | 'rebase' | undefined;
  /** Merges only if this is still the head of the branch. */
  headSha?: string | undefined;
  title?: string | undefined;
  message?: string | undefined;
}

/**
 * Merges. Destroys: the base branch changes for everybody.
 * @throws ProblemError `github_conflict` if it cannot be merged or its head has moved.
 */
async function merge(
  connection: GitHubConnection,
  repository: string,
  number: number,
  { method = 'merge', headSha, title, message }: MergeInput = {},
  { signal, again }: WriteOptions = {},
): Promise<Written<{ sha: string }>> {
  const place = { ...placeOf(repository), pull_number: number };
  const values = given({ merge_method: method, sha: headSha, commit_title: title, commit_message: message });
  return writeOnce({
    connection,
    deed: `pull request ${number} was merged`,
    signal,
    again,
    send: async () => {
      const { data } = await connection.rest.pulls.merge({ ...place, ...values, ...within(signal) });
      return { sha: data.sha };
    },
    find: async () => {
      const { data } = await connection.rest.pulls.get({ ...place, ...within(signal) });
      const isThisHead = headSha === undefined || data.head.sha === headSha;
      return data.merged && isThisHead ? { sha: data.merge_commit_sha ?? '' } : undefined;
    },
  });
}

/**
 * Merges the base branch into the branch of the pull request. Publishes. GitHub does it a moment later.
 * @throws ProblemError `github_refused` if there is nothing new on the base branch.
 */
async function updateBranch(
  connection: GitHubConnection,
  repository: string,
  number: number,
  { signal }: WriteOptions = {},
): Promise<Written<{ headBefore: string }>> {
  const place = { ...placeOf(repository), pull_number: number };
  const { rest } = connection;
  const { data: before } = await rest.pulls.get({ ...place, ...within(signal) });
  const headBefore = before.head.sha;
  return writeOnce({
    connection,
    deed: `the branch of pull request ${number} was updated`,
    signal,
    send: async () => {
      await rest.pulls.updateBranch({ ...place, expected_head_sha: headBefore, ...within(signal) });
      return { headBefore };
    },
    find: async () => {
      const { data } = await rest.pulls.get({ ...place, ...within(signal) });
      return data.head.sha === headBefore ? undefined : { headBefore };
    },
  });
}

/** GitHub's filter takes no branch without its owner. */
function ownedHead(owner: string, head: string): string {
  return head.includes(':') ? head : `${owner}:${head}`;
}

/** What can be done with pull requests. */
export const pullOperations = { list, read, create, update, review, merge, updateBranch };
