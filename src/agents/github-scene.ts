import { z } from 'zod';
import { ProblemError } from '../errors.ts';
import { ifThere } from '../github/calls.ts';
import type { GitHubAccount } from '../github/github.ts';
import type { Repository } from '../github/operations/repositories.ts';
import type { Repositories } from '../repositories/repositories.ts';
import type { CallScope } from './tool.ts';

/** Which account a user has at GitHub, and what the workspace sends there. */
export type RepositoryAccess = Pick<Repositories, 'account' | 'pushFolder'>;

/** What one call at GitHub is done with. */
export interface GitHubScene {
  userId: string;
  account: GitHubAccount;
  signal: AbortSignal;
  /** The repository that the person means. @throws ProblemError `ambiguous_repository`, with what to do about it. */
  resolve(words: string): Promise<Repository>;
}

/** How a repository is named in the arguments of every tool. */
export const repositoryField = z
  .string()
  .trim()
  .min(1)
  .max(300)
  .describe('The repository as the person names it: owner/name, a bare name, an address or words');

export const numberField = z.number().int().min(1).describe('The number, without #');

/** Opens the user's account; nothing is sent yet. */
export async function openScene(
  repositories: RepositoryAccess,
  { userId, signal }: Pick<CallScope, 'userId' | 'signal'>,
): Promise<GitHubScene> {
  const account = await repositories.account(userId);
  return {
    userId,
    account,
    signal,
    resolve: async (words) => {
      try {
        return await account.repositories.resolve(words, { signal });
      } catch (error) {
        if (!(error instanceof ProblemError) || error.code !== 'ambiguous_repository') throw error;
        const advice = 'Ask the person which one is meant, and name these; do not choose yourself.';
        throw new ProblemError(error.code, `${error.message} ${advice}`, { cause: error });
      }
    },
  };
}

/** The commit that a branch, tag or commit stands for; undefined where there is none. */
export async function commitAt(
  { account, signal }: GitHubScene,
  repository: string,
  ref: string,
): Promise<string | undefined> {
  try {
    const found = await ifThere(account.commits.list(repository, { ref, limit: 1, signal }));
    return found?.items[0]?.sha;
  } catch (error) {
    // So GitHub answers for a repository without a commit.
    if (error instanceof ProblemError && error.code === 'github_conflict') return undefined;
    throw error;
  }
}

/** The commit that a branch is at; undefined where there is no such branch. */
export async function branchAt(
  { account, signal }: GitHubScene,
  repository: string,
  branch: string,
): Promise<string | undefined> {
  return (await ifThere(account.branches.read(repository, branch, { signal })))?.sha;
}

/** @throws ProblemError `github_conflict`: things are not so that the call can be done. */
export function refuse(sentence: string): never {
  throw new ProblemError('github_conflict', sentence);
}
