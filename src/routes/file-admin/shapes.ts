import { z } from 'zod';
import { ProblemError } from '../../errors.ts';
import { uuid } from '../schemas.ts';

export const tags = ['file-admin'];

/** A switch in a query string. */
export const onOff = z
  .enum(['true', 'false'], 'takes true or false')
  .default('false')
  .transform((value) => value === 'true');

/** The preconditions of a change. */
export const headers = z.object({
  'if-match': z.string().optional(),
  'if-none-match': z.string().optional(),
});

/** A change of a file. */
export const change = z.object({
  id: uuid.nullable().describe('Names the change in the journal; null where nothing had to be changed'),
  path: z.string(),
  operation: z.enum(['created', 'replaced', 'unchanged']),
  size: z.number(),
  etag: z.string(),
  previous_etag: z.string().nullable(),
});

/** Reads the preconditions of a change (RFC 9110, section 13). */
export function conditions(given: z.infer<typeof headers>): { ifMatch?: string; ifNoneMatch?: '*' } {
  const ifMatch = given['if-match'];
  const ifNoneMatch = given['if-none-match'];
  if (ifNoneMatch !== undefined && ifNoneMatch.trim() !== '*') {
    throw new ProblemError('invalid_request', 'headers.if-none-match: takes * when a file is changed');
  }
  return {
    ...(ifMatch === undefined ? {} : { ifMatch }),
    ...(ifNoneMatch === undefined ? {} : { ifNoneMatch: '*' }),
  };
}
