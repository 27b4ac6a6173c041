import { z } from 'zod';
import { ifThere } from '../github/calls.ts';
import { type GitHubScene, type RepositoryAccess, repositoryField } from './github-scene.ts';
import {
  issueLine,
  jobLine,
  plain,
  quoteGitHub,
  repositoryLine,
  runLine,
  sayList,
  textLines,
} from './github-texts.ts';
import { readingTool } from './github-tool.ts';
import type { AgentTool } from './tool.ts';

const README_CHARACTERS = 6_000;
const FILE_CHARACTERS = 20_000;
const LOG_CHARACTERS = 6_000;
const LOGS_READ = 3;
const ENTRIES_SHOWN = 300;
const LISTED = 30;
/** Of the last pushed repositories, so many are looked through for words. */
const LOOKED_THROUGH = 200;

const limit = z.number().int().min(1).max(100).optional().describe('How many at most; left out: 30');
const ref = z
  .string()
  .min(1)
  .max(250)
  .optional()
  .describe('A branch, tag or commit; left out: the default branch');

/** The tools that find repositories and read what is in one. */
export function repositoryReadingTools(repositories: RepositoryAccess): AgentTool[] {
  const listRepositories = readingTool(repositories, {
    name: 'list_repositories',
    description: 'List the repositories of the account, the last pushed first, and its organisations.',
    schema: z.object({
      query: z.string().max(200).optional().describe('Only those with this in their name or description'),
      limit,
    }),
    read: async ({ query, limit: most = LISTED }, { account, signal }) => {
      const [me, organisations, found] = await Promise.all([
        account.people.me({ signal }),
        account.people.organisations({ signal }),
        account.repositories.list({ limit: query === undefined ? most : LOOKED_THROUGH, signal }),
      ]);
      const names = organisations.items.map(({ login }) => plain(login)).join(', ');
      const who = `The account is ${plain(me.login)}${names === '' ? '' : `, in the organisations ${names}`}.`;
      const wanted = query?.toLowerCase() ?? '';
      const fitting = found.items.filter(({ name, description }) =>
        `${name} ${description}`.toLowerCase().includes(wanted),
      );
      const lines = fitting.slice(0, most).map(repositoryLine);
      return `${who}\n${sayList('Repositories', lines, found.hasMore || fitting.length > most)}`;
    },
  });

  const readRepository = readingTool(repositories, {
    name: 'read_repository',
    description:
      'Read what is in a repository: without a path its facts, its README and its top folder; with a path a file or a folder.',
    schema: z.object({
      repository: repositoryField,
      path: z
        .string()
        .max(4_000)
        .optional()
        .describe('A file or folder of the repository, such as src/app.ts'),
      ref,
      all: z.boolean().optional().describe('Of a folder: everything below it as well'),
    }),
    read: async ({ repository: words, path, ...options }, scene) => {
      const repository = await scene.resolve(words);
      const place = (path ?? '').replaceAll(/^(?:\.?\/)+|\/+$/g, '').replace(/^\.$/, '');
      const about = place === '' ? await readFacts(scene, repository.name, options.ref) : [];
      const lines = options.all
        ? await readTree(scene, repository.name, place, options.ref)
        : await readPlace(scene, repository.name, place, options.ref);
      const facts = place === '' ? [repositoryLine(repository)] : [];
      return `${repository.name}${place === '' ? '' : ` at ${plain(place)}`}:\n${quoteGitHub([...facts, ...lines, ...about])}`;
    },
  });

  return [
    listRepositories,
    readRepository,
    listInRepository(repositories),
    readRun(repositories),
    searchGitHub(repositories),
  ];
}

async function readFacts(
  { account, signal }: GitHubScene,
  repository: string,
  at: string | undefined,
): Promise<string[]> {
  const readme = await account.contents.readme(repository, { ref: at, signal });
  return readme === null
    ? ['It has no README.']
    : [`${readme.path}:`, ...textLines(readme.text, README_CHARACTERS)];
}

async function readPlace(
  { account, signal }: GitHubScene,
  repository: string,
  path: string,
  at: string | undefined,
): Promise<string[]> {
  const question = account.contents.read(repository, path, { ref: at, characters: FILE_CHARACTERS, signal });
  // The top folder of a repository without a commit is not there.
  const found = path === '' ? await ifThere(question) : await question;
  if (found === undefined) return ['There is nothing in it.'];
  if (found.kind === 'file') {
    const head = `${found.path}, ${found.size} bytes, version ${found.sha}:`;
    return [head, ...(found.text === null ? ['(no text that can be shown)'] : textLines(found.text))];
  }
  return found.entries.map(({ path: name, kind, size }) =>
    kind === 'file' ? `${name} (${size} bytes)` : `${name} (${kind})`,
  );
}

async function readTree(
  { account, signal }: GitHubScene,
  repository: string,
  folder: string,
  at: string | undefined,
): Promise<string[]> {
  const { entries, isTruncated } = await account.contents.tree(repository, { folder, ref: at, signal });
  const files = entries.filter(({ kind }) => kind !== 'folder');
  const lines = files.slice(0, ENTRIES_SHOWN).map(({ path, size }) => `${path} (${size} bytes)`);
  return isTruncated || files.length > ENTRIES_SHOWN
    ? [...lines, '(and more: list a folder of these)']
    : lines;
}

