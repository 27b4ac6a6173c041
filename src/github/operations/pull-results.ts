import { cutText } from '../clean-text.ts';
import { withoutMark } from '../marks.ts';
import type { RawAnswer, RawItem, Rest } from '../raw-answer.ts';
import { loginOf } from './issue-results.ts';

export type PullState = 'open' | 'closed' | 'merged';

export interface PullRequest {
  number: number;
  title: string;
  body: string;
  state: PullState;
  isDraft: boolean;
  author: string;
  /** "branch", or "owner:branch" for one of a fork. */
  head: string;
  headSha: string;
  base: string;
  labels: string[];
  /** Null while GitHub has not found out, and in lists. */
  isMergeable: boolean | null;
  createdAt: string;
  updatedAt: string;
  url: string;
}

/** A pull request of GitHub's, as a reader needs it. */
export function toPullRequest(
  raw: RawAnswer<Rest['pulls']['get']> | RawItem<Rest['pulls']['list']>,
): PullRequest {
  const isFromFork = raw.head.repo?.full_name !== raw.base.repo.full_name;
  return {
    number: raw.number,
    title: raw.title,
    body: cutText(withoutMark(raw.body)),
    state: raw.merged_at === null ? (raw.state === 'closed' ? 'closed' : 'open') : 'merged',
    isDraft: raw.draft ?? false,
    author: loginOf(raw.user),
    head: isFromFork ? raw.head.label : raw.head.ref,
    headSha: raw.head.sha,
    base: raw.base.ref,
    labels: raw.labels.map(({ name }) => name),
    isMergeable: 'mergeable' in raw ? raw.mergeable : null,
    createdAt: raw.created_at,
    updatedAt: raw.updated_at,
    url: raw.html_url,
  };
}
