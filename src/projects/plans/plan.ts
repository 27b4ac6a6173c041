import { z } from 'zod';
import {
  areFew,
  type Blueprint,
  type BlueprintLimits,
  oneLine,
  TOO_MANY_VARIABLES,
  VARIABLE_NAME,
} from '../blueprint/blueprint.ts';

/** How much a plan may hold: what a model can write in one answer, and nobody reads more of. */
const PLAN_LIMITS: BlueprintLimits = {
  entries: 200,
  fileBytes: 256 * 1024,
  bytes: 1024 * 1024,
  depth: 12,
};
const MOST_FAULTS = 20;
const LONGEST_COMMAND = 200;

const lines = z.array(oneLine.min(1)).max(20);

/** A project as a model designs it, or a program sends it. */
export const planSchema = z.strictObject({
  summary: oneLine.min(1).describe('What the project is, in one sentence'),
  files: z
    .array(
      z.strictObject({
        path: z
          .string()
          .min(1)
          .max(1_000)
          .describe('Relative to the project, with "/", for example src/main.ts'),
        content: z.string().max(PLAN_LIMITS.fileBytes).describe('The whole content of the file'),
        executable: z.boolean().optional(),
      }),
    )
    .min(1)
    .max(PLAN_LIMITS.entries)
    .describe('Every file of the project, complete: no placeholders, no "rest as before"'),
  folders: z.array(z.string().min(1).max(1_000)).max(50).optional().describe('Only folders that stay empty'),
  variables: z
    .record(z.string().regex(VARIABLE_NAME), oneLine)
    .refine(areFew, TOO_MANY_VARIABLES)
    .optional()
    .describe('Values for {{placeholders}} in the files; left out: braces are text'),
  run: z
    .array(z.string().min(1).max(LONGEST_COMMAND))
    .max(10)
    .optional()
    .describe('Commands with which to install, test and start it, in their order'),
  assumptions: lines.optional().describe('What was assumed where the request is silent'),
});

export type Plan = z.infer<typeof planSchema>;

/** Reads a plan; what is wrong with it is told all at once, each fault as a sentence that names the place. */
export function parsePlan(value: unknown): { plan: Plan } | { faults: string[] } {
  const parsed = planSchema.safeParse(value);
  if (parsed.success) return { plan: parsed.data };
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'plan'}: ${message}`);
  const more = faults.length - MOST_FAULTS;
  return { faults: more > 0 ? [...faults.slice(0, MOST_FAULTS), `and ${more} more faults`] : faults };
}

/** The blueprint of a plan. */
export function planBlueprint({ files, folders = [], variables = {}, run = [] }: Plan): Blueprint {
  return {
    files: files.map(({ path, content, executable = false }) => ({
      ...{ path, executable },
      content: Buffer.from(content),
    })),
    folders,
    run,
    variables: Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [name, { type: 'string' as const, default: value }]),
    ),
    usesNames: false,
    limits: PLAN_LIMITS,
  };
}
