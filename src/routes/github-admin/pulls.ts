import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { nameOf } from '../../github/repository-name.ts';
import { clientGone } from '../client-gone.ts';
import { pageSize, problems } from '../schemas.ts';
import { pullDetailsShape, pullShape, showPull, showPullDetails } from './pull-shapes.ts';
import {
  bodyText,
  type GitHubOptions,
  headRef,
  limit,
  listOf,
  numberParams,
  ref,
  repositoryParams,
  showList,
  tags,
  titleText,
  writeHeaders,
  writeOptions,
  written,
} from './shapes.ts';

const newPull = z.strictObject({
  title: titleText,
  body: bodyText.optional(),
  head: headRef.describe('The branch with the changes, or owner:branch of a fork'),
  base: ref.describe('The branch that they are for'),
  draft: z.boolean('takes true or false').default(false),
});
const changedPull = z
  .strictObject({
    title: titleText.optional(),
    body: bodyText.optional(),
    base: ref.optional(),
    state: z.enum(['open', 'closed'], 'takes open or closed').optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'takes at least one thing to change');

/** `/github-admin/repos/:owner/:repo/pulls`: pull requests, but for what decides about them. */
export const pullRoutes: FastifyPluginAsyncZod<GitHubOptions> = async (app, options) => {
  await app.register(readRoutes, options);
  await app.register(writeRoutes, options);
};

const readRoutes: FastifyPluginAsyncZod<GitHubOptions> = async (app, { repositories }) => {
  app.get(
    '/repos/:owner/:repo/pulls',
    {
      schema: {
        tags,
        summary: 'Pull requests, the newest first',
        params: repositoryParams,
        querystring: z.strictObject({
          state: z.enum(['open', 'closed', 'all'], 'takes open, closed or all').default('open'),
          head: headRef.optional(),
          base: ref.optional(),
          limit,
        }),
        response: { 200: listOf(pullShape), ...problems },
      },
    },
    async ({ user, params, query }, reply) => {
      const signal = clientGone(reply);
      const account = await repositories.account(user.id);
      return showList(await account.pulls.list(nameOf(params), { ...query, signal }), showPull);
    },
  );

  app.get(
    '/repos/:owner/:repo/pulls/:number',
    {
      schema: {
        tags,
        summary: 'A pull request with the difference, checks and reviews',
        params: numberParams,
        querystring: z.strictObject({ files: pageSize(100).describe('How many changed files to show') }),
        response: { 200: pullDetailsShape, ...problems },
      },
    },
    async ({ user, params, query }, reply) => {
      const signal = clientGone(reply);
      const account = await repositories.account(user.id);
      return showPullDetails(await account.pulls.read(nameOf(params), params.number, { ...query, signal }));
    },
  );
};

const writeRoutes: FastifyPluginAsyncZod<GitHubOptions> = async (app, { repositories }) => {
  app.post(
    '/repos/:owner/:repo/pulls',
    {
      schema: {
        tags,
        summary: 'Open a pull request',
        params: repositoryParams,
        headers: writeHeaders,
        body: newPull,
        response: { 201: pullShape.extend(written), ...problems },
      },
    },
    async (request, reply) => {
      const options = writeOptions(request, reply);
      const account = await repositories.account(request.user.id);
      const { repeated, ...pull } = await account.pulls.create(nameOf(request.params), request.body, options);
      return reply.code(201).send({ ...showPull(pull), repeated });
    },
  );

  app.patch(
    '/repos/:owner/:repo/pulls/:number',
    {
      schema: {
        tags,
        summary: 'Change a pull request, close it or open it again',
        params: numberParams,
        headers: writeHeaders,
        body: changedPull,
        response: { 200: pullShape.extend(written), ...problems },
      },
    },
    async (request, reply) => {
      const { params, body } = request;
      const options = writeOptions(request, reply);
      const account = await repositories.account(request.user.id);
      const { repeated, ...pull } = await account.pulls.update(nameOf(params), params.number, body, options);
      return { ...showPull(pull), repeated };
    },
  );
};
