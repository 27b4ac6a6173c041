import { ProblemError } from '../errors.ts';
import type { GitHub, GitHubAccount } from '../github/github.ts';
import type { TokenStatus, Tokens } from './tokens.ts';

/** The user of a server that nobody else can reach, whom `GITHUB_TOKEN` belongs to. */
const LOCAL_USER = 'local';

/** The GitHub account of a user. @throws ProblemError `github_not_configured` without a token that can be read. */
export type AccountOf = (userId: string) => Promise<GitHubAccount>;

interface AccountsNeeds {
  github: GitHub;
  tokens: Pick<Tokens, 'read' | 'status'>;
  /** `GITHUB_TOKEN`. */
  localToken: string | undefined;
  /** An installation of a GitHub App, which serves the same user where there is no token. */
  localApp: Parameters<GitHub['forApp']>[0] | undefined;
}

/** Finds out by which token a user speaks to GitHub: the stored one goes before that of the environment. */
export function createAccounts({ github, tokens, localToken, localApp }: AccountsNeeds) {
  const environmentToken = (userId: string) =>
    userId === LOCAL_USER && localToken?.trim() ? localToken : undefined;

  const account: AccountOf = async (userId) => {
    const token = (await tokens.read(userId)) ?? environmentToken(userId);
    if (token !== undefined) return github.for(token);
    if (userId === LOCAL_USER && localApp !== undefined) return github.forApp(localApp);
    const otherWay = userId === LOCAL_USER ? ', or set GITHUB_TOKEN' : '';
    throw new ProblemError(
      'github_not_configured',
      `There is no GitHub token for this user. Give one with PUT /github-admin/token${otherWay}.`,
    );
  };

  /** What is known of the token that serves a user; of that of the environment GitHub is asked. Null if there is none. */
  async function status(userId: string): Promise<TokenStatus | null> {
    const stored = await tokens.status(userId);
    const token = environmentToken(userId);
    if (stored !== null || token === undefined) return stored;
    const { login, scopes, expiresAt } = await github.for(token).people.me();
    return { login, scopes, expiresAt: expiresAt === null ? null : new Date(expiresAt), createdAt: null };
  }

  return { account, status };
}
