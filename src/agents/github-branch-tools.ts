import { z } from 'zod';
import { ProblemError } from '../errors.ts';
import { ifThere } from '../github/calls.ts';
import { isNameChanged, isReleased } from './github-done.ts';
import {
  branchAt,
  commitAt,
  type GitHubScene,
  type RepositoryAccess,
  refuse,
  repositoryField,
} from './github-scene.ts';
import { commitLine, previewOf, sayWritten } from './github-texts.ts';
import { writingTool } from './github-tool.ts';
import type { AgentTool } from './tool.ts';

const COMMITS_SHOWN = 20;
const ref = z.string().min(1).max(250);

/** The tools that change branches, tags and releases, and start workflows again. */
export function branchTools(repositories: RepositoryAccess): AgentTool[] {
  return [changeBranch(repositories), createRelease(repositories), rerunWorkflow(repositories)];
}

const change = z.object({
  repository: repositoryField,
  kind: z.enum(['branch', 'tag']),
  action: z.enum(['create', 'move', 'delete']).describe('move: only of a branch, forward to another commit'),
  name: ref.describe('The name of the branch or tag'),
  target: ref
    .optional()
    .describe('The branch, tag or commit to make it at or move it to; left out: the default branch'),
  force: z.boolean().optional().describe('Move a branch even where commits are lost by it'),
  message: z.string().max(10_000).optional().describe('Of a new tag that is annotated'),
});
type Change = z.infer<typeof change>;

function changeBranch(repositories: RepositoryAccess): AgentTool {
  return writingTool(repositories, {
    name: 'change_branch_or_tag',
    description: 'Create or delete a branch or a tag, or move a branch to another commit.',
    schema: change,
    effect: 'publish',
    effectOf: ({ action, force }) =>
      action === 'delete' || (action === 'move' && force) ? 'destroy' : 'publish',
    isDone: isNameChanged,
    look: lookAtName,
    describe: async (input, facts, scene) => {
      const { kind, action, name, force, message } = input;
      const { repository, visibility, sha, target } = facts;
      const verb = action === 'move' && force ? 'move by force' : action;
      const at = action === 'delete' ? '' : ` ${action === 'move' ? 'to' : 'at'} ${target?.slice(0, 10)}`;
      const lost = await lostBy(input, facts, scene);
      return {
        summary: `${verb} the ${kind} ${name} of ${repository}${at}`,
        preview: previewOf({
          repository: `${repository} (${visibility})`,
          [kind]: name,
          'is at': sha ?? undefined,
          [action === 'move' ? 'becomes' : 'begins at']: target ?? undefined,
          message,
          ...lost,
        }),
      };
    },
    write: async ({ kind, action, name, force, message }, { repository, target }, { account, options }) => {
      const to = target ?? undefined;
      if (kind === 'tag') {
        const done =
          action === 'delete'
            ? await account.tags.remove(repository, name, options)
            : await account.tags.create(repository, { name, target: to, message }, options);
        return sayWritten(`${repository}: tag ${name} ${action}d.`, done);
      }
      const done =
        action === 'delete'
          ? await account.branches.remove(repository, name, options)
          : action === 'create'
            ? await account.branches.create(repository, { name, from: to }, options)
            : await account.branches.move(repository, { name, to: to ?? '', force }, options);
      return sayWritten(`${repository}: branch ${name} ${action}d${to ? `, at ${to}` : ''}.`, done);
    },
  });
}

async function lookAtName(
  { repository: words, kind, action, name, target: wanted }: Change,
  scene: GitHubScene,
) {
  if (kind === 'tag' && action === 'move')
    throw new ProblemError('invalid_request', 'A tag is not moved: delete it and create it again.');
  const { name: repository, visibility, defaultBranch } = await scene.resolve(words);
  const { account, signal } = scene;
  const sha =
    kind === 'branch'
      ? await branchAt(scene, repository, name)
      : (await account.tags.list(repository, { limit: 200, signal })).items.find((tag) => tag.name === name)
          ?.sha;
  if (action === 'create' && sha !== undefined) refuse(`${repository} has a ${kind} ${name} already.`);
  if (action !== 'create' && sha === undefined)
    throw new ProblemError('github_not_found', `${repository} has no ${kind} ${name}.`);
  const start = wanted ?? defaultBranch;
  const target = action === 'delete' ? null : ((await commitAt(scene, repository, start)) ?? null);
  if (action !== 'delete' && target === null)
    throw new ProblemError('github_not_found', `${repository} has no branch, tag or commit ${start}.`);
  return { repository, visibility, defaultBranch, sha: sha ?? null, target };
}

