import { z } from 'zod';
import { isMerged, isPullOpened } from './github-done.ts';
import {
  type GitHubScene,
  numberField,
  type RepositoryAccess,
  refuse,
  repositoryField,
} from './github-scene.ts';
import { checkLine, commitLine, diffLines, fileLine, previewOf, sayWritten } from './github-texts.ts';
import { writingTool } from './github-tool.ts';
import type { AgentTool } from './tool.ts';

const body = z.string().max(65_000).describe('Markdown');
/** Of what a pull request would bring, so many commits and files are named. */
const LINES_SHOWN = 40;

/** The tools that open, review and merge pull requests. */
export function pullTools(repositories: RepositoryAccess): AgentTool[] {
  return [openPull(repositories), reviewPull(repositories), mergePull(repositories)];
}

function openPull(repositories: RepositoryAccess): AgentTool {
  return writingTool(repositories, {
    name: 'open_pull_request',
    description: 'Open a pull request from a branch that is at GitHub already (push_files puts one there).',
    schema: z.object({
      repository: repositoryField,
      title: z
        .string()
        .trim()
        .min(1)
        .max(256)
        .refine((text) => !/\p{Cc}/u.test(text), 'takes one line'),
      body: body.optional(),
      head: z.string().min(1).max(250).describe('The branch with the changes; owner:branch of a fork'),
      base: z
        .string()
        .min(1)
        .max(250)
        .optional()
        .describe('The branch to merge into; left out: the default branch'),
      draft: z.boolean().optional(),
    }),
    effect: 'publish',
    isDone: isPullOpened,
    look: async (input, scene) => {
      const { name, visibility, defaultBranch } = await scene.resolve(input.repository);
      const base = input.base ?? defaultBranch;
      const { account, signal } = scene;
      const found = await account.commits.compare(name, { base, head: input.head, limit: 100 }, { signal });
      if (found.aheadBy === 0)
        refuse(`${input.head} has nothing that ${base} has not: there is nothing to open.`);
      const open = await account.pulls.list(name, { head: input.head, base, limit: 1, signal });
      const [there] = open.items;
      if (there) refuse(`There is one already: #${there.number}, ${there.url}`);
      const commits = [...found.commits.map(commitLine), ...(found.hasMoreCommits ? ['and more'] : [])];
      const files = [...found.files.map(fileLine), ...(found.hasMoreFiles ? ['and more'] : [])];
      const { aheadBy, behindBy } = found;
      return { name, visibility, base, aheadBy, behindBy, commits, files };
    },
    // The base branch goes on by itself.
    versionOf: ({ behindBy: _, ...shown }) => shown,
    describe: (input, { name, visibility, base, commits, files, behindBy }) => ({
      summary: `open the pull request "${input.title}" in ${name}, from ${input.head} into ${base}`,
      preview: previewOf(
        {
          repository: `${name} (${visibility})`,
          title: input.title,
          branches: `${input.head} into ${base}${behindBy > 0 ? `, ${behindBy} commits behind it` : ''}`,
          draft: input.draft ? 'yes' : undefined,
          commits: `${commits.slice(0, LINES_SHOWN).join('; ')}`,
          files: `${files.slice(0, LINES_SHOWN).join('; ')}`,
        },
        { name: 'text', text: input.body ?? '' },
      ),
    }),
    write: async ({ repository: _, ...input }, { name, base }, { account, options }) => {
      const pull = await account.pulls.create(name, { ...input, base }, options);
      return sayWritten(`Opened pull request #${pull.number} of ${name}: ${pull.url}`, pull);
    },
  });
}

/** What a person is shown of the pull request that a call is about. */
async function lookAtPull(
  { repository, number }: { repository: string; number: number },
  scene: GitHubScene,
) {
  const { name, visibility } = await scene.resolve(repository);
  const pull = await scene.account.pulls.read(name, number, { signal: scene.signal });
  if (pull.state !== 'open') refuse(`${name}#${number} is ${pull.state} already.`);
  return { name, visibility, pull };
}

type FoundPull = Awaited<ReturnType<typeof lookAtPull>>;

