import { z } from 'zod';
import {
  type Blueprint,
  type BlueprintFile,
  type BlueprintLimits,
  oneLine,
  type VariableDefinition,
  variableDefinitions,
} from '../blueprint/blueprint.ts';
import { VERIFIED_LIMITS } from '../verify/limits.ts';

/** What a template's description is called in its folder. */
export const TEMPLATE_FILE = 'template.json';

const LONGEST_COMMAND = 200;
const sentence = oneLine.min(1, 'takes a text that is not empty');
/** In both languages, or one text for both. */
const bilingual = z.union(
  [sentence, z.strictObject({ en: sentence, es: sentence })],
  'takes a text, or { en, es }',
);
const matchWords = z.array(z.string().min(1).max(40)).max(60).default([]);
const commands = z.array(z.string().min(1).max(LONGEST_COMMAND)).max(20).default([]);

/** `template.json`: what a template is, and how it is found, filled in and started. */
const templateFile = z.strictObject({
  $schema: z.string().optional(),
  title: bilingual.optional(),
  description: bilingual,
  matches: z
    .strictObject({ technologies: matchWords, kinds: matchWords, also: matchWords })
    .default({ technologies: [], kinds: [], also: [] }),
  variables: variableDefinitions.default({}),
  run: commands,
  checks: commands,
});

/** A text in both languages. */
interface Texts {
  en: string;
  es: string;
}

/** A template as it is listed. */
export interface Template {
  /** The name of its folder. */
  id: string;
  source: 'builtin' | 'workspace';
  title: Texts;
  description: Texts;
  /** Words by which a request names it. */
  matches: { technologies: string[]; kinds: string[]; also: string[] };
  variables: Record<string, VariableDefinition>;
  run: string[];
  /** Its own checks, in the order in which they are run. */
  checks: string[];
}

/** A template that can be filled in. */
export interface LoadedTemplate {
  template: Template;
  blueprint: Blueprint;
}

/** How much a template may hold. */
export const TEMPLATE_LIMITS: BlueprintLimits = {
  entries: 1_000,
  fileBytes: 2 * 1024 * 1024,
  bytes: VERIFIED_LIMITS.bytes,
  depth: 20,
};

/** Reads the text of a `template.json`; what is wrong with it is answered as one sentence that names the field. */
export function parseTemplateFile(
  text: string,
  { id, source }: Pick<Template, 'id' | 'source'>,
): { template: Template } | { fault: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { fault: `is no valid JSON: ${error instanceof Error ? error.message : 'it cannot be parsed'}` };
  }
  const parsed = templateFile.safeParse(value);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(
      ({ path, message }) => `${path.join('.') || 'the file'}: ${message}`,
    );
    return { fault: faults.slice(0, 5).join('; ') };
  }
  const { title = id, description, matches, variables, run, checks } = parsed.data;
  return {
    template: {
      ...{ id, source, matches, variables, run, checks },
      title: inBoth(title),
      description: inBoth(description),
    },
  };
}

/** The blueprint of a template, from the files of its folder. */
export function templateBlueprint(template: Template, files: BlueprintFile[]): Blueprint {
  const { variables, run } = template;
  return {
    ...{ variables, run },
    files: files.filter(({ path }) => path !== TEMPLATE_FILE),
    folders: [],
    usesNames: true,
    limits: TEMPLATE_LIMITS,
  };
}

function inBoth(text: string | Texts): Texts {
  return typeof text === 'string' ? { en: text, es: text } : text;
}
