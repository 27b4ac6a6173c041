import { z } from 'zod';
import { ProblemError } from '../errors.ts';
import { isCommented, isIssueOpened } from './github-done.ts';
import { type GitHubScene, numberField, type RepositoryAccess, repositoryField } from './github-scene.ts';
import { previewOf, sayWritten } from './github-texts.ts';
import { inOrder, type WriteScene, writingTool } from './github-tool.ts';
import type { AgentTool } from './tool.ts';

/** GitHub takes no longer texts. */
const BODY_CHARACTERS = 65_000;
const names = z.array(z.string().min(1).max(100)).min(1).max(20).optional();
const title = z
  .string()
  .trim()
  .min(1)
  .max(256)
  .refine((text) => !/\p{Cc}/u.test(text), 'takes one line');
const body = z.string().max(BODY_CHARACTERS).describe('Markdown');

/** The tools that write to issues; most of them hold for pull requests as well. */
export function issueTools(repositories: RepositoryAccess): AgentTool[] {
  return [openIssue(repositories), comment(repositories), updateIssue(repositories)];
}

function openIssue(repositories: RepositoryAccess): AgentTool {
  return writingTool(repositories, {
    name: 'open_issue',
    description: 'Open an issue.',
    schema: z.object({
      repository: repositoryField,
      title,
      body: body.optional(),
      labels: names,
      assignees: names,
    }),
    effect: 'publish',
    isDone: isIssueOpened,
    look: async ({ repository }, scene) => {
      const { name, visibility } = await scene.resolve(repository);
      return { name, visibility };
    },
    describe: (input, { name, visibility }) => ({
      summary: `open the issue "${input.title}" in ${name}`,
      preview: previewOf(
        {
          repository: `${name} (${visibility})`,
          title: input.title,
          labels: input.labels?.join(', '),
          'assigned to': input.assignees?.join(', '),
        },
        { name: 'text', text: input.body ?? '' },
      ),
    }),
    write: async ({ repository: _, ...input }, { name }, { account, options }) => {
      const issue = await account.issues.create(name, input, options);
      return sayWritten(`Opened issue #${issue.number} of ${name}: ${issue.url}`, issue);
    },
  });
}

/** What a person is shown of the issue that a call is about. */
async function lookAtIssue(
  { repository, number }: { repository: string; number: number },
  scene: GitHubScene,
) {
  const { name, visibility } = await scene.resolve(repository);
  const issue = await scene.account.issues.read(name, number, { comments: 1, signal: scene.signal });
  const { title: named, state, labels, assignees, isPullRequest, body: text } = issue;
  return { name, visibility, title: named, state, labels, assignees, isPullRequest, text };
}

function comment(repositories: RepositoryAccess): AgentTool {
  return writingTool(repositories, {
    name: 'comment',
    description: 'Write a comment to an issue or a pull request.',
    schema: z.object({ repository: repositoryField, number: numberField, body: body.min(1) }),
    effect: 'publish',
    isDone: isCommented,
    look: lookAtIssue,
    versionOf: ({ name, visibility, title: named, state }) => ({ name, visibility, named, state }),
    describe: ({ number, body: text }, { name, visibility, title: named, state, isPullRequest }) => ({
      summary: `comment on ${name}#${number}`,
      preview: previewOf(
        {
          repository: `${name} (${visibility})`,
          [isPullRequest ? 'pull request' : 'issue']: `#${number} "${named}", ${state}`,
        },
        { name: 'comment', text },
      ),
    }),
    write: async ({ number, body: text }, { name }, { account, options }) => {
      const written = await account.issues.comment(name, number, text, options);
      return sayWritten(`Commented on ${name}#${number}: ${written.url}`, written);
    },
  });
}

const update = z.object({
  repository: repositoryField,
  number: numberField,
  title: title.optional(),
  body: body.optional().describe('The whole new text'),
  state: z
    .enum(['open', 'closed', 'not_planned'])
    .optional()
    .describe('not_planned closes an issue as not to be done'),
  add_labels: names,
  remove_labels: names,
  assign: names,
  unassign: names,
  update_branch: z.boolean().optional().describe('Of a pull request: merge its base branch into its branch'),
});

