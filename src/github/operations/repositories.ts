import { ifThere, type ReadOptions, type WriteOptions, within } from '../calls.ts';
import { cutText } from '../clean-text.ts';
import type { GitHubConnection } from '../client.ts';
import { collectPages, type Listed, readPages } from '../pages.ts';
import { given, type RawAnswer, type RawItem, type Rest } from '../raw-answer.ts';
import { placeOf } from '../repository-name.ts';
import { type Written, writeOnce, writeRepeatably } from '../writes.ts';

type Visibility = 'public' | 'private' | 'internal';

export interface Repository {
  /** Stays the same when it is renamed. */
  id: number;
  /** "owner/name". */
  name: string;
  description: string;
  visibility: Visibility;
  isArchived: boolean;
  isFork: boolean;
  defaultBranch: string;
  topics: string[];
  language: string | null;
  openIssues: number;
  stars: number;
  pushedAt: string | null;
  url: string;
  /** The most that this account may do with it. */
  permission: 'admin' | 'maintain' | 'push' | 'triage' | 'pull' | null;
}

interface RepositoryInput {
  /** Without the owner. */
  name: string;
  /** An organisation; the account itself unless given. */
  organisation?: string | undefined;
  description?: string | undefined;
  /** Private unless told otherwise. */
  visibility?: 'public' | 'private' | undefined;
  /** Begins with a README, so that it has a default branch at once. */
  withReadme?: boolean | undefined;
}

interface RepositorySettings {
  description?: string | undefined;
  homepage?: string | undefined;
  defaultBranch?: string | undefined;
  hasIssues?: boolean | undefined;
  hasWiki?: boolean | undefined;
  hasProjects?: boolean | undefined;
  allowMergeCommit?: boolean | undefined;
  allowSquashMerge?: boolean | undefined;
  allowRebaseMerge?: boolean | undefined;
  deleteBranchOnMerge?: boolean | undefined;
}

type RawRepository = RawItem<Rest['repos']['listForAuthenticatedUser']> | RawAnswer<Rest['repos']['get']>;

async function change(
  connection: GitHubConnection,
  repository: string,
  deed: string,
  settings: Omit<NonNullable<Parameters<Rest['repos']['update']>[0]>, 'owner' | 'repo'>,
  { signal }: WriteOptions,
): Promise<Written<Repository>> {
  return writeRepeatably({
    connection,
    deed,
    signal,
    send: async () =>
      toRepository(
        (await connection.rest.repos.update({ ...placeOf(repository), ...settings, ...within(signal) })).data,
      ),
  });
}

/** The account's own list, the last pushed first. Reads. */
async function list(
  connection: GitHubConnection,
  { limit, signal }: ReadOptions & { limit?: number | undefined } = {},
): Promise<Listed<Repository>> {
  return readPages(limit, (page) => askOwnList(connection, page, signal), toRepository);
}

/** As much of the account's own list as names are looked up in: the thousand last pushed. Reads. */
export async function listForNames(
  connection: GitHubConnection,
  { signal }: ReadOptions = {},
): Promise<Repository[]> {
  const { items } = await collectPages(1000, (page) => askOwnList(connection, page, signal), toRepository);
  return items;
}

async function askOwnList(
  { rest, isApp }: GitHubConnection,
  page: { page: number; per_page: number },
  signal: AbortSignal | undefined,
) {
  if (!isApp) return rest.repos.listForAuthenticatedUser({ ...page, sort: 'pushed', ...within(signal) });
  const { data, headers } = await rest.apps.listReposAccessibleToInstallation({ ...page, ...within(signal) });
  return { data: data.repositories, headers };
}

/** One repository. Reads; throws `github_not_found`. */
async function read(
  connection: GitHubConnection,
  repository: string,
  { signal }: ReadOptions = {},
): Promise<Repository> {
  return toRepository((await connection.rest.repos.get({ ...placeOf(repository), ...within(signal) })).data);
}

/** Makes a repository. Publishes; a public one is seen by everybody at once. */
async function create(
  connection: GitHubConnection,
  input: RepositoryInput,
  options: WriteOptions = {},
): Promise<Written<Repository>> {
  const { signal, again } = options;
  const { organisation, name, description = '' } = input;
  const isPrivate = input.visibility !== 'public';
  const values = { name, description, private: isPrivate, auto_init: input.withReadme ?? false };
  return writeOnce({
    connection,
    deed: `the repository ${name} was made`,
    signal,
    again,
    send: async () => {
      const made =
        organisation === undefined
          ? await connection.rest.repos.createForAuthenticatedUser({ ...values, ...within(signal) })
          : await connection.rest.repos.createInOrg({ org: organisation, ...values, ...within(signal) });
      return toRepository(made.data);
    },
    // An older repository of this name is not this one, and GitHub refused to make ours.
    find: async (since) => {
      const owner = organisation ?? (await connection.rest.users.getAuthenticated(within(signal))).data.login;
      const found = await ifThere(connection.rest.repos.get({ owner, repo: name, ...within(signal) }));
      const isOurs =
        found !== undefined &&
        new Date(found.data.created_at) >= since &&
        (found.data.description ?? '') === description;
      return isOurs ? toRepository(found.data) : undefined;
    },
  });
}

