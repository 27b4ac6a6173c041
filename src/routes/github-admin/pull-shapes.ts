import { z } from 'zod';
import type { PullRequest } from '../../github/operations/pull-results.ts';
import type { PullDetails } from '../../github/operations/pulls.ts';
import { changedFileShape, showChangedFile } from './commit-shapes.ts';

const checksState = z.enum(['passing', 'failing', 'pending', 'none']);

export const pullShape = z.object({
  number: z.number(),
  title: z.string(),
  body: z.string().describe('Its beginning; a longer one ends with how much was left out'),
  state: z.enum(['open', 'closed', 'merged']),
  draft: z.boolean(),
  author: z.string(),
  head: z.string().describe('A branch, or owner:branch of a fork'),
  head_sha: z.string(),
  base: z.string(),
  labels: z.array(z.string()),
  mergeable: z.boolean().nullable().describe('Null while GitHub has not found out, and in lists'),
  created_at: z.string(),
  updated_at: z.string(),
  url: z.string(),
});

export const reviewShape = z.object({
  id: z.number(),
  author: z.string(),
  state: z.string().describe('approved, changes_requested, commented, dismissed or pending'),
  body: z.string(),
  url: z.string(),
});

export const pullDetailsShape = pullShape.extend({
  files: z.array(changedFileShape),
  more_files: z.boolean(),
  checks: z.array(
    z.object({
      name: z.string(),
      state: checksState,
      conclusion: z.string().nullable().describe('GitHub’s own word; null while it runs'),
      url: z.string().nullable(),
    }),
  ),
  checks_state: checksState.describe('All checks in one word'),
  reviews: z.array(reviewShape),
});

export function showPull(pull: PullRequest): z.infer<typeof pullShape> {
  const { isDraft, headSha, isMergeable, createdAt, updatedAt, ...same } = pull;
  return {
    ...same,
    draft: isDraft,
    head_sha: headSha,
    mergeable: isMergeable,
    created_at: createdAt,
    updated_at: updatedAt,
  };
}

export function showPullDetails(pull: PullDetails): z.infer<typeof pullDetailsShape> {
  const { files, hasMoreFiles, checks, checksState: allChecks, reviews } = pull;
  return {
    ...showPull(pull),
    files: files.map(showChangedFile),
    more_files: hasMoreFiles,
    checks,
    checks_state: allChecks,
    reviews,
  };
}
