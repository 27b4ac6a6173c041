import { type ReadOptions, type WriteOptions, within } from '../calls.ts';
import type { GitHubConnection } from '../client.ts';
import { type Listed, readPages } from '../pages.ts';
import { placeOf } from '../repository-name.ts';
import { type Written, writeRepeatably } from '../writes.ts';
import { commitShaOf, createRef, defaultBranchOf, readRef, removeRef } from './refs.ts';

interface Tag {
  name: string;
  sha: string;
}

/** The tags of a repository. Reads. */
async function list(
  connection: GitHubConnection,
  repository: string,
  { limit, signal }: ReadOptions & { limit?: number | undefined } = {},
): Promise<Listed<Tag>> {
  const place = placeOf(repository);
  return readPages(
    limit,
    (page) => connection.rest.repos.listTags({ ...place, ...page, ...within(signal) }),
    ({ name, commit }) => ({ name, sha: commit.sha }),
  );
}

/** Makes a tag at a branch, tag or commit (the default branch unless told); with a message an annotated one. Publishes. */
async function create(
  connection: GitHubConnection,
  repository: string,
  { name, target, message }: { name: string; target?: string | undefined; message?: string | undefined },
  options: WriteOptions = {},
): Promise<Written<Tag>> {
  const { signal, again } = options;
  const place = target ?? (await defaultBranchOf(connection, repository, options));
  const sha = await commitShaOf(connection, repository, place, options);
  if (again && (await readRef(connection, repository, `tags/${name}`, options)) !== undefined) {
    const tagged = await commitShaOf(connection, repository, name, options);
    if (tagged === sha) return { name, sha, repeated: true };
  }
  if (message === undefined) {
    return { name, ...(await createRef(connection, repository, { ref: `tags/${name}`, sha }, options)) };
  }
  // A tag object that no name points to is seen by nobody, so that a second one does no harm.
  const object = await writeRepeatably({
    connection,
    deed: `the tag ${name} was written`,
    signal,
    send: async () => {
      const values = { tag: name, message, object: sha, type: 'commit' } as const;
      const { data } = await connection.rest.git.createTag({
        ...placeOf(repository),
        ...values,
        ...within(signal),
      });
      return { sha: data.sha };
    },
  });
  const { repeated } = await createRef(
    connection,
    repository,
    { ref: `tags/${name}`, sha: object.sha },
    options,
  );
  return { name, sha, repeated };
}

/** Deletes a tag. Destroys. */
async function remove(
  connection: GitHubConnection,
  repository: string,
  name: string,
  options: WriteOptions = {},
): Promise<Written<{ name: string }>> {
  const { repeated } = await removeRef(connection, repository, `tags/${name}`, options);
  return { name, repeated };
}

/** What can be done with tags. */
export const tagOperations = { list, create, remove };
