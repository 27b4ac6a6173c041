import { v7 as uuidv7 } from 'uuid';
import { timeOf } from '../db/uuid-time.ts';

/**
 * The id right after another one. The answer to a message has the id after the message's, so that the two stand together in
 * the order of ids however many questions were waiting when it was given.
 */
export function idAfter(id: string): string {
  const next = (BigInt(`0x${id.replaceAll('-', '')}`) + 1n).toString(16).padStart(32, '0');
  return [next.slice(0, 8), next.slice(8, 12), next.slice(12, 16), next.slice(16, 20), next.slice(20)].join(
    '-',
  );
}

/** A new UUIDv7 that comes after another one, even where the clock that made the other one is ahead of this one's. */
export function newIdAfter(id: string): string {
  return uuidv7({ msecs: Math.max(Date.now(), timeOf(id).getTime() + 1) });
}
