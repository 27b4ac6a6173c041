import { z } from 'zod';
import { CHANGE_OPERATIONS } from '../../db/workspace-schema.ts';
import { variableDefinition } from '../../projects/blueprint/blueprint.ts';
import type { WrittenProject } from '../../projects/projects.ts';
import type { Proposal } from '../../projects/proposal.ts';
import type { FoundTemplate } from '../../projects/templates/workspace-templates.ts';
import { treeText } from '../../projects/tree-text.ts';
import { uuid } from '../schemas.ts';

export const tags = ['project-creator'];

const texts = z.object({ en: z.string(), es: z.string() });

export const templateShape = z.object({
  id: z.string(),
  source: z
    .enum(['builtin', 'workspace'])
    .describe('Whether it comes with the program or is in .templates of the workspace'),
  title: texts,
  description: texts,
  variables: z.record(z.string(), variableDefinition),
  run: z.array(z.string()).describe('Commands with which a project of it is started'),
  checks: z.array(z.string()).describe('Commands by which a project of it tests itself'),
  fault: z.string().nullable().describe('Why it cannot be used; null when it can'),
});

export const checkShape = z.object({
  name: z.enum(['json', 'yaml', 'toml', 'typescript', 'python', 'go']),
  state: z.enum(['passed', 'failed', 'skipped']),
  files: z.number(),
  detail: z.string().nullable().describe('What is wrong, why it was skipped, or what it left out'),
});

export const changeShape = z.object({
  id: uuid.nullable(),
  path: z.string(),
  operation: z.enum([...CHANGE_OPERATIONS, 'unchanged']),
});

export const projectShape = z.object({
  name: z.string(),
  path: z.string().describe('The folder of the project'),
  template: z.string().nullable().describe('The template; null for a plan'),
  plan: z
    .looseObject({ summary: z.string() })
    .nullable()
    .describe('On a dry run, the plan that makes exactly this; null for a template, and once it is written'),
  title: z.string(),
  dry_run: z.boolean(),
  tree: z.string().describe('The tree as a text'),
  files: z.array(z.object({ path: z.string(), size: z.number(), executable: z.boolean() })),
  folders: z.array(z.string()).describe('Folders with nothing in them'),
  kept: z.array(z.string()).describe('Files that were there and stay as they are'),
  checks: z.array(checkShape),
  run: z.array(z.string()).describe('Commands with which to start, in the folder of the project'),
  assumptions: z.array(z.string()),
  change: changeShape
    .nullable()
    .describe('The change that made the folder; undo it to have nothing of the project'),
  run_id: uuid.nullable().describe('What undoes all changes together, where there are several'),
  changes: z.array(changeShape),
});

export function showTemplate(found: FoundTemplate): z.infer<typeof templateShape> {
  if ('template' in found) {
    const { id, source, title, description, variables, run, checks } = found.template;
    return { id, source, title, description, variables, run, checks, fault: null };
  }
  const { id, fault } = found;
  const nothing = { en: id, es: id };
  return {
    id,
    source: 'workspace',
    title: nothing,
    description: nothing,
    variables: {},
    run: [],
    checks: [],
    fault,
  };
}

export function showProject(
  proposal: Proposal,
  written: WrittenProject | null,
): z.infer<typeof projectShape> {
  const { name, path, template, plan, title, tree, checks, assumptions, existing } = proposal;
  const changes = written?.changes ?? [];
  return {
    ...{ name, path, template, plan: written === null ? plan : null, title, dry_run: written === null },
    tree: treeText(path, [...tree.files.map((file) => file.path), ...tree.folders]),
    files: tree.files.map((file) => ({
      path: file.path,
      size: file.content.length,
      executable: file.executable,
    })),
    ...{ folders: tree.folders, kept: existing?.keeps ?? [], checks, run: tree.run, assumptions },
    change: written?.changeId ? (changes[0] ?? null) : null,
    run_id: written?.runId ?? null,
    changes,
  };
}
