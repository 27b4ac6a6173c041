import type { Logger } from 'pino';
import { v4 as uuidv4 } from 'uuid';
import type { Executor } from '../db/database.ts';
import type { GitHub } from '../github/github.ts';
import type { Importer } from '../memory/importer.ts';
import type { Workspaces } from '../workspace/workspace.ts';
import { createAccounts } from './accounts.ts';
import { createDeliver } from './deliver.ts';
import { createDeliveries } from './deliveries.ts';
import { createDeliveryQueue } from './delivery-queue.ts';
import { createDeliveryWorker } from './delivery-worker.ts';
import { createFollowing } from './following.ts';
import { createPushFolder } from './push-folder.ts';
import { createTokens } from './tokens.ts';

interface RepositoriesNeeds {
  executor: Executor;
  github: GitHub;
  workspaces: Pick<Workspaces, 'for'>;
  importer: Pick<Importer, 'importLines'>;
  config: {
    /** `GITHUB_TOKEN`, of the user `local` alone. */
    token?: string | undefined;
    /** An installation of a GitHub App, instead of the token. */
    app?: Parameters<GitHub['forApp']>[0] | undefined;
    /** The 32 bytes of `TOKEN_ENCRYPTION_KEY`; without it no tokens are stored. */
    tokenKey?: Buffer | undefined;
    /** `GITHUB_WEBHOOK_SECRET`; without it nothing is taken from GitHub. */
    webhookSecret?: string | undefined;
  };
  leaseMs: number;
  /** Whether no other process can have the database open. */
  isAlone: boolean;
  log: Pick<Logger, 'warn' | 'error'>;
}

/** What this server has to do with GitHub for its users: their accounts, their folders, and what happens in their repositories. */
export function createRepositories(needs: RepositoriesNeeds) {
  const { executor, github, workspaces, importer, config, leaseMs, isAlone, log } = needs;
  const tokens = createTokens({ executor, github, key: config.tokenKey });
  const { account, status } = createAccounts({
    ...{ github, tokens, localToken: config.token },
    localApp: config.app,
  });
  const following = createFollowing({ executor, account });
  const queue = createDeliveryQueue({ executor, owner: uuidv4(), leaseMs });
  const deliver = createDeliver({ following, importer });
  const worker = createDeliveryWorker({ queue, deliver, leaseMs, isAlone, log });
  const secret = config.webhookSecret;
  return {
    account,
    tokens: { put: tokens.put, status, remove: tokens.remove },
    pushFolder: createPushFolder({ workspaces, account }),
    follow: following.follow,
    unfollow: following.unfollow,
    followed: following.followed,
    /** Drops what of GitHub's is kept in memory. */
    forget: github.forget,
    deliveries: createDeliveries({ queue, worker, secret }),
  };
}

export type Repositories = ReturnType<typeof createRepositories>;
