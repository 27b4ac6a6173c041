import type { Payload } from './payload.ts';
import { inWords, named, numbered, quoted, titled } from './quoting.ts';
import type { Teller, Told } from './told.ts';

/** What happened to an issue, where its action alone does not say it. */
const DEEDS: Record<string, (payload: Payload) => string> = {
  closed: ({ issue }) => (issue?.state_reason === 'not_planned' ? 'was closed as not planned' : 'was closed'),
  labeled: ({ label }) => `was labelled ${titled(label?.name)}`,
  unlabeled: ({ label }) => `was freed of the label ${titled(label?.name)}`,
  assigned: ({ assignee }) => `was assigned to ${named(assignee?.login)}`,
  unassigned: ({ assignee }) => `was taken from ${named(assignee?.login)}`,
  milestoned: ({ milestone }) => `was put into the milestone ${titled(milestone?.title)}`,
  demilestoned: ({ milestone }) => `was taken out of the milestone ${titled(milestone?.title)}`,
  typed: () => 'was given a type',
  untyped: () => 'was freed of its type',
  field_added: () => 'was given a field',
  field_removed: () => 'was freed of a field',
  auto_merge_enabled: () => 'was set to be merged as soon as it can be',
  auto_merge_disabled: () => 'was set not to be merged by itself',
};

/** What happened to an issue or, since GitHub's actions are the same there, to a pull request. */
export function deedOf(payload: Payload): string {
  const { action = '' } = payload;
  return Object.hasOwn(DEEDS, action) && DEEDS[action] ? DEEDS[action](payload) : `was ${inWords(action)}`;
}

function issues(payload: Payload, who: string): Told {
  const { action, issue, changes } = payload;
  const isNewText = action === 'opened' || action === 'edited';
  const former = changes?.title?.from === undefined ? '' : ` (it was ${titled(changes.title.from)})`;
  return {
    text: `issue ${numbered(issue)} ${deedOf(payload)} by ${who}${former}.${isNewText ? quoted(issue?.body) : ''}`,
    at: { opened: issue?.created_at, closed: issue?.closed_at }[action ?? ''] ?? issue?.updated_at,
  };
}

function issueComment({ action, issue, comment }: Payload, who: string): Told {
  const item = `${issue?.pull_request ? 'pull request' : 'issue'} ${numbered(issue)}`;
  if (action === 'created') {
    return { text: `${who} commented on ${item}.${quoted(comment?.body)}`, at: comment?.created_at };
  }
  const isGone = action === 'deleted';
  return {
    text: `a comment on ${item} was ${inWords(action)} by ${who}.${isGone ? '' : quoted(comment?.body)}`,
    at: isGone ? undefined : comment?.updated_at,
  };
}

export const issueEvents: Record<string, Teller> = { issues, issue_comment: issueComment };
