import { ProblemError } from '../../errors.ts';
import { ifThere, type WriteOptions, within } from '../calls.ts';
import type { GitHubConnection } from '../client.ts';
import { GitHubProblem, hasCode } from '../github-problem.ts';
import { placeOf } from '../repository-name.ts';
import { type Written, writeOnce, writeRepeatably } from '../writes.ts';
import { type FileContent, type PreparedChanges, type PreparedFile, prepareChanges } from './file-changes.ts';
import { differencesFrom, writeTree } from './git-tree.ts';
import { commitShaOf, createRef, moveRef, readRef } from './refs.ts';

export interface CommitInput {
  /** A new branch, or with `expectedHead` one that is there. In an empty repository its default branch. */
  branch: string;
  message: string;
  files: FileContent[];
  /** Files to delete; those that are not there are left out. */
  deletions?: string[] | undefined;
  /** Where a new branch begins; at the default branch unless given. */
  from?: string | undefined;
  /** The commit that the branch must be at. */
  expectedHead?: string | undefined;
}

export interface CommittedFiles {
  /** The repository's present name, which differs from the one asked for if it was renamed. */
  repository: string;
  branch: string;
  /** The commit; what was there before if nothing was to be changed. */
  sha: string;
  /** Files written and deleted. If there are none, no commit and no branch was made. */
  changedFiles: string[];
  url: string;
}

interface Work extends WriteOptions {
  connection: GitHubConnection;
  repository: string;
  defaultBranch: string;
  url: string;
  input: CommitInput;
  changes: PreparedChanges;
}

/**
 * Commits many files at once: on a new branch, or onto a branch that is where it is expected to be. An empty repository gets its
 * first file by itself, since GitHub takes nothing else, and the rest in a second commit. Publishes.
 * @throws ProblemError `github_conflict` if the branch is there already or has moved.
 */
export async function commitFiles(
  connection: GitHubConnection,
  repository: string,
  input: CommitInput,
  options: WriteOptions = {},
): Promise<Written<CommittedFiles>> {
  const changes = prepareChanges(input.files, input.deletions ?? []);
  const { data } = await connection.rest.repos.get({ ...placeOf(repository), ...within(options.signal) });
  const work: Work = {
    ...options,
    connection,
    repository: data.full_name,
    defaultBranch: data.default_branch,
    url: data.html_url,
    input,
    changes,
  };
  const head = await headOf(work);
  if (head === 'empty') return commitToEmpty(work);
  if (head === input.expectedHead) return commitOnto(work, head ?? (await startOf(work)));
  if (head !== undefined) return alreadyCommitted(work, head);
  throw new GitHubProblem('github_conflict', `${data.full_name} has no branch ${input.branch} any more.`);
}

async function startOf({ connection, repository, input, defaultBranch, signal }: Work): Promise<string> {
  return commitShaOf(connection, repository, input.from ?? defaultBranch, { signal });
}

/** The commit that the branch is at. */
async function headOf({
  connection,
  repository,
  input,
  signal,
}: Work): Promise<string | 'empty' | undefined> {
  try {
    return await readRef(connection, repository, `heads/${input.branch}`, { signal });
  } catch (error) {
    if (hasCode(error, 'github_conflict') && /empty/i.test(error.message)) return 'empty';
    throw error;
  }
}

async function commitOnto(work: Work, parent: string): Promise<Written<CommittedFiles>> {
  const { connection, repository, input, changes, signal } = work;
  const { tree } = await readCommit(work, parent);
  const differences = await differencesFrom(work, tree, changes);
  const changedFiles = [...differences.files.map(({ path }) => path), ...differences.deletions];
  if (changedFiles.length === 0) return { ...outcome(work, parent, []), repeated: false };
  const newTree = await writeTree(work, tree, differences);
  const commit = await writeRepeatably({
    connection,
    deed: 'the commit was written',
    signal,
    send: async () => {
      const values = { message: input.message, tree: newTree, parents: [parent] };
      const place = placeOf(repository);
      const { data } = await connection.rest.git.createCommit({ ...place, ...values, ...within(signal) });
      return { sha: data.sha };
    },
  });
  const target = { ref: `heads/${input.branch}`, sha: commit.sha } as const;
  const options = { signal };
  const { repeated } =
    input.expectedHead === undefined
      ? await createRef(connection, repository, target, options)
      : await moveRef(connection, repository, target, options);
  return { ...outcome(work, commit.sha, changedFiles), repeated };
}

