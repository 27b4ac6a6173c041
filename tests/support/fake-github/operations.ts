import type { Handlers } from './exchange.ts';
import { accountHandlers } from './operations-accounts.ts';
import { actionHandlers } from './operations-actions.ts';
import { contentHandlers } from './operations-contents.ts';
import { gitHandlers } from './operations-git.ts';
import { historyHandlers } from './operations-history.ts';
import { issueHandlers } from './operations-issues.ts';
import { labelHandlers } from './operations-labels.ts';
import { mergeHandlers } from './operations-merges.ts';
import { pullHandlers } from './operations-pulls.ts';
import { releaseHandlers } from './operations-releases.ts';
import { repositoryHandlers } from './operations-repositories.ts';
import { reviewHandlers } from './operations-reviews.ts';
import { searchHandlers } from './operations-search.ts';

/** All that the fake can do, by GitHub's operationId. */
export const handlers: Handlers = {
  ...accountHandlers,
  ...repositoryHandlers,
  ...issueHandlers,
  ...labelHandlers,
  ...pullHandlers,
  ...reviewHandlers,
  ...mergeHandlers,
  ...gitHandlers,
  ...historyHandlers,
  ...contentHandlers,
  ...releaseHandlers,
  ...actionHandlers,
  ...searchHandlers,
};
