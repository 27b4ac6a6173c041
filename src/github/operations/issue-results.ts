import { cutText } from '../clean-text.ts';
import { withoutMark } from '../marks.ts';
import type { RawAnswer, RawItem, Rest } from '../raw-answer.ts';

/** A comment among many is shown shorter than a text that is read for itself. */
const COMMENT_CHARACTERS = 8_000;

export interface Issue {
  number: number;
  title: string;
  body: string;
  state: 'open' | 'closed';
  /** Why it was closed: "completed", "not_planned", "duplicate". */
  stateReason: string | null;
  author: string;
  labels: string[];
  assignees: string[];
  commentCount: number;
  isPullRequest: boolean;
  createdAt: string;
  updatedAt: string;
  url: string;
}

export interface IssueComment {
  id: number;
  author: string;
  body: string;
  createdAt: string;
  url: string;
}

type RawIssue =
  | RawAnswer<Rest['issues']['get']>
  | RawItem<Rest['issues']['listForRepo']>
  | RawAnswer<Rest['search']['issuesAndPullRequests']>['items'][number];

/** An issue or pull request of GitHub's, as a reader needs it. */
export function toIssue(raw: RawIssue): Issue {
  return {
    number: raw.number,
    title: raw.title,
    body: cutText(withoutMark(raw.body)),
    state: raw.state === 'closed' ? 'closed' : 'open',
    stateReason: raw.state_reason ?? null,
    author: loginOf(raw.user),
    labels: raw.labels.map((label) => (typeof label === 'string' ? label : (label.name ?? ''))),
    assignees: (raw.assignees ?? []).map(loginOf),
    commentCount: raw.comments,
    isPullRequest: raw.pull_request !== undefined,
    createdAt: raw.created_at,
    updatedAt: raw.updated_at,
    url: raw.html_url,
  };
}

export function toComment(raw: RawItem<Rest['issues']['listComments']>): IssueComment {
  return {
    id: raw.id,
    author: loginOf(raw.user),
    body: cutText(withoutMark(raw.body), COMMENT_CHARACTERS),
    createdAt: raw.created_at,
    url: raw.html_url,
  };
}

/** GitHub calls the account of somebody who has left "ghost". */
export function loginOf(user: { login?: string } | null | undefined): string {
  return user?.login ?? 'ghost';
}
