import { z } from 'zod';
import { numberField, type RepositoryAccess, repositoryField } from './github-scene.ts';
import {
  checkLine,
  commentLines,
  commitLine,
  diffLines,
  fileLine,
  issueLine,
  pullLine,
  quoteGitHub,
  sayList,
  textLines,
} from './github-texts.ts';
import { readingTool } from './github-tool.ts';
import type { AgentTool } from './tool.ts';

const BODY_CHARACTERS = 8_000;
const COMMENTS = 20;

const limit = z.number().int().min(1).max(100).optional().describe('How many at most; left out: 30');
const state = z.enum(['open', 'closed', 'all']).optional().describe('Left out: open');

/** The tools that read issues, pull requests and commits. */
export function threadReadingTools(repositories: RepositoryAccess): AgentTool[] {
  const listIssues = readingTool(repositories, {
    name: 'list_issues',
    description: 'List the issues, or the pull requests, of a repository, the newest first.',
    schema: z.object({
      repository: repositoryField,
      kind: z.enum(['issues', 'pull_requests']).optional().describe('Left out: issues'),
      state,
      labels: z.array(z.string()).optional().describe('Of issues: with all of these labels'),
      assignee: z.string().optional().describe('Of issues'),
      query: z
        .string()
        .max(250)
        .optional()
        .describe('Of issues: GitHub’s search syntax, instead of the others'),
      head: z.string().optional().describe('Of pull requests: from this branch'),
      base: z.string().optional().describe('Of pull requests: into this branch'),
      limit,
    }),
    read: async (
      { repository: words, kind = 'issues', head, base, labels, assignee, query, ...options },
      scene,
    ) => {
      const { name } = await scene.resolve(words);
      const { account, signal } = scene;
      if (kind === 'pull_requests') {
        const { items, hasMore } = await account.pulls.list(name, { head, base, ...options, signal });
        return sayList(`${options.state ?? 'open'} pull requests of ${name}`, items.map(pullLine), hasMore);
      }
      const filter = { labels, assignee, query, ...options, signal };
      const { items, hasMore } = await account.issues.list(name, filter);
      const what = query === undefined ? `${options.state ?? 'open'} issues` : 'issues found';
      return sayList(`${what} of ${name}`, items.map(issueLine), hasMore);
    },
  });

  const readIssue = readingTool(repositories, {
    name: 'read_issue',
    description: 'Read an issue with its latest comments. Of a pull request: what was said to it.',
    schema: z.object({ repository: repositoryField, number: numberField }),
    read: async ({ repository: words, number }, scene) => {
      const { name } = await scene.resolve(words);
      const issue = await scene.account.issues.read(name, number, {
        comments: COMMENTS,
        signal: scene.signal,
      });
      const comments = commentLines(issue.comments, issue.commentsOmitted);
      const lines = [issueLine(issue), ...textLines(issue.body, BODY_CHARACTERS), ...comments];
      return `${name}#${number}:\n${quoteGitHub(lines)}`;
    },
  });

  const readPull = readingTool(repositories, {
    name: 'read_pull_request',
    description: 'Read a pull request: its text, changed files with their differences, checks and reviews.',
    schema: z.object({
      repository: repositoryField,
      number: numberField,
      diff: z.boolean().optional().describe('false: only the names of the changed files'),
    }),
    read: async ({ repository: words, number, diff = true }, scene) => {
      const { name } = await scene.resolve(words);
      const pull = await scene.account.pulls.read(name, number, { signal: scene.signal });
      const mergeable = {
        true: 'can be merged',
        false: 'cannot be merged as it is',
        null: 'GitHub has not found out whether it can be merged',
      };
      const lines = [
        pullLine(pull),
        `head ${pull.headSha}; ${mergeable[`${pull.isMergeable}`]}; checks ${pull.checksState}`,
        ...textLines(pull.body, BODY_CHARACTERS),
        ...pull.checks.map(checkLine),
        ...pull.reviews.flatMap((review) => [
          `review by ${review.author}: ${review.state}`,
          ...(review.body === '' ? [] : textLines(review.body, 2_000)),
        ]),
        ...(diff ? diffLines(pull.files, pull.hasMoreFiles) : pull.files.map(fileLine)),
      ];
      return `${name}#${number}:\n${quoteGitHub(lines)}`;
    },
  });

  return [listIssues, readIssue, readPull, listCommits(repositories)];
}

function listCommits(repositories: RepositoryAccess): AgentTool {
  return readingTool(repositories, {
    name: 'list_commits',
    description:
      'List the commits of a branch; with base compare it with another branch, tag or commit; with changes read what one commit changed.',
    schema: z.object({
      repository: repositoryField,
      ref: z
        .string()
        .min(1)
        .max(250)
        .optional()
        .describe('A branch, tag or commit; left out: the default branch'),
      base: z
        .string()
        .min(1)
        .max(250)
        .optional()
        .describe('Show what ref has that this one has not, with the difference'),
      changes: z.boolean().optional().describe('Show what the commit ref changed'),
      path: z.string().optional().describe('Only commits that changed this file or folder'),
      author: z.string().optional(),
      since: z.iso.date().optional(),
      until: z.iso.date().optional(),
      limit,
    }),
    read: async ({ repository: words, ref, base, changes, since, until, ...filter }, scene) => {
      const repository = await scene.resolve(words);
      const { account, signal } = scene;
      const { name, defaultBranch } = repository;
      const head = ref ?? defaultBranch;
      if (base !== undefined) {
        const found = await account.commits.compare(name, { base, head, limit: filter.limit }, { signal });
        const lines = [...found.commits.map(commitLine), ...diffLines(found.files, found.hasMoreFiles)];
        return sayList(
          `${name}, ${head} against ${base}: ${found.status}, ${found.aheadBy} ahead, ${found.behindBy} behind. Lines`,
          lines,
          found.hasMoreCommits,
        );
      }
      if (changes === true) {
        const commit = await account.commits.read(name, head, { signal });
        const lines = [
          commitLine(commit),
          ...textLines(commit.message),
          ...diffLines(commit.files, commit.hasMoreFiles),
        ];
        return `${name}, one commit:\n${quoteGitHub(lines)}`;
      }
      const dates = {
        since: since === undefined ? undefined : new Date(since),
        until: until === undefined ? undefined : new Date(`${until}T23:59:59Z`),
      };
      const { items, hasMore } = await account.commits.list(name, { ref, ...filter, ...dates, signal });
      return sayList(`Commits of ${name}`, items.map(commitLine), hasMore);
    },
  });
}
