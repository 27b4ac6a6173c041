import type { SQL } from 'drizzle-orm';
import { sql } from './drizzle.ts';

const HEADER_BYTES = 4;
const BYTES_PER_AXIS = 2;

/**
 * A vector as pgvector takes it in PostgreSQL's binary format, an eighth of its text: the number of its axes, two bytes that are not used, each
 * axis in half precision (`halfvec_recv` in https://github.com/pgvector/pgvector/blob/master/src/halfvec.c).
 */
export function toHalfvec(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + BYTES_PER_AXIS * values.length);
  bytes.writeUInt16BE(values.length, 0);
  const view = new DataView(bytes.buffer, bytes.byteOffset + HEADER_BYTES);
  for (const [axis, value] of values.entries()) view.setFloat16(BYTES_PER_AXIS * axis, value);
  return bytes;
}

/** A vector as a parameter. */
export function halfvecOf(values: readonly number[]): SQL {
  return sql`${toHalfvec(values)}::halfvec`;
}

/** Vectors as rows `(place, vector)`, from place 0. */
export function halfvecRows(vectors: readonly (readonly number[])[]): SQL {
  if (vectors.length === 0) return sql`select null::int, null::halfvec where false`;
  const rows = vectors.map((values, place) => sql`(${place}::int, ${halfvecOf(values)})`);
  return sql`values ${sql.join(rows, sql`, `)}`;
}