function factsOf({ name, visibility, pull }: FoundPull, number: number) {
  const { title, author, head, base, headSha } = pull;
  return {
    repository: `${name} (${visibility})`,
    'pull request': `#${number} "${title}" by ${author}`,
    branches: `${head} into ${base}`,
    'latest commit': headSha,
  };
}

function versionOf({ name, visibility, pull }: FoundPull): unknown {
  const { title, head, base, headSha, isDraft, checksState } = pull;
  return { name, visibility, title, head, base, headSha, isDraft, fails: checksState === 'failing' };
}

function reviewPull(repositories: RepositoryAccess): AgentTool {
  return writingTool(repositories, {
    name: 'review_pull_request',
    description:
      'Review a pull request: approve it, request changes or comment, with remarks to lines. Read it first.',
    schema: z.object({
      repository: repositoryField,
      number: numberField,
      verdict: z.enum(['approve', 'request_changes', 'comment']),
      body: body.optional(),
      remarks: z
        .array(z.object({ path: z.string().min(1), line: z.number().int().min(1), body: body.min(1) }))
        .max(50)
        .optional()
        .describe('To lines of the new files'),
    }),
    effect: 'publish',
    look: lookAtPull,
    versionOf,
    describe: ({ number, verdict, body: text = '', remarks = [] }, facts) => ({
      summary: `review ${facts.name}#${number}: ${verdict.replace('_', ' ')}`,
      preview: previewOf(
        { ...factsOf(facts, number), verdict: verdict.replace('_', ' ') },
        {
          name: 'text',
          text: [text, ...remarks.map((one) => `${one.path}:${one.line}: ${one.body}`)].join('\n'),
        },
      ),
    }),
    write: async ({ number, verdict, body: text, remarks }, { name, pull }, { account, options }) => {
      const review = { verdict, body: text, comments: remarks, commitSha: pull.headSha };
      const written = await account.pulls.review(name, number, review, options);
      return sayWritten(`Reviewed ${name}#${number} (${written.state}): ${written.url}`, written);
    },
  });
}

function mergePull(repositories: RepositoryAccess): AgentTool {
  return writingTool(repositories, {
    name: 'merge_pull_request',
    description: 'Merge a pull request. Read it first, with its checks.',
    schema: z.object({
      repository: repositoryField,
      number: numberField,
      method: z.enum(['merge', 'squash', 'rebase']).optional().describe('Left out: merge'),
      title: z
        .string()
        .max(256)
        .refine((text) => !/\p{Cc}/u.test(text), 'takes one line')
        .optional()
        .describe('Of the commit; left out: GitHub’s own'),
      message: z.string().max(10_000).optional().describe('Of the commit; left out: GitHub’s own'),
    }),
    effect: 'destroy',
    isDone: isMerged,
    look: async (input, scene) => {
      const facts = await lookAtPull(input, scene);
      if (facts.pull.isDraft) refuse(`${facts.name}#${input.number} is a draft still.`);
      if (facts.pull.isMergeable === false)
        refuse(`${facts.name}#${input.number} has conflicts with ${facts.pull.base}; these come first.`);
      return facts;
    },
    versionOf,
    describe: ({ number, method = 'merge', title, message }, facts) => {
      const { checksState, checks, files, hasMoreFiles, base } = facts.pull;
      const reviews = facts.pull.reviews.map(({ author, state }) => `${author} ${state.replace('_', ' ')}`);
      const failing = checks.filter(({ state }) => state === 'failing').map(checkLine);
      return {
        summary: `merge ${facts.name}#${number} into ${base} (${method}), checks ${checksState}`,
        preview: previewOf(
          {
            ...factsOf(facts, number),
            method,
            'title of the commit': title,
            'message of the commit': message,
            checks: [checksState, ...failing].join('; '),
            reviews: reviews.join('; ') || 'none',
          },
          { name: 'changes', text: diffLines(files, hasMoreFiles).join('\n') },
        ),
      };
    },
    write: async ({ number, method, title, message }, { name, pull }, { account, options }) => {
      const how = { method, title, message, headSha: pull.headSha };
      const merged = await account.pulls.merge(name, number, how, options);
      return sayWritten(
        `Merged ${name}#${number} into ${pull.base}, commit ${merged.sha}: ${pull.url}`,
        merged,
      );
    },
  });
}
