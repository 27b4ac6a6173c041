import { type ReadOptions, within } from '../calls.ts';
import { cutText } from '../clean-text.ts';
import type { GitHubConnection } from '../client.ts';
import { type Listed, limitOf, readPages } from '../pages.ts';
import { given, type RawAnswer, type RawItem, type Rest } from '../raw-answer.ts';
import { placeOf } from '../repository-name.ts';
import { type ChangedFile, toChangedFiles } from './changed-files.ts';

const MESSAGE_CHARACTERS = 4_000;
/** GitHub names no more than 300 files on the first page. */
const FILES_OF_A_PAGE = 300;

export interface Commit {
  sha: string;
  message: string;
  /** The account, or the name in the commit if it belongs to none. */
  author: string;
  date: string | null;
  parents: string[];
  url: string;
}

interface CommitDetails extends Commit {
  files: ChangedFile[];
  hasMoreFiles: boolean;
}

interface Comparison {
  status: 'ahead' | 'behind' | 'diverged' | 'identical';
  aheadBy: number;
  behindBy: number;
  commits: Commit[];
  hasMoreCommits: boolean;
  files: ChangedFile[];
  hasMoreFiles: boolean;
}

interface CommitFilter extends ReadOptions {
  /** A branch, tag or commit to begin from; the default branch unless given. */
  ref?: string | undefined;
  path?: string | undefined;
  author?: string | undefined;
  since?: Date | undefined;
  until?: Date | undefined;
  limit?: number | undefined;
}

/** The commits of a branch, the newest first. Reads; throws `github_conflict` for an empty repository. */
async function list(
  connection: GitHubConnection,
  repository: string,
  { ref, path, author, since, until, limit, signal }: CommitFilter = {},
): Promise<Listed<Commit>> {
  const place = placeOf(repository);
  const dates = { since: since?.toISOString(), until: until?.toISOString() };
  const filters = given({ sha: ref, path, author, ...dates });
  return readPages(
    limit,
    (page) => connection.rest.repos.listCommits({ ...place, ...filters, ...page, ...within(signal) }),
    toCommit,
  );
}

/** One commit with its changes. Reads. */
async function read(
  connection: GitHubConnection,
  repository: string,
  ref: string,
  { signal }: ReadOptions = {},
): Promise<CommitDetails> {
  const question = { ...placeOf(repository), ref, ...within(signal) };
  const { data, headers } = await connection.rest.repos.getCommit(question);
  return {
    ...toCommit(data),
    files: toChangedFiles(data.files ?? []),
    hasMoreFiles: /rel="next"/.test(headers.link ?? ''),
  };
}

/** What `head` has that `base` has not. Reads. */
async function compare(
  connection: GitHubConnection,
  repository: string,
  { base, head, limit }: { base: string; head: string; limit?: number | undefined },
  { signal }: ReadOptions = {},
): Promise<Comparison> {
  const most = limitOf(limit);
  const { data } = await connection.rest.repos.compareCommitsWithBasehead({
    ...placeOf(repository),
    basehead: `${base}...${head}`,
    per_page: most,
    ...within(signal),
  });
  const files = data.files ?? [];
  return {
    status: data.status,
    aheadBy: data.ahead_by,
    behindBy: data.behind_by,
    commits: data.commits.map(toCommit),
    hasMoreCommits: data.total_commits > data.commits.length,
    files: toChangedFiles(files),
    hasMoreFiles: files.length >= FILES_OF_A_PAGE,
  };
}

function toCommit(
  raw: RawItem<Rest['repos']['listCommits']> | RawAnswer<Rest['repos']['getCommit']>,
): Commit {
  const { author } = raw;
  return {
    sha: raw.sha,
    message: cutText(raw.commit.message, MESSAGE_CHARACTERS),
    author: author && 'login' in author ? author.login : (raw.commit.author?.name ?? 'unknown'),
    date: raw.commit.committer?.date ?? null,
    parents: raw.parents.map(({ sha }) => sha),
    url: raw.html_url,
  };
}

/** What can be done with commits that are there; new ones are made in commit-files.ts. */
export const commitOperations = { list, read, compare };
