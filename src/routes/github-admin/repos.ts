import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { WriteOptions } from '../../github/calls.ts';
import type { GitHubAccount } from '../../github/github.ts';
import type { Repository } from '../../github/operations/repositories.ts';
import { LONGEST_LIST } from '../../github/pages.ts';
import { nameOf } from '../../github/repository-name.ts';
import { allAmong, tellingWords, wordsOf } from '../../github/similar-names.ts';
import { clientGone } from '../client-gone.ts';
import { problems } from '../schemas.ts';
import { type Change, changeInTurn } from './changes-in-turn.ts';
import {
  type GitHubOptions,
  limit,
  listOf,
  login,
  ref,
  repositoryParams,
  showList,
  tags,
  writeHeaders,
  writeOptions,
  written,
} from './shapes.ts';

const repositoryShape = z.object({
  id: z.number().describe('Stays when the repository is renamed'),
  name: z.string().describe('owner/name'),
  description: z.string(),
  visibility: z.enum(['public', 'private', 'internal']),
  archived: z.boolean(),
  fork: z.boolean(),
  default_branch: z.string(),
  topics: z.array(z.string()),
  language: z.string().nullable(),
  open_issues: z.number().describe('With pull requests, as GitHub counts them'),
  stars: z.number(),
  pushed_at: z.string().nullable(),
  url: z.string(),
  permission: z
    .enum(['admin', 'maintain', 'push', 'triage', 'pull'])
    .nullable()
    .describe('The most that this account may do with it'),
});

const description = z.string().max(350);
const visibility = z.enum(['public', 'private'], 'takes public or private');
const newRepository = z.strictObject({
  name: z.string().regex(/^(?!\.{1,2}$)[\w.-]{1,100}$/, 'takes letters, digits and . _ -, at most 100'),
  organisation: login.optional().describe('Left out: the account itself'),
  description: description.optional(),
  visibility: visibility.default('private'),
  with_readme: z
    .boolean('takes true or false')
    .default(false)
    .describe('Begin with a README, and so with a default branch'),
});
const topic = z
  .string()
  .regex(/^[a-z\d][a-z\d-]{0,49}$/, 'takes small letters, digits and hyphens, at most 50');
const flag = z.boolean('takes true or false').optional();
const changedRepository = z
  .strictObject({
    description: description.optional(),
    homepage: z.string().max(1_000).optional(),
    default_branch: ref.optional(),
    has_issues: flag,
    has_wiki: flag,
    has_projects: flag,
    allow_merge_commit: flag,
    allow_squash_merge: flag,
    allow_rebase_merge: flag,
    delete_branch_on_merge: flag,
    topics: z.array(topic).max(20).optional().describe('All topics, in place of those that it has'),
    visibility: visibility.optional(),
    archived: flag,
  })
  .refine((change) => Object.keys(change).length > 0, 'takes at least one thing to change');

/** `/github-admin/repos`: repositories as such. */
export const repoRoutes: FastifyPluginAsyncZod<GitHubOptions> = async (app, options) => {
  await app.register(readRoutes, options);
  await app.register(createRoute, options);
  await app.register(changeRoutes, options);
};

const readRoutes: FastifyPluginAsyncZod<GitHubOptions> = async (app, { repositories }) => {
  app.get(
    '/repos',
    {
      schema: {
        tags,
        summary: 'The repositories of the account, the last pushed first',
        description: `With \`query\`, only those that have all its words in name, description or topics, among the ${LONGEST_LIST} last pushed.`,
        querystring: z.strictObject({
          query: z.string().trim().min(1).max(200).optional().describe('Words, such as "the api repo"'),
          limit,
        }),
        response: { 200: listOf(repositoryShape), ...problems },
      },
    },
    async ({ user, query }, reply) => {
      const signal = clientGone(reply);
      const account = await repositories.account(user.id);
      if (query.query === undefined) {
        return showList(await account.repositories.list({ limit: query.limit, signal }), showRepository);
      }
      const words = tellingWords(query.query);
      const listed = await account.repositories.list({ limit: LONGEST_LIST, signal });
      const fitting = listed.items.filter((repository) => allAmong(words, namingWordsOf(repository)));
      return {
        items: fitting.slice(0, query.limit).map(showRepository),
        more: listed.hasMore || fitting.length > query.limit,
      };
    },
  );

  app.get(
    '/repos/:owner/:repo',
    {
      schema: {
        tags,
        summary: 'One repository',
        params: repositoryParams,
        response: { 200: repositoryShape, ...problems },
      },
    },
    async ({ user, params }, reply) => {
      const signal = clientGone(reply);
      const account = await repositories.account(user.id);
      return showRepository(await account.repositories.read(nameOf(params), { signal }));
    },
  );
};

