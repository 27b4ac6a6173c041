import { z } from 'zod';
import { ProblemError } from '../../errors.ts';

const texts = z
  .record(z.string(), z.unknown())
  .transform((record) =>
    Object.fromEntries(
      Object.entries(record).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    ),
  )
  .catch({});
const text = z.string().optional().catch(undefined);

/** What is read of a package.json; a field of another form than npm knows counts as missing. */
const manifestSchema = z.object({
  name: text,
  description: text,
  license: text,
  type: text,
  main: text,
  packageManager: text,
  author: z
    .union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)])
    .optional()
    .catch(undefined),
  bin: z.union([z.string(), texts]).optional().catch(undefined),
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
