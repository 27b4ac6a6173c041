import { z } from 'zod';

/** A text that is not blank. */
export const text = z.string().trim().min(1);
export const httpUrl = z
  .url({ protocol: /^https?$/, error: 'an http or https URL', abort: true })
  .refine(
    (url) => !new URL(url).username && !new URL(url).password,
    'an http or https URL without a user or password',
  );

/** A whole number with a default and bounds, both part of the sentence that a wrong value gets. */
export function whole(preset: number, least: number, most: number) {
  const error = `a whole number from ${least} to ${most}`;
  return z.coerce.number({ error }).int({ error }).min(least, { error }).max(most, { error }).default(preset);
}