const createRoute: FastifyPluginAsyncZod<GitHubOptions> = async (app, { repositories }) => {
  app.post(
    '/repos',
    {
      schema: {
        tags,
        summary: 'Make a repository; private unless told otherwise',
        headers: writeHeaders,
        body: newRepository,
        response: { 201: repositoryShape.extend(written), ...problems },
      },
    },
    async (request, reply) => {
      const { with_readme: withReadme, ...input } = request.body;
      const options = writeOptions(request, reply);
      const account = await repositories.account(request.user.id);
      const made = await account.repositories.create({ ...input, withReadme }, options);
      return reply.code(201).send({ ...showRepository(made), repeated: made.repeated });
    },
  );
};

const changeRoutes: FastifyPluginAsyncZod<GitHubOptions> = async (app, { repositories }) => {
  app.patch(
    '/repos/:owner/:repo',
    {
      schema: {
        tags,
        summary: 'Change settings, topics or visibility, archive it or take it out of the archive',
        description:
          'Changes are made one after another; if one fails, `changed` of the problem names the fields before it.',
        params: repositoryParams,
        headers: writeHeaders,
        body: changedRepository,
        response: { 200: repositoryShape.extend(written), ...problems },
      },
    },
    async (request, reply) => {
      const options = writeOptions(request, reply);
      const { repositories: operations } = await repositories.account(request.user.id);
      const name = nameOf(request.params);
      const repeated = await changeInTurn(changesOf(request.body, { operations, name, options }));
      const changed = await operations.read(name, { signal: options.signal });
      return { ...showRepository(changed), repeated };
    },
  );

  app.delete(
    '/repos/:owner/:repo',
    {
      schema: {
        tags,
        summary: 'Delete a repository with everything in it; nothing brings it back',
        params: repositoryParams,
        headers: writeHeaders,
        response: { 200: z.object({ name: z.string(), ...written }), ...problems },
      },
    },
    async (request, reply) => {
      const options = writeOptions(request, reply);
      const account = await repositories.account(request.user.id);
      return await account.repositories.remove(nameOf(request.params), options);
    },
  );
};

interface Target {
  operations: GitHubAccount['repositories'];
  name: string;
  options: WriteOptions;
}

/** An archived repository takes no other change: it is taken out first, and put in last. */
function changesOf(
  { topics, visibility: wanted, archived, ...rest }: z.infer<typeof changedRepository>,
  { operations, name, options }: Target,
): Change[] {
  const archive = { field: 'archived', make: () => operations.setArchived(name, archived === true, options) };
  const settings = {
    ...{ description: rest.description, homepage: rest.homepage, defaultBranch: rest.default_branch },
    ...{ hasIssues: rest.has_issues, hasWiki: rest.has_wiki, hasProjects: rest.has_projects },
    allowMergeCommit: rest.allow_merge_commit,
    allowSquashMerge: rest.allow_squash_merge,
    allowRebaseMerge: rest.allow_rebase_merge,
    deleteBranchOnMerge: rest.delete_branch_on_merge,
  };
  const changes: (Change | false)[] = [
    archived === false && archive,
    Object.keys(rest).length > 0 && {
      field: Object.keys(rest).join(', '),
      make: () => operations.update(name, settings, options),
    },
    topics !== undefined && { field: 'topics', make: () => operations.setTopics(name, topics, options) },
    wanted !== undefined && {
      field: 'visibility',
      make: () => operations.setVisibility(name, wanted, options),
    },
    archived === true && archive,
  ];
  return changes.filter((change) => change !== false);
}

function namingWordsOf({ name, description: text, topics }: Repository): string[] {
  return wordsOf([name, text, ...topics].join(' '));
}

function showRepository(repository: Repository): z.infer<typeof repositoryShape> {
  const { isArchived, isFork, defaultBranch, openIssues, pushedAt, ...same } = repository;
  return {
    ...same,
    archived: isArchived,
    fork: isFork,
    default_branch: defaultBranch,
    open_issues: openIssues,
    pushed_at: pushedAt,
  };
}
