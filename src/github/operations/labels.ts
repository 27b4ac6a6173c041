import { type ReadOptions, type WriteOptions, within } from '../calls.ts';
import type { GitHubConnection } from '../client.ts';
import { hasCode } from '../github-problem.ts';
import { type Listed, readPages } from '../pages.ts';
import { placeOf } from '../repository-name.ts';
import { type Written, writeRepeatably } from '../writes.ts';
import { loginOf } from './issue-results.ts';

interface Label {
  name: string;
  description: string;
}

async function changeLabels(
  connection: GitHubConnection,
  number: number,
  signal: AbortSignal | undefined,
  send: () => Promise<{ data: { name?: string }[] }>,
): Promise<Written<{ labels: string[] }>> {
  return writeRepeatably({
    connection,
    deed: `the labels of ${number} were changed`,
    signal,
    send: async () => ({ labels: (await send()).data.map(({ name }) => name ?? '') }),
  });
}

async function changeAssignees(
  connection: GitHubConnection,
  number: number,
  signal: AbortSignal | undefined,
  send: () => Promise<{ data: { assignees?: { login?: string }[] | null } }>,
): Promise<Written<{ assignees: string[] }>> {
  return writeRepeatably({
    connection,
    deed: `the assignees of ${number} were changed`,
    signal,
    send: async () => ({ assignees: ((await send()).data.assignees ?? []).map(loginOf) }),
  });
}

/** The labels that a repository has. Reads. */
async function list(
  connection: GitHubConnection,
  repository: string,
  { limit, signal }: ReadOptions & { limit?: number | undefined } = {},
): Promise<Listed<Label>> {
  const place = placeOf(repository);
  return readPages(
    limit,
    (page) =>
      connection.rest.issues.listLabelsForRepo({
        ...place,
        ...page,
        ...within(signal),
      }),
    ({ name, description }) => ({ name, description: description ?? '' }),
  );
}

/** Puts labels on; a new name makes a new label. Publishes. */
async function add(
  connection: GitHubConnection,
  repository: string,
  number: number,
  labels: string[],
  { signal }: WriteOptions = {},
) {
  const place = { ...placeOf(repository), issue_number: number };
  return changeLabels(connection, number, signal, () =>
    connection.rest.issues.addLabels({ ...place, labels, ...within(signal) }),
  );
}

/** Replaces all labels. Publishes. */
async function set(
  connection: GitHubConnection,
  repository: string,
  number: number,
  labels: string[],
  { signal }: WriteOptions = {},
) {
  const place = { ...placeOf(repository), issue_number: number };
  return changeLabels(connection, number, signal, () =>
    connection.rest.issues.setLabels({ ...place, labels, ...within(signal) }),
  );
}

/** Takes one label off; one that is not on it is as good as taken off. Publishes. */
async function remove(
  connection: GitHubConnection,
  repository: string,
  number: number,
  label: string,
  { signal }: WriteOptions = {},
) {
  const place = { ...placeOf(repository), issue_number: number };
  return changeLabels(connection, number, signal, async () => {
    try {
      return await connection.rest.issues.removeLabel({ ...place, name: label, ...within(signal) });
    } catch (error) {
      if (!hasCode(error, 'github_not_found')) throw error;
      // Either the issue or the label is not there, and only the first is a failure.
      return await connection.rest.issues.listLabelsOnIssue({ ...place, ...within(signal) });
    }
  });
}

/** Gives it to people. Publishes. */
async function assign(
  connection: GitHubConnection,
  repository: string,
  number: number,
  assignees: string[],
  { signal }: WriteOptions = {},
) {
  const place = { ...placeOf(repository), issue_number: number };
  return changeAssignees(connection, number, signal, () =>
    connection.rest.issues.addAssignees({ ...place, assignees, ...within(signal) }),
  );
}

/** Takes it from people. Publishes. */
async function unassign(
  connection: GitHubConnection,
  repository: string,
  number: number,
  assignees: string[],
  { signal }: WriteOptions = {},
) {
  const place = { ...placeOf(repository), issue_number: number };
  return changeAssignees(connection, number, signal, () =>
    connection.rest.issues.removeAssignees({ ...place, assignees, ...within(signal) }),
  );
}

/** Labels and assignees of issues and pull requests. Every write comes to the same if it is done twice. */
export const labelOperations = { list, add, set, remove, assign, unassign };
