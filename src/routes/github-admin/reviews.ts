import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { nameOf } from '../../github/repository-name.ts';
import { problems } from '../schemas.ts';
import { reviewShape } from './pull-shapes.ts';
import {
  bodyText,
  type GitHubOptions,
  numberParams,
  repositoryPath,
  sha,
  tags,
  writeHeaders,
  writeOptions,
  written,
} from './shapes.ts';

const review = z
  .strictObject({
    verdict: z.enum(
      ['approve', 'request_changes', 'comment'],
      'takes one of approve, request_changes, comment',
    ),
    body: bodyText.default(''),
    comments: z
      .array(
        z.strictObject({
          path: repositoryPath,
          line: z.number('takes a whole number').int().min(1).describe('In the new file, from 1'),
          body: bodyText.min(1, 'takes words'),
        }),
      )
      .max(100)
      .optional()
      .describe('Remarks to lines'),
    commit_sha: sha.optional().describe('The commit that was looked at; left out: the latest'),
  })
  .refine(({ verdict, body }) => verdict === 'approve' || body.trim() !== '', {
    path: ['body'],
    error: 'takes what there is to say, unless the verdict is approve',
  });

/** `/github-admin/repos/:owner/:repo/pulls/:number/reviews` */
export const reviewRoute: FastifyPluginAsyncZod<GitHubOptions> = async (app, { repositories }) => {
  app.post(
    '/repos/:owner/:repo/pulls/:number/reviews',
    {
      schema: {
        tags,
        summary: 'Approve, ask for changes or comment, with remarks to lines, all at once',
        params: numberParams,
        headers: writeHeaders,
        body: review,
        response: { 201: reviewShape.extend(written), ...problems },
      },
    },
    async (request, reply) => {
      const { params, body } = request;
      const { commit_sha: commitSha, ...input } = body;
      const options = writeOptions(request, reply);
      const account = await repositories.account(request.user.id);
      return reply
        .code(201)
        .send(await account.pulls.review(nameOf(params), params.number, { ...input, commitSha }, options));
    },
  );
};
