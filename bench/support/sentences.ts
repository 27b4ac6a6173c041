import { join } from 'node:path';
import { readConversations } from '../recall/data-sets.ts';

const { lines } = await readConversations(join(import.meta.dirname, '../recall/conversations'));

/** One of the things that people said in the conversations of the recall bench, in English and Spanish; the same for the same number. */
export function sentence(number: number): string {
  // A step that has no factor in common with their number, so that what follows is from another conversation.
  return lines[(number * 7_919) % lines.length]?.content ?? '';
}
