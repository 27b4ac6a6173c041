import type { Executor } from '../../db/database.ts';
import { createJournalReader } from './journal-reader.ts';
import { createJournalWriter } from './journal-writer.ts';

/** The changes of all workspaces, in the database. Every statement that makes or shows one is about one user. */
export function createJournal({ executor }: { executor: Executor }) {
  return { ...createJournalWriter({ executor }), ...createJournalReader({ executor }) };
}

export type Journal = ReturnType<typeof createJournal>;
