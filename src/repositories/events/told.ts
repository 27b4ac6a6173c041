import type { Payload } from './payload.ts';

/** An event in words. */
export interface Told {
  /** A sentence, without the repository's name before it; a quoted body may follow. */
  text: string;
  /** When it happened, as GitHub says it. */
  at?: string | undefined;
}

/** Tells one kind of event; null for one that says nothing new. `who` is the person behind it. */
export type Teller = (payload: Payload, who: string) => Told | null;
