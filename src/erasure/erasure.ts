import type { Logger } from 'pino';
import type { Execute, Executor } from '../db/database.ts';
import { sql } from '../db/drizzle.ts';
import { notify } from '../turns/run-statements.ts';
import { cancelOf, ERASED, eventsOf, type Signals, slotOf } from '../turns/signals.ts';
import type { Workspaces } from '../workspace/workspace.ts';
import { eraseEverything } from './erase-everything.ts';
import { eraseMessage } from './erase-message.ts';
import { eraseSession } from './erase-session.ts';
import type { Erased, ErasureReceipt } from './receipt.ts';

interface ErasureNeeds {
  executor: Executor;
  signals: Signals;
  workspaces: Pick<Workspaces, 'hold'>;
  /** Drops what is kept in memory of what was asked and answered. */
  forget: () => void;
  modelName: string;
  log: Pick<Logger, 'info' | 'error'>;
}

/**
 * Erases what is kept about a user, each time in one transaction with a receipt that is counted in it. Turns that are at work on
 * something that is erased are stopped, in whichever process, and store nothing.
 */
export function createErasure({ executor, signals, workspaces, forget, modelName, log }: ErasureNeeds) {
  signals.on(ERASED, forget);

  /** @throws ProblemError `message_not_found`. */
  async function message(userId: string, id: string): Promise<ErasureReceipt> {
    return await carryOut((execute) => eraseMessage(execute, { userId, id, modelName }));
  }

  /** @throws ProblemError `session_not_found`. */
  async function session(userId: string, id: string): Promise<ErasureReceipt> {
    return await carryOut((execute) => eraseSession(execute, { userId, id, modelName }));
  }

  /**
   * Erases all but the files themselves, API keys and counters. What was kept of files, to undo changes, is taken away right after; where
   * that fails, by `clearFiles`.
   */
  async function everything(userId: string): Promise<ErasureReceipt> {
    return await workspaces.hold(userId, async (forget) => {
      const receipt = await carryOut((execute) => eraseEverything(execute, userId));
      await clearFilesOf(userId, forget).catch((error: unknown) => {
        log.error(
          { err: error },
          'what was kept of erased changes could not be removed; it is tried again soon',
        );
      });
      return receipt;
    });
  }

  /** Takes away what is still kept of the files of those who erased everything. */
  async function clearFiles(): Promise<void> {
    const { rows } = await executor.execute<{ userId: string }>(sql`
      select user_id as "userId" from memory_erasures where files_left order by user_id`);
    for (const { userId } of rows) {
      await workspaces
        .hold(userId, async (forget) => await clearFilesOf(userId, forget))
        .catch((error: unknown) =>
          log.error({ err: error }, 'what was kept of erased changes is still there'),
        );
    }
  }

  async function clearFilesOf(userId: string, forget: () => Promise<void>): Promise<void> {
    await forget();
    await executor.execute(sql`update memory_erasures set files_left = false where user_id = ${userId}`);
  }

  async function carryOut(erase: (execute: Execute) => Promise<Erased>): Promise<ErasureReceipt> {
    const { receipt, names } = await executor.transact(async (execute) => {
      const erased = await erase(execute);
      const told = namesOf(erased);
      // The other processes hear of it when it is done.
      await execute(sql`
        select ${notify(sql`name`)} from jsonb_array_elements_text(${JSON.stringify(told)}::jsonb) as told(name)`);
      return { receipt: erased.receipt, names: told };
    });
    for (const name of names) signals.signal(name);
    log.info(receipt, 'what was remembered was erased');
    return receipt;
  }

  return { message, session, everything, clearFiles };
}

export type Erasure = ReturnType<typeof createErasure>;

/** Who is to hear of an erasure: those who work on the runs, follow them, or wait for their session; and what keeps copies in memory. */
function namesOf({ open }: Erased): string[] {
  const sessions = new Set(open.map(({ sessionId }) => sessionId));
  return [...open.flatMap(({ id }) => [cancelOf(id), eventsOf(id)]), ...[...sessions].map(slotOf), ERASED];
}
