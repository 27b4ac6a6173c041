import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { Repositories } from '../repositories/repositories.ts';
import type { Turns } from '../turns/turns.ts';
import { askRoute } from './ask.ts';
import type { StreamSource } from './event-stream.ts';
import { branchRoutes } from './github-admin/branches.ts';
import { commitRoutes } from './github-admin/commits.ts';
import { compareRoute } from './github-admin/compare.ts';
import { contentRoutes } from './github-admin/contents.ts';
import { followRoutes } from './github-admin/follow.ts';
import { issueRoutes } from './github-admin/issues.ts';
import { mergeRoutes } from './github-admin/merge.ts';
import { pullRoutes } from './github-admin/pulls.ts';
import { releaseRoutes } from './github-admin/releases.ts';
import { repoRoutes } from './github-admin/repos.ts';
import { reviewRoute } from './github-admin/reviews.ts';
import { runRoutes } from './github-admin/runs.ts';
import { searchRoutes } from './github-admin/search.ts';
import { tokenRoutes } from './github-admin/token.ts';
import { webhookRoute } from './github-admin/webhook.ts';

interface GitHubAdminOptions {
  turns: Turns;
  stream: StreamSource;
  repositories: Repositories;
}

/** `/github-admin`: the user's repositories at GitHub, and the agent that looks after them. */
export const githubAdminRoutes: FastifyPluginAsyncZod<GitHubAdminOptions> = async (
  app,
  { turns, stream, repositories },
) => {
  await app.register(askRoute, { turns, stream, entry: 'github-admin' });
  await app.register(tokenRoutes, { repositories });
  await app.register(repoRoutes, { repositories });
  await app.register(issueRoutes, { repositories });
  await app.register(pullRoutes, { repositories });
  await app.register(reviewRoute, { repositories });
  await app.register(mergeRoutes, { repositories });
  await app.register(branchRoutes, { repositories });
  await app.register(commitRoutes, { repositories });
  await app.register(compareRoute, { repositories });
  await app.register(contentRoutes, { repositories });
  await app.register(releaseRoutes, { repositories });
  await app.register(runRoutes, { repositories });
  await app.register(searchRoutes, { repositories });
  await app.register(followRoutes, { repositories });
  await app.register(webhookRoute, { repositories });
};
