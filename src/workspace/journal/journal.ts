import type { Executor } from '../../db/database.ts';
import { createJournalReader } from './journal-reader.ts';
import { createJournalWriter } from './journal-writer.ts';

interface JournalNeeds {
  executor: Executor;
  /** Told whose files were changed, after each change; left out: nobody. */
  onChange?: (userId: string) => void;
}

/** The changes of all workspaces, in the database. Every statement that makes or shows one is about one user. */
export function createJournal({ executor, onChange }: JournalNeeds) {
  const writer = createJournalWriter({ executor });
  const confirm: typeof writer.confirm = async (change, state) => {
    await writer.confirm(change, state);
    onChange?.(change.userId);
  };
  return { ...writer, confirm, ...createJournalReader({ executor }) };
}

export type Journal = ReturnType<typeof createJournal>;
