import { deedOf } from './issue-events.ts';
import type { Payload } from './payload.ts';
import { inWords, named, numbered, quoted, shortSha, titled } from './quoting.ts';
import type { Teller, Told } from './told.ts';

function pullRequest(payload: Payload, who: string): Told {
  const { action, pull_request: pull } = payload;
  const isNewText = action === 'opened' || action === 'edited';
  const times: Record<string, string | undefined> = { opened: pull?.created_at, closed: pull?.closed_at };
  return {
    text: `pull request ${numbered(pull)} ${pullDeed(payload, who)}.${isNewText ? quoted(pull?.body) : ''}`,
    at: times[action ?? ''] ?? pull?.updated_at,
  };
}

function pullDeed(payload: Payload, who: string): string {
  const { action, pull_request: pull, changes } = payload;
  const from = named(pull?.head?.ref);
  const into = named(pull?.base?.ref);
  switch (action) {
    case 'opened':
      return `was opened by ${who} (${from} into ${into}${pull?.draft ? ', a draft' : ''})`;
    case 'closed':
      return pull?.merged ? `was merged into ${into} by ${who}` : `was closed without a merge by ${who}`;
    case 'synchronize':
      return `got new commits from ${who}; it is at ${shortSha(pull?.head?.sha)} now`;
    case 'ready_for_review':
      return `was declared ready for review by ${who}`;
    case 'converted_to_draft':
      return `was made a draft again by ${who}`;
    case 'review_requested':
      return `waits for a review by ${reviewerOf(payload)}, asked for by ${who}`;
    case 'review_request_removed':
      return `waits no more for a review by ${reviewerOf(payload)}`;
    case 'edited': {
      const former = changes?.title?.from;
      return `was edited by ${who}${former === undefined ? '' : ` (it was ${titled(former)})`}`;
    }
    default:
      return `${deedOf(payload)} by ${who}`;
  }
}

function reviewerOf({ requested_reviewer: reviewer, requested_team: team }: Payload): string {
  return reviewer?.login === undefined ? `the team ${titled(team?.name)}` : named(reviewer.login);
}

function review({ action, review: given, pull_request: pull }: Payload, who: string): Told {
  const item = `pull request ${numbered(pull)}`;
  if (action !== 'submitted') {
    return { text: `a review of ${item} by ${named(given?.user?.login)} was ${inWords(action)} by ${who}.` };
  }
  const deeds: Record<string, string> = {
    approved: 'approved',
    changes_requested: 'asked for changes of',
    commented: 'reviewed',
  };
  const deed = deeds[given?.state?.toLowerCase() ?? ''] ?? 'reviewed';
  return { text: `${who} ${deed} ${item}.${quoted(given?.body)}`, at: given?.submitted_at };
}

function reviewComment({ action, comment, pull_request: pull }: Payload, who: string): Told {
  const line = comment?.line === undefined ? '' : `:${comment.line}`;
  const item = `${named(comment?.path)}${line} in pull request ${numbered(pull)}`;
  if (action === 'created') {
    return { text: `${who} commented on ${item}.${quoted(comment?.body)}`, at: comment?.created_at };
  }
  const isGone = action === 'deleted';
  return {
    text: `a comment on ${item} was ${inWords(action)} by ${who}.${isGone ? '' : quoted(comment?.body)}`,
    at: isGone ? undefined : comment?.updated_at,
  };
}

function reviewThread({ action, pull_request: pull }: Payload, who: string): Told {
  return { text: `a thread of pull request ${numbered(pull)} was marked as ${inWords(action)} by ${who}.` };
}

export const pullEvents: Record<string, Teller> = {
  pull_request: pullRequest,
  pull_request_review: review,
  pull_request_review_comment: reviewComment,
  pull_request_review_thread: reviewThread,
};
