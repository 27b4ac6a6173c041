import type { SQL } from 'drizzle-orm';
import { sql } from '../db/drizzle.ts';
import { toHalfvec } from '../db/halfvec.ts';
import type { RecallQuestion } from './recall-question.ts';

/** The smallest and the next UUIDv7 of a range of times, in which the statement finds them by their place in the question. */
const rangeStart = (place: number) => `from${place}`;
const rangeEnd = (place: number) => `to${place}`;

/** What of a question the recall statement takes as values: its placeholders. The rest of a question is the statement's shape. */
export const given = {
  userId: value('userId'),
  sessionId: sql`${value('sessionId')}::uuid`,
  beforeId: sql`${value('beforeId')}::uuid`,
  words: sql`${value('words')}::jsonb`,
  model: value('model'),
  vector: sql`${value('vector')}::halfvec`,
  tokenBudget: sql`${value('tokenBudget')}::int`,
  from: (place: number) => sql`${value(rangeStart(place))}::uuid`,
  to: (place: number) => sql`${value(rangeEnd(place))}::uuid`,
};

function value(name: string): SQL {
  return sql`${sql.placeholder(name)}`;
}

/** A number that the planner is to know: how many rows are wanted decides which index brings them. */
export function wholeNumber(count: number): SQL {
  return sql.raw(String(Math.trunc(count)));
}

/** The values of a question's placeholders. */
export function valuesOf(question: RecallQuestion): Record<string, unknown> {
  const { vector, words, ranges, userId, sessionId, beforeId, tokenBudget } = question;
  const times = ranges.flatMap(({ from, to }, place) => [
    [rangeStart(place), from && firstIdOf(from)],
    [rangeEnd(place), to && firstIdOf(to)],
  ]);
  return {
    ...{ userId, sessionId, beforeId, tokenBudget },
    words: JSON.stringify(words),
    model: vector?.model,
    vector: vector?.kind === 'neural' ? toHalfvec(vector.values) : null,
    ...Object.fromEntries(times),
  };
}

/** What makes two questions take the same statement. */
export function shapeOf(question: RecallQuestion): string {
  const { legs, vector, sessionId, beforeId, ranges, event, recentLimit, limit, tokenBudget, explain } =
    question;
  const times = ranges.map(({ from, to }) => [from !== null, to !== null]);
  const has = [sessionId !== null, beforeId !== null, tokenBudget !== null, explain];
  return JSON.stringify([legs, vector?.kind, has, times, event?.relation, recentLimit, limit]);
}

/** The smallest UUIDv7 of a moment: https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-7 */
function firstIdOf(time: Date): string {
  const milliseconds = Math.max(0, time.getTime()).toString(16).padStart(12, '0');
  return `${milliseconds.slice(0, 8)}-${milliseconds.slice(8)}-0000-0000-000000000000`;
}
