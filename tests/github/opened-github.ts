import { expect } from 'vitest';
import { type GitHub, type GitHubAccount, openGitHub } from '../../src/github/github.ts';
import { startFakeGitHub } from '../support/fake-github/fake-github.ts';
import type { FakeGitHub } from '../support/fake-github/scene.ts';
import type { Repository } from '../support/fake-github/state.ts';

/** Of the old form, which looks like any hash: only who knows it can hide it. */
export const TOKEN = '0123456789abcdef0123456789abcdef01234567';
/** A second of GitHub's takes ten milliseconds, and nothing waits for its turn. */
export const FAST = { secondMs: 10, writeGapMs: 0, notificationGapMs: 0, searchGapMs: 0 };

/** A fake GitHub with ana's repository "shop", and ana's way to it. */
export interface Opened {
  fake: FakeGitHub;
  github: GitHub;
  account: GitHubAccount;
  shop: Repository;
  /** What was logged, as text. */
  logged: string[];
  /** How many requests of an operation came, by GitHub's operationId. */
  count(operationId: string): number;
  /** Ends the fake; every request and answer must have been as GitHub describes them. */
  close(): Promise<void>;
}

export async function openOnFake({ timeoutMs = 5_000 } = {}): Promise<Opened> {
  const fake = await startFakeGitHub({
    tokens: { [TOKEN]: { login: 'ana', scopes: ['repo', 'delete_repo', 'read:org', 'workflow'] } },
  });
  const shop = fake.seed.repository('ana/shop', {
    files: { 'README.md': '# Shop\n', 'src/cart.ts': 'export const items = [];\n' },
  });
  const logged: string[] = [];
  const log = { warn: (...parts: unknown[]) => void logged.push(JSON.stringify(parts)) };
  const github = openGitHub({ apiUrl: fake.baseUrl, timeoutMs, log, pace: FAST });
  return {
    fake,
    github,
    account: github.for(TOKEN),
    shop,
    logged,
    count: (operationId) => fake.requests.filter((request) => request.operationId === operationId).length,
    async close() {
      await fake.close();
      expect(fake.violations).toEqual([]);
    },
  };
}
