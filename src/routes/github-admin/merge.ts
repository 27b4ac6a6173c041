import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { nameOf } from '../../github/repository-name.ts';
import { problems } from '../schemas.ts';
import {
  bodyText,
  type GitHubOptions,
  numberParams,
  sha,
  tags,
  writeHeaders,
  writeOptions,
  written,
} from './shapes.ts';

const merge = z
  .strictObject({
    method: z.enum(['merge', 'squash', 'rebase'], 'takes one of merge, squash, rebase').default('merge'),
    head_sha: sha.optional().describe('Merge only if this is still the head of the branch'),
    title: z.string().trim().min(1).max(256).optional().describe('Of the commit'),
    message: bodyText.optional().describe('Of the commit'),
  })
  .nullish();

/** Merging pull requests, and bringing their branches up to date for it. */
export const mergeRoutes: FastifyPluginAsyncZod<GitHubOptions> = async (app, { repositories }) => {
  app.put(
    '/repos/:owner/:repo/pulls/:number/merge',
    {
      schema: {
        tags,
        summary: 'Merge a pull request',
        params: numberParams,
        headers: writeHeaders,
        body: merge,
        response: { 200: z.object({ sha: z.string(), ...written }), ...problems },
      },
    },
    async (request, reply) => {
      const { params, body } = request;
      const { head_sha: headSha, ...input } = body ?? {};
      const options = writeOptions(request, reply);
      const account = await repositories.account(request.user.id);
      return await account.pulls.merge(nameOf(params), params.number, { ...input, headSha }, options);
    },
  );

  app.post(
    '/repos/:owner/:repo/pulls/:number/update-branch',
    {
      schema: {
        tags,
        summary: 'Merge the base branch into the branch of a pull request; GitHub does it a moment later',
        params: numberParams,
        headers: writeHeaders,
        response: {
          202: z.object({ head_before: z.string().describe('Where the branch was'), ...written }),
          ...problems,
        },
      },
    },
    async (request, reply) => {
      const { params } = request;
      const options = writeOptions(request, reply);
      const account = await repositories.account(request.user.id);
      const { headBefore, repeated } = await account.pulls.updateBranch(
        nameOf(params),
        params.number,
        options,
      );
      return reply.code(202).send({ head_before: headBefore, repeated });
    },
  );
};
