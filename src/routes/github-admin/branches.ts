import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { nameOf } from '../../github/repository-name.ts';
import { clientGone } from '../client-gone.ts';
import { problems } from '../schemas.ts';
import {
  bodyText,
  type GitHubOptions,
  limit,
  listOf,
  ref,
  repositoryParams,
  showList,
  tags,
  writeHeaders,
  writeOptions,
  written,
} from './shapes.ts';

const branchShape = z.object({ name: z.string(), sha: z.string(), protected: z.boolean() });
const pointer = z.object({ name: z.string(), sha: z.string() });

/** `/github-admin/repos/:owner/:repo/branches` and `/tags`: the names that commits have. */
export const branchRoutes: FastifyPluginAsyncZod<GitHubOptions> = async (app, options) => {
  await app.register(listRoutes, options);
  await app.register(writeRoutes, options);
};

const listRoutes: FastifyPluginAsyncZod<GitHubOptions> = async (app, { repositories }) => {
  const page = { params: repositoryParams, querystring: z.strictObject({ limit }) };
  app.get(
    '/repos/:owner/:repo/branches',
    {
      schema: {
        ...page,
        tags,
        summary: 'Branches',
        response: { 200: listOf(branchShape), ...problems },
      },
    },
    async ({ user, params, query }, reply) => {
      const signal = clientGone(reply);
      const account = await repositories.account(user.id);
      const branches = await account.branches.list(nameOf(params), { ...query, signal });
      return showList(branches, ({ name, sha, isProtected }) => ({ name, sha, protected: isProtected }));
    },
  );

  app.get(
    '/repos/:owner/:repo/tags',
    {
      schema: {
        ...page,
        tags,
        summary: 'Tags, with the commits that they stand for',
        response: { 200: listOf(pointer), ...problems },
      },
    },
    async ({ user, params, query }, reply) => {
      const signal = clientGone(reply);
      const account = await repositories.account(user.id);
      return showList(await account.tags.list(nameOf(params), { ...query, signal }), (tag) => tag);
    },
  );
};

const writeRoutes: FastifyPluginAsyncZod<GitHubOptions> = async (app, { repositories }) => {
  const made = { response: { 201: pointer.extend(written), ...problems } };
  app.post(
    '/repos/:owner/:repo/branches',
    {
      schema: {
        ...made,
        tags,
        summary: 'Make a branch',
        params: repositoryParams,
        headers: writeHeaders,
        body: z.strictObject({
          name: ref,
          from: ref.optional().describe('A branch, tag or commit; left out: the default branch'),
        }),
      },
    },
    async (request, reply) => {
      const options = writeOptions(request, reply);
      const account = await repositories.account(request.user.id);
      const branch = await account.branches.create(nameOf(request.params), request.body, options);
      return reply.code(201).send(branch);
    },
  );

  app.delete(
    '/repos/:owner/:repo/branches/*',
    {
      schema: {
        tags,
        summary: 'Delete a branch',
        params: repositoryParams.extend({ '*': ref }),
        headers: writeHeaders,
        response: { 200: z.object({ name: z.string(), ...written }), ...problems },
      },
    },
    async (request, reply) => {
      const { '*': name, ...place } = request.params;
      const options = writeOptions(request, reply);
      const account = await repositories.account(request.user.id);
      return await account.branches.remove(nameOf(place), name, options);
    },
  );

  app.post(
    '/repos/:owner/:repo/tags',
    {
      schema: {
        ...made,
        tags,
        summary: 'Make a tag',
        params: repositoryParams,
        headers: writeHeaders,
        body: z.strictObject({
          name: ref,
          target: ref.optional().describe('A branch, tag or commit; left out: the default branch'),
          message: bodyText
            .min(1, 'takes words')
            .optional()
            .describe('With one, the tag is an object of its own, with author and time'),
        }),
      },
    },
    async (request, reply) => {
      const options = writeOptions(request, reply);
      const account = await repositories.account(request.user.id);
      const tag = await account.tags.create(nameOf(request.params), request.body, options);
      return reply.code(201).send(tag);
    },
  );
};
