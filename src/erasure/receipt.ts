import type { HeldRun } from './steps.ts';

/** What was erased, counted in the transaction that erased it. */
export interface ErasureReceipt {
  messages: number;
  /** Vectors of messages and of passages of documents. */
  embeddings: number;
  runs: number;
  checkpoints: number;
  events: number;
  documents: number;
}

/** What an erasure came to: its receipt, and the runs that had not ended, which are told. */
export interface Erased {
  receipt: ErasureReceipt;
  open: HeldRun[];
}
