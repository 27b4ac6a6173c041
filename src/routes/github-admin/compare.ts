import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { nameOf } from '../../github/repository-name.ts';
import { clientGone } from '../client-gone.ts';
import { problems } from '../schemas.ts';
import { changedFileShape, commitShape, showChangedFile } from './commit-shapes.ts';
import { type GitHubOptions, headRef, limit, repositoryParams, tags } from './shapes.ts';

const comparisonShape = z.object({
  status: z.enum(['ahead', 'behind', 'diverged', 'identical']),
  ahead_by: z.number().describe('How many commits head has that base has not'),
  behind_by: z.number(),
  commits: z.array(commitShape).describe('The oldest first'),
  more_commits: z.boolean(),
  files: z.array(changedFileShape),
  more_files: z.boolean(),
});

/** `/github-admin/repos/:owner/:repo/compare` */
export const compareRoute: FastifyPluginAsyncZod<GitHubOptions> = async (app, { repositories }) => {
  app.get(
    '/repos/:owner/:repo/compare',
    {
      schema: {
        tags,
        summary: 'What one branch, tag or commit has that another one has not',
        params: repositoryParams,
        querystring: z.strictObject({ base: headRef, head: headRef, limit }),
        response: { 200: comparisonShape, ...problems },
      },
    },
    async ({ user, params, query }, reply) => {
      const signal = clientGone(reply);
      const account = await repositories.account(user.id);
      const compared = await account.commits.compare(nameOf(params), query, { signal });
      return {
        status: compared.status,
        ahead_by: compared.aheadBy,
        behind_by: compared.behindBy,
        commits: compared.commits,
        more_commits: compared.hasMoreCommits,
        files: compared.files.map(showChangedFile),
        more_files: compared.hasMoreFiles,
      };
    },
  );
};