function updateIssue(repositories: RepositoryAccess): AgentTool {
  return writingTool(repositories, {
    name: 'update_issue',
    description:
      'Change an issue or a pull request: its title, text, labels, people, or whether it is open; or bring the branch of a pull request up to date.',
    schema: update,
    effect: 'publish',
    look: async (input, scene) => {
      const { repository: _, number: __, ...changes } = input;
      if (Object.values(changes).every((value) => value === undefined || value === false))
        throw new ProblemError('invalid_request', 'Say what to change.');
      const found = await lookAtIssue(input, scene);
      const facts = { ...found, text: input.body === undefined ? null : found.text };
      if (!input.update_branch) return { ...facts, head: null };
      if (!facts.isPullRequest)
        throw new ProblemError('invalid_request', `${facts.name}#${input.number} is no pull request.`);
      const pull = await scene.account.pulls.read(facts.name, input.number, {
        files: 1,
        signal: scene.signal,
      });
      return { ...facts, head: `${pull.base} into ${pull.head} at ${pull.headSha}` };
    },
    describe: (input, facts) => {
      const { name, visibility, isPullRequest, head } = facts;
      const { repository: _, number, ...changes } = input;
      const kinds = Object.entries(changes).flatMap(([key, value]) =>
        value === undefined || value === false ? [] : [key.replaceAll('_', ' ')],
      );
      return {
        summary: `change ${name}#${number}: ${kinds.join(', ')}`,
        preview: previewOf(
          {
            repository: `${name} (${visibility})`,
            [isPullRequest ? 'pull request' : 'issue']: `#${number} "${facts.title}"`,
            title: input.title,
            state:
              input.state === undefined ? undefined : `${facts.state} → ${input.state.replace('_', ' ')}`,
            'labels now': facts.labels.join(', ') || 'none',
            'labels to put on': input.add_labels?.join(', '),
            'labels to take off': input.remove_labels?.join(', '),
            'assigned now': facts.assignees.join(', ') || 'nobody',
            'assign to': input.assign?.join(', '),
            'no longer assign to': input.unassign?.join(', '),
            merge: head ?? undefined,
          },
          input.body === undefined ? undefined : { name: 'whole new text', text: input.body },
        ),
      };
    },
    write: async (input, { name, isPullRequest }, scene) => {
      const done = await inOrder(stepsOf(input, name, isPullRequest, scene));
      return `${name}#${input.number}: ${done.join(', ')}.`;
    },
  });
}

function stepsOf(
  input: z.infer<typeof update>,
  name: string,
  isPullRequest: boolean,
  { account, options }: WriteScene,
) {
  const {
    number,
    title: newTitle,
    body: text,
    state,
    add_labels,
    remove_labels = [],
    assign,
    unassign,
  } = input;
  const { issues, labels, pulls } = account;
  const step = (done: string, take: () => Promise<unknown>) => [{ done, take }];
  const isText = newTitle !== undefined || text !== undefined;
  return [
    ...(isText
      ? step('text changed', () => issues.update(name, number, { title: newTitle, body: text }, options))
      : []),
    ...(add_labels ? step('labels put on', () => labels.add(name, number, add_labels, options)) : []),
    ...remove_labels.flatMap((label) =>
      step(`label ${label} taken off`, () => labels.remove(name, number, label, options)),
    ),
    ...(assign ? step('assigned', () => labels.assign(name, number, assign, options)) : []),
    ...(unassign ? step('no longer assigned', () => labels.unassign(name, number, unassign, options)) : []),
    ...(input.update_branch
      ? step('branch brought up to date', () => pulls.updateBranch(name, number, options))
      : []),
    ...(state === 'open'
      ? step('opened again', () =>
          isPullRequest
            ? pulls.update(name, number, { state }, options)
            : issues.reopen(name, number, options),
        )
      : []),
    ...(state === 'closed' || state === 'not_planned'
      ? step('closed', () =>
          isPullRequest
            ? pulls.update(name, number, { state: 'closed' }, options)
            : issues.close(name, number, {
                ...options,
                reason: state === 'closed' ? 'completed' : 'not_planned',
              }),
        )
      : []),
  ];
}
