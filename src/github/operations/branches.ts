import { type ReadOptions, type WriteOptions, within } from '../calls.ts';
import type { GitHubConnection } from '../client.ts';
import { type Listed, readPages } from '../pages.ts';
import { placeOf } from '../repository-name.ts';
import type { Written } from '../writes.ts';
import { commitShaOf, createRef, defaultBranchOf, moveRef, removeRef } from './refs.ts';

interface Branch {
  name: string;
  sha: string;
  isProtected: boolean;
}

/** The branches of a repository. Reads. */
async function list(
  connection: GitHubConnection,
  repository: string,
  { limit, signal }: ReadOptions & { limit?: number | undefined } = {},
): Promise<Listed<Branch>> {
  const place = placeOf(repository);
  return readPages(
    limit,
    (page) => connection.rest.repos.listBranches({ ...place, ...page, ...within(signal) }),
    toBranch,
  );
}

/** One branch. Reads; throws `github_not_found`. */
async function read(
  connection: GitHubConnection,
  repository: string,
  branch: string,
  { signal }: ReadOptions = {},
): Promise<Branch> {
  const question = { ...placeOf(repository), branch, ...within(signal) };
  return toBranch((await connection.rest.repos.getBranch(question)).data);
}

/** Makes a branch from another one, a tag or a commit; from the default branch unless told. Publishes. */
async function create(
  connection: GitHubConnection,
  repository: string,
  { name, from }: { name: string; from?: string | undefined },
  options: WriteOptions = {},
): Promise<Written<{ name: string; sha: string }>> {
  const start = from ?? (await defaultBranchOf(connection, repository, options));
  const sha = await commitShaOf(connection, repository, start, options);
  return { name, ...(await createRef(connection, repository, { ref: `heads/${name}`, sha }, options)) };
}

/** Moves a branch to another commit. Publishes; with `force` it destroys, since commits may be lost. */
async function move(
  connection: GitHubConnection,
  repository: string,
  { name, to, force = false }: { name: string; to: string; force?: boolean | undefined },
  options: WriteOptions = {},
): Promise<Written<{ name: string; sha: string }>> {
  const sha = await commitShaOf(connection, repository, to, options);
  return { name, ...(await moveRef(connection, repository, { ref: `heads/${name}`, sha, force }, options)) };
}

/** Deletes a branch. Destroys. */
async function remove(
  connection: GitHubConnection,
  repository: string,
  name: string,
  options: WriteOptions = {},
): Promise<Written<{ name: string }>> {
  const { repeated } = await removeRef(connection, repository, `heads/${name}`, options);
  return { name, repeated };
}

function toBranch(raw: { name: string; protected: boolean; commit: { sha: string } }): Branch {
  return { name: raw.name, sha: raw.commit.sha, isProtected: raw.protected };
}

/** What can be done with branches. */
export const branchOperations = { list, read, create, move, remove };
