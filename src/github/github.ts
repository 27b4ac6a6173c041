import type { Logger } from 'pino';
import { ProblemError } from '../errors.ts';
import { type Credentials, connectGitHub, fingerprint, type GitHubConnection } from './client.ts';
import { openEtagCache } from './etag-cache.ts';
import { branchOperations } from './operations/branches.ts';
import { commitFiles } from './operations/commit-files.ts';
import { commitOperations } from './operations/commits.ts';
import { contentOperations } from './operations/contents.ts';
import { issueOperations } from './operations/issues.ts';
import { labelOperations } from './operations/labels.ts';
import { peopleOperations } from './operations/people.ts';
import { pullOperations } from './operations/pulls.ts';
import { releaseOperations } from './operations/releases.ts';
import { repositoryOperations } from './operations/repositories.ts';
import { searchOperations } from './operations/search.ts';
import { tagOperations } from './operations/tags.ts';
import { workflowOperations } from './operations/workflows.ts';
import type { Pace } from './pace.ts';
import { resolveRepository } from './resolve-repository.ts';

/** Accounts whose pace is remembered; the one used longest ago makes room. */
const MOST_ACCOUNTS = 200;

const OPERATIONS = {
  repositories: { ...repositoryOperations, resolve: resolveRepository },
  issues: issueOperations,
  labels: labelOperations,
  pulls: pullOperations,
  branches: branchOperations,
  tags: tagOperations,
  commits: { ...commitOperations, commitFiles },
  contents: contentOperations,
  releases: releaseOperations,
  workflows: workflowOperations,
  search: searchOperations,
  people: peopleOperations,
};

/** An operation without its first parameter. */
type Bound<Operation> = Operation extends (
  connection: GitHubConnection,
  ...parameters: infer Parameters
) => infer Result
  ? (...parameters: Parameters) => Result
  : never;

/** Everything that one account can do at GitHub. All of it throws ProblemErrors, or the reason of an abort. */
export type GitHubAccount = {
  readonly [Group in keyof typeof OPERATIONS]: {
    readonly [Name in keyof (typeof OPERATIONS)[Group]]: Bound<(typeof OPERATIONS)[Group][Name]>;
  };
};

export interface GitHub {
  /** The account of a token. @throws ProblemError `github_not_configured` without one. */
  for(token: string | undefined): GitHubAccount;
  /** An installation of a GitHub App. */
  forApp(app: NonNullable<Credentials['app']>): GitHubAccount;
  /** Drops the answers that are kept in memory. */
  forget(): void;
}

interface GitHubOptions {
  /** `https://api.github.com`, or `https://<host>/api/v3` for GitHub Enterprise. */
  apiUrl: string;
  /** For one attempt at one request; GitHub itself gives up after ten seconds. */
  timeoutMs: number;
  log?: Pick<Logger, 'warn'>;
  pace?: Pace;
}

/** GitHub for every account of this server. Nothing is sent before an operation is called. */
export function openGitHub(options: GitHubOptions): GitHub {
  const cache = openEtagCache();
  const accounts = new Map<string, GitHubAccount>();

  function accountOf(credentials: Credentials): GitHubAccount {
    const key = fingerprint(credentials);
    const account =
      accounts.get(key) ?? bindAccount(() => connectGitHub({ ...options, ...credentials, cache }));
    accounts.delete(key);
    accounts.set(key, account);
    for (const oldest of accounts.keys()) {
      if (accounts.size <= MOST_ACCOUNTS) break;
      accounts.delete(oldest);
    }
    return account;
  }

  return {
    for(token) {
      if (!token?.trim()) {
        throw new ProblemError(
          'github_not_configured',
          'There is no GitHub token for this account. Give one first.',
        );
      }
      return accountOf({ token: token.trim() });
    },
    forApp: (app) => accountOf({ app }),
    forget: cache.clear,
  };
}

function bindAccount(connect: () => Promise<GitHubConnection>): GitHubAccount {
  let connecting: Promise<GitHubConnection> | undefined;
  const groups = Object.entries(OPERATIONS).map(([group, operations]) => {
    const bound = Object.entries(operations).map(([name, operation]) => [
      name,
      async (...parameters: unknown[]) => {
        connecting ??= connect();
        return Reflect.apply(operation, undefined, [await connecting, ...parameters]);
      },
    ]);
    return [group, Object.fromEntries(bound)];
  });
  // The entries of OPERATIONS, each with its connection: what GitHubAccount says of them.
  return Object.fromEntries(groups) as GitHubAccount;
}
