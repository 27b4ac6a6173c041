import { z } from 'zod';
import { ProblemError } from '../../errors.ts';

/** Longer ones mean nothing, and reading them by patterns would take too long. */
const LONGEST_TEXT = 1_000;
const shortText = z.string().max(LONGEST_TEXT);
const text = shortText.optional().catch(undefined);
const texts = z
  .record(z.string(), z.unknown())
  .transform((record) =>
    Object.fromEntries(
      Object.entries(record).filter(
        (entry): entry is [string, string] => shortText.safeParse(entry[1]).success,
      ),
    ),
  )
  .catch({});
/** What is read of a package.json; a field of another form than npm knows counts as missing. */
const manifestSchema = z.object({
  name: text,
  description: text,
  license: text,
  type: text,
  main: text,
  packageManager: text,
  author: z
    .union([shortText, z.object({ name: shortText }).transform(({ name }) => name)])
    .optional()
    .catch(undefined),
  bin: z.union([shortText, texts]).optional().catch(undefined),
  scripts: texts.default({}),
  dependencies: texts.default({}),
  devDependencies: texts.default({}),
  peerDependencies: texts.default({}),
  optionalDependencies: texts.default({}),
  engines: texts.default({}),
  volta: texts.default({}),
  workspaces: z.unknown().optional(),
  prettier: z.unknown().optional(),
});

export type Manifest = z.infer<typeof manifestSchema>;

/** @throws ProblemError `invalid_request` where package.json is no JSON object; it names the file. */
export function parseManifest(source: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(source.replace(/^\uFEFF/, ''));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ProblemError('invalid_request', `package.json is not valid JSON: ${reason}`);
  }
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) {
    throw new ProblemError('invalid_request', 'package.json is not valid: it has to be one JSON object.');
  }
  return parsed.data;
}
