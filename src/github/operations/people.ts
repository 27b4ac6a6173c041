import { type ReadOptions, within } from '../calls.ts';
import { cutText } from '../clean-text.ts';
import type { GitHubConnection } from '../client.ts';
import { type Listed, readPages } from '../pages.ts';
import { placeOf } from '../repository-name.ts';

interface Account {
  login: string;
  name: string | null;
  url: string;
  /** What the token may do; empty for a fine-grained one, whose rights GitHub does not tell. */
  scopes: string[];
  /** When the token ends; null when it does not, or GitHub does not say. */
  expiresAt: string | null;
}

interface Organisation {
  login: string;
  description: string;
}

interface Collaborator {
  login: string;
  /** "admin", "maintain", "write", "triage", "read", or a role of the organisation's own. */
  role: string;
}

type ListOptions = ReadOptions & { limit?: number | undefined };

/** The account that the token belongs to. Reads; an app's installation has none. */
async function me(connection: GitHubConnection, { signal }: ReadOptions = {}): Promise<Account> {
  const { data, headers } = await connection.rest.users.getAuthenticated(within(signal));
  const expires = new Date(headers['github-authentication-token-expiration'] ?? Number.NaN);
  return {
    ...{ login: data.login, name: data.name, url: data.html_url },
    scopes: (headers['x-oauth-scopes'] ?? '').split(/[\s,]+/).filter(Boolean),
    expiresAt: Number.isNaN(expires.getTime()) ? null : expires.toISOString(),
  };
}

/** The organisations of the account. Reads. */
async function organisations(
  connection: GitHubConnection,
  { limit, signal }: ListOptions = {},
): Promise<Listed<Organisation>> {
  return readPages(
    limit,
    (page) => connection.rest.orgs.listForAuthenticatedUser({ ...page, ...within(signal) }),
    ({ login, description }) => ({ login, description: cutText(description ?? '') }),
  );
}

/** Who may work on a repository. Reads; only for those who may write to it. */
async function collaborators(
  connection: GitHubConnection,
  repository: string,
  { limit, signal }: ListOptions = {},
): Promise<Listed<Collaborator>> {
  const place = placeOf(repository);
  return readPages(
    limit,
    (page) => connection.rest.repos.listCollaborators({ ...place, ...page, ...within(signal) }),
    ({ login, role_name: role }) => ({ login, role }),
  );
}

/** Who is who. Nothing is changed here: rights are given at GitHub. */
export const peopleOperations = { me, organisations, collaborators };
