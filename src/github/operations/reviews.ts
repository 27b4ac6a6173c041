import { randomUUID } from 'node:crypto';
import { type WriteOptions, within } from '../calls.ts';
import { cutText } from '../clean-text.ts';
import type { GitHubConnection } from '../client.ts';
import { bearsMark, withMark, withoutMark } from '../marks.ts';
import { findOnPages, type Listed, LONGEST_LIST, readPages } from '../pages.ts';
import type { RawAnswer, Rest } from '../raw-answer.ts';
import { placeOf } from '../repository-name.ts';
import { type Written, writeOnce } from '../writes.ts';
import { loginOf } from './issue-results.ts';

export interface Review {
  id: number;
  author: string;
  /** "approved", "changes_requested", "commented", "dismissed" or "pending". */
  state: string;
  body: string;
  url: string;
}

export interface ReviewInput {
  verdict: 'approve' | 'request_changes' | 'comment';
  body?: string | undefined;
  /** Remarks to lines of the new files. */
  comments?: { path: string; line: number; body: string }[] | undefined;
  /** The commit that was looked at; the latest unless given. */
  commitSha?: string | undefined;
}

const EVENTS = { approve: 'APPROVE', request_changes: 'REQUEST_CHANGES', comment: 'COMMENT' } as const;

type RawReview = RawAnswer<Rest['pulls']['createReview']>;

/** The reviews of a pull request, the oldest first. */
export async function listReviews(
  connection: GitHubConnection,
  repository: string,
  number: number,
  signal?: AbortSignal,
): Promise<Listed<Review>> {
  const place = { ...placeOf(repository), pull_number: number, ...within(signal) };
  return readPages(
    LONGEST_LIST,
    (page) => connection.rest.pulls.listReviews({ ...place, ...page }),
    toReview,
  );
}

/** Writes a review with its remarks, all at once. */
export async function writeReview(
  connection: GitHubConnection,
  repository: string,
  number: number,
  review: ReviewInput & WriteOptions,
): Promise<Written<Review>> {
  const { verdict, body = '', comments, commitSha, signal, again, mark = randomUUID() } = review;
  const values = {
    event: EVENTS[verdict],
    body: withMark(body, mark),
    ...(comments === undefined ? {} : { comments: comments.map((remark) => ({ ...remark, side: 'RIGHT' })) }),
    ...(commitSha === undefined ? {} : { commit_id: commitSha }),
  };
  return writeOnce({
    connection,
    deed: `the review of pull request ${number} was written`,
    signal,
    again,
    send: async () => {
      const place = { ...placeOf(repository), pull_number: number };
      return toReview(
        (await connection.rest.pulls.createReview({ ...place, ...values, ...within(signal) })).data,
      );
    },
    find: async () => {
      const place = { ...placeOf(repository), pull_number: number, ...within(signal) };
      const found = await findOnPages(
        (page) => connection.rest.pulls.listReviews({ ...place, ...page }),
        (raw) => bearsMark(raw.body, mark),
      );
      return found && toReview(found);
    },
  });
}

function toReview(raw: RawReview): Review {
  return {
    id: raw.id,
    author: loginOf(raw.user),
    state: raw.state.toLowerCase(),
    body: cutText(withoutMark(raw.body)),
    url: raw.html_url,
  };
}
