import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { nameOf } from '../../github/repository-name.ts';
import { clientGone } from '../client-gone.ts';
import { problems } from '../schemas.ts';
import { issueShape, showIssue } from './issue-shapes.ts';
import { type GitHubOptions, limit, listOf, repositoryParams, showList, tags } from './shapes.ts';

const incomplete = z.boolean().describe('Whether GitHub had no time to look everywhere');
const codeHit = z.object({
  repository: z.string(),
  path: z.string(),
  fragments: z.array(z.string()).describe('What stands around what was found'),
  url: z.string(),
});
const foundShape = z.discriminatedUnion('type', [
  listOf(issueShape).extend({ type: z.literal('issues'), incomplete }),
  listOf(codeHit).extend({ type: z.literal('code'), incomplete }),
]);

/** Searching all of GitHub, and who is who. */
export const searchRoutes: FastifyPluginAsyncZod<GitHubOptions> = async (app, options) => {
  await app.register(searchRoute, options);
  await app.register(peopleRoutes, options);
};

const searchRoute: FastifyPluginAsyncZod<GitHubOptions> = async (app, { repositories }) => {
  app.get(
    '/search',
    {
      schema: {
        tags,
        summary: 'Search issues and pull requests, or code, in GitHub’s own syntax',
        description:
          'Such as `is:open label:bug user:ana`, or `addItem repo:ana/shop language:ts`. Of code, GitHub knows only default branches.',
        querystring: z.strictObject({
          type: z.enum(['issues', 'code'], 'takes issues or code'),
          query: z.string('takes words').trim().min(1, 'takes words').max(256),
          limit,
        }),
        response: { 200: foundShape, ...problems },
      },
    },
    async ({ user, query: { type, query, ...page } }, reply) => {
      const signal = clientGone(reply);
      const { search } = await repositories.account(user.id);
      if (type === 'issues') {
        const found = await search.issues(query, { ...page, signal });
        return { type, ...showList(found, showIssue), incomplete: found.isIncomplete };
      }
      const found = await search.code(query, { ...page, signal });
      return { type, ...showList(found, (hit) => hit), incomplete: found.isIncomplete };
    },
  );
};

const peopleRoutes: FastifyPluginAsyncZod<GitHubOptions> = async (app, { repositories }) => {
  app.get(
    '/organisations',
    {
      schema: {
        tags,
        summary: 'The organisations of the account',
        querystring: z.strictObject({ limit }),
        response: { 200: listOf(z.object({ login: z.string(), description: z.string() })), ...problems },
      },
    },
    async ({ user, query }, reply) => {
      const signal = clientGone(reply);
      const account = await repositories.account(user.id);
      return showList(await account.people.organisations({ ...query, signal }), (found) => found);
    },
  );

  app.get(
    '/repos/:owner/:repo/collaborators',
    {
      schema: {
        tags,
        summary: 'Who may work on a repository; only for those who may write to it',
        params: repositoryParams,
        querystring: z.strictObject({ limit }),
        response: {
          200: listOf(
            z.object({
              login: z.string(),
              role: z.string().describe('admin, maintain, write, triage, read …'),
            }),
          ),
          ...problems,
        },
      },
    },
    async ({ user, params, query }, reply) => {
      const signal = clientGone(reply);
      const account = await repositories.account(user.id);
      return showList(
        await account.people.collaborators(nameOf(params), { ...query, signal }),
        (found) => found,
      );
    },
  );
};