function listInRepository(repositories: RepositoryAccess): AgentTool {
  return readingTool(repositories, {
    name: 'list_in_repository',
    description: 'List the branches, tags, releases, labels, collaborators or workflow runs of a repository.',
    schema: z.object({
      repository: repositoryField,
      kind: z.enum(['branches', 'tags', 'releases', 'labels', 'collaborators', 'workflow_runs']),
      branch: z.string().optional().describe('Of workflow runs: only of this branch'),
      status: z
        .enum(['completed', 'failure', 'success', 'in_progress', 'queued'])
        .optional()
        .describe('Of workflow runs'),
      limit,
    }),
    read: async ({ repository: words, kind, branch, status, limit: most }, scene) => {
      const { name } = await scene.resolve(words);
      const { account, signal } = scene;
      const options = { limit: most, signal };
      const lists = {
        branches: async () =>
          linesOf(
            await account.branches.list(name, options),
            (one) => `${one.name} at ${one.sha}${one.isProtected ? ', protected' : ''}`,
          ),
        tags: async () =>
          linesOf(await account.tags.list(name, options), (one) => `${one.name} at ${one.sha}`),
        releases: async () =>
          linesOf(await account.releases.list(name, options), (one) =>
            [
              `${one.tag} "${one.title}"`,
              ...(one.isDraft ? ['draft'] : []),
              ...(one.isPrerelease ? ['prerelease'] : []),
              one.publishedAt ?? 'not published',
              one.url,
            ].join(', '),
          ),
        labels: async () =>
          linesOf(await account.labels.list(name, options), (one) => `${one.name}: ${one.description}`),
        collaborators: async () =>
          linesOf(await account.people.collaborators(name, options), (one) => `${one.login}, ${one.role}`),
        workflow_runs: async () =>
          linesOf(await account.workflows.listRuns(name, { ...options, branch, status }), runLine),
      };
      const { lines, hasMore } = await lists[kind]();
      return sayList(`${kind.replace('_', ' ')} of ${name}`, lines, hasMore);
    },
  });
}

function linesOf<Item>(
  { items, hasMore }: { items: Item[]; hasMore: boolean },
  toLine: (item: Item) => string,
) {
  return { lines: items.map(toLine), hasMore };
}

function readRun(repositories: RepositoryAccess): AgentTool {
  return readingTool(repositories, {
    name: 'read_workflow_run',
    description: 'Read a run of a workflow (CI): its jobs, and the end of the logs of those that failed.',
    schema: z.object({
      repository: repositoryField,
      run: z.number().int().min(1).optional().describe('The id of the run; left out: the latest one'),
      branch: z.string().optional().describe('The latest run of this branch'),
      job: z.number().int().min(1).optional().describe('Read the log of this job, whether it failed or not'),
    }),
    read: async ({ repository: words, run: id, branch, job: asked }, scene) => {
      const { name } = await scene.resolve(words);
      const { account, signal } = scene;
      const latest =
        id === undefined ? await account.workflows.listRuns(name, { branch, limit: 1, signal }) : undefined;
      const wanted = id ?? latest?.items[0]?.id;
      if (wanted === undefined) return `${name} has no workflow runs.`;
      const run = await account.workflows.readRun(name, wanted, { signal });
      const jobs = run.jobs.map(jobLine);
      const read = run.jobs.filter(({ id: job, conclusion }) =>
        asked === undefined ? conclusion === 'failure' : job === asked,
      );
      const logs: string[] = [];
      for (const job of read.slice(0, LOGS_READ)) {
        const log = await account.workflows.readLog(name, job.id, { characters: LOG_CHARACTERS, signal });
        logs.push(`The end of the log of ${job.name}:`, ...textLines(log));
      }
      return `Run ${run.id} of ${name}:\n${quoteGitHub([runLine(run), ...jobs, ...logs])}`;
    },
  });
}

function searchGitHub(repositories: RepositoryAccess): AgentTool {
  return readingTool(repositories, {
    name: 'search_github',
    description:
      'Search code, or issues and pull requests, by words and GitHub’s search syntax; in one repository or everywhere.',
    schema: z.object({
      kind: z.enum(['code', 'issues']),
      query: z
        .string()
        .trim()
        .min(1)
        .max(250)
        .describe('Words, and qualifiers such as is:open label:bug language:ts'),
      repository: repositoryField.optional(),
      limit,
    }),
    read: async ({ kind, query, repository: words, limit: most }, scene) => {
      const { account, signal } = scene;
      const where = words === undefined ? '' : ` repo:${(await scene.resolve(words)).name}`;
      const options = { limit: most ?? 10, signal };
      if (kind === 'issues') {
        const { items, hasMore } = await account.search.issues(`${query}${where}`, options);
        return sayList('Found', items.map(issueLine), hasMore);
      }
      const { items, hasMore } = await account.search.code(`${query}${where}`, options);
      const lines = items.flatMap((hit) => [
        `${hit.repository} ${hit.path}, ${hit.url}`,
        ...hit.fragments.flatMap((one) => textLines(one)),
      ]);
      return sayList(`Found in ${items.length} files; lines`, lines, hasMore);
    },
  });
}
