import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { nameOf } from '../../github/repository-name.ts';
import { problems, timestamp, uuid } from '../schemas.ts';
import { type GitHubOptions, repositoryParams, tags } from './shapes.ts';

const followShape = z.object({
  repository: z.string().describe('Its present name'),
  following: z.boolean(),
});
const followedShape = z.object({
  repository: z.string(),
  session_id: uuid.nullable().describe('The session that its messages are in; null before the first one'),
  followed_at: timestamp,
});

/** Whose events become messages of the user. */
export const followRoutes: FastifyPluginAsyncZod<GitHubOptions> = async (app, { repositories }) => {
  app.get(
    '/followed',
    {
      schema: {
        tags,
        summary: 'The repositories that you follow, by name',
        response: { 200: z.array(followedShape), ...problems },
      },
    },
    async ({ user }) => {
      const followed = await repositories.followed(user.id);
      return followed.map(({ repository, sessionId, followedAt }) => ({
        repository,
        session_id: sessionId,
        followed_at: followedAt.toISOString(),
      }));
    },
  );

  app.put(
    '/repos/:owner/:repo/follow',
    {
      schema: {
        tags,
        summary: 'Follow a repository: what its webhook tells becomes messages of yours',
        params: repositoryParams,
        response: { 200: followShape, ...problems },
      },
    },
    async ({ user, params }) => {
      const { repository } = await repositories.follow(user.id, nameOf(params));
      return { repository, following: true };
    },
  );

  app.delete(
    '/repos/:owner/:repo/follow',
    {
      schema: {
        tags,
        summary: 'Follow it no longer; its messages stay',
        params: repositoryParams,
        response: { 200: followShape, ...problems },
      },
    },
    async ({ user, params }) => {
      const repository = nameOf(params);
      await repositories.unfollow(user.id, repository);
      return { repository, following: false };
    },
  );
};
