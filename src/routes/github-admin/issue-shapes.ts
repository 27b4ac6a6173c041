import { z } from 'zod';
import type { Issue, IssueComment } from '../../github/operations/issue-results.ts';

/** An issue, or a pull request as one. */
export const issueShape = z.object({
  number: z.number(),
  title: z.string(),
  body: z.string().describe('Its beginning; a longer one ends with how much was left out'),
  state: z.enum(['open', 'closed']),
  state_reason: z.string().nullable().describe('Why it was closed: completed, not_planned, duplicate'),
  author: z.string(),
  labels: z.array(z.string()),
  assignees: z.array(z.string()),
  comment_count: z.number(),
  pull_request: z.boolean(),
  created_at: z.string(),
  updated_at: z.string(),
  url: z.string(),
});

export const commentShape = z.object({
  id: z.number(),
  author: z.string(),
  body: z.string(),
  created_at: z.string(),
  url: z.string(),
});

export function showIssue(issue: Issue): z.infer<typeof issueShape> {
  const { stateReason, commentCount, isPullRequest, createdAt, updatedAt, ...same } = issue;
  return {
    ...same,
    state_reason: stateReason,
    comment_count: commentCount,
    pull_request: isPullRequest,
    created_at: createdAt,
    updated_at: updatedAt,
  };
}

export function showComment({ createdAt, ...same }: IssueComment): z.infer<typeof commentShape> {
  return { ...same, created_at: createdAt };
}