/** The commits that no other branch may have then. */
async function lostBy(
  { kind, action, name, force }: Change,
  { repository, defaultBranch, target, sha }: Awaited<ReturnType<typeof lookAtName>>,
  { account, signal }: GitHubScene,
): Promise<Record<string, string>> {
  const isMoved = action === 'move' && force === true;
  if (kind === 'tag' || sha === null || !(action === 'delete' || isMoved)) return {};
  const base = isMoved && target !== null ? target : defaultBranch;
  const { aheadBy, commits } = await account.commits.compare(
    repository,
    { base, head: sha, limit: COMMITS_SHOWN },
    { signal },
  );
  if (aheadBy === 0) return { 'commits lost': `none: all that ${name} has is in ${base}` };
  return { 'commits lost': `${aheadBy} that ${base} has not`, commits: commits.map(commitLine).join('; ') };
}

function createRelease(repositories: RepositoryAccess): AgentTool {
  return writingTool(repositories, {
    name: 'create_release',
    description: 'Publish a release, with its tag where that is missing; or save it as a draft.',
    schema: z.object({
      repository: repositoryField,
      tag: ref,
      target: ref.optional().describe('Where a missing tag is made; left out: the default branch'),
      title: z
        .string()
        .max(256)
        .refine((text) => !/\p{Cc}/u.test(text), 'takes one line')
        .optional(),
      body: z.string().max(65_000).optional().describe('Markdown'),
      generate_notes: z.boolean().optional().describe('GitHub writes below the text what has changed'),
      draft: z.boolean().optional(),
      prerelease: z.boolean().optional(),
    }),
    effect: 'publish',
    isDone: isReleased,
    look: async ({ repository: words, tag, target }, scene) => {
      const { name, visibility, defaultBranch } = await scene.resolve(words);
      const { account, signal } = scene;
      const there = await ifThere(account.releases.read(name, { tag, signal }));
      if (there) refuse(`${name} has a release ${tag} already: ${there.url}`);
      const start = target ?? defaultBranch;
      const sha = await commitAt(scene, name, start);
      if (sha === undefined) throw new ProblemError('github_not_found', `${name} has no commit at ${start}.`);
      return { name, visibility, sha };
    },
    describe: (input, { name, visibility, sha }) => ({
      summary: `${input.draft ? 'save a draft of' : 'publish'} the release ${input.tag} of ${name}`,
      preview: previewOf(
        {
          repository: `${name} (${visibility})`,
          tag: input.tag,
          'a missing tag is made at': sha,
          title: input.title,
          'notes by GitHub': input.generate_notes ? 'yes' : undefined,
          kind:
            [...(input.draft ? ['draft'] : []), ...(input.prerelease ? ['prerelease'] : [])].join(', ') ||
            undefined,
        },
        { name: 'text', text: input.body ?? '' },
      ),
    }),
    write: async (input, { name, sha }, { account, options }) => {
      const { tag, title, body, draft, prerelease, generate_notes: generateNotes } = input;
      const values = { tag, title, body, draft, prerelease, generateNotes, target: sha };
      const release = await account.releases.create(name, values, options);
      return sayWritten(
        `${release.isDraft ? 'Drafted' : 'Published'} ${name} ${release.tag}: ${release.url}`,
        release,
      );
    },
  });
}

function rerunWorkflow(repositories: RepositoryAccess): AgentTool {
  return writingTool(repositories, {
    name: 'rerun_workflow',
    description: 'Run a workflow run once more, or only its jobs that failed.',
    schema: z.object({
      repository: repositoryField,
      run: z.number().int().min(1).describe('The id of the run'),
      failed_only: z.boolean().optional(),
    }),
    effect: 'publish',
    look: async ({ repository: words, run: id }, scene) => {
      const { name } = await scene.resolve(words);
      const run = await scene.account.workflows.readRun(name, id, { signal: scene.signal });
      const { workflow, title, branch, headSha, attempt, status, conclusion, url } = run;
      if (status !== 'completed') refuse(`Run ${id} of ${name} is not over: ${status}.`);
      return { name, workflow, title, branch, headSha, attempt, conclusion, url };
    },
    describe: ({ run, failed_only }, facts) => ({
      summary: `run ${facts.workflow} (run ${run} of ${facts.name}) again`,
      preview: previewOf({
        repository: facts.name,
        workflow: facts.workflow,
        run: `${run} "${facts.title}", attempt ${facts.attempt}: ${facts.conclusion}`,
        branch: `${facts.branch ?? 'none'} at ${facts.headSha}`,
        jobs: failed_only ? 'those that failed' : 'all',
      }),
    }),
    write: async ({ run, failed_only: failedOnly }, { name, url }, { account, options }) => {
      const started = await account.workflows.rerun(name, run, { ...options, failedOnly });
      return sayWritten(
        `Run ${run} of ${name} was started again, attempt ${started.attempt}: ${url}`,
        started,
      );
    },
  });
}
