import type { GitHub, GitHubAccount } from '../../src/github/github.ts';
import type { Repositories } from '../../src/repositories/repositories.ts';
import type { TokenStatus } from '../../src/repositories/tokens.ts';

type Push = Parameters<Repositories['pushFolder']>[1];
type Delivery = Parameters<Repositories['deliveries']['accept']>[0];

/** Repositories kept in memory, for tests of what stands before them: without a database, a workspace and keys. */
export function rememberRepositories(github: GitHub, given: Record<string, string>) {
  const tokens = new Map(Object.entries(given));
  const pushes: Push[] = [];
  const delivered: Delivery[] = [];
  const following = new Set<string>();

  async function account(userId: string): Promise<GitHubAccount> {
    return github.for(tokens.get(userId));
  }
  async function statusOf(token: string): Promise<TokenStatus> {
    const { login, scopes, expiresAt } = await github.for(token).people.me();
    return {
      login,
      scopes,
      expiresAt: expiresAt === null ? null : new Date(expiresAt),
      createdAt: new Date('2026-01-02T03:04:05Z'),
    };
  }

  const repositories: Repositories = {
    account,
    tokens: {
      async put(userId, token) {
        const status = await statusOf(token);
        tokens.set(userId, token);
        return status;
      },
      async status(userId) {
        const token = tokens.get(userId);
        return token === undefined ? null : await statusOf(token);
      },
      remove: async (userId) => void tokens.delete(userId),
    },
    async pushFolder(_userId, push) {
      pushes.push(push);
      const { repository, branch } = push;
      const url = `https://github.com/${repository}/commit/c0ffee`;
      const skipped = [{ path: 'b', reason: 'a link' }];
      return {
        ...{ repository, branch, commit: 'c0ffee', url },
        ...{ files: ['a.txt'], skipped, unchanged: 2, repeated: false },
      };
    },
    async follow(userId, repository) {
      following.add(`${userId} ${repository}`);
      return { repository };
    },
    unfollow: async (userId, repository) => void following.delete(`${userId} ${repository}`),
    followed: async (userId) =>
      [...following]
        .filter((pair) => pair.startsWith(`${userId} `))
        .map((pair) => ({
          repository: pair.slice(userId.length + 1),
          sessionId: null,
          followedAt: new Date('2026-01-02T03:04:05Z'),
        })),
    forget: () => undefined,
    deliveries: {
      async accept(delivery) {
        const isKnown = delivered.some(({ id }) => id === delivery.id);
        delivered.push(delivery);
        return isKnown ? 'duplicate' : 'accepted';
      },
      start: async () => undefined,
      close: async () => undefined,
      settled: async () => undefined,
    },
  };
  return { repositories, tokens, pushes, delivered, following };
}