/** The branch is not where it was expected. That is as it should be if this very commit was made before. */
async function alreadyCommitted(work: Work, head: string): Promise<Written<CommittedFiles>> {
  const { repository, input, changes } = work;
  const { tree, message, parents } = await readCommit(work, head);
  const isBegun = parents.length === 0 && message.trim() === beginningOf(firstFileOf(changes));
  if (isBegun && input.expectedHead === undefined) {
    return commitOnto({ ...work, input: { ...input, expectedHead: head } }, head);
  }
  const isFollower = input.expectedHead === undefined || parents.includes(input.expectedHead);
  if (isFollower && message.trim() === input.message.trim()) {
    const { files, deletions } = await differencesFrom(work, tree, changes);
    if (files.length + deletions.length === 0) {
      const paths = [...changes.files.map(({ path }) => path), ...changes.deletions];
      return { ...outcome(work, head, paths), repeated: true };
    }
  }
  throw new GitHubProblem(
    'github_conflict',
    input.expectedHead === undefined
      ? `${repository} has a branch ${input.branch} already. Take another name, or say at which commit it must be.`
      : `The branch ${input.branch} has moved on to ${head}. Look at it, then ask again.`,
  );
}

/** GitHub's git interface answers 409 until there is a first commit, which only a single file can make. */
async function commitToEmpty(work: Work): Promise<Written<CommittedFiles>> {
  const { repository, input, defaultBranch, changes } = work;
  if (input.branch !== defaultBranch || input.expectedHead !== undefined) {
    throw new ProblemError(
      'github_conflict',
      `${repository} is empty. Its first commit has to go to the branch ${defaultBranch}, without an expected one.`,
    );
  }
  const first = firstFileOf(changes);
  if (first === undefined) throw new ProblemError('github_conflict', `${repository} is empty.`);
  const isOnly = changes.files.length === 1 && !first.executable;
  const message = isOnly ? input.message : beginningOf(first);
  const made = await writeFirstFile(work, first, message);
  if (isOnly) return { ...outcome(work, made.sha, [first.path]), repeated: made.repeated };
  const rest = await commitOnto({ ...work, input: { ...input, expectedHead: made.sha } }, made.sha);
  const changedFiles = changes.files.map(({ path }) => path);
  return { ...rest, changedFiles, repeated: made.repeated || rest.repeated };
}

/** A file that makes the first commit cannot be executable at once. */
function firstFileOf({ files }: PreparedChanges): PreparedFile | undefined {
  return files.find(({ executable }) => !executable) ?? files[0];
}

/** The message of the first of two commits; by it the second is found to be missing. */
function beginningOf(first: PreparedFile | undefined): string {
  return `Begin with ${first?.path}`;
}

async function writeFirstFile(
  work: Work,
  { path, bytes, sha }: PreparedFile,
  message: string,
): Promise<Written<{ sha: string }>> {
  const { connection, repository, defaultBranch, signal } = work;
  const place = { ...placeOf(repository), path };
  return writeOnce({
    connection,
    deed: `the first file of ${repository} was written`,
    signal,
    send: async () => {
      const values = { message, content: bytes.toString('base64') };
      const { data } = await connection.rest.repos.createOrUpdateFileContents({
        ...place,
        ...values,
        ...within(signal),
      });
      return {
        sha: data.commit.sha ?? (await commitShaOf(connection, repository, defaultBranch, { signal })),
      };
    },
    find: async () => {
      const found = await ifThere(connection.rest.repos.getContent({ ...place, ...within(signal) }));
      const isOurs = found !== undefined && !Array.isArray(found.data) && found.data.sha === sha;
      return isOurs
        ? { sha: await commitShaOf(connection, repository, defaultBranch, { signal }) }
        : undefined;
    },
  });
}

async function readCommit({ connection, repository, signal }: Work, sha: string) {
  const question = { ...placeOf(repository), commit_sha: sha, ...within(signal) };
  const { data } = await connection.rest.git.getCommit(question);
  return { tree: data.tree.sha, message: data.message, parents: data.parents.map((parent) => parent.sha) };
}

function outcome({ repository, input, url }: Work, sha: string, changedFiles: string[]): CommittedFiles {
  return { repository, branch: input.branch, sha, changedFiles, url: `${url}/commit/${sha}` };
}
