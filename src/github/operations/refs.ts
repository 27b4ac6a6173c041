import { ProblemError } from '../../errors.ts';
import { ifThere, type ReadOptions, type WriteOptions, within } from '../calls.ts';
import type { GitHubConnection } from '../client.ts';
import { GitHubProblem, hasCode } from '../github-problem.ts';
import { placeOf } from '../repository-name.ts';
import { type Written, writeOnce } from '../writes.ts';

/** A name under which git keeps a commit: "heads/main", "tags/v1". */
type RefName = `heads/${string}` | `tags/${string}`;

/** The object that a branch or tag points to; undefined if there is none. Reads. */
export async function readRef(
  connection: GitHubConnection,
  repository: string,
  ref: RefName,
  { signal }: ReadOptions = {},
): Promise<string | undefined> {
  const question = connection.rest.git.getRef({ ...placeOf(repository), ref, ...within(signal) });
  return (await ifThere(question))?.data.object.sha;
}

/** The name of the default branch, which an empty repository has as well. Reads. */
export async function defaultBranchOf(
  connection: GitHubConnection,
  repository: string,
  { signal }: ReadOptions = {},
): Promise<string> {
  const question = { ...placeOf(repository), ...within(signal) };
  return (await connection.rest.repos.get(question)).data.default_branch;
}

/** The commit that a branch, a tag or (part of) a hash stands for. Reads; throws `github_not_found`. */
export async function commitShaOf(
  connection: GitHubConnection,
  repository: string,
  ref: string,
  { signal }: ReadOptions = {},
): Promise<string> {
  const question = connection.rest.repos.getCommit({
    ...placeOf(repository),
    ref,
    per_page: 1,
    ...within(signal),
  });
  try {
    return (await question).data.sha;
  } catch (error) {
    // For a name that is not there GitHub answers "No commit found for SHA", as a refused input.
    if (!hasCode(error, 'github_refused')) throw error;
    throw new ProblemError('github_not_found', `${repository} has no branch, tag or commit "${ref}".`, {
      cause: error,
    });
  }
}

/** Makes a branch or tag. @throws ProblemError `github_conflict` if the name is taken. */
export async function createRef(
  connection: GitHubConnection,
  repository: string,
  { ref, sha }: { ref: RefName; sha: string },
  { signal, again }: WriteOptions = {},
): Promise<Written<{ sha: string }>> {
  const place = placeOf(repository);
  return writeOnce({
    connection,
    deed: `${ref} was made`,
    signal,
    again,
    send: async () => {
      try {
        const { data } = await connection.rest.git.createRef({
          ...place,
          ref: `refs/${ref}`,
          sha,
          ...within(signal),
        });
        return { sha: data.object.sha };
      } catch (error) {
        throw isTaken(error) ? new GitHubProblem('github_conflict', `${ref} is there already.`) : error;
      }
    },
    find: async () =>
      (await readRef(connection, repository, ref, { signal })) === sha ? { sha } : undefined,
  });
}

/**
 * Moves a branch or tag; without `force` only forward.
 * @throws ProblemError `github_conflict` if that would lose commits.
 */
export async function moveRef(
  connection: GitHubConnection,
  repository: string,
  { ref, sha, force = false }: { ref: RefName; sha: string; force?: boolean },
  { signal, again }: WriteOptions = {},
): Promise<Written<{ sha: string }>> {
  const place = placeOf(repository);
  return writeOnce({
    connection,
    deed: `${ref} was moved to ${sha}`,
    signal,
    again,
    send: async () => {
      try {
        const { data } = await connection.rest.git.updateRef({
          ...place,
          ref,
          sha,
          force,
          ...within(signal),
        });
        return { sha: data.object.sha };
      } catch (error) {
        if (!hasCode(error, 'github_refused') || !/fast.forward/i.test(error.message)) throw error;
        throw new GitHubProblem('github_conflict', `${ref} has moved, so that commits would be lost.`);
      }
    },
    find: async () =>
      (await readRef(connection, repository, ref, { signal })) === sha ? { sha } : undefined,
  });
}

/** Deletes a branch or tag. @throws ProblemError `github_not_found`. */
export async function removeRef(
  connection: GitHubConnection,
  repository: string,
  ref: RefName,
  { signal, again }: WriteOptions = {},
): Promise<Written<{ ref: string }>> {
  return writeOnce({
    connection,
    deed: `${ref} was deleted`,
    signal,
    again,
    send: async () => {
      try {
        await connection.rest.git.deleteRef({ ...placeOf(repository), ref, ...within(signal) });
        return { ref };
      } catch (error) {
        // GitHub refuses the input where others say 404.
        if (!hasCode(error, 'github_refused') || !/does not exist/i.test(error.message)) throw error;
        throw new GitHubProblem('github_not_found', `${repository} has no ${ref}.`);
      }
    },
    find: async () =>
      (await readRef(connection, repository, ref, { signal })) === undefined ? { ref } : undefined,
  });
}

function isTaken(error: unknown): boolean {
  return hasCode(error, 'github_refused') && /already exists/i.test(error.message);
}
