import type { SQL } from 'drizzle-orm';
import { sql } from '../db/drizzle.ts';

/** JSON text that PostgreSQL takes as text and as jsonb: it stores neither NUL nor half a surrogate pair. */
export function toStoredJson(value: unknown): string {
  const text = JSON.stringify(value);
  return NOT_STORABLE.test(text) ? cleanJson(value) : text;
}

/** How JSON writes NUL and half a surrogate pair; an escaped backslash before it only makes for a look more. */
const NOT_STORABLE = /\\u(?:0000|d[89a-f])/;

function cleanJson(value: unknown): string {
  return JSON.stringify(value, (_key, part) => {
    if (typeof part === 'string') return toStoredText(part);
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [toStoredText(key), inner]));
  });
}

/** Text that PostgreSQL takes. */
export function toStoredText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '');
}

/** A value as a jsonb parameter. */
export function jsonb(value: unknown): SQL {
  return sql`${toStoredJson(value)}::jsonb`;
}