/** Changes settings that change nobody's access. Publishes. */
async function update(
  connection: GitHubConnection,
  repository: string,
  settings: RepositorySettings,
  options: WriteOptions = {},
): Promise<Written<Repository>> {
  const values = given({
    description: settings.description,
    homepage: settings.homepage,
    default_branch: settings.defaultBranch,
    has_issues: settings.hasIssues,
    has_wiki: settings.hasWiki,
    has_projects: settings.hasProjects,
    allow_merge_commit: settings.allowMergeCommit,
    allow_squash_merge: settings.allowSquashMerge,
    allow_rebase_merge: settings.allowRebaseMerge,
    delete_branch_on_merge: settings.deleteBranchOnMerge,
  });
  return change(connection, repository, `the settings of ${repository} were changed`, values, options);
}

/** Makes it public or private. Destroys: what was seen cannot be unseen, and forks and stars are lost. */
async function setVisibility(
  connection: GitHubConnection,
  repository: string,
  visibility: 'public' | 'private',
  options: WriteOptions = {},
): Promise<Written<Repository>> {
  const deed = `${repository} was made ${visibility}`;
  return change(connection, repository, deed, { private: visibility === 'private' }, options);
}

/** Makes it read-only, or takes that back. Publishes. */
async function setArchived(
  connection: GitHubConnection,
  repository: string,
  archived: boolean,
  { signal }: WriteOptions = {},
): Promise<Written<Repository>> {
  const place = placeOf(repository);
  const { repos } = connection.rest;
  return writeOnce({
    connection,
    deed: `${repository} was ${archived ? 'archived' : 'taken out of the archive'}`,
    signal,
    send: async () => toRepository((await repos.update({ ...place, archived, ...within(signal) })).data),
    // What is archived takes no more changes, not even this one.
    find: async () => {
      const { data } = await repos.get({ ...place, ...within(signal) });
      return data.archived === archived ? toRepository(data) : undefined;
    },
  });
}

/** Replaces all topics. Publishes. */
async function setTopics(
  connection: GitHubConnection,
  repository: string,
  topics: string[],
  { signal }: WriteOptions = {},
): Promise<Written<{ topics: string[] }>> {
  return writeRepeatably({
    connection,
    deed: `the topics of ${repository} were set`,
    signal,
    send: async () => {
      const place = placeOf(repository);
      const { data } = await connection.rest.repos.replaceAllTopics({
        ...place,
        names: topics,
        ...within(signal),
      });
      return { topics: data.names };
    },
  });
}

/** Deletes it with everything in it. Destroys. */
async function remove(
  connection: GitHubConnection,
  repository: string,
  { signal, again }: WriteOptions = {},
): Promise<Written<{ name: string }>> {
  const place = placeOf(repository);
  return writeOnce({
    connection,
    deed: `${repository} was deleted`,
    signal,
    again,
    send: async () => {
      await connection.rest.repos.delete({ ...place, ...within(signal) });
      return { name: repository };
    },
    find: async () => {
      const left = await ifThere(connection.rest.repos.get({ ...place, ...within(signal) }));
      return left === undefined ? { name: repository } : undefined;
    },
  });
}

/** What can be done with repositories as such. */
export const repositoryOperations = {
  list,
  read,
  create,
  update,
  setVisibility,
  setArchived,
  setTopics,
  remove,
};

function toRepository(raw: RawRepository): Repository {
  const { permissions } = raw;
  const levels = ['admin', 'maintain', 'push', 'triage', 'pull'] as const;
  return {
    id: raw.id,
    name: raw.full_name,
    description: cutText(raw.description ?? ''),
    visibility: visibilityOf(raw),
    isArchived: raw.archived ?? false,
    isFork: raw.fork,
    defaultBranch: raw.default_branch ?? 'main',
    topics: raw.topics ?? [],
    language: raw.language ?? null,
    openIssues: raw.open_issues_count ?? 0,
    stars: raw.stargazers_count ?? 0,
    pushedAt: raw.pushed_at ?? null,
    url: raw.html_url,
    permission: levels.find((level) => permissions?.[level]) ?? null,
  };
}

/** Old servers of GitHub Enterprise know only `private`. */
function visibilityOf({ visibility, private: isPrivate }: RawRepository): Visibility {
  if (visibility === 'internal') return 'internal';
  return isPrivate ? 'private' : 'public';
}
