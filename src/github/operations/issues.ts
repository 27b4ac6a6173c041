import { randomUUID } from 'node:crypto';
import { type ReadOptions, type WriteOptions, within } from '../calls.ts';
import type { GitHubConnection } from '../client.ts';
import { bearsMark, withMark } from '../marks.ts';
import { findOnPages, type Listed, limitOf, readPages } from '../pages.ts';
import { given } from '../raw-answer.ts';
import { placeOf } from '../repository-name.ts';
import { type Written, writeOnce, writeRepeatably } from '../writes.ts';
import { type Issue, type IssueComment, toComment, toIssue } from './issue-results.ts';

const PAGE = 100;
const DEFAULT_COMMENTS = 50;

interface IssueFilter extends ReadOptions {
  state?: 'open' | 'closed' | 'all' | undefined;
  labels?: string[] | undefined;
  assignee?: string | undefined;
  author?: string | undefined;
  /** GitHub's own search syntax; then the other filters do not hold. */
  query?: string | undefined;
  limit?: number | undefined;
}

interface IssueInput {
  title: string;
  body?: string | undefined;
  labels?: string[] | undefined;
  assignees?: string[] | undefined;
}

/** An issue with what was said to it. */
interface IssueThread extends Issue {
  /** The latest ones, the oldest of them first. */
  comments: IssueComment[];
  /** How many older ones were left out. */
  commentsOmitted: number;
}

async function change(
  connection: GitHubConnection,
  repository: string,
  number: number,
  values: {
    title?: string;
    body?: string;
    state?: 'open' | 'closed';
    state_reason?: CloseReason | 'reopened';
  },
  { deed, signal }: { deed: string; signal: AbortSignal | undefined },
): Promise<Written<Issue>> {
  return writeRepeatably({
    connection,
    deed,
    signal,
    send: async () =>
      toIssue(
        (
          await connection.rest.issues.update({
            ...placeOf(repository),
            issue_number: number,
            ...values,
            ...within(signal),
          })
        ).data,
      ),
  });
}

/** The issues of a repository, the newest first; pull requests are not among them. Reads. */
async function list(
  connection: GitHubConnection,
  repository: string,
  filter: IssueFilter = {},
): Promise<Listed<Issue>> {
  const { state = 'open', labels, assignee, author: creator, query, limit, signal } = filter;
  const place = placeOf(repository);
  if (query !== undefined) {
    const q = `repo:${repository} is:issue ${query}`;
    return readPages(
      limit,
      async (page) => {
        const { data, headers } = await connection.rest.search.issuesAndPullRequests({
          q,
          ...page,
          ...within(signal),
        });
        return { data: data.items, headers };
      },
      toIssue,
    );
  }
  const filters = given({ assignee, creator, labels: labels?.join(',') });
  return readPages(
    limit,
    (page) =>
      connection.rest.issues.listForRepo({
        ...place,
        state,
        ...filters,
        ...page,
        ...within(signal),
      }),
    (raw) => (raw.pull_request ? undefined : toIssue(raw)),
  );
}

/** An issue with its latest comments (50 unless told). Reads. */
async function read(
  connection: GitHubConnection,
  repository: string,
  number: number,
  { comments: limit, signal }: ReadOptions & { comments?: number | undefined } = {},
): Promise<IssueThread> {
  const place = { ...placeOf(repository), issue_number: number };
  const most = limitOf(limit ?? DEFAULT_COMMENTS);
  const { data: raw } = await connection.rest.issues.get({ ...place, ...within(signal) });
  // The list goes from the oldest on and cannot be turned round, so its last pages are asked for.
  const lastPage = Math.max(1, Math.ceil(raw.comments / PAGE));
  const firstPage = Math.max(1, Math.floor(Math.max(0, raw.comments - most) / PAGE) + 1);
  const comments: IssueComment[] = [];
  for (let page = firstPage; raw.comments > 0 && page <= lastPage; page += 1) {
    const { data } = await connection.rest.issues.listComments({
      ...place,
      page,
      per_page: PAGE,
      ...within(signal),
    });
    comments.push(...data.map(toComment));
  }
  const shown = comments.slice(-most);
  return { ...toIssue(raw), comments: shown, commentsOmitted: Math.max(0, raw.comments - shown.length) };
}

/** Opens an issue. Publishes. */
async function create(
  connection: GitHubConnection,
  repository: string,
  input: IssueInput,
  options: WriteOptions = {},
): Promise<Written<Issue>> {
  const { signal, again, mark = randomUUID() } = options;
  const place = placeOf(repository);
  return writeOnce({
    connection,
    deed: `the issue "${input.title}" was opened`,
    signal,
    again,
    send: async () => {
      const body = withMark(input.body ?? '', mark);
      const values = given({ ...input, body });
      return toIssue(
        (await connection.rest.issues.create({ ...place, title: input.title, ...values, ...within(signal) }))
          .data,
      );
    },
    // GitHub's search lags behind; the list does not.
    find: async (since) => {
      const newest = {
        state: 'all',
        sort: 'created',
        direction: 'desc',
        since: since.toISOString(),
      } as const;
      const found = await findOnPages(
        (page) => connection.rest.issues.listForRepo({ ...place, ...newest, ...page, ...within(signal) }),
        (raw) => bearsMark(raw.body, mark),
      );
      return found && toIssue(found);
    },
  });
}

/** Changes the title or the text. Publishes. */
async function update(
  connection: GitHubConnection,
  repository: string,
  number: number,
  { title, body }: { title?: string | undefined; body?: string | undefined },
  { signal }: WriteOptions = {},
): Promise<Written<Issue>> {
  return change(connection, repository, number, given({ title, body }), {
    deed: `issue ${number} was changed`,
    signal,
  });
}

/** Says something to an issue or a pull request. Publishes. */
async function comment(
  connection: GitHubConnection,
  repository: string,
  number: number,
  text: string,
  { signal, again, mark = randomUUID() }: WriteOptions = {},
): Promise<Written<IssueComment>> {
  const place = { ...placeOf(repository), issue_number: number };
  return writeOnce({
    connection,
    deed: `the comment to ${number} was written`,
    signal,
    again,
    send: async () =>
      toComment(
        (
          await connection.rest.issues.createComment({
            ...place,
            body: withMark(text, mark),
            ...within(signal),
          })
        ).data,
      ),
    find: async (since) => {
      const recent = { ...place, since: since.toISOString(), ...within(signal) };
      const found = await findOnPages(
        (page) => connection.rest.issues.listComments({ ...recent, ...page }),
        (raw) => bearsMark(raw.body, mark),
      );
      return found && toComment(found);
    },
  });
}

/** Closes an issue. Publishes. */
async function close(
  connection: GitHubConnection,
  repository: string,
  number: number,
  { reason = 'completed', signal }: WriteOptions & { reason?: CloseReason | undefined } = {},
): Promise<Written<Issue>> {
  const values = { state: 'closed', state_reason: reason } as const;
  return change(connection, repository, number, values, { deed: `issue ${number} was closed`, signal });
}

/** Opens a closed issue again. Publishes. */
async function reopen(
  connection: GitHubConnection,
  repository: string,
  number: number,
  { signal }: WriteOptions = {},
): Promise<Written<Issue>> {
  const values = { state: 'open', state_reason: 'reopened' } as const;
  return change(connection, repository, number, values, { deed: `issue ${number} was opened again`, signal });
}

/** What can be done with issues; comments, labels and assignees hold for pull requests as well. */
export const issueOperations = { list, read, create, update, comment, close, reopen };

type CloseReason = 'completed' | 'not_planned';
