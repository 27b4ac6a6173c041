import { z } from 'zod';
import { ProblemError } from '../errors.ts';
import { ifThere } from '../github/calls.ts';
import { isCreated, isDeleted } from './github-done.ts';
import { type RepositoryAccess, refuse, repositoryField } from './github-scene.ts';
import { previewOf, sayWritten } from './github-texts.ts';
import { inOrder, writingTool } from './github-tool.ts';
import type { AgentTool } from './tool.ts';

const VISIBLE = { public: 'public: everybody sees it', private: 'private' };

/** The tools that make, change and delete repositories. */
export function repositoryTools(repositories: RepositoryAccess): AgentTool[] {
  return [createRepository(repositories), updateRepository(repositories), deleteRepository(repositories)];
}

function createRepository(repositories: RepositoryAccess): AgentTool {
  return writingTool(repositories, {
    name: 'create_repository',
    description:
      'Create a repository: private, and with a README as its first commit, unless told otherwise.',
    schema: z.object({
      name: z
        .string()
        .regex(/^[\w.-]{1,100}$/, 'takes a name without the owner')
        .describe('Without the owner'),
      organisation: z.string().max(100).optional().describe('Left out: the account itself'),
      description: z.string().max(350).optional(),
      visibility: z.enum(['public', 'private']).optional().describe('Left out: private'),
      with_readme: z.boolean().optional().describe('false: without any commit. Left out: true'),
    }),
    effect: 'publish',
    isDone: isCreated,
    look: async ({ name, organisation }, { account, signal }) => {
      const owner = organisation ?? (await account.people.me({ signal })).login;
      const full = `${owner}/${name}`;
      const there = await ifThere(account.repositories.read(full, { signal }));
      if (there?.name.toLowerCase() === full.toLowerCase())
        refuse(`${there.name} is there already: ${there.url}`);
      return { name: full };
    },
    describe: ({ description, visibility = 'private', with_readme = true }, { name }) => ({
      summary: `create the ${visibility} repository ${name}`,
      preview: previewOf({
        repository: name,
        visibility: VISIBLE[visibility],
        description,
        'first commit': with_readme ? 'a README' : 'none',
      }),
    }),
    write: async ({ with_readme: withReadme = true, ...input }, _facts, { account, options }) => {
      const made = await account.repositories.create({ ...input, withReadme }, options);
      return sayWritten(
        `Created ${made.name} (${made.visibility}), default branch ${made.defaultBranch}: ${made.url}`,
        made,
      );
    },
  });
}

function updateRepository(repositories: RepositoryAccess): AgentTool {
  return writingTool(repositories, {
    name: 'update_repository',
    description:
      'Change the settings of a repository: description, topics, default branch, visibility, archiving and so on.',
    schema: z.object({
      repository: repositoryField,
      description: z.string().max(350).optional(),
      homepage: z.string().max(255).optional(),
      topics: z
        .array(z.string().regex(/^[a-z0-9][a-z0-9-]{0,49}$/))
        .max(20)
        .optional()
        .describe('All topics; others are taken off'),
      default_branch: z.string().min(1).max(250).optional(),
      has_issues: z.boolean().optional(),
      has_wiki: z.boolean().optional(),
      delete_branch_on_merge: z.boolean().optional(),
      visibility: z.enum(['public', 'private']).optional(),
      archived: z.boolean().optional().describe('true: read-only for everybody'),
    }),
    effect: 'publish',
    effectOf: ({ visibility, archived }) =>
      visibility === undefined && archived === undefined ? 'publish' : 'destroy',
    look: async ({ repository, ...changes }, scene) => {
      if (Object.values(changes).every((value) => value === undefined))
        throw new ProblemError('invalid_request', 'Say what to change of the repository.');
      const { name, description, visibility, isArchived, defaultBranch, topics, stars } =
        await scene.resolve(repository);
      return { name, description, visibility, isArchived, defaultBranch, topics, stars };
    },
    versionOf: ({ stars: _, ...shown }) => shown,
    describe: ({ repository: _, ...changes }, facts) => {
      const before: Record<string, unknown> = {
        description: facts.description,
        topics: facts.topics,
        default_branch: facts.defaultBranch,
        visibility: facts.visibility,
        archived: facts.isArchived,
      };
      const lines = Object.entries(changes).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, sayChange(before[name], value)] as const],
      );
      const changed = lines.map(([name]) => name.replaceAll('_', ' '));
      const warning =
        changes.visibility === 'public'
          ? 'everybody will see all of it, with its history'
          : changes.visibility === 'private' && facts.visibility === 'public'
            ? `its ${facts.stars} stars and its public forks are lost`
            : undefined;
      return {
        summary: `change ${changed.join(', ')} of the ${facts.visibility} repository ${facts.name}`,
        preview: previewOf({ repository: facts.name, ...Object.fromEntries(lines), warning }),
      };
    },
    write: async (
      { repository: _, topics, visibility, archived, ...settings },
      { name },
      { account, options },
    ) => {
      const { repositories: api } = account;
      const values = {
        description: settings.description,
        homepage: settings.homepage,
        defaultBranch: settings.default_branch,
        hasIssues: settings.has_issues,
        hasWiki: settings.has_wiki,
        deleteBranchOnMerge: settings.delete_branch_on_merge,
      };
      const hasValues = Object.values(values).some((value) => value !== undefined);
      // What is archived takes no other change, so that archiving comes last and its end first.
      const done = await inOrder([
        ...(archived === false
          ? [{ done: 'taken out of the archive', take: () => api.setArchived(name, false, options) }]
          : []),
        ...(hasValues ? [{ done: 'settings changed', take: () => api.update(name, values, options) }] : []),
        ...(topics === undefined
          ? []
          : [{ done: 'topics set', take: () => api.setTopics(name, topics, options) }]),
        ...(visibility === undefined
          ? []
          : [{ done: `made ${visibility}`, take: () => api.setVisibility(name, visibility, options) }]),
        ...(archived === true
          ? [{ done: 'archived', take: () => api.setArchived(name, true, options) }]
          : []),
      ]);
      return `${name}: ${done.join(', ')}.`;
    },
  });
}

/** What a setting becomes, and what it is now where that is known. */
function sayChange(before: unknown, after: unknown): string {
  const say = (value: unknown) => (Array.isArray(value) ? value.join(', ') || 'none' : `${value}` || 'empty');
  return before === undefined ? say(after) : `${say(before)} → ${say(after)}`;
}

function deleteRepository(repositories: RepositoryAccess): AgentTool {
  return writingTool(repositories, {
    name: 'delete_repository',
    description:
      'Delete a repository for good, with all its issues, pull requests and releases. Only when the person asked for it.',
    schema: z.object({ repository: repositoryField }),
    effect: 'destroy',
    isDone: isDeleted,
    look: async ({ repository }, scene) => {
      const { name, visibility, pushedAt, openIssues, stars, permission } = await scene.resolve(repository);
      return { name, visibility, pushedAt, openIssues, stars, permission };
    },
    versionOf: ({ stars: _, ...shown }) => shown,
    describe: (_input, { name, visibility, pushedAt, openIssues, stars }) => ({
      summary: `delete the ${visibility} repository ${name} for good`,
      preview: previewOf({
        repository: name,
        visibility,
        'last push': pushedAt ?? 'never',
        'open issues and pull requests': `${openIssues}`,
        stars: `${stars}`,
        warning: 'nothing of it can be brought back',
      }),
    }),
    write: async (_input, { name }, { account, options }) =>
      sayWritten(`Deleted ${name}.`, await account.repositories.remove(name, options)),
  });
}
